"""Octets as a tree: offsets, line ends of both kinds, defects as values, any octets without an exception."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.delimiters import guess_boundary
from mailtemplates.octets.drawing import outline
from mailtemplates.octets.mime import MAX_DEPTH, MAX_PARTS, Part, Span, parse

MIXED = b"""\
From: a@x.test
Subject: one
 two
Content-Type: multipart/mixed; boundary="b 1"

preamble
--b 1
Content-Type: multipart/alternative; boundary=b2

--b2

plain
--b2
Content-Type: TEXT/HTML; charset=UTF-8
Content-Transfer-Encoding: Quoted-Printable

<p>=C3=A9</p>

--b2--
--b 1
Content-Type: application/pdf; name=x.pdf
Content-Disposition: attachment; filename*0*=utf-8''Gr%C3%B6; filename*1=e.pdf
Content-Transfer-Encoding: base64

JVBERg==
--b 1--
epilogue
"""


@pytest.fixture(params=[b"\n", b"\r\n"], ids=["LF", "CRLF"])
def mixed(request: pytest.FixtureRequest) -> bytes:
    return MIXED.replace(b"\n", request.param)


def walk(part: Part) -> list[Part]:
    return [part, *(below for child in part.children for below in walk(child))]


def test_a_tree_is_read_with_either_line_end(mixed: bytes) -> None:
    end = b"\r\n" if b"\r" in mixed else b"\n"
    root = parse(mixed)
    parts = walk(root)
    assert [part.media_type for part in parts] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert [part.content for part in parts if not part.children] == [b"plain", b"<p>=C3=A9</p>" + end, b"JVBERg=="]
    assert [part.encoding for part in parts] == ["7bit", "7bit", "7bit", "quoted-printable", "base64"]
    assert parts[3].parameters == {"charset": "UTF-8"}
    assert (parts[4].disposition, parts[4].filename) == ("attachment", "Gröe.pdf")
    assert root.field("SUBJECT") == "one two"
    assert not [part.defects for part in parts if part.defects]


def test_offsets_are_of_the_octets(mixed: bytes) -> None:
    root = parse(mixed)
    for part in walk(root):
        assert part.octets is mixed
        for field in part.fields:
            assert mixed[slice(*field.span)].startswith(field.name.encode() + b":")
            assert mixed[field.span.end - 1 : field.span.end] == b"\n"
        assert part.size == part.body.end - part.header.start
    assert [mixed[slice(*span)].strip() for span in root.delimiters] == [b"--b 1", b"--b 1", b"--b 1--"]


DEFECTS: dict[str, tuple[bytes, str]] = {
    "no boundary": (b"Content-Type: multipart/mixed\n\nx", "without a boundary"),
    "boundary not found": (b"Content-Type: multipart/mixed; boundary=b\n\nx", "never found"),
    "not closed": (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx", "no closing delimiter"),
    "no parts": (b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n", "without parts"),
    "encoded multipart": (
        b"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b--",
        "has the transfer",
    ),
    "encoded message": (b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nx", "has the transfer"),
    "unknown encoding": (b"Content-Transfer-Encoding: utf-8\n\nx", "unknown transfer encoding"),
    "no header field": (b"A: b\nhello\nC: d\n\nx", "no header field"),
    "no empty line": (b"A: b\nhello you\n", "no empty line"),
    "too deep": (b"Content-Type: message/rfc822\n\n" * (MAX_DEPTH + 2), "too deep"),
}


@pytest.mark.parametrize(("octets", "problem"), DEFECTS.values(), ids=DEFECTS)
def test_what_is_wrong_is_a_value_with_a_place(octets: bytes, problem: str) -> None:
    found = [defect for part in walk(parse(octets)) for defect in part.defects]
    assert any(problem in defect.problem for defect in found)
    assert all(0 <= defect.span.start <= len(octets) for defect in found)


def test_an_outer_boundary_ends_an_inner_multipart() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\na\n"
        b"--o\n\nb\n--o--\n"
    )
    assert [part.content for part in walk(parse(octets)) if not part.children] == [b"a", b"b"]


def test_an_attached_message_is_a_child() -> None:
    root = parse(b"Content-Type: message/rfc822\n\nSubject: in\n\nhi")
    assert root.children[0].field("subject") == "in"
    digest = parse(b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n\nhi\n--b--\n")
    assert digest.children[0].media_type == "message/rfc822"


PIECES = [
    b"--",
    b"--b",
    b"--b--",
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"Content-Type: multipart/mixed; boundary=b",
    b"a: b",
    b"\n\n",
    b"Content-Type: message/rfc822\n\n",
    b"; x*1*=",
    b"; filename*0*=q'%ff",
    b'"',
    b"\x00",
    b"\xff",
    b":",
]


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)))
def test_any_octets_are_read_and_drawn_without_an_exception(octets: bytes) -> None:
    root = parse(octets)
    for part in walk(root):
        assert 0 <= part.header.start <= part.header.end <= part.body.start <= part.body.end <= len(octets)
        for child in part.children:
            assert part.body.start <= child.header.start <= child.body.end <= part.body.end
    assert all(line == line.rstrip("\n") for line in outline(root))


@pytest.mark.parametrize(
    "octets",
    [
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 200_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 20_000,
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"Content-Type: x/y" + b';a="b' * 100_000,
        b"\n ".join([b"A: b"] * 100_000),
    ],
    ids=["delimiters", "nested multiparts", "nested messages", "parameters", "folds"],
)
def test_hostile_messages_are_bounded(octets: bytes) -> None:
    """Quadratic work on these would take minutes; the tree stays small."""
    assert len(walk(parse(octets))) <= MAX_PARTS + 1


def test_the_outline_is_aligned_in_80_columns(mixed: bytes) -> None:
    lines = outline(parse(mixed.replace(b"Gr%C3%B6", b"%E8%AB%8B%E6%B1%82%E6%9B%B8" * 9).replace(b"x.pdf", b"\x1b[2J")))
    assert lines[0].startswith("multipart/mixed ")
    assert lines[2].startswith("│  ├─ text/plain ")
    assert lines[4].startswith("└─ application/pdf ")
    assert "quoted-printable utf-8" in lines[3]
    assert "請求書" in lines[4]
    assert {columns(line) for line in lines} == {80}
    assert not any("\x1b" in line for line in lines)


def test_the_outline_of_deep_and_long_things_is_no_wider() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(60))
    long = b"Content-Type: application/" + b"x" * 300 + b'; name="' + b"y" * 10_000 + b'"\n\nx'
    for octets in (deep, long):
        assert {len(line) for line in outline(parse(octets)) if "!" not in line} == {80}
        assert max(len(line) for line in outline(parse(octets))) == 80


def columns(text: str) -> int:
    return sum(2 if char in "請求書" else 1 for char in text)


def test_the_outline_shows_defects_under_their_part() -> None:
    lines = outline(parse(b"Content-Type: multipart/mixed\n\nx"))
    assert lines[1] == "! multipart without a boundary (octet 0)"


def test_sizes_are_for_people() -> None:
    def size(count: int) -> Any:
        return outline(parse(b"\n" + b"x" * (count - 1)))[0].split()[-3:]

    assert size(999) == ["999", "999", "B"]
    assert size(1500) == ["1,500", "1.5", "KB"]
    assert size(2_500_000) == ["2,500,000", "2.5", "MB"]


@pytest.mark.parametrize(
    ("value", "encoding"),
    [("base64 (of a file)", "base64"), ("(a (nested) one) 8Bit", "8bit"), ("", "7bit"), ("8-bit", "8-bit")],
)
def test_a_transfer_encoding_is_read_without_comments(value: str, encoding: str) -> None:
    assert parse(f"Content-Transfer-Encoding: {value}\n\nx".encode()).encoding == encoding


def test_what_a_signature_covers_is_known() -> None:
    signed = b"Content-Type: multipart/signed; boundary=b\n\n--b\n\none\n--b\nContent-Type: x/y\n\ntwo\n--b--\n"
    assert [part.signed for part in parse(signed).walk()] == [False, True, True]
    assert parse(b"DKIM-Signature: v=1\n\nbody").signed


TWO = b"""\
Content-Type: multipart/mixed; boundary=one

