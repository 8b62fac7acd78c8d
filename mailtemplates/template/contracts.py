"""The data contracts of all templates of an engine, read when they are asked for and when they change."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mailtemplates.template.contract import Contract, find_contract, read_contract, schema_names

_KEPT = 1024


class Contracts:
    """Contracts by template name.

    :param folders: of the schemas.
    :param auto_reload: look at every call whether a schema has come, gone or changed.
    """

    def __init__(self, folders: Sequence[Path], auto_reload: bool) -> None:
        self._folders = folders
        self._auto_reload = auto_reload
        self._kept: dict[str, tuple[tuple[str, ...], list[Any], Contract | None]] = {}

    def find(self, name: str) -> Contract | None:
        """The contract of a template; None when it has no schema.

        :raises DataError: the schema file is not a JSON object.
        """
        kept = self._kept.get(name)
        if kept is not None and (not self._auto_reload or _marks(kept[0]) == kept[1]):
            return kept[2]
        path = find_contract(name, self._folders)
        candidates = tuple(str(folder / file) for file in schema_names(name) for folder in self._folders)
        marks = _marks(candidates)
        contract = read_contract(path) if path else None
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[name] = (candidates, marks, contract)
        return contract


def _marks(paths: Sequence[str]) -> list[tuple[int, int] | None]:
    """What tells that one of the files has come, gone or changed; looks no further than the first that exists."""
    marks: list[tuple[int, int] | None] = []
    for path in paths:
        if not os.access(path, os.F_OK):
            marks.append(None)
            continue
        try:
            stat = os.stat(path)  # noqa: PTH116 (at every render, and Path.stat takes three times as long)
        except OSError:
            marks.append(None)
        else:
            return [*marks, (stat.st_mtime_ns, stat.st_size)]
    return marks
