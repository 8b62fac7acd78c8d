"""Files of rows as people have them: whatever a spreadsheet writes is read, and what is broken is one row's trouble."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.errors import DataError, MailTemplatesError, SettingsError
from mailtemplates.merging.encoding import named
from mailtemplates.merging.row import Row
from mailtemplates.merging.rowsfile import open_rows
from mailtemplates.merging.table import Table
from mailtemplates.template.bundling import bundle
from mailtemplates.template.contract import read_contract

CHINESE = "姓名,城市\n王小明,北京\n李雷,上海\n韩梅梅,广州\n"
GERMAN = "name,city\nJörg Müller,Köln\nZoë Groß,München\nÄnne Weiß,Düsseldorf\n"
RUSSIAN = "имя,город\nИван Петров,Москва\nМария Иванова,Новосибирск\n"
JAPANESE = "名前,都市\n山田たろう,東京から\n鈴木はなこ,大阪まで\n佐藤いちろう,名古屋です\n"


def rows_of(octets: bytes, path: Path, **options: Any) -> list[Row]:
    path.write_bytes(octets)
    with open_rows(str(path), **options) as rows:
        return list(rows)


def table(text: str, folder: Path, schema: Mapping[str, Any] | None = None) -> list[Any]:
    """The data of a CSV file's rows, and the problem of those that have one."""
    return [row.problem or row.data for row in rows_of(text.encode(), folder / "rows.csv", schema=schema)]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        pytest.param(text, codec, id=f"{name} in {codec}")
        for name, text, codecs in [
            ("chinese", CHINESE, ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gbk", "gb18030"]),
            ("german", GERMAN, ["utf-8", "utf-8-sig", "cp1252", "utf-16-le"]),
            ("russian", RUSSIAN, ["cp1251", "koi8-r"]),
            ("japanese", JAPANESE, ["shift_jis", "euc-jp"]),
        ]
        for codec in codecs
    ],
)
def test_an_encoding_is_recognised(text: str, codec: str, tmp_path: Path) -> None:
    names, *lines = [line.split(",") for line in text.splitlines()]
    octets = text.encode(codec) if codec != "utf-16-le" else b"\xff\xfe" + text.encode(codec)
    assert [row.data for row in rows_of(octets, tmp_path / "rows.csv")] == [
        dict(zip(names, line, strict=True)) for line in lines
    ]


def test_a_late_line_decides_the_encoding_of_all(tmp_path: Path) -> None:
    """The first megabyte may be ASCII: the whole file is looked at, not its head."""
    octets = ("name\n" + "Ann\n" * 300_000 + "Jörg Müller aus Köln\nÄnne Groß\n").encode("cp1252")
    *_, last, end = rows_of(octets, tmp_path / "rows.csv")
    assert (last.data, end.data) == ({"name": "Jörg Müller aus Köln"}, {"name": "Änne Groß"})


def test_a_broken_line_in_utf8_is_one_bad_row(tmp_path: Path) -> None:
    lines = ["name", *["Jörg"] * 5]
    octets = "\n".join(lines).encode() + b"\nJ\xf6rg\n" + "Zoë\n".encode()
    rows = rows_of(octets, tmp_path / "rows.csv")
    assert [row.number for row in rows if row.problem] == [6]
    assert rows[5].problem == "octets that are not utf-8"
    assert rows[6].data == {"name": "Zoë"}


def test_what_is_said_of_the_encoding_comes_first(tmp_path: Path) -> None:
    rows = rows_of("名\n日本\n".encode("shift_jis"), tmp_path / "rows.csv", encoding="cp932")
    assert rows[0].data == {"名": "日本"}


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", ""], ids=lambda name: name or "empty")
def test_an_encoding_that_is_none(name: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n1\n")
    if not name:
        return
    with pytest.raises(SettingsError, match="no encoding"), open_rows(str(tmp_path / "rows.csv"), encoding=name):
        pass


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a,b\n1,2\n", id="commas"),
        pytest.param("a;b\n1;2\n", id="semicolons"),
        pytest.param("a\tb\n1\t2\n", id="tabs"),
        pytest.param("a|b\n1|2\n", id="bars"),
        pytest.param("a,b\r\n1,2\r\n", id="CRLF"),
        pytest.param("a,b\r1,2\r", id="CR, as old spreadsheets write"),
        pytest.param("sep=;\r\na;b\r\n1;2\r\n", id="sep="),
        pytest.param("sep=,\na,b\n1,2\n", id="sep=,"),
        pytest.param("sep=#\na#b\n1#2\n", id="sep=#"),
        pytest.param('"a","b"\n"1","2"\n', id="quotes"),
        pytest.param("\n\na,b\n\n1,2\n\n", id="empty lines"),
        pytest.param("a,b,\n1,2,\n", id="a last column without a name"),
        pytest.param("a,b\n1,2,,\n", id="empty cells at the end"),
        pytest.param(" a , b \n1,2\n", id="spaces in the header"),
        pytest.param("a,b\n1,2", id="no last line end"),
    ],
)
def test_forms_of_a_table(text: str, tmp_path: Path) -> None:
    assert table(text, tmp_path) == [{"a": "1", "b": "2"}]


