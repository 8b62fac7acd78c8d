"""Quoted-printable written from any octets, and wrong lines of it mended (RFC 2045 §6.7)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.decoding import decode_quoted
from mailtemplates.octets.quotedprintable import LIMIT, mend_line, quote_octets

RIGHT = re.compile(rb"(?:[!-<>-~\t ]|=[0-9A-F]{2})*=?")


def check(encoded: bytes) -> None:
    for line in encoded.split(b"\r\n"):
        assert len(line) <= LIMIT
        assert RIGHT.fullmatch(line)
        assert not line.endswith((b" ", b"\t"))


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        (b"Now's the time =", b"Now's the time ="),
        (b"for all folk to come=", b"for all folk to come="),
        (b" to the aid of their country.", b" to the aid of their country."),
        (b"-- ", b"--=20"),
        (b"a\t", b"a=09"),
        (b"a \t", b"a =09"),
        (b" ", b"=20"),
        (b"a= ", b"a="),
        (b"a =\t", b"a ="),
        (b"a=20 ", b"a=20=20"),
        (b"K\xf6ln", b"K=F6ln"),
        (b"a\x00b\x7f", b"a=00b=7F"),
        (b"a=zz=", b"a=zz="),
        (b"x" * 76, b"x" * 76),
        (b"x" * 77, b"x" * 75 + b"=\r\nxx"),
        (b"x" * 76 + b"=", b"x" * 75 + b"=\r\nx="),
        (b"x" * 73 + b"=C3=A4", b"x" * 73 + b"=\r\n=C3=A4"),
        (b"x" * 75 + b"--b", b"x" * 75 + b"=\r\n=2D-b"),
        (b"x" * 75 + b" ", b"x" * 75 + b"=\r\n=20"),
        (b"", b""),
    ],
)
def test_a_line_is_mended(line: bytes, mended: bytes) -> None:
    assert mend_line(line, b"\r\n") == mended


@given(st.binary(max_size=400) | st.text("a =\n\r\t.-ü", max_size=300).map(str.encode))
def test_any_octets_are_read_back(octets: bytes) -> None:
    encoded = quote_octets(octets, b"\r\n")
    check(encoded)
    assert decode_quoted(encoded) == re.sub(rb"\r?\n", b"\r\n", octets)


@given(st.text("a=F3 \t-ü", max_size=300).map(str.encode))
def test_a_mended_line_says_the_same(line: bytes) -> None:
    mended = mend_line(line, b"\r\n")
    assert mend_line(line, b"\n") == mended.replace(b"\r\n", b"\n")
    assert all(len(one) <= LIMIT and one.isascii() for one in mended.split(b"\r\n"))
    if not re.search(rb"=(?![0-9A-F]{2})", line):
        check(mended)
        assert decode_quoted(mended) == decode_quoted(line + b".")[:-1]
