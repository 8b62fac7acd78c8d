"""Header fields: what blocks read to, what is refused and where, and the octets that are written."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import wire

from mailtemplates.errors import AddressError, HeaderError
from mailtemplates.headers.address import Group, Mailbox
from mailtemplates.headers.field import AddressList, Date, Field, MessageIds, Text, UrlList
from mailtemplates.headers.fragment import Data
from mailtemplates.headers.headerblocks import make_field, parse_headers_block, read_field, write_field
from mailtemplates.source import Location

PLACE = Location("welcome.j2", 3)


def data(text: str, expression: str = "user.name", line: int = 7) -> Data:
    return Data(text, expression, line)


NASTY_NAMES = {
    "plain": "Ann Lee",
    "comma": "Lee, Ann",
    "dot": "J. R. Tolkien",
    "quote": 'The "boss"',
    "backslash": "a\\b",
    "looks like an address": 'Eve, Inc." <x@y.test>',
    "is an address": "eve@evil.test",
    "angle": "<>",
    "comment": "Ann (boss)",
    "group": "Team: a;",
    "encoded word": "=?utf-8?q?Smith=2C_evil=40x=2Etest?=",
    "encoded word with newline": "=?utf-8?q?a=0D=0ABcc:_x=40y.test?=",
    "half an encoded word": "=?utf-8?",
    "umlaut": "Jürgen Groß",
    "cjk": "日本 太郎",
    "long cjk": "日本太郎" * 20,
    "long ascii": "word " * 30 + "end",
    "long quoted": "Lee, Ann " * 20 + "end",
    "one long word": "x" * 200,
    "emoji with joiners": "👩‍👩‍👧‍👦 family",
    "hebrew with an implicit mark": "שלום\u200f!",
    "no-break space": "a\xa0b",
    "two spaces": "a  b",
    "percent": "100% =20",
    "question": "?q?",
    "combining": "e\u0301" * 40,
}


@pytest.mark.parametrize("name", NASTY_NAMES.values(), ids=NASTY_NAMES)
def test_a_name_from_data_is_one_display_name_however_nasty(name: str) -> None:
    field = read_field("To", [data(name), " <", data("eve@acme.example", "user.email"), ">, Bob <bob@acme.example>"])
    octets = write_field(field)
    wire.check_lines(octets)
    wire.check_folding(octets)
    assert wire.read_boxes(wire.unfold(octets)) == [(name, "eve@acme.example"), ("Bob", "bob@acme.example")]
    assert addresses_of(octets) == ["eve@acme.example", "bob@acme.example"]


@pytest.mark.parametrize("text", NASTY_NAMES.values(), ids=NASTY_NAMES)
def test_a_subject_from_data_is_that_text(text: str) -> None:
    octets = write_field(read_field("Subject", ["Dear ", data(text), ", hello"]))
    wire.check_lines(octets)
    wire.check_folding(octets)
    assert wire.decode_words(wire.unfold(octets)) == f"Dear {text}, hello"


def addresses_of(octets: bytes) -> list[str]:
    """What the standard library takes for the addresses."""
    read = email.message_from_bytes(octets + b"\r\n", policy=email.policy.default)["to"]
    assert not read.defects
    return [address.addr_spec for address in read.addresses]


CONTROLS = [
    *map(chr, range(32)),
    "\x7f",
    *map(chr, range(0x80, 0xA0)),
    *"\u2028\u2029\u202a\u202e\u2066\u2069\ufffe",
    "\ud800",
    "\U0001ffff",
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda char: f"U+{ord(char):04X}")
@pytest.mark.parametrize(
    "name", ["Subject", "To", "References", "List-Unsubscribe", "X-Custom", "Precedence", "List-ID"]
)
def test_controls_in_data_are_an_error_that_names_the_variable_and_the_line(name: str, control: str) -> None:
    with pytest.raises(HeaderError, match=r"`user\.name` holds .* at character 2") as caught:
        read_field(name, ["<", data(f"a{control}b"), "@x.test>"], location=PLACE)
    assert caught.value.location == Location("welcome.j2", 7)
    assert caught.value.problem.startswith(f"{name}: ")
    assert caught.value.cure


def test_controls_in_the_authors_text_are_an_error_but_white_space_folds() -> None:
    with pytest.raises(HeaderError, match="the template's text holds NUL"):
        read_field("Subject", ["a\x00b"], location=PLACE)
    assert str(read_field("Subject", ["\n  Dear\t\r\n", data("Ann"), "  \n  Lee\n"]).value) == "Dear Ann Lee"


def test_white_space_beside_an_empty_value_is_one_space() -> None:
    assert str(read_field("Subject", ["Dear ", data(""), " customer"]).value) == "Dear customer"
    to = read_field("To", [data("Ann"), " ", data(""), " ", data("Lee"), " <a@x.test>"])
    assert str(to.value) == "Ann Lee <a@x.test>"


ADDRESS_BLOCKS: dict[str, tuple[list[Any], str]] = {
    "author": (["Acme <hello@acme.example>"], "Acme <hello@acme.example>"),
    "author's list": (["\n a@x.test,\n B <b@x.test>,\n"], "a@x.test, B <b@x.test>"),
    "bare data": ([data("a@x.test")], "a@x.test"),
    "loop with a trailing comma": (
        [data("A"), " <", data("a@x.test"), ">, ", data("b@x.test"), ", "],
        "A <a@x.test>, b@x.test",
    ),
    "data makes a local part": ([data("42"), "@reply.acme.example"], "42@reply.acme.example"),
    "data inside a local part": (["bounce+", data("42"), "@acme.example"], "bounce+42@acme.example"),
    "data makes both sides": (["<", data("a"), "@", data("x.test"), ">"], "a@x.test"),
    "data in quotes": (['"', data('Q"'), ' of us" <a@x.test>'], '"Q\\" of us" <a@x.test>'),
    "name is empty": ([data(""), " <", data("a@x.test"), ">"], "a@x.test"),
    "joined words": ([data("Ann"), "-", data("Lee"), " <a@x.test>"], "Ann-Lee <a@x.test>"),
    "mailbox object": ([Mailbox("A, B", "a", "x.test")], '"A, B" <a@x.test>'),
    "mailboxes": (
        [(Mailbox("", "a", "x.test"), Mailbox("", "b", "x.test")), ", ", data("c@x.test")],
        "a@x.test, b@x.test, c@x.test",
    ),
    "no mailboxes": ([(), ", a@x.test"], "a@x.test"),
    "group": (["Team ", data("A;B"), ": ", (Mailbox("", "a", "x.test"),), ";"], '"Team A;B": a@x.test;'),
    "group object": ([Group("T", (Mailbox("", "a", "x.test"),)), ", b@x.test"], "T: a@x.test;, b@x.test"),
    "nobody": (["\n  \n"], ""),
    "idna": (["a@", data("bücher.example")], "a@xn--bcher-kva.example"),
    "any other str is data": ([type("Markup", (str,), {})("<b>"), " <a@x.test>"], '"<b>" <a@x.test>'),
}


@pytest.mark.parametrize(("fragments", "shown"), ADDRESS_BLOCKS.values(), ids=ADDRESS_BLOCKS)
def test_address_blocks(fragments: list[Any], shown: str) -> None:
    assert str(read_field("To", fragments).value) == shown


BAD_ADDRESS_BLOCKS: dict[str, tuple[list[Any], str]] = {
    "a whole address": ([data("Ann <a@x.test>")], "|mailbox"),
    "a list": ([data("a@x.test, b@x.test")], "|mailboxes"),
    "a second address in brackets": (["<", data("a@x.test>, <b@x.test"), ">"], "|mailbox"),
    "a second address in a local part": ([data("a@x.test, b"), "@x.test"], "|mailbox"),
    "two at signs": ([data("a@evil.test"), "@x.test"], "local@domain"),
    "empty": ([data("")], "local@domain"),
    "empty in brackets": ([data("Ann"), " <", data(""), ">"], "local@domain"),
    "spaces around": ([data(" a@x.test")], "|trim"),
    "a comment": (["a@x.test (", data("x"), ")"], "Name <local@domain>"),
    "a mailbox in brackets": (["<", Mailbox("", "a", "x.test"), ">"], "alone"),
    "a group in a group": (["T: ", Group("U"), ";"], "beside"),
}


@pytest.mark.parametrize(("fragments", "cure"), BAD_ADDRESS_BLOCKS.values(), ids=BAD_ADDRESS_BLOCKS)
def test_data_never_adds_an_address(fragments: list[Any], cure: str) -> None:
    with pytest.raises(AddressError) as caught:
        read_field("To", fragments, location=PLACE)
    assert cure in caught.value.cure
    assert caught.value.location is not None
    assert caught.value.problem.startswith("To: ")


def test_the_value_at_fault_is_blamed() -> None:
    with pytest.raises(AddressError, match=r"\(from `user\.email`\)") as caught:
        read_field("To", [data("Ann"), " <", data("nonsense", "user.email", 9), ">"], location=PLACE)
    assert caught.value.location == Location("welcome.j2", 9)


def test_the_same_text_from_author_and_from_data_is_not_confused() -> None:
    """A cache of blocks keyed by text would take data for syntax, since Data equals its text."""
    author = read_field("To", ["Ann <a@x.test>"])
    with pytest.raises(AddressError):
        read_field("To", [data("Ann <a@x.test>")])
    assert read_field("To", ["Ann <a@x.test>"]) == author


OTHER_KINDS: dict[str, tuple[str, list[Any], str]] = {
    "message id": ("Message-ID", ["<", data("order.1"), "@acme.example>"], "<order.1@acme.example>"),
    "message id without brackets": ("In-Reply-To", [data("a@x.test")], "<a@x.test>"),
    "references from data": (
        "References",
        [data("<a@x.test> <b@x.test>"), "\n <c@x.test>"],
        "<a@x.test> <b@x.test> <c@x.test>",
    ),
    "foreign message id": ("In-Reply-To", [data("<a..b$c@host_1>")], "<a..b$c@host_1>"),
    "urls": (
        "List-Unsubscribe",
        ["<https://x.test/?u=", data("a%2Cb"), ">, <mailto:u@x.test>"],
        "<https://x.test/?u=a%2Cb>, <mailto:u@x.test>",
    ),
    "bare urls": (
        "List-Unsubscribe",
        [data("https://x.test/?a,b"), ", mailto:u@x.test"],
        "<https://x.test/?a,b>, <mailto:u@x.test>",
    ),
    "url comment": ("List-Help", ["<https://x.test/> (on the web)"], "<https://x.test/> (on the web)"),
    "no posting": ("List-Post", ["NO"], "NO"),
    "one click": ("List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"], "List-Unsubscribe=One-Click"),
    "list id": ("List-ID", [data("Ä, b"), " <", data("n1"), ".acme.example>"], "Ä, b <n1.acme.example>"),
    "bare list id": ("List-Id", ["news.acme.example"], "<news.acme.example>"),
    "date": ("Date", [data("2026-01-02T03:04:05Z")], "Fri, 02 Jan 2026 03:04:05 +0000"),
    "token": ("X-Priority", [data("1"), " (Highest)"], "1 (Highest)"),
    "keywords": ("Keywords", ["news, ", data("a,b")], "news, a,b"),
    "unstructured": ("X-Custom", ["a ", Mailbox("B", "b", "x.test")], "a B <b@x.test>"),
}


@pytest.mark.parametrize(("name", "fragments", "shown"), OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_other_kinds(name: str, fragments: list[Any], shown: str) -> None:
    field = read_field(name, fragments)
    assert str(field.value) == shown
    wire.check_lines(write_field(field))


BAD_VALUES: dict[str, tuple[str, list[Any], str]] = {
    "space in a message id": ("Message-ID", ["<", data("order 1"), "@x.test>"], "not a message identifier"),
    "second message id from a part": (
        "References",
        ["<", data("a@x.test> <b"), "@x.test>"],
        "not a message identifier",
    ),
    "message id without at": ("In-Reply-To", [data("abc")], "not a message identifier"),
    "space in a url": ("List-Unsubscribe", ["<https://x.test/?u=", data("a b"), ">"], "cannot stand in a URL"),
    "second url": ("List-Unsubscribe", [data("https://x.test/>, <https://evil.test/")], "cannot stand in a URL"),
    "script url": ("List-Unsubscribe", [data("javascript:alert(1)")], "not a URL"),
    "no url": ("List-Unsubscribe", ["unsubscribe here"], "not a URL"),
    "non-ascii url": ("List-Unsubscribe", ["<https://x.test/ü>"], "not a URL"),
    "data in a comment": ("List-Help", ["<https://x.test/> (", data("x"), ")"], "comment"),
    "long url": ("List-Unsubscribe", ["https://x.test/" + "x" * 1000], "990 are the most"),
    "token": ("Precedence", [data("bulk; x")], "not a token"),
    "non-ascii token": ("Auto-Submitted", ["größe"], "not ASCII"),
    "list id": ("List-ID", ["News <a b>"], "not a list identifier"),
    "date": ("Date", [data("soon")], "not a date"),
    "long value": ("Subject", [data("x" * 40_000)], "32768 are the most"),
}


@pytest.mark.parametrize(("name", "fragments", "problem"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_bad_values(name: str, fragments: list[Any], problem: str) -> None:
    with pytest.raises(HeaderError, match=problem) as caught:
        read_field(name, fragments, location=PLACE)
    assert caught.value.location is not None
    assert len(str(caught.value)) < 600


def test_the_headers_block_is_read_line_by_line() -> None:
    fields = parse_headers_block(
        [
            "\n  X-Order: no. ",
            data("42"),
            "\n    for you\n\n  X-Empty: ",
            data(""),
            "\n  In-Reply-To: ",
            data("<a@x.test>"),
            "\n",
        ]
    )
    assert fields == (Field("X-Order", Text("no. 42 for you")), Field("In-Reply-To", MessageIds(("a@x.test",))))
    assert parse_headers_block([]) == parse_headers_block(["\n \n"]) == ()


BAD_BLOCKS: dict[str, tuple[list[Any], str]] = {
    "name from data": ([data("X-A"), ": b"], "not a header field"),
    "name half from data": (["X-", data("A"), ": b"], "not a header field"),
    "no colon": (["X-A b"], "not a header field"),
    "space before colon": (["X-A : b"], "not a header field"),
    "name outside ascii": (["Größe: b"], "not a header field"),
    "newline in data": (["X-A: ", data("a\nX-B: c")], "line feed"),
    "content type": (["Content-Type: text/html"], "by the composer"),
    "mime version": (["mime-version: 1.0"], "by the composer"),
    "transfer encoding": (["Content-Transfer-Encoding: 8bit"], "by the composer"),
    "received": (["Received: x"], "by the composer"),
    "return path": (["Return-Path: <>"], "by the composer"),
    "dkim": (["DKIM-Signature: v=1"], "by the composer"),
    "bcc": (["Bcc: a@x.test"], "block of its own"),
    "subject": (["SUBJECT: a"], "block of its own"),
    "unsubscribe": (["List-Unsubscribe: <https://x.test>"], "block of its own"),
    "twice": (["Message-ID: <a@x.test>\nmessage-id: <b@x.test>"], "stands twice"),
}


@pytest.mark.parametrize(("fragments", "problem"), BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_bad_headers_blocks(fragments: list[Any], problem: str) -> None:
    with pytest.raises(HeaderError, match=problem) as caught:
        parse_headers_block(fragments, location=PLACE)
    assert caught.value.location is not None
    assert caught.value.cure


def test_a_field_with_its_own_block_is_pointed_to_it() -> None:
    with pytest.raises(HeaderError) as caught:
        parse_headers_block(["Reply-To: a@x.test"])
    assert "{% block reply_to %}" in caught.value.cure


def test_fields_that_a_caller_gives() -> None:
    assert make_field("X-A", "a  b") == Field("X-A", Text("a  b"))
    assert str(make_field("To", '"Lee, Ann" <a@x.test>, b@x.test')) == 'To: "Lee, Ann" <a@x.test>, b@x.test'
    assert str(make_field("Cc", [{"name": "A", "email": "a@x.test"}])) == "Cc: A <a@x.test>"
    assert make_field("References", "<a@x.test> <b@x.test>") == Field(
        "References", MessageIds(("a@x.test", "b@x.test"))
    )
    assert make_field("Cc", "") == Field("Cc", AddressList(()))
    for name, value in [
        ("X-A", "a\r\nBcc: x"),
        ("X-A", 5),
        ("To", "a@x.test,"),
        ("Content-Type", "x"),
        ("X A", "b"),
        ("To", 5),
    ]:
        with pytest.raises(HeaderError):
            make_field(name, value)


# What CPython's own writer gets wrong, release by release; ours is right on every Python.


def test_a_long_quoted_name_keeps_its_quotes() -> None:
    """gh-80222: folded, the quotes were lost and one address became two."""
    name = "Lee, Ann, of the department of rather long names, second floor"
    octets = write_field(read_field("To", [data(name), " <", data("a@x.test"), ">"]))
    assert wire.read_boxes(wire.unfold(octets)) == [(name, "a@x.test")]
    assert addresses_of(octets) == ["a@x.test"]


def test_an_encoded_word_with_a_comma_is_no_second_address() -> None:
    """gh-121284: an ASCII encoded word that holds a comma and an at sign was written bare."""
    octets = write_field(read_field("To", [data("=?utf-8?q?Smith=2C_evil=40x=2Etest?="), " <a@x.test>"]))
    assert addresses_of(octets) == ["a@x.test"]


def test_a_newline_inside_an_encoded_word_is_not_smuggled_out() -> None:
    """CVE-2024-6923: refolding decoded it and wrote the newline."""
    octets = write_field(read_field("Subject", [data("=?utf-8?q?a=0D=0ABcc:_x=40y.test?=" + " long" * 20)]))
    assert b"Bcc" not in octets
    assert octets.count(b"\n") == octets.count(b"\r\n ") + 1


def test_a_local_part_outside_ascii_is_never_an_encoded_word() -> None:
    """gh-83938: ``=?utf-8?q?j=C3=B6rg?=@…`` is another address."""
    field = read_field("To", ["Jörg <jörg@bücher.example>"])
    with pytest.raises(AddressError, match="outside ASCII"):
        write_field(field)
    assert write_field(field, smtputf8=True) == "To: =?utf-8?b?SsO2cmc=?= <jörg@xn--bcher-kva.example>\r\n".encode()


def test_long_references_are_folded_and_never_encoded() -> None:
    """gh-100991: encoded, they break threads."""
    ids = [f"{'x' * length}@mail.acme.example" for length in (10, 60, 90, 300)]
    octets = write_field(Field("References", MessageIds(tuple(ids))))
    assert wire.unfold(octets).split() == [f"<{one}>" for one in ids]
    wire.check_lines(octets)


@pytest.mark.parametrize("size", [60, 78, 200, 900])
def test_long_urls_and_tokens_stay_whole(size: int) -> None:
    """gh-85725: List-Unsubscribe was RFC 2047-encoded."""
    url = "https://x.test/" + "u" * size
    octets = write_field(read_field("List-Unsubscribe", ["<", data(url), ">, <mailto:u@x.test>"]))
    assert octets.replace(b"\r\n ", b" ") == f"List-Unsubscribe: <{url}>, <mailto:u@x.test>\r\n".encode()
    token = write_field(make_field("X-Token", "t" * size))
    assert token == b"X-Token: " + b"t" * size + b"\r\n"


def test_what_cannot_be_folded_is_refused_over_998() -> None:
    with pytest.raises(HeaderError, match="no place to fold"):
        write_field(make_field("X-Token", "t" * 1000))
    octets = write_field(make_field("Subject", "t" * 1000))
    assert wire.decode_words(wire.unfold(octets)) == "t" * 1000


@pytest.mark.parametrize("count", [1, 5, 20, 60, 500])
def test_long_address_lists_lose_nobody(count: int) -> None:
    """Lists of some lengths lost or merged addresses."""
    boxes = tuple(Mailbox(f"Größe, {n}" if n % 2 else f"Nr. {n}", f"user{n}", "acme.example") for n in range(count))
    octets = write_field(Field("To", AddressList(boxes)))
    wire.check_folding(octets)
    assert wire.read_boxes(wire.unfold(octets)) == [(box.name, box.addr_spec) for box in boxes]
    assert addresses_of(octets) == [box.addr_spec for box in boxes]


@pytest.mark.parametrize("length", range(1, 160))
def test_texts_of_every_length_round_trip(length: int) -> None:
    """gh-92081, gh-124452: adjacent encoded words were read with an extra space, CJK with ASCII did not come back."""
    for sample in (
        "é" * length,
        ("日本 go " * 60)[:length].strip(),
        ("wörd " * 60)[:length].strip(),
        "a" * length + "é",
    ):
        subject = write_field(make_field("Subject", sample))
        wire.check_folding(subject)
        assert wire.decode_words(wire.unfold(subject)) == sample
        to = write_field(Field("To", AddressList((Mailbox(sample, "a", "x.test"),))))
        wire.check_folding(to)
        assert wire.read_boxes(wire.unfold(to)) == [(sample, "a@x.test")]


def test_ascii_stays_ascii_and_one_line_stays_one() -> None:
    assert write_field(make_field("Subject", "Hello, world")) == b"Subject: Hello, world\r\n"
    assert write_field(make_field("Subject", "")) == b"Subject:\r\n"
    assert write_field(Field("List-Unsubscribe", UrlList(()))) == b"List-Unsubscribe:\r\n"


def test_only_the_words_that_need_it_are_encoded() -> None:
    octets = write_field(make_field("Subject", "Your order for Jürgen Groß is on its way"))
    assert octets.startswith(b"Subject: Your order for =?utf-8?")
    assert octets.endswith(b"?= is on its way\r\n")


def test_spaces_are_kept_however_many() -> None:
    for text in ("a" + " " * 200 + "b", "a  é  b", "é   é", "a  b " * 30 + "end"):
        octets = write_field(make_field("Subject", text))
        wire.check_folding(octets)
        assert wire.decode_words(wire.unfold(octets)) == text


def test_the_same_moment_in_two_zones_is_written_twice() -> None:
    """Equal as moments, and still two dates: what is remembered of one is not taken for the other."""
    there = datetime(2026, 1, 2, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    here = there.astimezone(UTC)
    assert here == there
    written = [write_field(Field("Date", Date(moment))) for moment in (here, there, here)]
    assert written == [
        b"Date: Fri, 02 Jan 2026 12:00:00 +0000\r\n",
        b"Date: Fri, 02 Jan 2026 14:00:00 +0200\r\n",
        b"Date: Fri, 02 Jan 2026 12:00:00 +0000\r\n",
    ]


def test_a_field_may_be_indented() -> None:
    """Authors indent what stands in an ``{% if %}``: such a line is no continuation of the field before it."""
    fields = parse_headers_block(["\nX-A: 1\n", "  X-B: 2\n    and more\n", "\tX-C:\n\t  ", Data("3: x", "n", 4), "\n"])
    assert [(field.name, str(field.value)) for field in fields] == [
        ("X-A", "1"),
        ("X-B", "2 and more"),
        ("X-C", "3: x"),
    ]


def test_data_begins_no_field() -> None:
    """A name in data continues the field before it: data adds none."""
    [field] = parse_headers_block(["X-A: 1\n  ", Data("X-B: 2", "n", 4)])
    assert str(field.value) == "1 X-B: 2"