def test_a_comma_in_texts_does_not_make_it_the_delimiter(tmp_path: Path) -> None:
    text = "name;text\nAnn;one, two, three\nBob;one, two\nCid;none\n"
    assert table(text, tmp_path)[0] == {"name": "Ann", "text": "one, two, three"}


@pytest.mark.parametrize(
    ("text", "numbers", "said"),
    [
        pytest.param("a,b\n1\n2,3\n", [1], "1 cells, and the header has 2", id="too few"),
        pytest.param("a,b\n1,2\n1,2,3\n2,3\n", [2], "3 cells, and the header has 2", id="too many"),
        pytest.param(
            'a,b\n1,"x"y\n2,3\n', [1], "line 2: a quote inside a quoted cell is not doubled", id="stray quote"
        ),
        pytest.param('a,b\n2,3\n1,"x\n', [2], "line 3: a quote is opened and not closed", id="open quote"),
        pytest.param(
            'a,b\n1,"x\n' + "y" * 140_000 + "\n2,3\n", [1], "a quote is opened and not closed", id="open quote, long"
        ),
        pytest.param('a,b\n1,"x\n4,5\n2,3\n', [1], "line 2: a quote is opened and not closed", id="open quote, rows"),
        pytest.param(
            'a,b\n1,"x\n4,5\n6,7\n1,"x\n2,3\n', [1, 4], "line 2: a quote is opened and not closed", id="two open quotes"
        ),
        pytest.param(
            'a,b\n"1,x\n' + "4,5\n" * 40_000 + "2,3\n", [1], "line 2: a quote is opened and not closed", id="many rows"
        ),
        pytest.param(
            'a,b\n"said\n"hi" there",x\n2,3\n',
            [1],
            "lines 2 to 3: a quote inside a quoted cell is not doubled",
            id="a stray quote in a cell of two lines, whose end looks like a row",
        ),
    ],
)
def test_a_broken_row_leaves_the_others(text: str, numbers: list[int], said: str, tmp_path: Path) -> None:
    rows = rows_of(text.encode(), tmp_path / "rows.csv")
    assert [row.number for row in rows if row.problem] == numbers
    assert said in next(row.problem for row in rows if row.problem)
    assert {"a": "2", "b": "3"} in [row.data for row in rows]


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        pytest.param(b"", "no row", id="empty"),
        pytest.param(b"\n\n", "no row", id="empty lines"),
        pytest.param(b"ann@x.example,Ann\nbob@x.example,Bob\n", "'ann@x.example' is no column's name", id="no header"),
        pytest.param(b",,\n1,2,3\n", "it has no names", id="no names"),
        pytest.param(b"a,a\n1,2\n", "'a' and 'a' have one place", id="twice"),
        pytest.param(b"user,user.name\n1,2\n", "'user' and 'user.name'", id="above"),
        pytest.param(b"user.name,user\n1,2\n", "'user.name' and 'user'", id="below"),
        pytest.param(b"a" + b".a" * 5_000 + b"\n1\n", "nested too deeply", id="deep"),
        pytest.param(b"PK\x03\x04\x14\x00", "workbook", id="xlsx"),
    ],
)
def test_a_table_that_is_none(octets: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        rows_of(octets, tmp_path / "rows.csv")


@pytest.mark.parametrize(
    ("header", "cells", "data"),
    [
        pytest.param("user.name,user.email", "Ann,a@x", {"user": {"name": "Ann", "email": "a@x"}}, id="objects"),
        pytest.param("a.b.c,a.d", "1,2", {"a": {"b": {"c": "1"}, "d": "2"}}, id="deep"),
        pytest.param("l[0].x,l[1].x", "1,2", {"l": [{"x": "1"}, {"x": "2"}]}, id="arrays"),
        pytest.param("l[1],l[0]", "1,2", {"l": ["2", "1"]}, id="arrays in order"),
        pytest.param("l[10],l[9].x,l[9].y", "1,2,3", {"l": [{"x": "2", "y": "3"}, "1"]}, id="arrays by number"),
        pytest.param("l[1],l.x", "1,2", {"l": {"1": "1", "x": "2"}}, id="numbers and names"),
        pytest.param("Vor- und Nachname,x", "Ann,1", {"Vor- und Nachname": "Ann", "x": "1"}, id="any name"),
        pytest.param("a..b,.c", "1,2", {"a..b": "1", ".c": "2"}, id="no path"),
    ],
)
def test_dotted_columns_are_nested_data(header: str, cells: str, data: object, tmp_path: Path) -> None:
    assert table(f"{header}\n{cells}\n", tmp_path) == [data]


TYPES = {
    "type": "object",
    "required": ["text", "whole"],
    "properties": {
        "text": {"type": "string"},
        "whole": {"type": "integer"},
        "part": {"type": "number"},
        "yes": {"type": "boolean"},
        "none": {"type": ["string", "null"]},
        "maybe": {"type": ["integer", "null"]},
        "optional": {"type": "string"},
        "list": {"type": "array", "items": {"type": "string"}},
        "choice": {"enum": [1, 2, 3]},
        "user": {"$ref": "#/$defs/user"},
        "lines": {"type": "array", "items": {"properties": {"price": {"type": "number"}}}},
    },
    "$defs": {"user": {"allOf": [{"properties": {"age": {"type": "integer"}, "zip": {"type": "string"}}}]}},
}


@pytest.mark.parametrize(
    ("name", "cell", "data"),
    [
        pytest.param("text", "007", {"text": "007"}, id="text of digits"),
        pytest.param("text", "true", {"text": "true"}, id="text of a word"),
        pytest.param("text", "", {"text": ""}, id="no text that is needed"),
        pytest.param("optional", "", {}, id="no text that is optional"),
        pytest.param("whole", "7", {"whole": 7}, id="integer"),
        pytest.param("whole", " -7 ", {"whole": -7}, id="integer in spaces"),
        pytest.param("whole", "007", {"whole": 7}, id="integer with zeros"),
        pytest.param("whole", "7.5", {"whole": 7.5}, id="no integer, for the contract to say"),
        pytest.param("whole", "seven", {"whole": "seven"}, id="no number, for the contract to say"),
        pytest.param("whole", "", {}, id="no integer"),
        pytest.param("part", "7.50", {"part": 7.5}, id="number"),
        pytest.param("part", "1e3", {"part": 1000.0}, id="number with an exponent"),
        pytest.param("part", "7,5", {"part": "7,5"}, id="decimal comma"),
        pytest.param("part", "nan", {"part": "nan"}, id="nan"),
        pytest.param("part", "1e999", {"part": "1e999"}, id="infinite"),
        pytest.param("part", "٣", {"part": "٣"}, id="other digits"),
        pytest.param("yes", "TRUE", {"yes": True}, id="boolean"),
        pytest.param("yes", "no", {"yes": False}, id="boolean no"),
        pytest.param("yes", "0", {"yes": False}, id="boolean 0"),
        pytest.param("yes", "perhaps", {"yes": "perhaps"}, id="no boolean"),
        pytest.param("none", "", {"none": None}, id="null"),
        pytest.param("none", "x", {"none": "x"}, id="not null"),
        pytest.param("maybe", "", {"maybe": None}, id="null integer"),
        pytest.param("maybe", "3", {"maybe": 3}, id="nullable integer"),
        pytest.param("list", '["a", "b"]', {"list": ["a", "b"]}, id="array"),
        pytest.param("list", "[a", {"list": "[a"}, id="no array"),
        pytest.param("choice", "2", {"choice": 2}, id="enum"),
        pytest.param("user.age", "3", {"user": {"age": 3}}, id="reference"),
        pytest.param("user.zip", "01234", {"user": {"zip": "01234"}}, id="reference to text"),
        pytest.param("user.age", "", {}, id="empty object"),
        pytest.param("lines[0].price", "3.5", {"lines": [{"price": 3.5}]}, id="in an array"),
        pytest.param("unknown", "3", {"unknown": "3"}, id="not declared"),
        pytest.param("unknown", "", {"unknown": ""}, id="not declared, empty"),
    ],
)
def test_the_contract_gives_cells_their_types(name: str, cell: str, data: dict[str, Any], tmp_path: Path) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    assert table(f'{name},"other, one"\n{quoted},x\n', tmp_path, TYPES) == [{"other, one": "x", **data}]


def test_what_is_left_out_leaves_no_hole(tmp_path: Path) -> None:
    """Empty cells of an array's elements and of optional members: a row with two lines has two, not three."""
    line = {"type": "object", "required": ["x"], "properties": {"x": {"type": "number"}, "y": {"type": "string"}}}
    schema = {"properties": {"lines": {"type": "array", "items": line}}}
    header = ",".join(f"lines[{number}].{name}" for number in range(3) for name in "xy")
    assert table(f"{header}\n1,a,,,3,\n,,,,,\n", tmp_path, schema) == [{"lines": [{"x": 1, "y": "a"}, {"x": 3}]}, {}]


def test_types_of_schemas_in_other_files(tmp_path: Path) -> None:
    """The contract follows references to files; so do the types of cells."""
    files = {
        "t.json": {
            "properties": {"user": {"$ref": "common/user.json"}, "n": {"$ref": "common/user.json#/$defs/count"}}
        },
        "common/user.json": {
            "properties": {
                "age": {"$ref": "#/$defs/count"},
                "boss": {"$ref": "user.json"},
                "place": {"$ref": "../place.json"},
                "gone": {"$ref": "gone.json"},
                "far": {"$ref": "../../outside.json"},
            },
            "$defs": {"count": {"type": "integer"}},
        },
        "place.json": {"properties": {"zip": {"type": "string"}, "people": {"type": "number"}}},
    }
    for name, schema in files.items():
        path = tmp_path / "schemas" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema))
    (tmp_path / "outside.json").write_text('{"type": "integer"}')
    contract = read_contract(tmp_path / "schemas" / "t.json")
    header = "n,user.age,user.boss.boss.age,user.place.people,user.place.zip,user.gone,user.far"
    (row,) = table(f"{header}\n1,2,3,4,5,6,7\n", tmp_path, bundle(contract.schema, contract.folder))
    user = {"age": 2, "boss": {"boss": {"age": 3}}, "place": {"people": 4, "zip": "5"}, "gone": "6", "far": "7"}
    assert row == {"n": 1, "user": user}


