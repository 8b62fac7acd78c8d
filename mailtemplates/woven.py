"""A text that remembers the pieces it was joined from."""

from __future__ import annotations

from collections.abc import Iterable


class Woven(str):
    """A text made of ``pieces``: a template's own stretches, the same objects in every render, and values.

    What works through a whole text, such as a transfer encoding, can remember its work on the pieces that come again.
    """

    __slots__ = ("pieces",)

    pieces: tuple[str, ...]

    def __new__(cls, pieces: Iterable[str]) -> Woven:
        kept = tuple(pieces)
        self = super().__new__(cls, "".join(kept))
        self.pieces = kept
        return self
