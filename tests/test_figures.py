"""Amounts, codes and dates are found, and found again however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.text.figures import is_told, read_figures, read_told

FOUND = {
    "You paid $49.00 today": [("amount", "$49.00")],
    "1.249,00 € and EUR 12": [("amount", "1.249,00 €"), ("amount", "EUR 12")],
    "Order AC-20817 is yours": [("code", "AC-20817")],
    "Your code is 483920.": [("code", "483920")],
    "Code 483-920": [("code", "483-920")],
    "Use SAVE20 now": [("code", "SAVE20")],
    "token a1b2c3d4-e5f6": [("code", "a1b2c3d4-e5f6")],
    "on 2 November 2026": [("date", "2 November 2026")],
    "on November 2, 2026": [("date", "November 2, 2026")],
    "on 2026-11-02": [("date", "2026-11-02")],
    "on 02.11.2026": [("date", "02.11.2026")],
    "© 2026 Acme": [],
    "call +1 (555) 123-4567 or 0800 123 4567": [],
    "at 10:30, 24h, 600px, 1st, 3 shoes, 100%": [],
    "San Francisco, CA 94107": [],
    "https://acme.example/o/123456 ann2024@acme.example": [],
    "#3f3f46": [],
    "size 10x12, 5-7 days, 24-hour": [],
    "HTML5 and MP3": [],
}


@pytest.mark.parametrize(("text", "expected"), FOUND.items(), ids=FOUND)
def test_figures_of_a_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.kind, one.text) for one in read_figures(text)] == expected


SAME = {
    "$49.00": ("49 dollars", "USD 49", "49,00 €", "49.0"),
    "$1,249.00": ("1249", "1.249,00", "1 249", "1\u202f249,00 €", "1'249.00"),
    "1.249 €": ("1249", "1,249.00"),
    "€0.50": ("0,50", "0.5"),
    "AC-20817": ("ac20817", "AC 20817", "order AC-20817!", "https://acme.example/AC-20817"),
    "483920": ("483 920", "4 8 3 9 2 0", "483-920"),
    "2 November 2026": ("2026-11-02", "02/11/26", "11/2/2026", "2. novembre 2026", "2026年11月2日"),
    "2026-11-02": ("2 Nov 2026", "November 2nd, 2026"),
}


@pytest.mark.parametrize(("text", "others"), SAME.items(), ids=SAME)
def test_a_figure_in_another_form_is_told(text: str, others: tuple[str, ...]) -> None:
    (figure,) = read_figures(text)
    for other in others:
        assert is_told(figure, read_told(other)), other


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("$49.00", "$59.00"),
        ("$49.00", "you paid"),
        ("AC-20817", "AC-20818"),
        ("2026-11-02", "2026-11-03"),
        ("483920", ""),
    ],
)
def test_another_figure_is_not_told(text: str, other: str) -> None:
    (figure,) = read_figures(text)
    assert not is_told(figure, read_told(other))


@given(st.text(max_size=100) | st.text(alphabet="0123456789.,'- €$/:AZaz\u0664\u202f", max_size=100))
def test_any_text_tells_its_own_figures(text: str) -> None:
    told = read_told(text)
    assert all(is_told(one, told) for one in read_figures(text))


@pytest.mark.parametrize(
    "text", ["1 " * 50_000, "1," * 50_000, "123 " * 30_000, "1" * 100_000, "a-" * 50_000, "+1" * 50_000, "A" * 100_000]
)
def test_long_texts_take_linear_time(text: str) -> None:
    read_figures(text)
    read_told(text)
