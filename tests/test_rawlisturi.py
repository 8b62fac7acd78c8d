"""The URIs of List-… fields: with and without brackets, comments, folds, commas inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.field import RawField, read_header
from mailtemplates.octets.listuri import read_list_uris
from mailtemplates.span import Span


def field(body: str) -> RawField:
    octets = f"List-Unsubscribe: {body}\r\n".encode("latin-1")
    return read_header(octets, Span(0, len(octets))).fields[0]


# The body, the URIs that are read, the faults with the words they are about.
CASES: dict[str, tuple[str, list[str], list[str]]] = {
    "one": ("<https://a.example/u>", ["https://a.example/u"], []),
    "two": ("<https://a.example/u>, <mailto:u@a.example>", ["https://a.example/u", "mailto:u@a.example"], []),
    "RFC 2369 a comment behind": ("<mailto:list-manager@host.com?body=x> (by mail)", ["mailto:list-manager@host.com?body=x"], []),
    "a comment before, nested": ("(by (the) web) <https://a.example/>", ["https://a.example/"], []),
    "a comma in a URI": ("<https://a.example/?x=1,2>", ["https://a.example/?x=1,2"], []),
    "a fold between": ("<https://a.example/>,\r\n <mailto:b@c>", ["https://a.example/", "mailto:b@c"], []),
    "a fold inside": ("<https://a.example/\r\n x>", ["https://a.example/x"], []),
    "no brackets": ("https://a.example/u", ["https://a.example/u"], ["bare: https://a.example/u"]),
    "two without": ("https://a.example/u, mailto:b@c", ["https://a.example/u", "mailto:b@c"], ["bare: https://a.example/u", "bare: mailto:b@c"]),
    "no comma": ("<https://a.example/> <mailto:b@c>", ["https://a.example/", "mailto:b@c"], ["missing-comma: <mailto:b@c>"]),
    "an address": ("<b@c.example>", [], ["no-uri: <b@c.example>"]),
    "empty brackets": ("<>", [], ["no-uri: <>"]),
    "a word": ("unsubscribe", [], ["text: unsubscribe"]),
    "a word beside": ("<https://a.example/> now", ["https://a.example/"], ["text: now"]),
    "an open bracket": ("<https://a.example/", ["https://a.example/"], ["unclosed: <", "bare: https://a.example/"]),
    "an open comment": ("(x <https://a.example/>", [], ["empty: (x <https://a.example/>"]),
    "nothing": ("", [], ["empty: "]),
}  # fmt: skip


@pytest.mark.parametrize(("body", "uris", "faults"), CASES.values(), ids=CASES)
def test_uris_and_faults(body: str, uris: list[str], faults: list[str]) -> None:
    one = field(body)
    found = read_list_uris(one)
    assert [uri.text for uri in found.uris] == uris
    assert [f"{fault.kind}: {one.latin[fault.start : fault.end].strip()}" for fault in found.faults] == faults


@given(st.text('<>(),;: \t\\"ahtps/.@', max_size=60))
def test_any_body_is_read_without_an_exception(body: str) -> None:
    one = field(body)
    found = read_list_uris(one)
    assert all(0 <= uri.start <= uri.end <= len(one.latin) for uri in found.uris)
