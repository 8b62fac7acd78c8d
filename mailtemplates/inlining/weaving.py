"""Documents that came before but for their values: what they become, without a look at each piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailtemplates.inlining.pieces import Lexer, PieceKey
from mailtemplates.inlining.splice import Plan
from mailtemplates.text.woven import Shape, Take, Woven, are_values, is_value, taker


class Likeness(NamedTuple):
    """What pieces have in common that differ in values only, and what they become.

    :param take: takes the values; ``take_rest`` all else, which is ``rest``.
    :param stops: the characters that would make one of the values more than a value.
    """

    plan: Plan
    shape: Shape
    take: Take
    take_rest: Take
    rest: tuple[str, ...]
    stops: frozenset[str]

    def values(self, pieces: Sequence[str]) -> tuple[str, ...] | None:
        """The values in pieces, as many as before; None when they are not alike."""
        if self.take_rest(pieces) != self.rest:
            return None
        values = self.take(pieces)
        every = "".join(values)
        return values if are_values(values) and not any(stop in every for stop in self.stops) else None


def likeness(pieces: Sequence[str], key: PieceKey, lexer: Lexer, plan: Plan, woven: Woven) -> Likeness | None:
    """What these pieces have in common with others like them; None when a value of theirs decides the structure.

    :param woven: what the pieces became by the plan.
    """
    places = [at for at, piece in enumerate(woven.pieces) if is_value(piece)]
    if any(key[at] is not None or plan.outs[at] is not None for at in places):
        return None
    shape = woven.shape
    if shape is None:
        return None
    others = sorted(set(range(len(pieces))).difference(places))
    take_rest = taker(others)
    stops = lexer.stops(pieces, places)
    return Likeness(plan, shape, taker(places), take_rest, take_rest(pieces), stops)
