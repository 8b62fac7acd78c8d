"""The parameters of MIME fields as they stand (RFC 2045 §5.1, RFC 2183, RFC 2231).

Floor 1. A tolerant reader: it never raises.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mailtemplates.pattern import pattern

_TYPE = pattern(r"\s*([!#$%&'*+.^_`{|}~0-9A-Za-z-]+/[!#$%&'*+.^_`{|}~0-9A-Za-z-]+)\s*")
_PARAMETER = pattern(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.DOTALL)
_SECTION = pattern(r"([^*]+)(?:\*(\d{1,4}))?(\*)?", re.ASCII)
_COMMENT = pattern(r"\((?:[^()\\]|\\.)*\)", re.DOTALL)
_PAIR = pattern(r"\\(.)", re.DOTALL)


def read_type(value: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case and the parameters of a Content-Type; an empty type when it is malformed."""
    match = _TYPE.match(value)
    return (match[1].lower(), read_parameters(value[match.end() :])) if match else ("", {})


def read_disposition(value: str) -> tuple[str, dict[str, str]]:
    """The disposition in lower case and its parameters (RFC 2183)."""
    token, semicolon, rest = value.partition(";")
    return token.strip().lower(), read_parameters(semicolon + rest)


def read_token(value: str) -> str:
    """A field of one word in lower case, without comments (RFC 2045 §6.1)."""
    for _ in range(10):
        if "(" not in value:
            break
        value = _COMMENT.sub(" ", value)
    return value.strip().lower()


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
