"""Findings in css point at the template: at the sheet's own text, through inlining, and fixes land there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtemplates.inlining.inliner import inline_css
from mailtemplates.inspection.inspection import Inspection
from mailtemplates.inspection.pairing import html_place
from mailtemplates.inspection.templatelint import TemplateLinter
from mailtemplates.linting.lintcache import LintCache
from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings

SCHEMA = '{"type": "object", "properties": {"name": {"type": "string"}}, "examples": [{"name": "Ben"}]}'
LAYOUT = """\
{% block from %}Acme <hello@acme-shop.com>{% endblock %}
{% block to %}ben@reader.example{% endblock %}
{% block subject %}Hello{% endblock %}
{% block html %}<!doctype html>
<html lang="en">
<head>
<title>x</title>
<style>
SHEET
</style>
</head>
<body>
BODY
</body>
</html>
{% endblock %}
"""


@pytest.mark.parametrize(
    ("sheet", "body", "code", "words"),
    [
        pytest.param(".a { top: 0; position: fixed }", '<p class="a">x</p>', "CSS001", "position: fixed", id="inlined"),
        pytest.param(
            ".b { gap: 1px } .a { color: red; gap: 1px }", '<p class="a">x</p>', "CSS001", "gap: 1px }\n", id="which rule",
        ),
        pytest.param(".a { top: 0 }", '<p class="a" style="gap: 2px">x</p>', "CSS001", "gap: 2px", id="own style"),
        pytest.param(
            ".a { gap: 1px }", '<p class="a" style="grid: none">x</p>', "CSS001", "gap: 1px }", id="own style that begins alike"
        ),
        pytest.param(
            ".a { color: red }\n.a::after { content: 'x' }", '<p class="a">x</p>', "CSS002", ".a::after", id="kept rule"
        ),
        pytest.param(
            ".a { padding: 9px }\n@media (x) { p { color: red } .a { padding: 1px } }", '<p class="a">{{ name }}</p>',
            "CSS007", "padding: 1px", id="in @media",
        ),
        pytest.param(".a { color red; top: 0 }", '<p class="a">x</p>', "CSS005", "color red", id="lost while inlining"),
        pytest.param(".a { colr: red }", '<p class="a">x</p><p class="a">x</p>', "CSS005", "colr: red", id="misspelt"),
        pytest.param(".z { colr: red }", "<p>x</p>", "CSS005", "colr: red", id="misspelt where nothing matches"),
    ],
)  # fmt: skip
def test_the_place_is_that_in_the_sheet(tmp_path: Path, sheet: str, body: str, code: str, words: str) -> None:
    source = LAYOUT.replace("SHEET", sheet).replace("BODY", body)
    (tmp_path / "templates").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "mailtemplates.toml").write_text('schemas = ["schemas"]')
    path = tmp_path / "templates" / "a.j2"
    path.write_text(source)
    (tmp_path / "schemas" / "a.json").write_text(SCHEMA)
    (one,) = TemplateLinter(Linter(Settings(select=(code,)))).lint(path)
    line = source.split("\n")[one.line - 1]
    assert f"{line[one.column - 1 :]}\n".startswith(words)
    if one.fix:
        (edit,) = one.fix.edits
        assert source[: edit.span.start].endswith(words)


@pytest.mark.parametrize("sheets", ["", "<style>b { top: 0 }</style>", "<style>b { top: 0 }</style>\n<style></style>x"])
@pytest.mark.parametrize("rest", ["", "\n", "\n<p class='a'>x</p>\n", "<b>y</b>"])
def test_a_sheet_that_goes_leaves_the_places_behind_it(sheets: str, rest: str) -> None:
    source = f"<html><head><title>x</title>\n{sheets}\n</head><body>{rest}<img src='z'></body></html>"
    final = inline_css(source)
    for words in ("<title>", "</head>", "<body>", "<img", "</html>"):
        assert html_place(source, final, final.index(words)) == source.index(words)


def test_a_linked_sheet_is_judged_before_inlining(tmp_path: Path) -> None:
    """Its faults are in its own file, once for all templates that link to it; sheets of others are left alone."""
    (tmp_path / "templates/css").mkdir(parents=True)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "mailtemplates.toml").write_text('schemas = ["schemas"]')
    sheet = "/* Grüße */\r\n.a { color: red }\r\n.z { colr: red }\r\n"
    (tmp_path / "templates/css/mail.css").write_bytes(sheet.encode())
    links = '<link rel="stylesheet" href="css/mail.css"><link rel="stylesheet" href="https://fonts.example/a.css">'
    source = LAYOUT.replace("SHEET", "").replace("BODY", '<p class="a">x</p>').replace("</head>", f"{links}</head>")
    paths = [tmp_path / f"templates/{name}.j2" for name in "ab"]
    for path in paths:
        path.write_text(source)
        (tmp_path / f"schemas/{path.stem}.json").write_text(SCHEMA)
    settings = Settings(select=("CSS005",))
    judged = Inspection(settings, LintCache(None, settings)).judge([str(path) for path in paths])
    assert judged.troubles == []
    assert [(Path(one.path).name, one.line, one.column, one.end_column) for one in judged.diagnostics] == [
        ("mail.css", 3, 6, 15)
    ]
