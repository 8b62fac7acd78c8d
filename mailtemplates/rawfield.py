"""Header fields as they stand in octets, and the parameters of MIME fields (RFC 5322 §2.2, RFC 2045 §5.1, RFC 2231).

Floor 1. A tolerant reader: it never raises, and says what is wrong as :class:`Defect` values.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mailtemplates.pattern import pattern

_EMPTY_LINE = pattern(rb"\r?\n")
_NAME = pattern(rb"[!-9;-~]+")
_FOLD = pattern(rb"\r?\n(?=[ \t])")
_TYPE = pattern(r"\s*([!#$%&'*+.^_`{|}~0-9A-Za-z-]+/[!#$%&'*+.^_`{|}~0-9A-Za-z-]+)\s*")
_PARAMETER = pattern(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.DOTALL)
_SECTION = pattern(r"([^*]+)(?:\*(\d{1,4}))?(\*)?", re.ASCII)
_PAIR = pattern(r"\\(.)", re.DOTALL)


class Span(NamedTuple):
    """Octets from ``start`` up to ``end``, counted from the message's first octet."""

    start: int
    end: int


class RawField(NamedTuple):
    """One header field as it stands: its name, its value without the folds, and where it is, line end included."""

    name: str
    value: str
    span: Span


class Defect(NamedTuple):
    """Something that is wrong, and its offset."""

    problem: str
    offset: int


def read_header(octets: bytes, span: Span) -> tuple[list[RawField], Span, int, list[Defect]]:
    """The fields at the start of a span, the header's span, where the body starts, and what is wrong."""
    starts: list[int] = []
    defects: list[Defect] = []
    at = span.start
    while at < span.end and not _EMPTY_LINE.match(octets, at, span.end):
        if octets[at] not in b" \t" or not starts:
            starts.append(at)
        at = (octets.find(b"\n", at, span.end) + 1) or span.end
    if at >= span.end and starts:
        defects.append(Defect("no empty line after the header", span.end))
    end = _EMPTY_LINE.match(octets, at, span.end)
    fields = []
    for start, stop in zip(starts, [*starts[1:], at], strict=False):
        name, colon, value = octets[start:stop].partition(b":")
        if not colon or not _NAME.fullmatch(name.rstrip(b" \t")):
            defects.append(Defect("a line is no header field", start))
            continue
        unfolded = _FOLD.sub(b"", value).strip(b" \t\r\n")
        fields.append(RawField(name.strip().decode("ascii"), _text(unfolded), Span(start, stop)))
    return fields, Span(span.start, at), end.end() if end else at, defects


def first_value(fields: list[RawField], lower: str) -> str:
    """The value of the first field whose lower-case name is ``lower``; empty when there is none."""
    return next((field.value for field in fields if field.name.lower() == lower), "")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def read_type(value: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case and the parameters of a Content-Type; an empty type when it is malformed."""
    match = _TYPE.match(value)
    return (match[1].lower(), read_parameters(value[match.end() :])) if match else ("", {})


def read_disposition(value: str) -> tuple[str, dict[str, str]]:
    """The disposition in lower case and its parameters (RFC 2183)."""
    token, semicolon, rest = value.partition(";")
    return token.strip().lower(), read_parameters(semicolon + rest)


def read_parameters(text: str) -> dict[str, str]:
    """Parameters by lower-case name: unquoted, sections joined, RFC 2231 decoded; the first of a name counts."""
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, quoted, token in _PARAMETER.findall(text):
        match = _SECTION.fullmatch(name.lower())
        if match:
            value = _PAIR.sub(r"\1", quoted) if quoted else token
            sections.setdefault(match[1], {}).setdefault(int(match[2] or 0), (value, bool(match[3])))
    return {name: _join_sections(parts) for name, parts in sections.items()}


def _join_sections(parts: dict[int, tuple[str, bool]]) -> str:
    if 0 not in parts:
        return ""
    first, extended = parts[0]
    charset = "utf-8"
    if extended and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
        parts = {**parts, 0: (first, True)}
    raw = b""
    for number in range(len(parts)):
        if number not in parts:
            break
        value, escaped = parts[number]
        octets = value.encode("utf-8", "surrogateescape")
        raw += unquote_to_bytes(octets) if escaped else octets
    try:
        return raw.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "surrogateescape")
