"""Addresses: what is one, what is none, and that a mailbox cannot be made wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.errors import AddressError
from mailtemplates.headers.address import (
    Group,
    Mailbox,
    mailbox,
    mailboxes,
    parse_addr_spec,
    parse_addresses,
    parse_mailbox,
)

RIGHT = {
    "bare": ("ann@acme.example", "ann@acme.example"),
    "name": ("Ann Lee <ann@acme.example>", "Ann Lee <ann@acme.example>"),
    "quoted name": ('"Lee, Ann" <ann@acme.example>', '"Lee, Ann" <ann@acme.example>'),
    "dot in a name": ("Dr. Who <who@acme.example>", '"Dr. Who" <who@acme.example>'),
    "needless quotes": ('"ann"@acme.example', "ann@acme.example"),
    "quoted local part": ('"a b"@acme.example', '"a b"@acme.example'),
    "backslash": (r'"a\"b"@acme.example', r'"a\"b"@acme.example'),
    "at sign in quotes": ('"a@b"@acme.example', '"a@b"@acme.example'),
    "plus": ("ann+tag@acme.example", "ann+tag@acme.example"),
    "one label": ("root@localhost", "root@localhost"),
    "ip literal": ("a@[192.0.2.1]", "a@[192.0.2.1]"),
    "ipv6 literal": ("a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
    "ipv6 with ipv4": ("a@[IPv6:::ffff:192.0.2.1]", "a@[IPv6:::ffff:192.0.2.1]"),
    "u-label": ("a@münchen.example", "a@xn--mnchen-3ya.example"),
    "a-label": ("a@xn--mnchen-3ya.example", "a@xn--mnchen-3ya.example"),
    "capital u-label": ("a@MÜNCHEN.example", "a@xn--mnchen-3ya.example"),
    "sharp s is idna 2008": ("a@straße.example", "a@xn--strae-oqa.example"),
    "utf-8 local part": ("jörg@acme.example", "jörg@acme.example"),
    "comment": ("Ann (sales (eu)) <ann@acme.example> (work)", "Ann <ann@acme.example>"),
    "encoded word is literal": ("=?utf-8?q?J?= <j@acme.example>", "=?utf-8?q?J?= <j@acme.example>"),
}

WRONG = {
    "empty": "",
    "spaces": "  ",
    "no at": "ann",
    "no domain": "ann@",
    "no local part": "@acme.example",
    "two dots": "a..b@acme.example",
    "leading dot": ".a@acme.example",
    "trailing dot": "a.@acme.example",
    "trailing dot of domain": "a@acme.example.",
    "space inside": "a b@acme.example",
    "two at": "a@b@acme.example",
    "underscore": "a@ac_me.example",
    "hyphen first": "a@-acme.example",
    "hyphen last": "a@acme-.example",
    "long label": f"a@{'x' * 64}.example",
    "long domain": f"a@{'x' * 60}.{'x' * 60}.{'x' * 60}.{'x' * 60}.{'x' * 60}",
    "long local part": f"{'x' * 65}@acme.example",
    "long utf-8 local part": f"{'ö' * 33}@acme.example",
    "bare ip": "a@192.0.2.1",
    "bad ip literal": "a@[300.0.2.1]",
    "bad ipv6 literal": "a@[IPv6:1::2::3]",
    "no a-label": "a@xn--zzzzzzzzz.example",
    "no u-label": "a@\u2488com.example",
    "line feed": "a@acme.example\n",
    "carriage return in name": "A\rB <a@acme.example>",
    "nul": "a\x00b@acme.example",
    "bidi control in name": "\u202egnp.exe <a@acme.example>",
    "implicit mark in local part": "a\u200fb@acme.example",
    "zero width in local part": "a\u200bb@acme.example",
    "unclosed angle": "Ann <ann@acme.example",
    "doubled angle": "Ann <<ann@acme.example>>",
    "route": "<@relay.example:ann@acme.example>",
    "unclosed quote": '"Ann <ann@acme.example>',
    "unclosed comment": "Ann (x <ann@acme.example>",
    "stray bracket": "alice@acme.example)bob@acme.example",
    "at in name": "ann@x <ann@acme.example>",
    "semicolon": "a@acme.example; b@acme.example",
    "empty element": "a@acme.example,,b@acme.example",
    "trailing comma": "a@acme.example,",
    "missing comma": "A <a@acme.example> B <b@acme.example>",
    "unclosed group": "Team: a@acme.example",
    "group without a name": ": a@acme.example;",
    "group in group": "A: B: c@acme.example;;",
}


@pytest.mark.parametrize(("text", "shown"), RIGHT.values(), ids=RIGHT)
def test_a_mailbox_is_read(text: str, shown: str) -> None:
    assert str(parse_mailbox(text)) == shown


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_no_address_is_refused_with_a_cure(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_addresses(text)
    assert caught.value.problem
    assert caught.value.cure


def test_an_error_names_the_column() -> None:
    with pytest.raises(AddressError, match=r"column 11"):
        parse_addresses("a@b.test, <c@d.test")
    with pytest.raises(AddressError, match=r"`,` is no part of an addr-spec \(column 2\)"):
        parse_addr_spec("a,b@c.test")


def test_lists_and_groups_keep_their_order() -> None:
    read = parse_addresses('a@x.test, Team: "B, b" <b@x.test>, c@x.test;, undisclosed-recipients:;')
    assert read == (
        Mailbox("", "a", "x.test"),
        Group("Team", (Mailbox("B, b", "b", "x.test"), Mailbox("", "c", "x.test"))),
        Group("undisclosed-recipients"),
    )


def test_two_addresses_are_not_one_mailbox() -> None:
    with pytest.raises(AddressError, match="2 addresses, not one"):
        parse_mailbox("doe@x.test, Jane <jane@x.test>")
    with pytest.raises(AddressError, match="a group"):
        parse_mailbox("Team: a@x.test;")


ANN = Mailbox("Ann", "ann", "x.test")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"name": "Ann", "email": "ann@x.test"}, ANN, id="mapping"),
        pytest.param({"email": "ann@x.test", "id": 7}, Mailbox("", "ann", "x.test"), id="no name"),
        pytest.param({"name": None, "email": "ann@x.test"}, Mailbox("", "ann", "x.test"), id="name is none"),
        pytest.param({"name": "A <b@c>, d", "email": "ann@x.test"}, Mailbox("A <b@c>, d", "ann", "x.test"), id="nasty"),
        pytest.param("Ann <ann@x.test>", ANN, id="text"),
        pytest.param(("Ann", "ann@x.test"), ANN, id="pair"),
        pytest.param(["Ann", "ann@x.test"], ANN, id="json pair"),
        pytest.param(ANN, ANN, id="mailbox"),
    ],
)
def test_data_becomes_a_mailbox(value: Any, expected: Mailbox) -> None:
    assert mailbox(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        {},
        {"name": "Ann"},
        {"email": 5},
        {"email": "a@x.test", "name": 5},
        ("a",),
        b"a@x.test",
        "a@x.test, b@x.test",
        {"email": "a@x.test, b@x.test"},
        {"email": "Ann <a@x.test>"},
        {"name": "a\nb", "email": "a@x.test"},
    ],
    ids=repr,
)
def test_data_that_is_no_mailbox_is_refused(value: Any) -> None:
    with pytest.raises(AddressError):
        mailbox(value)


def test_mailboxes_take_lists_and_texts() -> None:
    both = (ANN, Mailbox("", "b", "x.test"))
    assert mailboxes([{"name": "Ann", "email": "ann@x.test"}, "b@x.test"]) == both
    assert mailboxes("Ann <ann@x.test>, b@x.test") == both
    assert mailboxes("Team: Ann <ann@x.test>, b@x.test;") == both
    assert mailboxes(ANN) == (ANN,)
    assert mailboxes({"email": "b@x.test"}) == both[1:]
    assert mailboxes([]) == mailboxes("") == ()
    for wrong in (5, None, b"a@x.test", ["a@x.test", 5]):
        with pytest.raises(AddressError):
            mailboxes(wrong)


@pytest.mark.parametrize(
    "parts",
    [
        ("a\r\nBcc: x@y.test", "a", "x.test"),
        ("Ann", "a\r\n", "x.test"),
        ("Ann", "a", "x.test>\r\nBcc: <b"),
        ("Ann", "", "x.test"),
        ("Ann", "a", ""),
        ("x" * 999, "a", "x.test"),
        ("", "a" * 64, ".".join(["x" * 60] * 4)),
    ],
    ids=["name", "local part", "domain", "no local part", "no domain", "long name", "long address"],
)
def test_a_mailbox_cannot_be_made_wrong(parts: tuple[str, str, str]) -> None:
    with pytest.raises(AddressError):
        Mailbox(*parts)


def test_an_error_never_prints_a_huge_value_or_a_raw_control() -> None:
    with pytest.raises(AddressError) as caught:
        parse_mailbox("x" * 1_000_000 + "\x1b[2J")
    assert len(str(caught.value)) < 400
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=60), st.text(min_size=1, max_size=30))
def test_a_mailbox_is_read_back_from_what_it_shows(name: str, local: str) -> None:
    try:
        box = Mailbox(name, local, "x.test")
    except AddressError:
        return
    assert parse_mailbox(str(box)) == box


@given(st.text(alphabet='ab@.,:;<>()[]"\\ \x00é', max_size=40))
def test_reading_any_text_ends_in_addresses_or_an_address_error(text: str) -> None:
    try:
        read = parse_addresses(text)
    except AddressError:
        return
    assert parse_addresses(", ".join(map(str, read))) == read
