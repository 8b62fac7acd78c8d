"""The page of a rule: what it finds and why that matters, for a person and as JSON.

Floor 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mailtemplates.rule import Rule
from mailtemplates.wrapping import wrap

_FIXES = {
    "safe": "--fix mends it",
    "unsafe": "--unsafe-fixes mends it",
    "part": "--fix mends some of its findings",
    "-": "a person must decide",
}


def page_lines(rule: Rule, width: int = 80) -> Iterator[str]:
    """The page as lines of at most ``width`` columns; the examples stand as they are."""
    page = rule.page
    yield f"{rule.code} {rule.name}"
    yield "=" * len(f"{rule.code} {rule.name}")
    yield ""
    yield from wrap(page.summary, width)
    for paragraph in page.why.split("\n\n"):
        yield ""
        yield from wrap(" ".join(paragraph.split()), width)
    yield ""
    yield f"Severity   {rule.severity}"
    yield f"Fix        {_FIXES[rule.fix]}"
    yield f"Profile    {rule.profile}{'' if rule.default else '; off unless it is selected'}"
    yield from _hung("Reference  ", page.reference, width)
    if rule.options:
        yield ""
        yield f"Options    [tool.mailtemplates.rules.{rule.name}]"
        for name, default in rule.options.items():
            yield from _hung(" " * 11, f"{name.replace('_', '-')} = {_toml(default)}", width)
    for title, examples in (("Bad", page.bad), ("Good", page.good)):
        for example in examples:
            yield ""
            yield f"{title}:"
            yield ""
            yield from (f"    {line}".rstrip() for line in example.text.rstrip("\n").split("\n"))


def _hung(lead: str, text: str, width: int) -> Iterator[str]:
    first, *rest = wrap(text, width - len(lead)) or [""]
    yield lead + first
    yield from (" " * len(lead) + line for line in rest)


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def page_object(rule: Rule) -> dict[str, Any]:
    """The page as JSON: everything that there is to know of a rule."""
    page = rule.page
    return {
        **row_object(rule),
        "why": page.why,
        "options": {name.replace("_", "-"): _plain(default) for name, default in rule.options.items()},
        "bad": [example.text for example in page.bad],
        "good": [example.text for example in page.good],
    }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def row_object(rule: Rule) -> dict[str, Any]:
    """A rule in the table of rules, as JSON."""
    return {
        "code": rule.code,
        "name": rule.name,
        "family": rule.family,
        "severity": rule.severity,
        "fix": rule.fix,
        "profile": rule.profile,
        "default": rule.default,
        "subject": rule.subject,
        "summary": rule.page.summary,
        "reference": rule.page.reference,
    }


def table_lines(rules: Sequence[Rule], width: int = 80) -> Iterator[str]:
    """The table of rules: code, name, severity, fix and as much of the summary as the width leaves."""
    longest = max((len(rule.name) for rule in rules), default=4)
    yield f"{'code':8}{'name':{longest}}  severity  fix     profile"
    yield f"{'-' * 6}  {'-' * longest}  --------  ------  -------------"
    for rule in rules:
        profile = rule.profile if rule.default else f"{rule.profile}, off"
        yield f"{rule.code:8}{rule.name:{longest}}  {rule.severity:8}  {rule.fix:6}  {profile}"
