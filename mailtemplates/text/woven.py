"""A text that remembers the pieces it was joined from, and what texts of the same shape have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from mailtemplates.characters import find_surrogate
from mailtemplates.memo import Memo

_KEPT_CHARACTERS = 16_000_000
_KEPT_HASHES = 4_096
_KEPT_SIGNS = 256
_WHOLE = "whole"
_WEIGHT = 4
"""Characters that are kept for one of a shape: it stands in keys, in statics, and in what is noted of them."""

Take = Callable[[Sequence[str]], tuple[str, ...]]
"""Takes some of many strings."""


def taker(indexes: Sequence[int]) -> Take:
    """Takes the strings at the indexes."""
    if len(indexes) > 1:
        return itemgetter(*indexes)
    first = indexes[0] if indexes else 0
    return lambda strings: tuple(strings[first : first + len(indexes)])


class Shape:
    """What texts that differ in values only have in common: the ``statics`` around the values, one more than those.

    ``is_lines``: each value is whole lines, but for the last line end. ``notes`` is for work on the statics that is
    worth remembering.
    """

    __slots__ = ("is_lines", "notes", "statics")

    def __init__(self, statics: Iterable[str]) -> None:
        self.statics = tuple(statics)
        first, *others = self.statics
        self.is_lines = first[-1:] in ("", "\n") and all(one[:1] == "\n" == one[-1:] for one in others)
        self.notes: dict[str, Any] = {}


class Woven(str):
    """A text made of ``pieces``: a template's own stretches, the same objects in every render, and values.

    What works through a whole text, such as a transfer encoding, can remember its work on what comes again. When texts
    like it were seen before it has a ``shape``, with ``values`` between the statics.
    """

    __slots__ = ("pieces", "shape", "values")

    pieces: Sequence[str]
    shape: Shape | None
    values: Sequence[str]

    def __new__(cls, pieces: Iterable[str]) -> Woven:
        kept = tuple(pieces)
        self = super().__new__(cls, "".join(kept))
        self.pieces = kept
        self.shape, self.values = _SHAPES.find(kept)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled or copied it is a text like any other: shapes are this process's."""
        return str, (str(self),)

    def parted(self) -> tuple[list[str], list[str]]:
        """Statics and values that the text consists of in turn, told apart piece by piece."""
        statics, values = [""], []
        for piece in self.pieces:
            is_static = "<" in piece
            statics.append(piece if is_static else "")
            values.append("" if is_static else piece)
        return statics, values

    @classmethod
    def filled(cls, shape: Shape, values: Sequence[str]) -> Woven:
        """The text of a shape with these values."""
        pieces = [""] * (2 * len(values) + 1)
        pieces[::2], pieces[1::2] = shape.statics, values
        self = super().__new__(cls, "".join(pieces))
        self.pieces, self.shape, self.values = pieces, shape, values
        return self


def is_whole(text: str) -> bool:
    """Whether an encoding can write a text: there is no lone surrogate in it."""
    if not isinstance(text, Woven) or text.shape is None:
        return find_surrogate(text) < 0
    shape = text.shape
    statics = shape.notes.get(_WHOLE)
    if statics is None:
        statics = shape.notes[_WHOLE] = find_surrogate("".join(shape.statics)) < 0
    return bool(statics) and find_surrogate("".join(text.values)) < 0


class _Known(NamedTuple):
    """A shape, and how its statics and values are taken from the pieces of a text."""

    shape: Shape
    take: Take
    take_rest: Take
    rest: tuple[str, ...]


class _Shapes:
    """The shapes of texts that were seen at least twice; ``lately`` those found last, by what tells them quickly."""

    def __init__(self) -> None:
        self._seen: Memo[int, bool] = Memo(_KEPT_HASHES)
        self._known: Memo[tuple[str | None, ...], _Known] = Memo(_KEPT_CHARACTERS)
        self._lately: dict[tuple[int, str], _Known] = {}

    def find(self, pieces: Sequence[str]) -> tuple[Shape | None, Sequence[str]]:
        """The shape of pieces, and the values in them."""
        sign = len(pieces), pieces[0] if pieces else ""
        lately = self._lately.get(sign)
        if lately is not None and lately.take_rest(pieces) == lately.rest:
            values = lately.take(pieces)
            if are_values(values):
                return lately.shape, values
        key = tuple([None if is_value(piece) else piece for piece in pieces])
        found = self._known.get(key)
        if found is None:
            if not self._seen.get(hash(key)):
                self._seen.put(hash(key), True)
                return None, ()
            if _WEIGHT * sum([len(part) for part in key if part]) > _KEPT_CHARACTERS:
                return None, ()  # it would be forgotten at once, and learned at every render
            found = self._learn(key)
        if len(self._lately) >= _KEPT_SIGNS:
            self._lately.clear()
        self._lately[sign] = found
        return found.shape, found.take(pieces)

    def _learn(self, key: tuple[str | None, ...]) -> _Known:
        statics: list[list[str]] = [[]]
        for part in key:
            if part is None:
                statics.append([])
            else:
                statics[-1].append(part)
        shape = Shape(map("".join, statics))
        weight = 100 * len(key) + _WEIGHT * sum(map(len, shape.statics))
        take = taker([at for at, part in enumerate(key) if part is None])
        take_rest = taker([at for at, part in enumerate(key) if part is not None])
        rest = tuple([part for part in key if part is not None])
        return self._known.put(key, _Known(shape, take, take_rest, rest), weight)


def is_value(piece: str) -> bool:
    """Whether a piece has no markup, and no space at its ends."""
    return piece != "" and "<" not in piece and piece.strip() == piece


def are_values(pieces: Sequence[str]) -> bool:
    """Whether each piece is surely a value."""
    every = f"|{'|'.join(pieces)}|"
    return every.isprintable() and "<" not in every and " |" not in every and "| " not in every and "||" not in every


_SHAPES = _Shapes()
