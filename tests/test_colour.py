"""Colours as css and html write them, and WCAG's contrast."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.css.colour import Colour, contrast, read_colour, show_colour

WRITTEN: list[tuple[str, Colour | None]] = [
    ("#fff", (255, 255, 255)),
    ("#18181B", (24, 24, 27)),
    (" Red ", (255, 0, 0)),
    ("#ffff", (255, 255, 255)),
    ("#ffffff80", None),
    ("#ffffffff", (255, 255, 255)),
    ("rgb(1, 2,3)", (1, 2, 3)),
    ("rgb(1 2 3 / 1)", (1, 2, 3)),
    ("rgb(10%, 300, -4)", (26, 255, 0)),
    ("rgba(0,0,0,.5)", None),
    ("rgba(0,0,0,1)", (0, 0, 0)),
    ("rgb(0 0 0 / 100%)", (0, 0, 0)),
    ("hsl(120, 100%, 25%)", (0, 128, 0)),
    ("hsl(210deg 50% 40% / 50%)", None),
    ("transparent", None),
    ("currentcolor", None),
    ("var(--x)", None),
    ("rgb(var(--x))", None),
    ("#ggg", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "colour"), WRITTEN, ids=[text for text, _ in WRITTEN])
def test_colours_of_css(text: str, colour: Colour | None) -> None:
    assert read_colour(text) == colour


def test_an_attribute_may_leave_the_hash_out() -> None:
    assert read_colour("ffffff", attribute=True) == (255, 255, 255)
    assert read_colour("ffffff") is None


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [
        ("#000", "#fff", 21),
        ("#777", "#fff", 4.48),
        ("#767676", "#fff", 4.54),
        ("#fff", "#fff", 1),
        ("red", "#fff", 4.0),
    ],
)
def test_contrast(first: str, second: str, ratio: float) -> None:
    one, two = read_colour(first), read_colour(second)
    assert one and two
    assert contrast(one, two) == pytest.approx(ratio, abs=0.01)
    assert contrast(two, one) == contrast(one, two)


@given(st.text())
def test_any_text_is_a_colour_or_none(text: str) -> None:
    colour = read_colour(text)
    assert colour is None or read_colour(show_colour(colour)) == colour
