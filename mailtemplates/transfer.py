"""Transfer encodings chosen by content (RFC 2045 §6): 7bit, quoted-printable or base64, always with CRLF.

Floor 1. Text that a template makes is much the same from message to message, so quoted-printable lines are kept in a
bounded cache: an unchanged line costs one look-up.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import lru_cache
from typing import NamedTuple

#: Longest line of a body, in octets without CRLF (RFC 5322 §2.1.1), and of an encoded one (RFC 2045 §6.7, §6.8).
LINE_LIMIT = 998
ENCODED_LIMIT = 76

_PLAIN = re.compile(r"(?!From |\.$)(?:[ -<>-~\t]{0,75}[!-<>-~])?", re.ASCII)
_UNSAFE = re.compile(r"[^ -<>-~\t]+")
_CACHED_LINE = 2_000
_CACHE_LINES = 16_384
_CACHE_CHARACTERS = 2_000_000
_CACHED_CONTENT = 131_072
_BASE64_WINS = 1.33


class Encoded(NamedTuple):
    """A body as it goes on the wire: the name of its transfer encoding, and ASCII octets with CRLF line ends."""

    encoding: str
    octets: bytes


def encode_text(text: str) -> Encoded:
    """Encode text as UTF-8 for the wire; every CRLF, CR and LF in it is a line end.

    7bit when the text is ASCII without NUL and no line is longer than 998 octets, else quoted-printable, or base64
    when that is shorter. Raises ``UnicodeEncodeError`` for a lone surrogate.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if text.isascii() and "\x00" not in text and (len(text) <= LINE_LIMIT or max(map(len, lines)) <= LINE_LIMIT):
        return Encoded("7bit", "\r\n".join(lines).encode("ascii"))
    quoted = "\r\n".join(map(_LINES.__getitem__, lines))
    if len(quoted) > _BASE64_WINS * len(text):
        raw = "\r\n".join(lines).encode("utf-8")
        if _base64_size(len(raw)) < len(quoted):
            return Encoded("base64", encode_base64(raw))
    return Encoded("quoted-printable", quoted.encode("ascii"))


def encode_bytes(content: bytes) -> Encoded:
    """Encode octets that are not text: base64. What was encoded lately and is small is remembered."""
    return Encoded("base64", _remembered(content) if len(content) <= _CACHED_CONTENT else encode_base64(content))


def is_seven_bit(content: bytes) -> bool:
    """Whether octets may go as 7bit once their line ends are CRLF (RFC 2045 §2.7)."""
    return content.isascii() and b"\x00" not in content and max(map(len, re.split(rb"[\r\n]", content))) <= LINE_LIMIT


def to_crlf(content: bytes) -> bytes:
    """Octets of text with every CRLF, CR and LF made CRLF (RFC 2046 §4.1.1)."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def encode_base64(content: bytes) -> bytes:
    """Base64 in lines of 76 octets with CRLF between them (RFC 2045 §6.8)."""
    text = b2a_base64(content, newline=False)
    return b"\r\n".join([text[at : at + ENCODED_LIMIT] for at in range(0, len(text), ENCODED_LIMIT)])


@lru_cache(maxsize=32)
def _remembered(content: bytes) -> bytes:
    return encode_base64(content)


def _base64_size(size: int) -> int:
    characters = (size + 2) // 3 * 4
    return characters + 2 * ((characters + ENCODED_LIMIT - 1) // ENCODED_LIMIT)


def quote_line(line: str) -> str:
    """One line of text in quoted-printable, with soft breaks where it is long (RFC 2045 §6.7).

    White space at the end, a ``From`` that begins a line and a dot alone on one are encoded too. A soft break never
    cuts an escape or a UTF-8 character.
    """
    if _PLAIN.fullmatch(line):
        return line
    escaped = _UNSAFE.sub(_escape, line)
    if escaped[-1:] in (" ", "\t"):
        escaped = f"{escaped[:-1]}={ord(escaped[-1]):02X}"
    pieces = []
    start, size = 0, len(escaped)
    while True:
        head = "=46rom " if escaped.startswith("From ", start) else ""
        rest = start + (5 if head else 0)
        if size - rest + len(head) <= ENCODED_LIMIT:
            last = head + escaped[rest:]
            pieces.append("=2E" if last == "." else last)
            return "=\r\n".join(pieces)
        cut = _cut(escaped, rest + ENCODED_LIMIT - 1 - len(head))
        pieces.append(head + escaped[rest:cut])
        start = cut


def _cut(escaped: str, at: int) -> int:
    """The last offset up to ``at`` that is inside no escape and no UTF-8 character."""
    if escaped[at - 1] == "=":
        at -= 1
    elif escaped[at - 2] == "=":
        at -= 2
    while escaped[at] == "=" and escaped[at + 1] in "89AB":
        at -= 3
    return at


def _escape(match: re.Match[str]) -> str:
    return "=" + match.group().encode("utf-8").hex("=").upper()


class _LineCache(dict[str, str]):
    """Quoted-printable by line. Emptied when it is full, so its size is bounded; safe to share between threads."""

    def __init__(self) -> None:
        super().__init__()
        self.characters = 0

    def __missing__(self, line: str) -> str:
        quoted = quote_line(line)
        if len(line) <= _CACHED_LINE:
            if len(self) >= _CACHE_LINES or self.characters >= _CACHE_CHARACTERS:
                self.clear()
                self.characters = 0
            self.characters += len(line) + len(quoted)
            self[line] = quoted
        return quoted


_LINES = _LineCache()
