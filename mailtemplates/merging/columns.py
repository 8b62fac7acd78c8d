"""The columns of a table: a place in the data for each, and the type that the data contract gives it.

A cell is text. It becomes a number, a boolean, null, an array or an object where the contract says so and the cell
reads as one; else it stays text, and the contract will say what it expected.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailtemplates.errors import DataError
from mailtemplates.jinja.datatype import KINDS, UNKNOWN, DataType
from mailtemplates.jinja.schematype import type_of
from mailtemplates.pattern import pattern
from mailtemplates.template.data import steps_of

_INTEGER = pattern(r"[+-]?[0-9]{1,300}")
_NUMBER = pattern(r"[+-]?(?:[0-9]{1,300}\.?[0-9]{0,300}|\.[0-9]{1,300})(?:[eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
_ABSENT = object()

_Read = Callable[[str], Any]
_Step = str | int


class Columns:
    """Where the cells of a table stand in the data: ``user.name``, ``lines[0].price``.

    :param names: the header; cells without a name are left out.
    :param schema: the JSON Schema of the data; None when there is none.
    :raises DataError: two columns have one place.
    """

    def __init__(self, names: Sequence[str], schema: Mapping[str, Any] | None) -> None:
        root = UNKNOWN if schema is None else type_of(schema)
        self._readers: list[tuple[int, tuple[_Step, ...], _Read]] = []
        self._listed = False
        places = _Places()
        for index, name in enumerate(names):
            if name:
                steps = tuple(steps_of(name)) or (name,)
                places.take(steps, name)
                self._readers.append((index, steps, _reader(root, steps)))
                self._listed = self._listed or any(isinstance(step, int) for step in steps)

    def data(self, cells: Sequence[str]) -> dict[str, Any]:
        """The data of one row's cells."""
        values: dict[Any, Any] = {}
        for index, steps, read in self._readers:
            value = read(cells[index])
            if value is not _ABSENT:
                target = values
                for step in steps[:-1]:
                    target = target.setdefault(step, {})
                target[steps[-1]] = value
        return {name: _with_lists(value) for name, value in values.items()} if self._listed else values


class _Places:
    """The places that columns have taken."""

    def __init__(self) -> None:
        self._taken: dict[tuple[_Step, ...], str] = {}
        self._opened: dict[tuple[_Step, ...], str] = {}

    def take(self, steps: tuple[_Step, ...], name: str) -> None:
        """Take a place for a column.

        :raises DataError: another column has it, or has a place in it, or the other way round.
        """
        above = [steps[:length] for length in range(1, len(steps))]
        other = self._opened.get(steps) or next(filter(None, map(self._taken.get, [*above, steps])), None)
        if other:
            raise DataError(f"the columns {other!r} and {name!r} have one place", cure="rename one of them")
        self._taken[steps] = name
        for place in above:
            self._opened.setdefault(place, name)


def _with_lists(value: Any) -> Any:
    """The value with lists for objects whose keys are numbers; what is left out leaves no hole."""
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_with_lists(value[key]) for key in sorted(value)]
    return {str(key): _with_lists(item) for key, item in value.items()}


def _reader(root: DataType, steps: Sequence[_Step]) -> _Read:
    """What makes a value of a column's cells."""
    kind, optional = root, False
    for step in steps:
        if isinstance(step, int):
            kind, optional = kind.items(), True
        else:
            member = kind.member(step)
            kind, optional = member.type, member.presence == "maybe"
    if kind.kinds >= KINDS:
        return str
    blank = None if "null" in kind.kinds else _ABSENT if optional or "string" not in kind.kinds else ""
    convert = _converter(kind.kinds)
    return lambda cell: convert(cell) if cell.strip() else blank


def _converter(kinds: frozenset[str]) -> _Read:
    if "string" in kinds:
        return str

    def convert(cell: str) -> Any:
        text = cell.strip()
        if "number" in kinds and (number := _number(text)) is not None:
            return number
        if "boolean" in kinds and text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        if kinds & {"array", "object"} and text[:1] in "[{":
            return _json(text)
        return cell

    return convert


def _number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
