"""Message identifiers as they stand: Message-ID, Content-ID, References, In-Reply-To (RFC 5322 §3.6.4, §4.5.4).

A tolerant reader: it never raises and says what is wrong as :class:`IdFault`. Quoted strings and comments in
an identifier, which the obsolete syntax allows, are read without a word; white space in it is told of. Octets outside
ASCII and control characters are not: rules of their own own them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.octets.lexeme import Lexeme, read_lexemes
from mailtemplates.pattern import pattern

# One without faults, which most are.
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_WHOLE = pattern(rf"[ \t\r\n]*<((?:{_ATOM}\.)*{_ATOM})@([\w-]+(?:\.[\w-]+)+)>[ \t\r\n]*", re.ASCII)
#: ``empty``: nothing in it, or nothing on one side of the ``@`` · ``brackets``: they are missing, doubled or not closed
#: · ``outside``: other text beside the brackets · ``no-at``, ``many-at`` · ``space``: white space inside a word ·
#: ``obsolete-space``: white space or a fold where only the obsolete syntax allows it · ``character``: one that must not
#: stand there · ``dot``: two dots together, or one at an end · ``host``: the right side is no name of a host in the
#: Internet · ``separator``: a comma or semicolon between identifiers
IdFaultKind = Literal[
    "empty", "brackets", "outside", "no-at", "many-at", "space", "obsolete-space", "character", "dot", "host",
    "separator",
]  # fmt: skip


class IdFault(NamedTuple):
    """What is wrong in an identifier, where, and what to write there when only one thing can be meant."""

    kind: IdFaultKind
    problem: str
    start: int
    end: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RawMessageId:
    """One identifier: what stands left and right of the ``@`` without white space and comments, where it stands with
    its brackets, and its faults in the order of the text."""

    left: str
    right: str
    start: int
    end: int
    faults: tuple[IdFault, ...] = ()

    @property
    def text(self) -> str:
        """The identifier without its brackets."""
        return f"{self.left}@{self.right}" if self.right else self.left


@dataclass(frozen=True, slots=True)
class RawMessageIds:
    """The identifiers of a list, and what is wrong between them."""

    ids: tuple[RawMessageId, ...]
    faults: tuple[IdFault, ...] = ()


def read_message_id(text: str) -> RawMessageId:
    """Read the body of a field that holds one identifier. Never raises.

    :param text: one character an octet, so that the faults' offsets are octets.
    """
    whole = _WHOLE.fullmatch(text)
    if whole and not whole[2].lower().endswith(".localdomain"):
        return RawMessageId(whole[1], whole[2], whole.start(1) - 1, whole.end(2) + 1)
    lexemes = read_lexemes(text)
    words = [one for one in lexemes if not one.is_blank]
    if not words:
        return RawMessageId("", "", 0, len(text), (IdFault("empty", "the identifier is empty", 0, len(text)),))
    start, end = words[0].start, words[-1].end
    opened = next((at for at, one in enumerate(lexemes) if _is(one, "<")), -1)
    closed = next((at for at in range(len(lexemes) - 1, -1, -1) if _is(lexemes[at], ">")), -1)
    if opened < 0 or closed < opened:
        return _unbracketed(lexemes, words, start, end, opened)
    inner = lexemes[opened + 1 : closed]
    if any(_is(one, "<") or _is(one, ">") for one in inner):
        return _nested(inner, lexemes[opened].start, lexemes[closed].end)
    outside = [one for one in words if one.start < lexemes[opened].start or one.start > lexemes[closed].start]
    faults = [_outside(outside[0])] if outside else []
    left, right, wrong = _judge(inner, lexemes[opened].start, lexemes[closed].end)
    return RawMessageId(left, right, lexemes[opened].start, lexemes[closed].end, (*faults, *wrong))


def read_message_ids(text: str) -> RawMessageIds:
    """Read the body of References or In-Reply-To, where phrases may stand between the identifiers (§4.5.4).

    :param text: one character an octet.
    """
    lexemes = read_lexemes(text)
    ids: list[RawMessageId] = []
    faults: list[IdFault] = []
    opened = -1
    for at, one in enumerate(lexemes):
        if _is(one, "<"):
            if opened >= 0:
                faults.append(_unclosed(lexemes[opened], one.start))
            opened = at
        elif _is(one, ">"):
            if opened < 0:
                faults.append(IdFault("brackets", "`>` stands without `<`", one.start, one.end))
                continue
            start = lexemes[opened].start
            left, right, wrong = _judge(lexemes[opened + 1 : at], start, one.end)
            ids.append(RawMessageId(left, right, start, one.end, tuple(wrong)))
            opened = -1
        elif opened < 0 and ids and one.text in (",", ";") and one.kind == "special" and _between(lexemes, at):
            faults.append(_separator(lexemes, at))
    if opened >= 0:
        faults.append(_unclosed(lexemes[opened], len(text.rstrip())))
    if not ids and not faults:
        faults = _bare(text)
    return RawMessageIds(tuple(ids), tuple(faults))


def _is(one: Lexeme, special: str) -> bool:
    return one.text == special and one.kind == "special"


def _unclosed(opening: Lexeme, end: int) -> IdFault:
    return IdFault("brackets", "`<` is not closed", opening.start, end)


def _between(lexemes: Sequence[Lexeme], at: int) -> bool:
    """Whether a comma stands right between two identifiers, not in a phrase."""
    before = next((one for one in lexemes[max(0, at - 2) : at][::-1] if one.kind != "space"), None)
    after = next((one for one in lexemes[at + 1 : at + 3] if one.kind != "space"), None)
    return before is not None and _is(before, ">") and (after is None or _is(after, "<"))


def _separator(lexemes: Sequence[Lexeme], at: int) -> IdFault:
    one = lexemes[at]
    spaced = at + 1 == len(lexemes) or lexemes[at + 1].kind == "space"
    return IdFault("separator", f"`{one.text}` stands between identifiers", one.start, one.end, "" if spaced else " ")


def _bare(text: str) -> list[IdFault]:
    """Identifiers without brackets, when the whole field is such."""
    words = text.split()
    if not words or not all(word.count("@") == 1 and word[0] not in '@("' and word[-1] != "@" for word in words):
        return []
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    sure = len(words) == 1 and not any(char in text for char in ',;:()[]"\\')
    return [IdFault("brackets", "no angle brackets", start, end, f"<{words[0]}>" if sure else None)]


def _unbracketed(lexemes: Sequence[Lexeme], words: Sequence[Lexeme], start: int, end: int, opened: int) -> RawMessageId:
    """What has not both brackets."""
    inner = [one for one in lexemes if start <= one.start < end and not (_is(one, "<") or _is(one, ">"))]
    left, right, wrong = _judge(inner, start, end)
    what = "no `>` at its end" if opened >= 0 else "no angle brackets round it"
    if opened < 0 and any(_is(one, ">") for one in words):
        what = "no `<` before it"
    sure = right and not wrong and not any(one.is_blank for one in inner)
    shown = shorten("".join(one.text for one in words), 40)
    problem = f"the identifier `{shown}` has {what}"
    fault = IdFault("brackets", problem, start, end, f"<{left}@{right}>" if sure else None)
    return RawMessageId(left, right, start, end, (fault,))


def _nested(inner: Sequence[Lexeme], start: int, end: int) -> RawMessageId:
    """What has brackets inside its brackets: an identifier in two pairs, or several of them."""
    marks = [at for at, one in enumerate(inner) if _is(one, "<") or _is(one, ">")]
    if marks == [0, len(inner) - 1] and _is(inner[0], "<"):
        left, right, wrong = _judge(inner[1:-1], start, end)
        text = None if wrong else f"<{left}@{right}>"
        fault = IdFault("brackets", "two pairs of angle brackets", start, end, text)
        return RawMessageId(left, right, start, end, (fault,))
    first = next(at for at in marks)
    if _is(inner[first], ">"):
        left, right, _ = _judge(inner[:first], start, end)
        problem = "more than one identifier, or a `>` too many"
        return RawMessageId(left, right, start, end, (IdFault("outside", problem, inner[first].end, end),))
    return RawMessageId("", "", start, end, (IdFault("brackets", "`<` stands in the identifier", start, end),))


def _outside(one: Lexeme) -> IdFault:
    problem = f"`{shorten(one.text, 30)}` stands outside the angle brackets"
    return IdFault("outside", problem, one.start, one.end)


def _judge(inner: Sequence[Lexeme], start: int, end: int) -> tuple[str, str, list[IdFault]]:
    """Left and right side of what stands in brackets, and the first thing that is wrong with it."""
    words = [one for one in inner if not one.is_blank]
    ats = [at for at, one in enumerate(words) if _is(one, "@")]
    cut = ats[-1] if ats else len(words)
    left, right = words[:cut], words[cut + 1 :]
    texts = "".join(one.text for one in left), "".join(one.text for one in right)
    fault = _structure(words, ats, start, end) or _white(inner) or _characters(left, right) or _host(right, texts[1])
    if fault and fault.text and read_message_id(f"<{fault.text}>").faults:
        fault = fault._replace(text=None)
    return *texts, [fault] if fault else []


def _structure(words: Sequence[Lexeme], ats: Sequence[int], start: int, end: int) -> IdFault | None:
    if not words:
        return IdFault("empty", "nothing stands between the angle brackets", start, end)
    shown = shorten("".join(one.text for one in words), 40)
    if not ats:
        return IdFault("no-at", f"the identifier `{shown}` has no @", start, end)
    if len(ats) > 1:
        return IdFault("many-at", f"the identifier `{shown}` has {len(ats)} @", start, end)
    if ats[0] == 0 or ats[0] == len(words) - 1:
        side = "left" if ats[0] == 0 else "right"
        return IdFault("empty", f"nothing stands {side} of the @ in `{shown}`", start, end)
    return None


def _white(inner: Sequence[Lexeme]) -> IdFault | None:
    """White space in an identifier: beside dots, the ``@`` and the brackets it is obsolete, elsewhere wrong."""
    spaces = [at for at, one in enumerate(inner) if one.kind == "space"]
    for at in spaces:
        if all(0 <= beside < len(inner) and inner[beside].is_word for beside in (at - 1, at + 1)):
            return IdFault("space", "white space inside the identifier", inner[at].start, inner[at].end)
    if not spaces:
        return None
    bare = (
        None if any(one.kind == "comment" for one in inner) else "".join(one.text for one in inner if not one.is_blank)
    )
    return IdFault("obsolete-space", "white space inside the angle brackets", inner[0].start, inner[-1].end, bare)


def _characters(left: Sequence[Lexeme], right: Sequence[Lexeme]) -> IdFault | None:
    literal = len(right) == 1 and right[0].kind == "literal"
    for side in (left, () if literal else right):
        expects_word = True
        for one in side:
            if _is(one, "."):
                if expects_word:
                    return IdFault("dot", "two dots together, or one at an end", one.start, one.end)
            elif not one.is_word or (one.kind == "quoted" and side is right):
                return IdFault("character", f"`{shorten(one.text, 20)}` in the identifier", one.start, one.end)
            expects_word = not one.is_word
        if side and expects_word:
            return IdFault("dot", "a dot at the end of a side", side[-1].start, side[-1].end)
    return None


def _host(right: Sequence[Lexeme], text: str) -> IdFault | None:
    if "." in text and not text.lower().endswith(".localdomain"):
        return None
    if right[0].kind == "literal":
        return None
    problem = f"`{shorten(text, 40)}` is no name of a host in the Internet"
    return IdFault("host", problem, right[0].start, right[-1].end)
