"""A part's file names are read as readers show them, and rewritten in place."""

from __future__ import annotations

import pytest

from mailtemplates.octets.filename import read_filenames
from mailtemplates.octets.mime import parse

FIELDS = {
    "filename": ('Content-Disposition: attachment; filename="a b.pdf"', [("filename", "a b.pdf", "a b.pdf")]),
    "name": ("Content-Type: application/pdf; name=a.pdf", [("name", "a.pdf", "a.pdf")]),
    "extended": (
        "Content-Disposition: attachment; filename*=utf-8''%C3%A9.pdf",
        [("filename", "é.pdf", "utf-8''%C3%A9.pdf")],
    ),
    "encoded word": ('Content-Type: a/b; name="=?utf-8?q?=C3=A9?="', [("name", "é", "=?utf-8?q?=C3=A9?=")]),
    "none": ("Content-Type: application/pdf", []),
}


@pytest.mark.parametrize(("field", "expected"), FIELDS.values(), ids=FIELDS)
def test_names_with_their_places(field: str, expected: list[tuple[str, str, str]]) -> None:
    octets = f"{field}\n\n".encode()
    found = read_filenames(parse(octets))
    assert [(one.parameter, one.name, octets[one.span.start : one.span.end].decode()) for one in found] == expected


def test_a_name_in_sections_is_rewritten_whole() -> None:
    octets = b"Content-Disposition: attachment; filename*0=../a; filename*1=b.pdf; size=1\n\n"
    edit = read_filenames(parse(octets))[0].rewrite("ab.pdf")
    assert edit
    changed = octets[: edit.span.start] + edit.octets + octets[edit.span.end :]
    assert changed == b"Content-Disposition: attachment; filename=ab.pdf; size=1\n\n"


def test_a_name_in_pieces_is_left_alone() -> None:
    octets = b"Content-Disposition: attachment; filename*0=a; size=1; filename*1=b.pdf\n\n"
    assert read_filenames(parse(octets))[0].rewrite("ab.pdf") is None
