"""Places in a text: what error messages point with."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.source import Location, Source, nearest, nearest_path, snippet


@given(st.text(alphabet="ab\n\r\té", max_size=80), st.data())
def test_locate_agrees_with_counting(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    before = text[:offset]
    place = Source("t", text).locate(offset)
    assert (place.line, place.column) == (before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


@pytest.mark.parametrize(
    ("number", "line"), [(1, "one"), (2, "two"), (3, ""), (0, ""), (9, "")], ids=["first", "crlf", "last", "0", "past"]
)
def test_line_drops_its_end(number: int, line: str) -> None:
    assert Source("t", "one\ntwo\r\n").line(number) == line


def test_snippet_puts_the_caret_under_the_column() -> None:
    drawn = snippet("  {{ user.nmae }}", Location("t", 12, 11), length=4)
    assert drawn == "12 |   {{ user.nmae }}\n   |           ^^^^"


@given(st.integers(1, 400))
def test_snippet_of_a_long_line_keeps_the_column_in_view(column: int) -> None:
    line = "".join(chr(97 + number % 26) for number in range(400))
    text, marks = snippet(line, Location("t", 1, column)).split("\n")
    assert text[marks.index("^")] == line[column - 1]
    assert len(text) <= 76


def test_snippet_without_a_line_is_empty() -> None:
    assert snippet("text", Location("t")) == ""


@pytest.mark.parametrize(
    ("location", "shown"),
    [(Location("a.j2"), "a.j2"), (Location("a.j2", 3), "a.j2:3"), (Location("a.j2", 3, 7), "a.j2:3:7")],
    ids=["path", "line", "column"],
)
def test_location_reads_as_editors_write_it(location: Location, shown: str) -> None:
    assert str(location) == shown


def test_nearest_finds_a_slip_and_nothing_far_off() -> None:
    assert nearest("nmae", ["email", "name"]) == "name"
    assert nearest("zzz", ["email", "name"]) is None


def test_a_snippet_of_wide_characters_fits_and_points() -> None:
    """East Asian characters take two cells of a terminal: the caret stands under its character all the same."""
    shown = snippet("漢字" * 60 + "{{ x }}" + "漢字" * 60, Location("t", 4, 124))
    line, marks = shown.split("\n")
    cells = [unicodedata.east_asian_width(char) in "WF" for char in line]
    assert len(line) + sum(cells) <= 76
    before = line[: line.index("x")]
    assert marks.index("^") == len(before) + sum(cells[: len(before)])


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("foo.j2", ["loopb.j2"], None),
        ("part.j2", ["parts.j2", "part.txt"], "parts.j2"),
        ("a/logo.jpg", ["a/logo.png", "a/lego.txt"], "a/logo.png"),
        ("README", ["README.md", "REEDME"], "REEDME"),
    ],
)
def test_nearest_path(name: str, known: list[str], found: str | None) -> None:
    """What all files end with does not make them alike."""
    assert nearest_path(name, known) == found
