"""Bodies decoded as a lenient reader does (RFC 2045 §6.7, §6.8).

Never raises: what cannot be decoded is passed over, as mail programs do. What is wrong with an encoding is
for the rules to say.
"""

from __future__ import annotations

import string
from binascii import Error, a2b_base64, a2b_qp

from mailtemplates.pattern import pattern

_BASE64 = (string.ascii_letters + string.digits + "+/").encode()
_NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _BASE64)
_SOFT_BREAK = pattern(rb"=[ \t]*(?:\r\n?|\n)")
# Any but an octet in two upper-case digits, no CR and no LF, or a line end behind the equals sign.
_ODD_ESCAPE = pattern(rb"=(?![1-9A-F][0-9A-F]|0[0-9BCEF]|\r?\n)")
_TRAILING = pattern(rb"(?<![ \t])[ \t]+(?=\r?\n|\Z)")


def decode_body(octets: bytes, encoding: str) -> bytes:
    """The octets that a body stands for; as they are for 7bit, 8bit, binary and unknown encodings."""
    if encoding == "base64":
        return decode_base64(octets)
    if encoding == "quoted-printable":
        return decode_quoted(octets)
    return octets


def decode_base64(octets: bytes) -> bytes:
    """Base64 up to its padding; other octets are passed over, and an incomplete end is dropped."""
    text = octets.partition(b"=")[0].translate(None, _NOT_BASE64)
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return a2b_base64(text + b"=" * (-len(text) % 4))
    except Error:
        return b""


def has_trailing_space(octets: bytes) -> bool:
    """Whether a line ends with a space or a tab."""
    spaces = b" \t" if b"\t" in octets else b" "
    ends = b"\r\n" if b"\r" in octets else b"\n"
    return octets[-1:] in (b" ", b"\t") or any(bytes((one, end)) in octets for one in spaces for end in ends)


def is_escaped_well(octets: bytes) -> bool:
    """Whether an octet in upper-case digits that is no line end, or the end of the line, stands behind each ``=``."""
    return _ODD_ESCAPE.search(octets) is None


def decode_quoted(octets: bytes, trails: bool | None = None, well: bool = False) -> bytes:
    """Quoted-printable without soft breaks and white space at line ends; an escape that is none stays as it is.

    :param trails: whether there is such white space, where that is known.
    :param well: whether it is known to be escaped well (:func:`is_escaped_well`).
    """
    if has_trailing_space(octets) if trails is None else trails:
        octets = _TRAILING.sub(b"", octets)
    return a2b_qp(octets if well else _SOFT_BREAK.sub(b"", octets))
