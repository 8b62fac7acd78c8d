"""Templates as the linter sees them: rendered with their samples, findings at the block that makes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtemplates.inspection.inputs import is_template
from mailtemplates.inspection.templatelint import TemplateLinter
from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.linting.rule import Example, Rule
from mailtemplates.octets.notation import read_octets
from mailtemplates.settings import Settings

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


TOP = "{% block subject %}Your order{% endblock %}\n"
SPOTS = {
    "an unclosed tag": (TOP + "{% block text %}\n{% if user.name %}x\n", ("template-syntax-error", 3, 4, 6)),
    "an unclosed expression": (TOP + "{% block text %}{{ user.name\n", ("template-syntax-error", 2, 17, 19)),
    "a tag that closes another": (TOP + "{% if user %}{% endfor %}", ("template-syntax-error", 2, 17, 23)),
    "an unknown tag": (TOP + "x {% assets 'x' %}", ("template-syntax-error", 2, 6, 12)),
    "a character": (TOP + "{{ user.name ! }}", ("template-syntax-error", 2, 14, 15)),
    "a bracket": (TOP + "{{ (user.name }}", ("template-syntax-error", 2, 15, 17)),
    "an unclosed comment": (TOP + "x {# y", ("template-syntax-error", 2, 3, 5)),
    "continue outside a loop": (TOP + "{% block text %}{% continue %}{% endblock %}", ("template-syntax-error", 2, 20, 28)),
    "after characters outside ASCII": (TOP + "{% block text %}Grüße, {{ user.nmae }}{% endblock %}", ("undefined-attribute", 2, 32, 36)),
    "with CRLF": (TOP.replace("\n", "\r\n") + "{% block text %}\r\n{{ usr }}{% endblock %}", ("undefined-variable", 3, 4, 7)),
    "after a byte order mark": ("\ufeff" + TOP + "{% block text %}{{ usr }}{% endblock %}", ("undefined-variable", 2, 20, 23)),
    "in trans": (TOP + "{% block text %}{% trans %}Hi {{ usr }}{% endtrans %}{% endblock %}", ("undefined-variable", 2, 34, 37)),
    "behind white-space control": (TOP + "{%- block text -%}\n\n  {{- usr -}}\n{% endblock %}", ("undefined-variable", 4, 7, 10)),
    "a second filter": (TOP + "{% block text %}{{ user.name|upper|shout }}{% endblock %}", ("unresolved-reference", 2, 36, 41)),
    "a filter in a branch": (TOP + "{% block text %}x{% if false %}{{ user.name|shout }}{% endif %}{% endblock %}", ("unresolved-reference", 2, 45, 50)),
    "a header that data names": (TOP + "{% block headers %}{{ user.name }}: x{% endblock %}{% block text %}x{% endblock %}", ("reserved-header", 2, 20, 35)),
    "in an unquoted attribute": (TOP + "{% block html %}<p title=x{{ user.name }}y>x</p>{% endblock %}", ("unsafe-interpolation-context", 2, 27, 42)),
}  # fmt: skip


@pytest.mark.parametrize(("text", "spot"), SPOTS.values(), ids=SPOTS)
def test_a_fault_of_the_source_is_one_error_at_its_place(
    folder: Path, text: str, spot: tuple[str, int, int, int]
) -> None:
    """Rules that could not run because of it are no second error."""
    (folder / "schemas/t.json").write_text(json.dumps(SCHEMA))
    Path("templates/t.j2").write_bytes(text.encode())
    found = TemplateLinter(Linter(Settings())).lint(Path("templates/t.j2"))
    errors = [one for one in found if one.severity == "error" and one.code[:3] in ("SUP", "TPL")]
    assert [(one.name, one.line, one.column, one.end_column) for one in errors] == [spot]


LIMITED = {
    "a pattern": ({"pattern": "^https://"}, True),
    "a group of schemes": ({"pattern": "^(https|mailto):"}, True),
    "choices": ({"enum": ["https://a.example/", "mailto:b@a.example"]}, True),
    "a constant": ({"const": "https://a.example/"}, True),
    "a format": ({"format": "uri"}, True),
    "a format of something else": ({"format": "hostname"}, False),
    "a pattern of something else": ({"pattern": "example"}, False),
}


@pytest.mark.parametrize(("url", "limited"), LIMITED.values(), ids=LIMITED)
def test_a_schema_limits_an_address(folder: Path, url: dict[str, object], limited: bool) -> None:
    schema = {"properties": {"url": {"type": "string", **url}}, "required": ["url"]}
    (folder / "schemas/t.json").write_text(json.dumps(schema))
    found = lint(TOP + '{% block html %}<a href="{{ url }}">x</a>{% endblock %}')
    assert ("variable-url-scheme" in {one.name for one in found}) is not limited


def test_what_a_schema_calls_html_is_no_unsafe_markup(folder: Path) -> None:
    schema = {"properties": {"body": {"type": "string", "contentMediaType": "text/html"}}, "required": ["body"]}
    (folder / "schemas/t.json").write_text(json.dumps(schema))
    found = lint(TOP + "{% block html %}<p>{{ body|safe }}</p>{% endblock %}")
    assert "unsafe-markup-filter" not in {one.name for one in found}


def test_a_block_of_the_author_goes_where_its_layout_puts_it(folder: Path) -> None:
    """Escaping is wrong in a block that the layout prints in its text, and right in one that it prints in its html."""
    layout = "{% block html %}<p>{% block content %}{% endblock %}</p>{% endblock %}{% block text %}{% block plain %}{% endblock %}{% endblock %}"
    Path("templates/layout.j2").write_text(layout)
    found = lint(
        '{% extends "layout.j2" %}{% block content %}{{ "x"|e }}{% endblock %}{% block plain %}{{ "x"|e }}{% endblock %}'
    )
    assert [(one.name, one.column) for one in found if one.code == "TPL010"] == [("escaped-text-part", 94)]


def test_templates_that_extend_each_other_are_not_followed_for_ever(folder: Path) -> None:
    Path("templates/other.j2").write_text('{% extends "t.j2" %}')
    found = lint('{% extends "other.j2" %}{% block a %}{{ x|safe }}{% endblock %}')
    assert found


def test_a_wrong_schema_is_told_once(folder: Path) -> None:
    (folder / "schemas/t.json").write_text(json.dumps({"type": "wrong", "examples": [{}]}))
    assert [one.name for one in lint(TOP)] == ["sample-data-invalid"]


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


def test_a_template_that_takes_no_data_is_its_own_sample(folder: Path) -> None:
    """A static html mail is judged whole; what the caller gives is not missed, not the list fields of bulk mail either."""
    html = '<!DOCTYPE html><html lang="en"><head><title>Hello</title></head><body><p><img src="https://acme-shop.com/a.png"></p></body></html>'
    (found,) = lint(html, name="static.html", profile="bulk", ignore=("BLK006",))
    assert (found.name, found.line, found.sample) == ("img-alt", 1, "")


@pytest.mark.parametrize("text", ["Hello there,\n\nYou have an account already.\n", "Hello {{ name }}\n"])
def test_a_text_is_a_template_and_no_message(folder: Path, text: str) -> None:
    assert is_template("templates/already_in_use.txt", text.encode())
    assert not is_template("mail.txt", b"From: a@b.example\n\nHello {{ name }}")


@pytest.mark.parametrize(("name", "severity"), [("reset_link", "info"), ("homepage_of_user", "warning")])
def test_an_address_that_the_application_makes_is_an_info(folder: Path, name: str, severity: str) -> None:
    (folder / "schemas/t.json").write_text(json.dumps({"properties": {name: {"type": "string"}}, "required": [name]}))
    found = lint(TOP + f'{{% block html %}}<a href="{{{{ {name} }}}}">x</a>{{% endblock %}}')
    assert [one.severity for one in found if one.name == "variable-url-scheme"] == [severity]


UNLIMITED = {
    "a field of somebody": ("{{ user.homepage }}", "info"),
    "an address that the application makes": ("{{ reset_link }}", None),
    "its settings": ("{{ settings.support }}", None),
    "a function of the application": ("{{ url_for('reset') }}", None),
    "a picture": ('https://acme-shop.com/"><img src="{{ user.avatar }}', None),
}


@pytest.mark.parametrize(("address", "severity"), UNLIMITED.values(), ids=UNLIMITED)
def test_an_address_that_no_schema_knows_is_an_info_at_most(folder: Path, address: str, severity: str | None) -> None:
    found = lint(TOP + f'{{% block html %}}<a href="{address}">x</a>{{% endblock %}}', name="other.j2")
    assert [one.severity for one in found if one.name == "variable-url-scheme"] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("set_up", "severity"), [(True, "error"), (False, "info")], ids=["a project", "a foreign folder"]
)
def test_names_of_a_foreign_folder_are_not_known_to_be_wrong(folder: Path, set_up: bool, severity: str) -> None:
    """An application registers its filters elsewhere, and has template folders of its own."""
    if not set_up:
        (folder / "schemas/t.json").unlink()
        (folder / "schemas").rmdir()
    found = lint('{% extends "base.html" %}{% block text %}{{ user.name|dedent }}{% endblock %}', name="other.j2")
    known = [one for one in found if one.name == "unresolved-reference"]
    assert {one.severity for one in known} == {severity}
    assert len(known) == (2 if set_up else 1)


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


SAFE = {
    "plain": ("{{ user.name|safe }}", "{{ user.name }}"),
    "spaced": ("{{- user.name | safe -}}", "{{- user.name -}}"),
    "called": ("{{ user.name|safe() }}", "{{ user.name }}"),
    "in the middle": ("{{ user.name|safe|upper }}", "{{ user.name|upper }}"),
    "in a longer one": ("{{ ('Dear ' ~ user.name)|safe }}", "{{ ('Dear ' ~ user.name) }}"),
    "on lines of its own": ("{{ user.name\n  |safe\n}}", "{{ user.name\n}}"),
}


@pytest.mark.parametrize(("written", "mended"), SAFE.values(), ids=SAFE)
def test_safe_is_taken_out_when_asked_for(folder: Path, written: str, mended: str) -> None:
    """What was escaped by nobody is escaped then: a fix that changes what a reader may see."""
    text = TOP + "{% block html %}<p>Hello " + written + ", here you are</p>{% endblock %}"
    (found,) = (one for one in lint(text) if one.name == "unsafe-markup-filter")
    assert found.fix is not None
    assert not found.fix.safe
    assert apply_fixes(text.encode(), [found.fix]).decode() == text.replace(written, mended)
