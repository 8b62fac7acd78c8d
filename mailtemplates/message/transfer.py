"""Transfer encodings chosen by content (RFC 2045 §6): 7bit, quoted-printable or base64, always with CRLF."""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.message.quotedprintable import quote, quote_lines, quote_shaped, quote_woven
from mailtemplates.text.woven import Woven

#: Longest line of a body, in octets without CRLF (RFC 5322 §2.1.1), and of an encoded one (RFC 2045 §6.7, §6.8).
LINE_LIMIT = 998
ENCODED_LIMIT = 76

_CACHED_CONTENT = 131_072
_BASE64_WINS = 1.33
_QUOTED = "quoted"


class Encoded(NamedTuple):
    """A body as it goes on the wire: the name of its transfer encoding, and ASCII octets with CRLF line ends."""

    encoding: str
    octets: bytes


def encode_text(text: str) -> Encoded:
    """Encode text as UTF-8 for the wire; every CRLF, CR and LF in it is a line end.

    7bit when the text is ASCII without NUL and no line is longer than 998 octets, else quoted-printable, or base64
    when that is shorter. Raises ``UnicodeEncodeError`` for a lone surrogate.
    """
    woven = text if isinstance(text, Woven) else None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        woven = None
    if text.isascii() and "\x00" not in text and _fits(text):
        return Encoded("7bit", text.replace("\n", "\r\n").encode("ascii"))
    quoted = quote(text) if woven is None else _quoted(woven)
    if len(quoted) > _BASE64_WINS * len(text):
        raw = text.replace("\n", "\r\n").encode("utf-8")
        if _base64_size(len(raw)) < len(quoted):
            return Encoded("base64", encode_base64(raw))
    return Encoded("quoted-printable", quoted.encode("ascii"))


def _quoted(text: Woven) -> str:
    shape = text.shape
    if shape is None:
        return quote_woven(*text.parted())
    if not shape.is_lines:
        return quote_shaped(shape.statics, text.values)
    quoted = shape.notes.get(_QUOTED)
    if quoted is None:
        quoted = shape.notes[_QUOTED] = list(map(quote, shape.statics))
    return quote_lines(quoted, text.values)


def _fits(text: str) -> bool:
    return len(text) <= LINE_LIMIT or max(map(len, text.split("\n"))) <= LINE_LIMIT


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
