"""One addr-spec as it stands: ``local@domain`` (RFC 5322 §3.4.1, §4.4).

A tolerant reader: it never raises, and what is wrong is a :class:`Fault`, a value with a kind and a place. The
strict reader, for addresses that are to be written, is :mod:`mailtemplates.headers.addrspec`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.headers.domain import check_domain
from mailtemplates.octets.decoding import decode_base64
from mailtemplates.octets.lexeme import Lexeme
from mailtemplates.pattern import pattern

FaultKind = Literal[
    # of the list
    "empty",  # no element at all
    "empty-element",  # nothing between two commas, or before or after one: obsolete
    "semicolon",  # `;` where `,` should be
    "missing-comma",
    "unclosed",  # a quote, comment or literal that never ends
    "unclosed-group",
    "unnamed-group",
    # of one element
    "doubled-angle",
    "unclosed-angle",
    "unopened-angle",
    "no-brackets",  # a name before an address without brackets
    "text-after",  # text after the address
    "no-address",  # a name and no address
    "special-in-name",
    "dot-in-name",  # obsolete
    # of an addr-spec
    "no-domain",
    "no-local",
    "second-at",
    "bad-dot",
    "space",
    "bad-character",
    "bad-domain",
    "odd-domain",  # a domain to RFC 5322, but to no mail server (RFC 5321 §4.1.2)
    "route",  # obsolete
    "space-round-dot",  # obsolete
    "space-round-at",  # not recommended
    "obsolete-local",  # words with dots between them, one of them quoted
]

#: What is only obsolete or not recommended: readers must take it (RFC 5322 §4), writers must not make it.
OBSOLETE: frozenset[FaultKind] = frozenset(
    ("empty-element", "dot-in-name", "odd-domain", "route", "space-round-dot", "space-round-at", "obsolete-local")
)

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = pattern(rf"[\w+-]+(?:\.[\w+-]+)*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}", re.ASCII)
_BAD_LABEL = pattern(r"(?:^|\.)-|-(?:\.|$)")
_ENCODED = pattern(r"=\?[^?]+\?([BbQq])\?(.*)\?=", re.DOTALL)
_PAIR = pattern(r"\\(.)", re.DOTALL)
_FOLD = pattern(r"\r?\n")
_SPACE = pattern(r"[ \t\r\n]+")


class Extent(NamedTuple):
    """Characters of the text from ``start`` up to ``end``."""

    start: int
    end: int


class Fault(NamedTuple):
    """Something that is wrong with an address: what, in words, and where in the text."""

    kind: FaultKind
    problem: str
    start: int
    end: int


class RawAddrSpec(NamedTuple):
    """An addr-spec: its parts without comments, white space and quotes, and where they stand."""

    local: str
    domain: str
    local_at: Extent
    domain_at: Extent

    @property
    def text(self) -> str:
        """``local@domain``, to show and to compare."""
        return f"{self.local}@{self.domain}"


def extent(lexemes: Sequence[Lexeme]) -> Extent:
    """Where a run of lexemes stands."""
    return Extent(lexemes[0].start, lexemes[-1].end)


def words_of(lexemes: Sequence[Lexeme]) -> str:
    """Lexemes as they are shown in a problem: with one space where white space stands, octets read as UTF-8."""
    pieces = []
    end = lexemes[0].start if lexemes else 0
    for one in lexemes:
        pieces += [" " if one.start > end else "", one.text]
        end = one.end
    text = _SPACE.sub(" ", "".join(pieces))
    return shorten(text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace"), 40)


def joined_runs(words: Sequence[Lexeme]) -> list[list[Lexeme]]:
    """Words cut where white space stands between two of them, and no special such as a dot or ``@`` joins them."""
    runs: list[list[Lexeme]] = []
    joined = False
    for one in words:
        joins = one.kind in ("special", "pair")
        if runs and (joined or joins or runs[-1][-1].end == one.start):
            runs[-1].append(one)
        else:
            runs.append([one])
        joined = joins
    return runs


def hides_address(lexeme: Lexeme) -> bool:
    """Whether an encoded word has an ``@`` in it once it is decoded, so that an address may stand there."""
    match = _ENCODED.fullmatch(lexeme.text) if lexeme.kind == "encoded" else None
    if match is None:
        return False
    if match[1] in "Bb":
        return b"@" in decode_base64(match[2].encode("latin-1", "replace"))
    return "@" in match[2] or "=40" in match[2]


def read_addr_spec(lexemes: Sequence[Lexeme]) -> tuple[RawAddrSpec | None, list[Fault]]:
    """Read the lexemes of an addr-spec, without its blanks; at least one.

    :returns: what was read, None when it has not both parts, and at most one fault that is not obsolete.
    """
    plain = _read_plain(lexemes)
    if plain:
        return plain, []
    faults: list[Fault] = []
    lexemes = _without_route(lexemes, faults)
    ats = [index for index, one in enumerate(lexemes) if one.text == "@"]
    if not ats:
        return None, [] if any(map(hides_address, lexemes)) else [_no_domain(lexemes)]
    at = ats[0]
    local, domain = lexemes[:at], lexemes[at + 1 :]
    wrong = _structure(lexemes, ats) or _local_fault(local) or _domain_fault(domain)
    if wrong:
        faults.append(wrong)
    if not local or not domain:
        return None, faults
    spec = RawAddrSpec(
        "".join([_unquote(one) for one in local]),
        "".join([_FOLD.sub("", one.text) for one in domain]),
        extent(local),
        extent(domain),
    )
    if not wrong:
        faults += _obsolete(local, domain, spec)
    return spec, faults


def _read_plain(lexemes: Sequence[Lexeme]) -> RawAddrSpec | None:
    """An addr-spec of letters and digits with nothing in between: most are, and nothing can be wrong with one."""
    start, end = lexemes[0].start, lexemes[-1].end
    text = "".join([one.text for one in lexemes])
    if end - start != len(text) or not _PLAIN.fullmatch(text) or "xn--" in text.lower():
        return None
    local, _, domain = text.partition("@")
    at = start + len(local)
    return RawAddrSpec(local, domain, Extent(start, at), Extent(at + 1, end)) if len(domain) < 254 else None


def _without_route(lexemes: Sequence[Lexeme], faults: list[Fault]) -> Sequence[Lexeme]:
    """What stands after an obsolete route, ``@a,@b:`` (§4.4)."""
    if lexemes[0].text != "@":
        return lexemes
    colon = next((index for index, one in enumerate(lexemes) if one.text == ":"), 0)
    route = lexemes[: colon + 1]
    if not colon or colon + 1 == len(lexemes) or any(one.text in "<>;" for one in route):
        return lexemes
    faults.append(Fault("route", f"a route stands before the address: `{words_of(route)}`", *extent(route)))
    return lexemes[colon + 1 :]


def _no_domain(lexemes: Sequence[Lexeme]) -> Fault:
    where = extent(lexemes)
    if all(one.is_word or one.text == "." for one in lexemes):
        return Fault("no-domain", f"the address `{words_of(lexemes)}` has no domain", *where)
    return Fault("bad-character", f"`{words_of(lexemes)}` is no address", *where)


def _structure(lexemes: Sequence[Lexeme], ats: list[int]) -> Fault | None:
    """What is wrong with an addr-spec that has an ``@``, but for its two parts."""
    if lexemes[0].text.lower() == "mailto" and len(lexemes) > 1 and lexemes[1].text == ":":
        return Fault("bad-character", "`mailto:` stands before the address", *extent(lexemes[:2]))
    for one in lexemes:
        if one.kind == "pair" or (one.kind == "special" and one.text not in "@."):
            return Fault("bad-character", f"`{words_of([one])}` cannot stand in an address", one.start, one.end)
    if len(ats) > 1:
        second = lexemes[ats[1]]
        return Fault("second-at", f"`{words_of(lexemes)}` has {len(ats)} @", second.start, second.end)
    if ats[0] == 0:
        return Fault("no-local", f"nothing stands before the @ in `{words_of(lexemes)}`", *extent(lexemes))
    if ats[0] == len(lexemes) - 1:
        return Fault("no-domain", f"the address `{words_of(lexemes)}` has no domain", *extent(lexemes))
    return None


def _dot_fault(lexemes: Sequence[Lexeme], what: str) -> Fault | None:
    """Where words and dots do not take turns."""
    after_word = False
    for before, one in zip((lexemes[0], *lexemes), lexemes, strict=False):
        is_dot = one.text == "."
        if is_dot and not after_word:
            where = "two dots stand together" if before is not one else "a dot stands at the start"
            return Fault("bad-dot", f"{where} in the {what} `{words_of(lexemes)}`", one.start, one.end)
        if not is_dot and after_word:
            if before.end < one.start:
                return Fault("space", f"white space stands inside the {what} `{words_of(lexemes)}`", *extent(lexemes))
            return Fault("bad-character", f"`{words_of([one])}` touches a quoted word", one.start, one.end)
        after_word = not is_dot
    if not after_word:
        last = lexemes[-1]
        return Fault("bad-dot", f"a dot stands at the end of the {what} `{words_of(lexemes)}`", last.start, last.end)
    return None


def _local_fault(local: Sequence[Lexeme]) -> Fault | None:
    for one in local:
        if one.kind == "literal":
            return Fault("bad-character", f"`{words_of([one])}` stands in the local part", one.start, one.end)
    return _dot_fault(local, "local part")


def _domain_fault(domain: Sequence[Lexeme]) -> Fault | None:
    for one in domain:
        if one.kind == "quoted" or (one.kind == "literal" and len(domain) > 1):
            return Fault("bad-character", f"`{words_of([one])}` stands in the domain", one.start, one.end)
    wrong = _dot_fault(domain, "domain")
    if wrong:
        return wrong
    text = "".join(one.text for one in domain)
    if _BAD_LABEL.search(text) and domain[0].kind != "literal":
        problem = f"a label of the domain `{words_of(domain)}` begins or ends with a hyphen"
        return Fault("bad-domain", problem, *extent(domain))
    return None


def _obsolete(local: Sequence[Lexeme], domain: Sequence[Lexeme], spec: RawAddrSpec) -> list[Fault]:
    faults: list[Fault] = []
    for words, what in ((local, "local part"), (domain, "domain")):
        if len(words) > 1 and any(one.end < after.start for one, after in pairwise(words)):
            problem = f"white space or a comment stands beside a dot of the {what}"
            faults.append(Fault("space-round-dot", problem, *extent(words)))
    if domain[0].start - local[-1].end > 1:
        problem = "white space or a comment stands beside the @"
        faults.append(Fault("space-round-at", problem, local[-1].end, domain[0].start))
    if len(local) > 1 and any(one.kind == "quoted" for one in local):
        problem = f"quotes stand around a piece of the local part `{words_of(local)}`"
        faults.append(Fault("obsolete-local", problem, *extent(local)))
    odd = _odd_domain(domain, spec.domain)
    return [*faults, odd] if odd else faults


def _odd_domain(domain: Sequence[Lexeme], text: str) -> Fault | None:
    """A domain of ASCII that no mail server takes; one that is only too long is another matter."""
    too_long = len(text) > 253 or any(len(label) > 63 for label in text.split("."))
    if too_long or not text.isascii() or domain[0].kind == "encoded":
        return None
    try:
        check_domain(text)
    except AddressError as error:
        reason = error.problem.partition(" is not a domain: ")[2]
        return Fault("odd-domain", f"no server takes mail for `{words_of(domain)}`: {reason}", *extent(domain))
    return None


def _unquote(lexeme: Lexeme) -> str:
    text = _FOLD.sub("", lexeme.text)
    return _PAIR.sub(r"\1", text[1:-1]) if lexeme.kind == "quoted" else text
