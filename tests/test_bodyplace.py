"""The place of a decoded octet is where the octets that stand for it are."""

from __future__ import annotations

from binascii import b2a_base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.decoding import decode_body
from mailtemplates.octets.mime import parse
from mailtemplates.octets.quotedprintable import quote_octets

HEAD = "Content-Type: text/plain\nContent-Transfer-Encoding: %s\n\n"
QUOTED = {
    "escape": (b"a=C3=A9b", 2, b"=A9"),
    "plain": (b"a=C3=A9b", 3, b"b"),
    "behind a soft break": (b"ab=\r\ncd", 2, b"c"),
    "behind white space at a line's end": (b"ab  \r\ncd", 4, b"c"),
    "raw": (b"a\xc3\xa9b", 1, b"\xc3"),
    "behind what is no escape": (b"a=ZZ=C3", 4, b"=C3"),
}


@pytest.mark.parametrize(("body", "offset", "expected"), QUOTED.values(), ids=QUOTED)
def test_quoted_printable(body: bytes, offset: int, expected: bytes) -> None:
    octets = (HEAD % "quoted-printable").encode() + body
    span = locate(parse(octets), offset, offset + 1)
    assert octets[span.start : span.end] == expected


@given(st.binary(min_size=1, max_size=300), st.integers(0, 299))
def test_quoted_printable_of_any_octets(content: bytes, offset: int) -> None:
    body = quote_octets(content, b"\n")
    part = parse((HEAD % "quoted-printable").encode() + body)
    offset %= len(part.decoded)
    span = locate(part, offset, offset + 1)
    found = part.octets[span.start : span.end]
    assert decode_body(found + b"x", "quoted-printable")[:1] == part.decoded[offset : offset + 1]


@given(st.binary(min_size=1, max_size=300), st.integers(0, 299), st.integers(8, 76))
def test_base64_of_any_octets(content: bytes, offset: int, width: int) -> None:
    text = b2a_base64(content, newline=False)
    body = b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))
    part = parse((HEAD % "base64").encode() + body)
    offset %= len(content)
    span = locate(part, offset, offset + 1)
    index = len(part.octets[part.body.start : span.start].replace(b"\r\n", b""))
    assert index == offset * 8 // 6
    assert 1 <= span.end - span.start <= 2


@given(st.binary(max_size=100), st.integers(0, 200), st.sampled_from(["7bit", "base64", "quoted-printable"]))
def test_any_octets_give_no_exception(body: bytes, offset: int, encoding: str) -> None:
    locate(parse((HEAD % encoding).encode() + body), offset, offset + 3)