--one
Content-Type: text/plain

first
--one
Content-Type: text/html

second
--one--
"""

SAME: dict[str, tuple[bytes, bytes]] = {
    "white space behind": (b"--one\nContent-Type: text/html", b"--one \t\nContent-Type: text/html"),
    "white space behind the last": (b"--one--\n", b"--one-- \n"),
    "preamble": (b"one\n\n--one", b"one\n\none\n--two\n--one"),
    "epilogue": (b"--one--\n", b"--one--\none\nno part\n"),
    "no line end at the end": (b"--one--\n", b"--one--"),
    "quoted boundary": (b"boundary=one", b'boundary="one"'),
    "RFC 2231 boundary": (b"boundary=one", b"boundary*=us-ascii''o%6ee"),
    "continued boundary": (b"boundary=one", b"boundary*0=o; boundary*1=ne"),
    "comment": (b"boundary=one", b"boundary=one (the boundary)"),
    "space at the boundary's end": (b"boundary=one", b'boundary="one  "'),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_legal_forms_make_the_same_parts(old: bytes, new: bytes) -> None:
    assert TWO.count(old) == 1
    root = parse(TWO.replace(old, new))
    assert [(part.media_type, part.content) for part in root.children] == [
        ("text/plain", b"first"),
        ("text/html", b"second"),
    ]
    assert not root.defects


DAMAGE: dict[str, tuple[bytes, bytes, str]] = {
    "one dash": (b"--one\nContent-Type: text/html", b"-one\nContent-Type: text/html", "two dashes"),
    "no dashes": (b"--one\nContent-Type: text/html", b"one\nContent-Type: text/html", "two dashes"),
    "three dashes": (b"--one\nContent-Type: text/html", b"---one\nContent-Type: text/html", "two dashes"),
    "indented": (b"--one\nContent-Type: text/html", b"  --one\nContent-Type: text/html", "two dashes"),
    "text behind": (b"--one\nContent-Type: text/html", b"--one more\nContent-Type: text/html", "text stands behind"),
    "letter behind": (b"--one\nContent-Type: text/html", b"--ones\nContent-Type: text/html", "text stands behind"),
    "other case": (b"--one\nContent-Type: text/html", b"--One\nContent-Type: text/html", "in case"),
    "no line end before": (b"\n--one\nContent-Type: text/html", b"--one\nContent-Type: text/html", "no line end"),
    "closed early": (b"--one\nContent-Type: text/html", b"--one--\nContent-Type: text/html", "before the last part"),
    "last not closing": (b"--one--\n", b"--one\n", "lacks the two dashes"),
    "last with one dash": (b"--one--\n", b"--one-\n", "one dash"),
    "last with text behind": (b"--one--\n", b"--one--x\n", "text stands behind"),
    "last without a line end before": (b"\n--one--\n", b"--one--\n", "no line end"),
    "first missing": (b"\n--one\nContent-Type: text/plain", b"\nContent-Type: text/plain", "before the first part"),
}


@pytest.mark.parametrize(("old", "new", "problem"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_delimiter_is_one_and_is_told_of(old: bytes, new: bytes, problem: str) -> None:
    """Damage is one defect at its place; the parts are those that were meant, so that nothing else is found."""
    assert TWO.count(old) == 1
    for end in (b"\n", b"\r\n"):
        octets = TWO.replace(old, new).replace(b"\n", end)
        root = parse(octets)
        assert [(one.kind, problem in one.problem) for one in root.defects] == [("bad-delimiter", True)]
        assert [part.content for part in root.children] == [b"first", b"second"]
        assert octets[slice(*root.defects[0].span)].strip() in new


CONTENT: dict[str, bytes] = {
    "the boundary as a word": b"first one",
    "the boundary alone": b"one",
    "a line that begins like a delimiter": b"--one thing",
    "quoted": b"> --one",
    "an own closing line, quoted": b"> --one--",
    "a header in the text": b"one:\nContent-Type: text/html",
}


@pytest.mark.parametrize("line", CONTENT.values(), ids=CONTENT)
def test_text_with_the_boundary_in_it_is_text(line: bytes) -> None:
    root = parse(TWO.replace(b"first", b"before\n" + line + b"\nbehind"))
    assert [part.content for part in root.children] == [b"before\n" + line + b"\nbehind", b"second"]
    assert not root.defects


def test_inner_boundaries_that_begin_with_the_outer_are_no_damage() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=one\n\n--one\nContent-Type: multipart/mixed; boundary=one2\n\n"
        b"--one2\nContent-Type: text/plain\n\na\n--one2--\n--one--\n"
    )
    assert not [one for part in walk(parse(octets)) for one in part.defects]


def test_parts_behind_the_close_delimiter_are_told_of() -> None:
    root = parse(TWO + b"Content-Type: text/plain\n\nthird\n")
    assert [one.problem for one in root.defects] == ["a part stands behind the close delimiter"]


def test_a_reused_boundary_is_left_to_its_own_rule() -> None:
    inner = b"--one\nContent-Type: multipart/alternative; boundary=one\n\n"
    root = parse(TWO.replace(b"--one\nContent-Type: text/plain", inner + b"--one\nContent-Type: text/plain"))
    assert [one.kind for part in walk(root) for one in part.defects] == ["boundary-not-found"]


def test_the_end_that_is_missing_is_known() -> None:
    octets = TWO[: TWO.index(b"cond")]
    root = parse(octets)
    assert [one.kind for one in root.defects] == ["not-closed"]
    assert [part.cut for part in root.walk()] == [False, False, True]
    assert [part.cut for part in parse(TWO).walk()] == [False, False, False]


HEADS: dict[str, tuple[bytes, list[str], bytes]] = {
    "a greeting": (b"A-B: c\nDear Ben,\n\nhello\n", ["no-separator"], b"Dear Ben,\n\nhello\n"),
    "quoted-printable": (b"A-B: c\nSch=C3=B6ne Tage\n\nhello\n", ["no-separator"], b"Sch=C3=B6ne Tage\n\nhello\n"),
    "base64": (b"A-B: c\nSGVsbG8=\n\n", ["no-separator"], b"SGVsbG8=\n\n"),
    "a URL": (b"A-B: c\nhttps://x.test/\n\nb", ["no-separator"], b"https://x.test/\n\nb"),
    "html": (b"A-B: c\n<p>\nHello: you\n\nb", ["no-separator"], b"<p>\nHello: you\n\nb"),
    "a delimiter": (b"A-B: c\n--b\nContent-Type: x/y\n\nb", ["no-separator"], b"--b\nContent-Type: x/y\n\nb"),
    "words with a colon": (b"A-B: c\nHello\nNote: this\nBye now\n", ["no-separator"], b"Hello\nNote: this\nBye now\n"),
    "a line of white space": (b"A-B: c\n \t\nHello: you\nBen\n", ["blank-fold", "no-separator"], b"Ben\n"),
    "a line of white space and text": (b"A-B: c\n \t\nHello you\n", ["no-separator"], b"Hello you\n"),
    "a lost fold": (b"A-B: c;\nboundary=b\n\nx", ["stray-line"], b"x"),
    "a lost fold of addresses": (b"To: a@x.test,\nb@x.test\n\nx", ["stray-line"], b"x"),
    "a lost colon": (b"A-B: c\nIn-Reply-To <1@x.test>\n\nx", ["stray-line"], b"x"),
    "a space in the name": (b"A-B: c\nX Thing: 1\n\nx", ["stray-line"], b"x"),
    "a line amid fields": (b"A-B: c\nDear Ben,\nSubject: x\n\nx", ["stray-line"], b"x"),
    "mailbox": (b"From a Mon Nov 2 12:00:00 2026\nA-B: c\n\nx", ["mbox-from"], b"x"),
}


@pytest.mark.parametrize(("octets", "kinds", "body"), HEADS.values(), ids=HEADS)
def test_a_body_without_its_empty_line_is_told_from_a_broken_header(
    octets: bytes, kinds: list[str], body: bytes
) -> None:
    root = parse(octets)
    assert [one.kind for one in root.defects] == kinds
    assert root.content == body


def test_a_header_behind_an_empty_line_is_one() -> None:
    root = parse(TWO.replace(b"--one\nContent-Type: text/html\n", b"--one\n\nContent-Type: text/html\nX-Y: z\n"))
    assert [(part.media_type, part.content) for part in root.children] == [
        ("text/plain", b"first"),
        ("text/html", b"second"),
    ]
    assert [one.kind for one in root.children[1].defects] == ["early-separator"]


def test_two_line_ends_of_three_octets_end_a_header() -> None:
    assert parse(b"A-B: c\r\r\n\r\r\nbody").content == b"body"


def test_an_encoded_multipart_whose_parts_stand_open_is_read() -> None:
    field = b"Content-Transfer-Encoding: quoted-printable\n"
    root = parse(field + TWO)
    assert [one.kind for one in root.defects] == ["encoded-composite"]
    assert len(root.children) == 2
    quoted = parse(field + TWO.replace(b"text/plain", b"text/plain; charset=3Dutf-8"))
    assert not quoted.children


def test_a_message_of_utf8_may_be_encoded() -> None:
    """RFC 6532 §3.7."""
    assert not parse(b"Content-Type: message/global\nContent-Transfer-Encoding: base64\n\nUzogeA0K").defects


GUESSES: dict[str, tuple[bytes, str]] = {
    "the only one": (b"--two\n\nx\n--two--\n", "two"),
    "case": (b"--ONE\n\nx\n--ONE--\n", "ONE"),
    "not closed": (b"--two\n\nx\n", ""),
    "that of a part": (b'Content-Type: multipart/mixed; boundary="in"\n\n--in\n\nx\n--in--\n', ""),
    "a signature mark and a line": (b"-- \nBen\n------\n", ""),
}


@pytest.mark.parametrize(("body", "boundary"), GUESSES.values(), ids=GUESSES)
def test_the_boundary_that_was_meant_is_guessed_when_it_is_certain(body: bytes, boundary: str) -> None:
    octets = b"Content-Type: multipart/mixed; boundary=one\n\n" + body
    assert guess_boundary(octets, Span(octets.index(b"\n\n") + 2, len(octets))) == boundary


def test_lines_that_end_with_carriage_returns_alone_are_lines() -> None:
    root = parse(TWO.replace(b"\n", b"\r"))
    assert [part.content for part in root.children] == [b"first", b"second"]
    assert not root.defects


HOSTILE: dict[str, bytes] = {
    "nested prefixes": b"".join(
        b"Content-Type: multipart/mixed; boundary=%b\n\n--%b\n" % (b"b" * at, b"b" * at) for at in range(1, 101)
    )
    + (b"--" + b"b" * 105 + b"\n") * 10_000,
    "words": TWO.replace(b"first", b"one --one two\n" * 100_000),
    "long line": TWO.replace(b"first", b"--one " * 200_000),
    "stray lines": b"A-B: c\n" + b"hello you\nA: b\n" * 50_000,
    "white lines": b"A-B: c\n" + b" \n" * 500_000,
    "siblings": b"Content-Type: multipart/mixed; boundary=o\n\n"
    + b"".join(
        b"--o\nContent-Type: multipart/mixed; boundary=i%d\n\n--i%d\n\nx\n--i%d--\n" % (at, at, at)
        for at in range(5_000)
    ),
}


@pytest.mark.parametrize("octets", HOSTILE.values(), ids=HOSTILE)
def test_the_search_for_delimiters_is_bounded(octets: bytes) -> None:
    started = process_time()
    assert len(walk(parse(octets))) <= MAX_PARTS
    assert process_time() - started < 60
