"""The page of a rule: what it finds and why that matters, for a person and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from mailtemplates.linting.rule import Rule
from mailtemplates.text.wrapping import wrap

_MADE = "Made from the rules by `mailtpl rules --pages docs/rules`."
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


def markdown_pages(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """The pages of the documentation: a file name and its Markdown for the table and for each family."""
    families: dict[str, list[Rule]] = {}
    for rule in rules:
        families.setdefault(rule.family, []).append(rule)
    table = ["# Rules", "", _MADE, "", "| code | name | severity | fix | finds |", "|---|---|---|---|---|"]
    for rule in rules:
        link = f"[{rule.name}]({rule.family.lower()}.md#{rule.code.lower()}-{rule.name})"
        off = "" if rule.default and rule.profile == "transactional" else f" ({_off(rule)})"
        table.append(f"| {rule.code} | {link} | {rule.severity} | {rule.fix} | {_cell(rule.page.summary)}{off} |")
    yield "README.md", "\n".join(table) + "\n"
    for family, members in families.items():
        title = _family_title(members[0])
        lines = [f"# {family}: {title}", "", _MADE]
        for rule in members:
            lines += ["", *_markdown(rule)]
        yield f"{family.lower()}.md", "\n".join(lines) + "\n"


def _markdown(rule: Rule) -> Iterator[str]:
    page = rule.page
    yield f"## {rule.code} {rule.name}"
    yield from ("", page.summary, "", page.why, "")
    off = "" if rule.default and rule.profile == "transactional" else f", {_off(rule)}"
    yield f"{rule.severity.capitalize()}{off}; {_FIXES[rule.fix]}. Reference: {page.reference}."
    if rule.options:
        yield from ("", "```toml", f"[tool.mailtemplates.rules.{rule.name}]")
        yield from (f"{name.replace('_', '-')} = {_toml(default)}" for name, default in rule.options.items())
        yield "```"
    for title, examples in (("Bad", page.bad), ("Good", page.good)):
        for example in examples:
            yield from ("", f"{title}:", "", "```", example.text.rstrip("\n"), "```")


def _off(rule: Rule) -> str:
    return "in the bulk profile" if rule.profile == "bulk" else "off unless it is selected"


def _family_title(rule: Rule) -> str:
    module = sys.modules[rule.check.__module__.rpartition(".")[0]]
    return (module.__doc__ or "").strip().rstrip(".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


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
