"""The labels of list items."""

from __future__ import annotations

from typing import NamedTuple

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


MARKERS = {
    "none": "", "disc": "*", "circle": "*", "square": "*", "decimal": "1", "decimal-leading-zero": "1",
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
    "upper-roman": "I",
}  # fmt: skip
"""The words of ``list-style-type`` (CSS Lists 3 §3.4) as :attr:`ListStyle.style`."""


class ListStyle(NamedTuple):
    """How a list marks its items.

    ``style`` is one of ``1 a A i I`` for numbers and letters, ``"*"`` for the same mark each, empty for none; ``start``
    is None when not given.
    """

    style: str
    start: int | None = None
    backwards: bool = False

    @property
    def counts(self) -> bool:
        """Whether items have a number or letter of their own."""
        return self.style not in ("", "*")

    def marker(self, number: int) -> str:
        """What stands before the item with this number."""
        if not self.counts:
            return self.style and "* "
        return f"{numeral(number, self.style)}. "


def numeral(number: int, style: str) -> str:
    """``number`` as an item's label: ``style`` is one of ``1 a A i I``."""
    if style in "aA" and number > 0:
        label = ""
        while number:
            number, letter = divmod(number - 1, 26)
            label = chr(97 + letter) + label
    elif style in "iI" and 0 < number < 4000:
        label = ""
        for value, sign in _ROMAN:
            times, number = divmod(number, value)
            label += sign * times
    else:
        return str(number)
    return label.upper() if style in "AI" else label
