"""Data from JSON files and ``--set``: right values, and errors that show the place."""

from __future__ import annotations

from typing import Any

import pytest

from mailtemplates.errors import DataError, SettingsError
from mailtemplates.template.data import read_data, set_value


def test_reads_an_object_and_drops_a_byte_order_mark() -> None:
    assert read_data(b'\xef\xbb\xbf{"name": "J\xc3\xb6rg"}', "user.json") == {"name": "Jörg"}


@pytest.mark.parametrize(
    ("octets", "place", "words"),
    [
        (b'{\n  "a": 1,\n  "b" 2\n}', "user.json:3:7", "not JSON"),
        (b"[1]", "user.json:1:1", "an array, not an object"),
        (b"", "user.json:1:1", "not JSON"),
        (b'{"a": NaN}', "user.json", "NaN is no JSON value"),
        ('{"name": "Jörg Müller aus Österreich"}'.encode("latin-1"), "user.json:1:12", "not UTF-8, it looks like"),
        ("{'name': '日本語のテキストです。漢字とかな'}".encode("shift_jis"), "user.json:1:11", "CP932"),
        (b"[" * 100_000, "user.json", "deep"),
    ],
    ids=["comma", "array", "empty", "nan", "latin-1", "shift-jis", "deep"],
)
def test_bad_data_is_an_error_with_its_place(octets: bytes, place: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        read_data(octets, "user.json")
    assert str(caught.value.location) == place
    assert words.lower() in str(caught.value).lower()
    assert "help:" in str(caught.value)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("user.name=Ann", {"user": {"name": "Ann", "age": 3}, "items": [1]}),
        ("user.age=4", {"user": {"name": "Bob", "age": 4}, "items": [1]}),
        ("vip=true", {"user": {"name": "Bob", "age": 3}, "items": [1], "vip": True}),
        ('user.name="007"', {"user": {"name": "007", "age": 3}, "items": [1]}),
        ("items[0]=9", {"user": {"name": "Bob", "age": 3}, "items": [9]}),
        ("items[1]=9", {"user": {"name": "Bob", "age": 3}, "items": [1, 9]}),
        ("a.b[0].c=x=y", {"user": {"name": "Bob", "age": 3}, "items": [1], "a": {"b": [{"c": "x=y"}]}}),
        ("user.name=", {"user": {"name": "", "age": 3}, "items": [1]}),
    ],
    ids=["string", "number", "boolean", "quoted", "index", "append", "new", "empty"],
)
def test_set_changes_one_value(assignment: str, expected: dict[str, Any]) -> None:
    data: dict[str, Any] = {"user": {"name": "Bob", "age": 3}, "items": [1]}
    set_value(data, assignment)
    assert data == expected


@pytest.mark.parametrize(
    "assignment", ["name", "=x", "a..b=1", "a.=1", "user.name.first=x", "items[7]=1", "items.x=1", "[=1"]
)
def test_set_refuses_what_leads_nowhere(assignment: str) -> None:
    with pytest.raises(SettingsError):
        set_value({"user": {"name": "Bob"}, "items": [1]}, assignment)
