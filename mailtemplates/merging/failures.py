"""The list of rows that failed: a CSV file that appears whole when the run ends, and can be mended and run again."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mailtemplates.closing import Closing
from mailtemplates.delivery.leftovers import clear_leftovers, hold
from mailtemplates.errors import SettingsError
from mailtemplates.merging.result import Result
from mailtemplates.merging.table import OWN_COLUMNS


class Failures(Closing):
    """Writes the list, UTF-8, each row with its number, its key and the reason before its own cells.

    :param columns: the names of the cells.
    :param delimiter: as the rows' own file has it.
    :ivar count: how many rows failed.
    :raises SettingsError: the list cannot be written: said before anything is done.
    """

    def __init__(self, path: Path, columns: Sequence[str], delimiter: str) -> None:
        self.path = path
        self.count = 0
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            clear_leftovers(path.parent, re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.part"))
            self._file = self._part.open("w", encoding="utf-8", errors="replace", newline="")
        except OSError as bad:
            raise self._unwritable(bad) from None
        hold(self._file)
        self._writer = csv.writer(self._file, delimiter=delimiter)
        self._write((*OWN_COLUMNS, *columns))

    def add(self, result: Result) -> None:
        """Write down a row.

        :raises SettingsError: the list cannot be written.
        """
        self.count += 1
        self._write((result.number, result.key, result.failure, *result.cells))

    def _write(self, cells: Sequence[object]) -> None:
        try:
            self._writer.writerow(cells)
        except OSError as bad:
            raise self._unwritable(bad) from None

    def close(self) -> None:
        """Give the list its name. Without failures there is none, and that of an earlier run goes.

        :raises SettingsError: the list cannot be written.
        """
        try:
            self._file.close()
            if self.count:
                self._part.replace(self.path)
                return
            self._part.unlink()
            if self._is_list():
                self.path.unlink()
        except OSError as bad:
            raise self._unwritable(bad) from None

    def _is_list(self) -> bool:
        with suppress(OSError, UnicodeDecodeError), self.path.open(encoding="utf-8") as file:
            return file.read(len(OWN_COLUMNS[0])) == OWN_COLUMNS[0]
        return False

    def _unwritable(self, bad: OSError) -> SettingsError:
        return SettingsError(
            f"cannot write {str(self.path)!r}: {bad.strerror or bad}", cure="name another file with --failures"
        )
