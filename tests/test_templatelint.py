"""Templates as the linter sees them: rendered with their samples, findings at the block that makes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtemplates.catalogue import all_rules
from mailtemplates.diagnostic import Diagnostic
from mailtemplates.fixing import apply_fixes
from mailtemplates.linter import Linter
from mailtemplates.notation import read_octets
from mailtemplates.rule import Example, Rule
from mailtemplates.settings import Settings
from mailtemplates.templatelint import TemplateLinter

SAMPLE = {"user": {"name": "Ann"}}
RIGHT = """\
{% block from %}Acme <hello@acme-shop.com>{% endblock %}
{% block to %}{{ user.name }} <ben@reader.example>{% endblock %}
{% block subject %}Your order{% endblock %}
{% block text %}Hello {{ user.name }}{% endblock %}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with a schema for the template ``t.j2``."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/t.json").write_text(json.dumps({"type": "object", "examples": [SAMPLE]}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(text: str, *, name: str = "t.j2", **settings: object) -> list[Diagnostic]:
    path = Path("templates") / name
    path.write_text(text)
    return TemplateLinter(Linter(Settings(**settings))).lint(path)  # type: ignore[arg-type]


#: The data contract of the examples; one may give another with a line ``═══ schemas/t.json``.
SCHEMA = {
    "type": "object",
    "required": ["user", "order", "recipients"],
    "additionalProperties": False,
    "properties": {
        "user": {
            "type": "object",
            "required": ["name", "email", "age"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "email": {"type": "string", "format": "email"},
                "nickname": {"type": "string"},
                "age": {"type": ["integer", "null"]},
            },
        },
        "order": {
            "type": "object",
            "required": ["id", "lines", "url"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string"},
                "url": {"type": "string", "format": "uri", "pattern": "^https://"},
                "lines": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["description", "amount"],
                        "properties": {"description": {"type": "string"}, "amount": {"type": "number"}},
                    },
                },
            },
        },
        "recipients": {"type": "array", "items": {"type": "string", "format": "email"}},
    },
    "examples": [
        {
            "user": {"name": "Ann", "email": "ann@reader.example", "nickname": "Annie", "age": 41},
            "order": {
                "id": "1042",
                "url": "https://acme-shop.com/orders/1042",
                "lines": [{"description": "Tea", "amount": 4.5}, {"description": "Cake", "amount": 7}],
            },
            "recipients": ["ann@reader.example", "ben@reader.example"],
        }
    ],
}

RULES = [rule for rule in all_rules() if rule.family in ("SUP", "TPL")]
BAD = {f"{rule.name}-{at}": (rule, example) for rule in RULES for at, example in enumerate(rule.page.bad)}
GOOD = {f"{rule.name}-{at}": (rule, example) for rule in RULES for at, example in enumerate(rule.page.good)}


def examined(folder: Path, rule: Rule, text: str) -> list[Diagnostic]:
    """What the rules of the families here find in an example; files beside it come behind lines ``═══ path``."""
    first, *others = text.split("═══ ")
    if rule.family != "SUP":
        (folder / "schemas/t.json").write_text(json.dumps(SCHEMA))
    for other in others:
        path, _, content = other.partition("\n")
        (folder / path.strip()).write_bytes(read_octets(content))
    (folder / "templates/t.j2").write_bytes(read_octets(first))
    found = TemplateLinter(Linter(Settings())).lint(Path("templates/t.j2"))
    return [one for one in found if one.code[:3] in ("SUP", "TPL")]


@pytest.mark.parametrize(("rule", "example"), BAD.values(), ids=BAD)
def test_a_bad_example_is_found(folder: Path, rule: Rule, example: Example) -> None:
    assert {one.name for one in examined(folder, rule, example.text)} == {rule.name, *example.also}


@pytest.mark.parametrize(("rule", "example"), GOOD.values(), ids=GOOD)
def test_a_good_example_is_not(folder: Path, rule: Rule, example: Example) -> None:
    assert examined(folder, rule, example.text) == []


