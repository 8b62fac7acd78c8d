"""Bodies decoded as lenient readers do (RFC 2045 §6.7, §6.8)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.decoding import decode_body


@pytest.mark.parametrize(
    ("octets", "decoded"),
    [
        (
            b"Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
            b"Now's the time for all folk to come to the aid of their country.",
        ),
        (b"a =20\r\nb", b"a  \r\nb"),
        (b"a \t\r\nb ", b"a\r\nb"),
        (b"a= \t\r\nb", b"ab"),
        (b"a=\nb=\rc", b"abc"),
        (b"a=", b"a"),
        (b"=zz=3", b"=zz=3"),
        (b"=c3=A4", b"\xc3\xa4"),
        (b"\xe4", b"\xe4"),
    ],
)
def test_quoted_printable(octets: bytes, decoded: bytes) -> None:
    assert decode_body(octets, "quoted-printable") == decoded


@pytest.mark.parametrize(
    ("octets", "decoded"),
    [
        (b"QUJD\r\nREVG", b"ABCDEF"),
        (b"QU*JD", b"ABC"),
        (b"QUI", b"AB"),
        (b"QQ==QUJD", b"A"),
        (b"QUJDR", b"ABC"),
        (b"====", b""),
        (b"", b""),
    ],
)
def test_base64(octets: bytes, decoded: bytes) -> None:
    assert decode_body(octets, "base64") == decoded


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "7bit", "binary", "x-foo"]))
def test_any_octets_are_decoded(octets: bytes, encoding: str) -> None:
    decode_body(octets, encoding)


@pytest.mark.parametrize("octets", [b" " * 1_000_000 + b"a", b"= " * 500_000, b"=" * 1_000_000, b" \n" * 500_000])
def test_decoding_is_linear(octets: bytes) -> None:
    begun = time.process_time()
    decode_body(octets, "quoted-printable")
    assert time.process_time() - begun < 60
