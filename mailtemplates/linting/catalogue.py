"""All rules, found by walking ``rules/``: a folder a family, a file a rule."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from mailtemplates.linting.rule import Rule

_FOLDER = Path(__file__).parent.parent / "rules"


@cache
def all_rules() -> tuple[Rule, ...]:
    """The rules in the order of their codes.

    :raises RuntimeError: a file holds no rule of its name, or two rules share a code.
    """
    found: dict[str, Rule] = {}
    for path in sorted(_FOLDER.glob("[a-z]*/[a-z]*.py")):
        one = getattr(import_module(f"mailtemplates.rules.{path.parent.name}.{path.stem}"), path.stem, None)
        if not isinstance(one, Rule) or one.code in found or one.family.lower() != path.parent.name:
            raise RuntimeError(f"rules/{path.parent.name}/{path.name} holds no rule of its name, family and own code")
        found[one.code] = one
    return tuple(found[code] for code in sorted(found))


def find_rule(word: str) -> Rule | None:
    """The rule of a code or a name, in any case; None when there is none."""
    lower = word.lower().replace("_", "-")
    return next((one for one in all_rules() if lower in (one.code.lower(), one.name)), None)
