"""Rows of a CSV file (RFC 4180), its delimiter recognised. A broken row has a problem, and the next one is read."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

from mailtemplates.errors import DataError
from mailtemplates.merging.columns import Columns
from mailtemplates.merging.encoding import Encoding
from mailtemplates.merging.row import Row
from mailtemplates.pattern import pattern
from mailtemplates.source import Location

DELIMITERS = (",", ";", "\t", "|")
OWN_COLUMNS = ("mailtpl_row", "mailtpl_key", "mailtpl_reason")
"""What the list of failures adds to a row; left out when that list, mended, is the data of the next run."""

_SAMPLE = 20
_SEPARATOR = pattern(r"sep=(.)[\r\n]*")
_MARKED = "mailtemplates.merging.table"
_MARK = "\udcff"
_NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
_LONGEST = 131_072
"""Characters of a cell; what :mod:`csv` takes."""

_OPEN = "a quote is opened and not closed"
_ENDED = "unexpected end"
_FAULTS = {
    "field larger": f"a cell of more than {_LONGEST:,} characters; perhaps {_OPEN}",
    _ENDED: _OPEN,
    "expected after": "a quote inside a quoted cell is not doubled",
}
"""By what the reader says."""


def _mark(error: UnicodeError) -> tuple[str, int]:
    """What stands for octets that no character has: a character that no text has."""
    assert isinstance(error, UnicodeDecodeError)
    return _MARK, error.end


codecs.register_error(_MARKED, _mark)


class Table:
    """The rows of a CSV file; see :class:`~mailtemplates.merging.row.Rows`.

    :param file: its octets, which can be read again.
    :param path: what it is called in errors.
    :param delimiter: what stands between cells; recognised when it is empty.
    :param schema: the JSON Schema that says which cells are numbers and so on.
    :raises DataError: it has no header, or one that cannot be.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: str,
        encoding: Encoding,
        delimiter: str,
        schema: Mapping[str, Any] | None,
        size: int,
    ) -> None:
        self._file = file
        self._path = path
        self._encoding = encoding
        self.size = size
        self._text = io.TextIOWrapper(file, encoding.codec, errors=_MARKED, newline="")
        self.delimiter = delimiter or self._recognise()
        self._lines = _Lines(self._text)
        self._records = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        self._width = 0
        self.columns = self._header()
        self._width = len(self.columns)
        self._kept = [index for index, name in enumerate(self.columns) if name not in OWN_COLUMNS]
        self.columns = tuple(self.columns[index] for index in self._kept)
        self._places = Columns(self.columns, schema)

    @property
    def note(self) -> str:
        """What was recognised, when a person should know."""
        words = [f"read as {self._encoding.codec}"] if self._encoding.guessed else []
        words += [f"cells between {_NAMES[self.delimiter]}"] if self.delimiter in ";|" else []
        return f"{self._path}: {', '.join(words)}" if words else ""

    @property
    def position(self) -> int:
        """Octets that have been read."""
        return self._file.tell()

    def _recognise(self) -> str:
        """The delimiter that cuts the first rows into most cells, as many in each; a comma when none does."""
        first = list(islice(self._text, _SAMPLE))
        self._text.seek(0)
        if first and (said := _SEPARATOR.fullmatch(first[0])):
            return said[1]
        return max(DELIMITERS, key=lambda delimiter: _fit(first, delimiter))

    def _header(self) -> tuple[str, ...]:
        for record in self._parsed():
            if isinstance(record, str):
                raise self._wrong(f"the header is broken: {record}")
            if _SEPARATOR.fullmatch(self.delimiter.join(record)):
                continue
            names = tuple(name.strip() for name in record)
            self._check(names)
            return names
        raise self._wrong("the file has no row, not even a header")

    def _check(self, names: Sequence[str]) -> None:
        """Refuse a header that is none.

        :raises DataError: it has no name, or an address where names should be.
        """
        address = next((name for name in names if "@" in name), "")
        if address or not any(names):
            what = f"{address!r} is no column's name" if address else "it has no names"
            raise self._wrong(f"the first row is not a header: {what}")

    def _wrong(self, problem: str) -> DataError:
        return DataError(
            problem, location=Location(self._path, self._lines.number), cure="write the names of the columns first"
        )

    def _parsed(self) -> Iterator[list[str] | str]:
        """The records that are not empty, a broken one as what is wrong with it."""
        while True:
            self._lines.taken.clear()
            try:
                record = next(self._records, None)
            except csv.Error as error:
                yield self._broken(str(error))
                continue
            if record is None:
                return
            if record:
                yield record

    def _broken(self, error: str) -> str:
        """What is wrong with the lines that were taken."""
        taken, last = self._lines.taken, self._lines.number
        first = last - len(taken) + 1
        if self._are_rows(taken[1:] if _ENDED in error else taken[1:-1]):
            self._lines.give_back()
            return f"line {first}: {_OPEN}"
        what = next((words for word, words in _FAULTS.items() if word in error), error)
        return f"{f'line {last}' if first == last else f'lines {first} to {last}'}: {what}"

    def _are_rows(self, lines: Sequence[str]) -> bool:
        """Whether the lines that a quoted cell took in are rows: then its quote is not closed, and those who stand in
        them are not to miss their messages for that."""
        short = (line for line in lines if len(line) <= _LONGEST)
        widths = (len(next(csv.reader([line], delimiter=self.delimiter), ())) for line in short)
        return self._width > 1 and 2 * sum(width == self._width for width in widths) > len(lines)

    def __iter__(self) -> Iterator[Row]:
        width = len(self._kept)
        every = width == len(self.columns) and self._kept == list(range(width))
        number = 0
        for record in self._parsed():
            number += 1
            if isinstance(record, str):
                text = "".join(self._lines.taken).rstrip("\r\n")
                yield Row(number, {}, (text[:_LONGEST],), record)
                continue
            yield self._row(number, record if every else self._own(record))

    def _own(self, record: list[str]) -> list[str]:
        """A record without the columns that the list of failures added."""
        whole = max(self._kept) + 1
        return [record[index] for index in self._kept if index < len(record)] + record[whole:]

    def _row(self, number: int, cells: list[str]) -> Row:
        width = len(self.columns)
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) != width:
            return Row(number, {}, cells, f"{len(cells)} cells, and the header has {width}")
        if _MARK in "".join(cells):
            readable = [cell.replace(_MARK, "\ufffd") for cell in cells]
            return Row(number, {}, readable, f"octets that are not {self._encoding.codec.removesuffix('-sig')}")
        return Row(number, self._places.data(cells), cells)


class _Lines:
    """The lines of a text, counted.

    :ivar taken: those of the record that is read.
    """

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._again: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.taken.append(line)
        self.number += 1
        return line

    def give_back(self) -> None:
        """All lines of the record but the first are read again."""
        self.number -= len(self.taken) - 1
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _fit(lines: Sequence[str], delimiter: str) -> tuple[bool, int]:
    """How well a delimiter fits: whether rows have as many cells as the first, and how many those are."""
    try:
        records = [record for record in csv.reader(lines, delimiter=delimiter) if record]
    except csv.Error:
        return False, 0
    width = len(records[0]) if records else 0
    alike = sum(len(record) == width for record in records[:-1] or records)
    return width > 1 and alike * 2 > len(records[:-1] or records), width
