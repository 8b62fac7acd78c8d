"""Families of failures: what a person would call the kind of trouble, each with an id that stays.

A program that compares answers with labels of its own maps these ids; see ``schemas/explain.json``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mailtemplates.failures.failure import Failure, Language


class Family(NamedTuple):
    """A kind of failure.

    :param id: its stable id, ``mailbox-full``.
    :param reasons: the reasons of the rows that belong to it, in ``steps`` only when there are any; ``rows`` do by id.
    """

    id: str
    en: str
    zh: str
    reasons: frozenset[str]
    steps: frozenset[str]
    rows: frozenset[str]

    def title(self, language: Language) -> str:
        """What it is about."""
        return self.zh if language == "zh" else self.en


@cache
def all_families() -> tuple[Family, ...]:
    """The families of ``families.json``; of two that fit a row, one that names it goes first, then the earlier one."""
    return tuple(
        Family(one["id"], one["en"], one["zh"], *(frozenset(one.get(key, ())) for key in ("reasons", "steps", "rows")))
        for one in json.loads((Path(__file__).parent / "families.json").read_bytes())
    )


def family_of(failure: Failure) -> Family:
    """The family of a row."""
    named = next((family for family in all_families() if failure.id in family.rows), None)
    return named or next(
        family
        for family in all_families()
        if failure.reason in family.reasons and (not family.steps or failure.step in family.steps)
    )
