"""Octets as a tree: offsets, line ends of both kinds, defects as values, any octets without an exception."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.drawing import outline
from mailtemplates.mime import MAX_DEPTH, MAX_PARTS, Part, parse

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
