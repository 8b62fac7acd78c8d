"""A file of rows, opened: which kind it is, by its name, else by how it begins."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO, Literal, get_args

from mailtemplates.errors import DataError, SettingsError
from mailtemplates.merging.encoding import named, recognise
from mailtemplates.merging.jsonrows import JsonArray, JsonLines
from mailtemplates.merging.row import Rows
from mailtemplates.merging.table import Table
from mailtemplates.source import Location

Kind = Literal["csv", "jsonl", "json"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_SUFFIXES: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
}  # fmt: skip
_HEAD = 1 << 16
_ZIP = b"PK\x03\x04"


@contextmanager
def open_rows(
    path: str,
    *,
    kind: Kind | None = None,
    encoding: str = "",
    delimiter: str = "",
    schema: Mapping[str, Any] | None = None,
) -> Iterator[Rows]:
    """The rows of a file, or of standard input for ``-``.

    What cannot be read twice is first copied to a temporary file, but for JSON Lines, which are read as they come.

    :param encoding: of a CSV file; recognised when it is empty.
    :param delimiter: between the cells of a CSV file; recognised when it is empty.
    :param schema: the JSON Schema that gives the cells of a CSV file their types.
    :raises SettingsError: there is no such file or encoding.
    :raises DataError: it is no such file.
    """
    shown = "<stdin>" if path == "-" else path
    suffix = Path(path).suffix.lower()
    with _opened(path) as stream, _seekable(stream, kind or _SUFFIXES.get(suffix)) as file:
        size = os.fstat(file.fileno()).st_size if file is not sys.stdin.buffer else 0
        found = kind or _SUFFIXES.get(suffix) or _kind(file)
        if found == "jsonl":
            yield JsonLines(file, shown, size)
        elif found == "json":
            yield JsonArray(file, shown, size)
        else:
            _refuse_workbook(file, shown)
            known = named(encoding) if encoding else recognise(file, shown)
            tabs = "\t" if suffix in (".tsv", ".tab") else ""
            yield Table(file, shown, known, delimiter or tabs, schema, size)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (closed below)
    except OSError as bad:
        raise SettingsError(
            f"cannot read {path!r}: {bad.strerror or bad}", cure="name a file that exists and can be read"
        ) from None
    with file:
        yield file


@contextmanager
def _seekable(stream: BinaryIO, kind: Kind | None) -> Iterator[BinaryIO]:
    """The stream, or a copy of it on disk when it must be read twice and cannot be."""
    if kind == "jsonl" or S_ISREG(os.fstat(stream.fileno()).st_mode):
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield copy


def _kind(file: BinaryIO) -> Kind:
    """What a file is by its first octets, and rewound."""
    head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.seek(0)
    if head.startswith(b"["):
        return "json"
    if not head.startswith(b"{"):
        return "csv"
    try:
        json.loads(head.partition(b"\n")[0])
    except ValueError:
        return "json"
    return "jsonl"


def _refuse_workbook(file: BinaryIO, path: str) -> None:
    """Refuse a spreadsheet's own format.

    :raises DataError: the file is one.
    """
    head = file.read(len(_ZIP))
    file.seek(0)
    if head == _ZIP:
        raise DataError(
            "the file is a workbook or archive, not a table",
            location=Location(path),
            cure="save the sheet as CSV UTF-8",
        )
