"""Base64 as it stands: what is wrong with it, and where (RFC 2045 §6.8)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.base64 import find_fault
from mailtemplates.octets.decoding import decode_base64


@pytest.mark.parametrize(
    ("body", "words", "marked"),
    [
        (b"", "", b""),
        (b"\r\n", "", b""),
        (b"QUJD", "", b""),
        (b"QUI=\r\n", "", b""),
        (b"QQ==", "", b""),
        (b"QU\r\n\r\nJD\r\n", "", b""),
        (b"  QUJD \t\r\n", "", b""),
        (b"QQ=\r\n=\r\n", "", b""),
        (b"QUI", "lacks 1 of its padding", b"I"),
        (b"QQ=", "lacks 1 of its padding", b"="),
        (b"QQ", "lacks 2 of its padding", b"Q"),
        (b"QUJDQ", "5 characters", b"Q"),
        (b"QUJD=", "has 1 padding characters, not 0", b"="),
        (b"QUI===", "has 3 padding characters, not 1", b"==="),
        (b"====", "has 4 padding characters, not 0", b"===="),
        (b"QQ==QQ==", "4 characters stand after", b"QQ=="),
        (b"QQ==\r\nQUJD\r\n", "4 characters stand after", b"QUJD"),
        (b"QU_D", "a character outside", b"_"),
        (b"QUJD\r\nHello, you!\r\n", "2 characters outside", b","),
        (b"QUJD\x00", "a character outside", b"\x00"),
        (b"QU\xc3\xa4JD", "2 characters outside", b"\xc3\xa4"),
    ],
)
def test_the_first_fault_is_found(body: bytes, words: str, marked: bytes) -> None:
    fault = find_fault(body)
    assert bool(fault) == bool(words)
    if fault:
        assert words in fault.problem
        assert body[fault.start : fault.end] == marked


@given(st.binary(max_size=300))
def test_what_is_encoded_has_no_fault(content: bytes) -> None:
    assert find_fault(base64.b64encode(content)) is None
    assert find_fault(base64.encodebytes(content)) is None


@given(st.binary(max_size=60) | st.text("QUI=-\n ", max_size=30).map(str.encode))
def test_without_a_fault_a_strict_decoder_agrees(body: bytes) -> None:
    fault = find_fault(body)
    if fault:
        assert 0 <= fault.start < fault.end <= len(body)
    else:
        assert base64.b64decode(b"".join(body.split()), validate=True) == decode_base64(body)
