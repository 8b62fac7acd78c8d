"""The pages of the rules in docs/ are those of their docstrings."""

from __future__ import annotations

import pytest
from conftest import ROOT

from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.rulepage import markdown_pages

PAGES = dict(markdown_pages(all_rules()))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    """``mailtpl rules --pages docs/rules`` writes them anew."""
    assert (ROOT / "docs" / "rules" / name).read_text(encoding="utf-8") == PAGES[name]


def test_no_page_is_left_over() -> None:
    assert {path.name for path in (ROOT / "docs" / "rules").iterdir()} == set(PAGES)