@pytest.mark.parametrize(("rule", "example"), BAD.values(), ids=BAD)
def test_a_fix_takes_its_finding_away_and_brings_no_other(folder: Path, rule: Rule, example: Example) -> None:
    found = [one for one in examined(folder, rule, example.text) if one.name == rule.name]
    fixes = [one.fix for one in found if one.fix]
    assert rule.fix != "-" or not fixes
    assert rule.fix in ("-", "part") or len(fixes) == len(found), "a finding without the fix that the rule promises"
    assert all(fix.safe for fix in fixes) or rule.fix in ("unsafe", "part")
    if not fixes:
        return
    path = Path("templates/t.j2")
    path.write_bytes(apply_fixes(path.read_bytes(), fixes))
    after = TemplateLinter(Linter(Settings())).lint(path)
    left = len(found) - len(fixes)
    assert [one.name for one in after if one.code[:3] in ("SUP", "TPL")] == [rule.name] * left


def test_a_finding_points_at_the_words_that_make_the_field(folder: Path) -> None:
    found = lint(RIGHT.replace("Your order", "Re: your order"))
    assert [(one.name, one.line, one.column, one.sample) for one in found] == [
        ("misleading-reply-prefix", 3, 20, "examples[0]")
    ]
    assert found[0].source.startswith("{% block subject %}")


def test_what_the_caller_gives_is_not_missed(folder: Path) -> None:
    """A template without From, To and Subject is right: the application gives them."""
    assert lint("{% block text %}Hello {{ user.name }}{% endblock %}\n") == []


def test_a_broken_template_is_an_error_at_its_place(folder: Path) -> None:
    (found,) = lint(RIGHT.replace("Hello {{ user.name }}", "Hello {{ user.nmae }}"))
    assert (found.name, found.severity, found.line, found.column) == ("rules-skipped", "error", 4, 31)
    assert "nmae" in found.message
    assert found.help == "did you mean 'name'?"


def test_a_template_without_samples_says_so(folder: Path) -> None:
    (found,) = lint(RIGHT, name="other.j2")
    assert (found.name, found.severity) == ("rules-skipped", "warning")
    assert "schemas/other.json" in found.help


def test_a_layout_is_judged_through_the_templates_that_use_it(folder: Path) -> None:
    Path("templates/layout.j2").write_text(RIGHT)
    Path("templates/t.j2").write_text('{% extends "layout.j2" %}')
    assert TemplateLinter(Linter()).lint(Path("templates/layout.j2")) == []


IGNORES = {
    "file": ("{# mailtpl: ignore-file[misleading-reply-prefix] it is an answer #}\n" + RIGHT, True),
    "code": ("{# mailtpl: ignore-file[HDR018] #}\n" + RIGHT, True),
    "family": ("{# mailtpl: ignore-file[HDR] #}\n" + RIGHT, True),
    "next": (RIGHT.replace("{% block subject", "{# mailtpl: ignore[HDR018] #}\n{% block subject"), True),
    "next on the line": (RIGHT.replace("{% block subject", "{# mailtpl: ignore[HDR018] #}{% block subject"), True),
    "another": (RIGHT.replace("{% block to", "{# mailtpl: ignore[HDR018] #}\n{% block to"), False),
    "range": ("{# mailtpl: disable[HDR018] #}\n" + RIGHT + "{# mailtpl: enable[HDR018] #}\n", True),
    "ended range": ("{# mailtpl: disable[HDR018] #}\n{# mailtpl: enable[HDR018] #}\n" + RIGHT, False),
    "html comment": ("<!-- mailtpl: ignore-file[HDR018] -->\n" + RIGHT, False),
}


@pytest.mark.parametrize(("text", "hidden"), IGNORES.values(), ids=IGNORES)
def test_comments_turn_rules_off(folder: Path, text: str, hidden: bool) -> None:
    found = lint(text.replace("Your order", "Re: your order"))
    assert ("misleading-reply-prefix" not in {one.name for one in found}) == hidden
    assert hidden or "unused-suppression" in {one.name for one in found} or "<!--" in text


def test_the_fix_of_an_unused_comment_takes_its_line_away(folder: Path) -> None:
    (found,) = lint("{# mailtpl: ignore-file[HDR018] #}\n" + RIGHT)
    assert found.fix is not None
    (edit,) = found.fix.edits
    assert (edit.span, edit.octets) == ((0, 35), b"")
