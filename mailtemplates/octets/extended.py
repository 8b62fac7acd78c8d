"""Parameters as written, numbered sections and percent-encoding (RFC 2231 §3, §4).

What the parameters of one name stand for together, and what is wrong with that; nothing raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

from mailtemplates.octets.charset import find_charset, find_codec
from mailtemplates.pattern import pattern

#: What can be wrong. The first seven are of RFC 2045 §5.1, the others of RFC 2231 §3–4.
ParameterFaultKind = Literal[
    "bad-type",
    "missing-semicolon",
    "empty-parameter",
    "repeated-parameter",
    "bad-parameter",
    "unclosed-quote",
    "unquoted",
    "non-ascii",
    "quoted-extended",
    "no-first-section",
    "gap",
    "no-charset",
    "unknown-charset",
    "bad-percent",
    "undecodable",
]
#: Those of extended parameters.
EXTENDED: frozenset[ParameterFaultKind] = frozenset(
    ("quoted-extended", "no-first-section", "gap", "no-charset", "unknown-charset", "bad-percent", "undecodable")
)


class ParameterFault(NamedTuple):
    """What is wrong: the kind, in words, where, and the name of the parameter where it is one."""

    kind: ParameterFaultKind
    problem: str
    start: int
    end: int
    name: str = ""


class Parameter(NamedTuple):
    """A parameter as written.

    :param name: in lower case, without the marks of RFC 2231.
    :param section: its number (RFC 2231 §3); 0 where none is given.
    :param numbered: whether a number is given.
    :param extended: whether the name ends with an asterisk (§4).
    :param value: without quotes and folds, one character an octet, not percent-decoded.
    :param quoted: whether it stands in quotes.
    :param start: of the name.
    :param value_start: of the value, its quote too.
    :param end: of the value.
    """

    name: str
    section: int
    numbered: bool
    extended: bool
    value: str
    quoted: bool
    start: int
    value_start: int
    end: int


# More than RFC 2231 §7 allows: `'` and `*`, which programs leave and every reader takes for themselves.
_NOT_EXTENDED = pattern(r"%(?![0-9A-Fa-f]{2})|[^!#$&'*+.^_`{|}~0-9A-Za-z%-]")


def join(parts: list[Parameter]) -> str:
    """The value of the parameters of one name: the first as it is, or its numbered sections up to a gap."""
    if not parts[0].numbered:
        return _decoded(parts[:1])
    sections = _sections(parts)
    run: list[Parameter] = []
    while len(run) in sections:
        run.append(sections[len(run)])
    plain = [one for one in parts if not one.numbered]
    return _decoded(run or plain[:1])


def _sections(parts: list[Parameter]) -> dict[int, Parameter]:
    sections: dict[int, Parameter] = {}
    for one in parts:
        if one.numbered:
            sections.setdefault(one.section, one)
    return sections


def _decoded(parts: list[Parameter]) -> str:
    charset, octets = _octets(parts)
    try:
        return octets.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return octets.decode("utf-8", "surrogateescape")


def _octets(parts: list[Parameter]) -> tuple[str, bytes]:
    """The charset that the first section names, or none, and the octets of all."""
    charset = ""
    pieces = []
    for at, one in enumerate(parts):
        value = one.value
        if not at and one.extended and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = _raw(value)
        pieces.append(unquote_to_bytes(raw) if one.extended else raw)
    return charset, b"".join(pieces)


def _raw(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape")


def extended_faults(name: str, parts: list[Parameter]) -> Iterator[ParameterFault]:
    """What is wrong with extended and numbered parameters (RFC 2231 §3, §4)."""
    sections = _sections(parts)
    if sections:
        yield from _order_faults(name, sections)
    for one in parts:
        if one.extended:
            yield from _form_faults(one)
    whole = [sections[number] for number in sorted(sections)] if sections else [one for one in parts if one.extended]
    if whole and whole[0].extended and whole[0].value.isascii():
        yield from _charset_faults(whole)


def _order_faults(name: str, sections: dict[int, Parameter]) -> Iterator[ParameterFault]:
    numbers = sorted(sections)
    first = sections[numbers[0]]
    if numbers[0] != 0:
        problem = f"the sections of `{brief(name)}` begin with {numbers[0]}, not with 0"
        yield ParameterFault("no-first-section", problem, first.start, first.end, name)
    for before, number in pairwise(numbers):
        if number != before + 1:
            problem = f"section {before + 1} of `{brief(name)}` is missing before section {number}"
            one = sections[number]
            yield ParameterFault("gap", problem, one.start, one.end, name)
            return


def _form_faults(one: Parameter) -> Iterator[ParameterFault]:
    name = f"{one.name}*"
    if one.quoted:
        problem = f"the extended parameter `{brief(name)}` stands in quotes"
        yield ParameterFault("quoted-extended", problem, one.start, one.end, one.name)
    _, quote, rest = one.value.partition("'")
    value = rest.partition("'")[2] if quote and not one.section and "'" in rest else one.value
    bad = _NOT_EXTENDED.search(value) if value.isascii() and not one.quoted else None
    if bad:
        problem = f"`{bad[0]}` in `{brief(name)}` is not percent-encoded"
        yield ParameterFault("bad-percent", problem, one.value_start, one.end, one.name)


def _charset_faults(whole: list[Parameter]) -> Iterator[ParameterFault]:
    first = whole[0]
    if first.section:
        return
    if first.value.count("'") < 2:
        problem = f"the extended parameter `{brief(first.name)}*` names no charset"
        yield ParameterFault("no-charset", problem, first.start, first.end, first.name)
        return
    charset, octets = _octets(whole)
    codec = find_codec(charset) if charset else "utf-8"
    if codec is None and find_charset(charset):
        return
    if codec is None:
        problem = f"the extended parameter `{brief(first.name)}*` has the unknown charset `{brief(charset)}`"
        yield ParameterFault(
            "unknown-charset", problem, first.value_start, first.value_start + len(charset), first.name
        )
        return
    try:
        octets.decode(codec)
    except ValueError:
        problem = f"the octets of `{brief(first.name)}*` are no text in {charset or codec}"
        yield ParameterFault("undecodable", problem, first.start, whole[-1].end, first.name)


def brief(text: str) -> str:
    """A text as it is shown in a problem: on one line, shortened."""
    seen = " ".join(text.split())
    return seen if len(seen) <= 40 else seen[:39] + "…"
