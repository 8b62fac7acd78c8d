"""Bodies decoded as a lenient reader does (RFC 2045 §6.7, §6.8).

Floor 0. Never raises: what cannot be decoded is passed over, as mail programs do. What is wrong with an encoding is
for the rules to say.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp

from mailtemplates.pattern import pattern

_NOT_BASE64 = pattern(rb"[^A-Za-z0-9+/]+")
_SOFT_BREAK = pattern(rb"=[ \t]*\r?\n")
_TRAILING = pattern(rb"[ \t]+(?=\r?\n)", re.MULTILINE)


def decode_body(octets: bytes, encoding: str) -> bytes:
    """The octets that a body stands for; as they are for 7bit, 8bit, binary and unknown encodings."""
    if encoding == "base64":
        return decode_base64(octets)
    if encoding == "quoted-printable":
        return a2b_qp(_TRAILING.sub(b"", _SOFT_BREAK.sub(b"", octets)))
    return octets


def decode_base64(octets: bytes) -> bytes:
    """Base64 up to its padding; other octets are passed over, and an incomplete end is dropped."""
    text = _NOT_BASE64.sub(b"", octets.partition(b"=")[0])
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return a2b_base64(text + b"=" * (-len(text) % 4))
    except Error:
        return b""
