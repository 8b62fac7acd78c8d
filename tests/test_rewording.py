"""Encoded words written anew in place: what is replaced, where lines are folded, and what stays as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.errors import HeaderError
from mailtemplates.headers.headerblocks import make_field, write_field
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.field import RawField, read_header
from mailtemplates.octets.message import read_message
from mailtemplates.octets.rewording import Piece, reword
from mailtemplates.settings import Settings
from mailtemplates.span import Span


def field_of(octets: bytes) -> RawField:
    return read_header(octets, Span(0, len(octets))).fields[0]


def reworded(octets: bytes, pieces: list[Piece]) -> bytes:
    fix = reword(field_of(octets), pieces)
    return apply_fixes(octets, [fix]) if fix else octets


LONG = "To: OLD, ann@reader.example, ben@reader.example, carl@reader.example, dora@reader.example\n"
U = "=?utf-8?b?w7w=?="


@pytest.mark.parametrize(
    ("written", "parts", "mended"),
    [
        ("Subject: a OLD c\n", (("ü", True),), f"Subject: a {U} c\n"),
        ("Subject: OLD  b\r\n", (("A", False),), "Subject: A  b\r\n"),
        ("Subject: OLD\n b\n", (("A", False),), "Subject: A\n b\n"),
        ("To: OLD<a@b.example>\n", (("ü", True),), f"To: {U} <a@b.example>\n"),
        ("To: a@b.example (OLD)\n", (("ü", True),), f"To: a@b.example ({U})\n"),
        (
            LONG,
            (("ü", True), ("<x@reader.example>", False)),
            f"To: {U} <x@reader.example>, ann@reader.example,\n ben@reader.example, carl@reader.example, dora@reader.example\n",
        ),
        (
            "Subject: OLD",
            (("ü" * 30, True),),
            f"Subject: =?utf-8?b?{'w7zDvMO8' * 6}w7w=?=\r\n =?utf-8?b?{'w7zDvMO8' * 3}w7zDvA==?=",
        ),
    ],
)
def test_a_piece_is_put_in_its_place(written: str, parts: tuple[tuple[str, bool], ...], mended: str) -> None:
    at = field_of(written.encode()).latin.index("OLD")
    assert reworded(written.encode(), [Piece(at, at + 3, parts)]) == mended.encode()


def test_only_lines_that_are_too_long_are_folded() -> None:
    line = b"Subject: " + b"word " * 8 + b"=?utf-8?q?=C3=BC?= " + b"word " * 4 + b"end\n"
    fix = reword(field_of(line))
    assert fix
    mended = apply_fixes(line, [fix])
    assert mended.replace(b"\n", b"") == line.replace(b"\n", b"")
    assert max(map(len, mended.split(b"\n"))) <= 76
    assert reword(field_of(mended)) is None


WORDS = [
    *("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "=?utf-8?q?=C3?=", "=?utf-8?q?=A9?=", "=?iso-8859-1?q?Andr=E9?=", "plain", "a,b"),
    *("=?utf-8?q?Hello?=", "=?utf-8?b?" + "w6nDqcOp" * 9 + "?=", "=?utf-8?q?a b?=", "=?utf-8?q?why??=", "text " * 9),
]


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", "\n ", "", "  "])), max_size=6))
def test_fixes_of_a_subject_keep_what_a_reader_sees(pieces: list[tuple[str, str]]) -> None:
    octets = f"Subject: {''.join(word + gap for word, gap in pieces)}\n\n".encode()
    judge = Linter(Settings(select=("ENC001", "ENC002", "ENC005", "ENC006", "ENC007")))
    shown = decode(field_of(octets).value)
    for found in judge.lint(octets):
        if found.fix:
            mended = apply_fixes(octets, [found.fix])
            again = read_message(mended)
            assert len(again.root.fields) == 1
            if found.code not in ("ENC002", "ENC005"):
                assert decode(again.root.fields[0].value).split() == shown.split()


@given(st.text(), st.text(), st.sampled_from(["Subject", "Comments", "X-Note"]))
def test_what_our_own_writer_makes_has_no_fault(text: str, name: str, field: str) -> None:
    try:
        octets = write_field(make_field(field, text)) + write_field(make_field("To", [(name, "ben@reader.example")]))
    except HeaderError:
        return
    judge = Linter(Settings(select=("ENC",)))
    assert judge.lint(octets + b"\r\n") == []
