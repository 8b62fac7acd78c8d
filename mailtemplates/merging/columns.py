"""The columns of a table: a place in the data for each, and the type that the data contract gives it.

A cell is text. It becomes a number, a boolean, null, an array or an object where the contract says so and the cell
reads as one; else it stays text, and the contract will say what it expected.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

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
_Build = Callable[[Sequence[str]], Any]
_Step = str | int
_DEEPEST = 100


class Columns:
    """Where the cells of a table stand in the data: ``user.name``, ``lines[0].price``.

    :param names: the header; cells without a name are left out.
    :param schema: the JSON Schema of the data; None when there is none.
    :raises DataError: two columns have one place, or one is nested too deeply.
    """

    def __init__(self, names: Sequence[str], schema: Mapping[str, Any] | None) -> None:
        root = UNKNOWN if schema is None else type_of(schema)
        tree = _Branch("")
        for index, name in enumerate(names):
            if name:
                steps = tuple(steps_of(name)) or (name,)
                tree.plant(steps, _Leaf(name, _cell(index, _reader(root, steps))))
        self._members = tree.members()

    def data(self, cells: Sequence[str]) -> dict[str, Any]:
        """The data of one row's cells."""
        return {name: value for name, build in self._members if (value := build(cells)) is not _ABSENT}


class _Leaf(NamedTuple):
    """A column's place, and what makes the value there of a row's cells, or :data:`_ABSENT`."""

    column: str
    build: _Build


class _Branch:
    """A place with others in it.

    :param column: the first that has its place here.
    """

    def __init__(self, column: str) -> None:
        self.column = column
        self._children: dict[_Step, _Branch | _Leaf] = {}

    def plant(self, steps: Sequence[_Step], leaf: _Leaf) -> None:
        """Give a column its place.

        :raises DataError: another column has it, or has a place in it, or the other way round; it is too deep.
        """
        if len(steps) > _DEEPEST:
            raise DataError(f"the column {leaf.column[:40]!r}… is nested too deeply", cure="rename it")
        branch = self
        for step in steps[:-1]:
            child = branch._children.setdefault(step, _Branch(leaf.column))
            if isinstance(child, _Leaf):
                raise _one_place(child.column, leaf.column)
            branch = child
        other = branch._children.setdefault(steps[-1], leaf)
        if other is not leaf:
            raise _one_place(other.column, leaf.column)

    def members(self) -> list[tuple[Any, _Build]]:
        """What makes the value of each step from here."""
        return [
            (step, child.build if isinstance(child, _Leaf) else _builder(child.members()))
            for step, child in self._children.items()
        ]


def _one_place(one: str, other: str) -> DataError:
    return DataError(f"the columns {one!r} and {other!r} have one place", cure="rename one of them")


def _builder(members: Sequence[tuple[_Step, _Build]]) -> _Build:
    """What makes an object of members, or a list where their keys are numbers; what is left out leaves no hole."""
    numbered = [(step, build) for step, build in members if isinstance(step, int)]
    if not numbered:
        return lambda cells: {name: v for name, build in members if (v := build(cells)) is not _ABSENT} or _ABSENT
    items = [build for _, build in sorted(numbered, key=itemgetter(0))]
    if len(items) == len(members):
        return lambda cells: [v for build in items if (v := build(cells)) is not _ABSENT] or _ABSENT
    return lambda cells: _mixed([(step, v) for step, build in members if (v := build(cells)) is not _ABSENT])


def _mixed(found: list[tuple[_Step, Any]]) -> Any:
    """A list when all steps of this row are numbers, else an object."""
    if found and all(isinstance(step, int) for step, _ in found):
        return [value for _, value in sorted(found, key=itemgetter(0))]
    return {str(step): value for step, value in found} or _ABSENT


def _cell(index: int, read: _Read) -> _Build:
    return itemgetter(index) if read is str else lambda cells: read(cells[index])


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