def test_a_schema_that_refers_to_no_file_is_itself(tmp_path: Path) -> None:
    assert bundle(TYPES, tmp_path) is TYPES


CELL = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\ufeff"), max_size=8)


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read(cells: list[list[str]], delimiter: str, encoding: str, end: str) -> None:
    """Quotes, delimiters and line ends in cells, in any encoding that has the characters."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        [["a", "b", "c"], *cells]
    )
    stream = io.BytesIO(file.getvalue().encode(encoding))
    found = Table(stream, "r", named(encoding), delimiter, None, 0)
    assert [list(row.cells) for row in found] == cells
    assert not any(row.problem for row in found)


def test_without_a_contract_every_cell_is_text(tmp_path: Path) -> None:
    assert table("a,b,c\n1,,true\n", tmp_path) == [{"a": "1", "b": "", "c": "true"}]


def test_the_list_of_failures_is_data_again(tmp_path: Path) -> None:
    """Mended, it goes into the next run without another column."""
    text = "mailtpl_row,mailtpl_key,mailtpl_reason,a,b\n3,k,why,1,2\n"
    rows = rows_of(text.encode(), tmp_path / "failures.csv")
    assert (rows[0].data, list(rows[0].cells)) == ({"a": "1", "b": "2"}, ["1", "2"])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param("r.jsonl", '{"a":1}\n\n{"a":2}', [{"a": 1}, {"a": 2}], id="lines"),
        pytest.param("r.ndjson", '\ufeff{"a":1}\r\n', [{"a": 1}], id="byte order mark"),
        pytest.param("r.jsonl", '{"a":1}\nno\n{"a":2}', [{"a": 1}, "not JSON", {"a": 2}], id="broken line"),
        pytest.param("r.jsonl", '[1]\n{"a":NaN}\n', ["an array, not an object", "not JSON"], id="no object"),
        pytest.param("r.json", '[{"a":1}, {"a":{"b":[]}}]', [{"a": 1}, {"a": {"b": []}}], id="array"),
        pytest.param("r.json", '[{"a":1}, 3, {"a":2}]', [{"a": 1}, "a number, not an object", {"a": 2}], id="no object in it"),
        pytest.param("r.json", '{"a":1}', [{"a": 1}], id="one object"),
        pytest.param("r.json", "[]", [], id="empty array"),
        pytest.param("rows", '{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}], id="lines without a suffix"),
        pytest.param("rows", ' [{"a":1}]', [{"a": 1}], id="array without a suffix"),
        pytest.param("rows", '{\n "a":1}', [{"a": 1}], id="object without a suffix"),
        pytest.param("rows", "a\n1\n", [{"a": "1"}], id="table without a suffix"),
    ],
)  # fmt: skip
def test_forms_of_json(name: str, text: str, expected: list[Any], tmp_path: Path) -> None:
    rows = rows_of(text.encode(), tmp_path / name)
    assert [row.number for row in rows] == list(range(1, len(expected) + 1))
    for row, wanted in zip(rows, expected, strict=True):
        assert wanted in row.problem if isinstance(wanted, str) else row.data == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('[{"a":1},', "in row 1: the array is not closed", id="cut off"),
        pytest.param('[{"a":1},{"a":', "in row 2", id="cut off in an object"),
        pytest.param('[{"a":1} {"a" 2}]', "in row 2", id="broken"),
        pytest.param('[{"a":1e400000}, {"b": Infinity}]', "Infinity", id="no number"),
        pytest.param("[" * 100_000, "in row 1: nested too deeply", id="deep"),
    ],
)
def test_broken_json(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        rows_of(text.encode(), tmp_path / "r.json")


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=200) | st.integers(), max_size=4), max_size=30))
def test_an_array_read_in_pieces_is_the_array(values: list[dict[str, Any]]) -> None:
    """Wherever the pieces are cut: also inside a number, an escape, a character of several octets."""
    from mailtemplates.merging import jsonrows

    for piece in (1, 7, 64):
        before, jsonrows._PIECE = jsonrows._PIECE, piece
        try:
            for text in (json.dumps(values, ensure_ascii=False), json.dumps(values, indent=1)):
                octets = text.encode("utf-8", "surrogatepass")
                if b"\xed" in octets:
                    continue
                assert [row.data for row in jsonrows.JsonArray(io.BytesIO(octets), "r", len(octets))] == values
        finally:
            jsonrows._PIECE = before


def test_an_array_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with path.open("w") as file:
        file.write("[" + ",".join(['{"a":"' + "x" * 1000 + '"}'] * 5000) + "]")
    with open_rows(str(path)) as rows:
        most = max(len(rows._buffer) for _ in rows)  # type: ignore[attr-defined]
    assert most < 300_000


def test_a_table_is_read_as_its_rows_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("a\n" + "x" * 100 + "\n" + ("y" * 100 + "\n") * 50_000)
    with open_rows(str(path)) as rows:
        next(iter(rows))
        assert 0 < rows.position < rows.size / 10


@pytest.mark.parametrize("name", ["missing.csv", "."], ids=["missing", "folder"])
def test_a_file_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read"), open_rows(str(tmp_path / name)):
        pass


@pytest.mark.parametrize("octets", [b"a;b\n1;2\n", b'{"a":"1","b":"2"}\n'], ids=["table", "json"])
def test_standard_input(octets: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(octets)
    with path.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
        with open_rows("-") as rows:
            assert [row.data for row in rows] == [{"a": "1", "b": "2"}]


@given(st.binary(max_size=400))
def test_any_octets_are_rows_or_an_error_with_its_cure(octets: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in ("r.csv", "r.jsonl", "r.json", "r"):
            try:
                for row in rows_of(octets, Path(folder) / name):
                    assert bool(row.problem) or isinstance(row.data, dict)
            except MailTemplatesError as error:
                assert error.cure


def test_rows_behind_an_open_quote_are_not_lost(tmp_path: Path) -> None:
    """Nobody misses his message because a quote was forgotten lines before his row; only that row is broken."""
    lines = [f"{number},p{number}@reader.example" for number in range(2000)]
    lines[500] = f'"{lines[500]}'
    lines[900] = f'"{lines[900]}'
    rows = rows_of("\n".join(["n,email", *lines, ""]).encode(), tmp_path / "rows.csv")
    assert [row.number for row in rows] == list(range(1, 2001))
    assert [(row.number, row.cells) for row in rows if row.problem] == [
        (501, ('"500,p500@reader.example',)),
        (901, ('"900,p900@reader.example',)),
    ]
    assert [row.data["n"] for row in rows if not row.problem] == [
        str(number) for number in range(2000) if number not in (500, 900)
    ]
