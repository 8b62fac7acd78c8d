"""Rows of JSON: one object a line (JSON Lines), or an array of objects, read piece by piece."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from mailtemplates.errors import DataError
from mailtemplates.merging.row import Row
from mailtemplates.pattern import pattern
from mailtemplates.source import Location
from mailtemplates.template.data import check_object, read_data

COLUMNS = ("data",)
"""The one cell of a row: its JSON."""

_PIECE = 1 << 16
_MOST = 1 << 26
_BETWEEN = pattern(r"[\s,]*")


class JsonLines:
    """The rows of a JSON Lines file; see :class:`~mailtemplates.merging.row.Rows`. A broken line is a broken row."""

    columns = COLUMNS
    delimiter = ","
    note = ""

    def __init__(self, file: BinaryIO, path: str, size: int) -> None:
        self._file = file
        self._path = path
        self.size = size
        self.position = 0

    def __iter__(self) -> Iterator[Row]:
        number = 0
        for line in self._file:
            self.position += len(line)
            if line.strip():
                number += 1
                yield self._row(number, line)

    def _row(self, number: int, line: bytes) -> Row:
        text = line.decode("utf-8-sig", "replace").strip()
        try:
            return Row(number, read_data(line, self._path), (text,))
        except DataError as error:
            return Row(number, {}, (text,), error.problem)


class JsonArray:
    """The rows of a JSON text that is an array of objects, or one object.

    What is wrong inside an object cannot be stepped over: nobody knows where the next begins.
    """

    columns = COLUMNS
    delimiter = ","
    note = ""

    def __init__(self, file: BinaryIO, path: str, size: int) -> None:
        self._file = file
        self._path = path
        self.size = size
        self.position = 0
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = json.JSONDecoder(parse_constant=_refuse)
        self._buffer = ""
        self._ended = False

    def __iter__(self) -> Iterator[Row]:
        self._read(_PIECE)
        number, at, listed = 0, self._after_space(0), False
        if self._buffer.startswith("[", at):
            at, listed = self._after_space(at + 1), True
        while at < len(self._buffer) and not (listed and self._buffer[at] == "]"):
            value, end = self._value(at, number + 1)
            number += 1
            yield self._row(number, value, self._buffer[at:end])
            if end > _PIECE:
                self._buffer, end = self._buffer[end:], 0
            at = self._after_space(end)
        if listed and at >= len(self._buffer):
            raise self._wrong("the array is not closed", number)

    def _row(self, number: int, value: Any, text: str) -> Row:
        try:
            return Row(number, check_object(value, self._path), (text,))
        except DataError as error:
            return Row(number, {}, (text,), error.problem)

    def _value(self, at: int, number: int) -> tuple[Any, int]:
        """The value that begins at a place of the buffer, and where it ends; more is read until it is whole.

        :raises DataError: it is no JSON.
        """
        piece = _PIECE
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, at)
                if end < len(self._buffer) or self._ended:
                    return value, end
            except json.JSONDecodeError as bad:
                if self._ended or len(self._buffer) > _MOST:
                    raise self._wrong(bad.msg, number) from None
            except RecursionError:
                raise self._wrong("nested too deeply", number) from None
            except ValueError as bad:
                raise self._wrong(str(bad), number) from None
            self._read(piece)
            piece *= 2

    def _after_space(self, at: int) -> int:
        """Where white space and a comma end."""
        while True:
            match = _BETWEEN.match(self._buffer, at)
            at = match.end() if match else at
            if at < len(self._buffer) or self._ended:
                return at
            self._read(_PIECE)

    def _read(self, size: int) -> None:
        octets = self._file.read(size)
        self.position += len(octets)
        self._ended = not octets
        with suppress(UnicodeDecodeError):
            self._buffer += self._decode.decode(octets, final=self._ended)
            return
        raise self._wrong("the file is not UTF-8", 0)

    def _wrong(self, problem: str, number: int) -> DataError:
        where = f"in row {number}: " if number else ""
        return DataError(f"the data is not JSON: {where}{problem}", location=Location(self._path), cure="mend the JSON")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")
