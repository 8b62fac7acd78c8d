"""The place of a finding: the same faults planted wherever a template can hold text, each named at its own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtemplates.inspection.templatelint import TemplateLinter
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings

SAMPLE = {
    "items": ["a", "b"], "yes": True, "empty": [], "name": "Ann", "lost": "Caf\ufffd", "picture": "cid:nothing",
    "answer": "Re: your order", "long": "word " * 40,
    "tree": [{"name": "a", "kids": [{"name": "b", "kids": []}]}],
}  # fmt: skip
HEAD = "{% block from %}Acme <hello@acme-shop.com>{% endblock %}\n{% block to %}b@reader.example{% endblock %}\n"
SUBJECT = "{% block subject %}Your order{% endblock %}\n"
HTML = '<!DOCTYPE html>\n<html lang="en"><head><title>t</title></head><body>'

#: Templates with ``⟦ ⟧`` around the words that the finding must mark; ``t.j2`` is the one that is linted. What holds
#: no ``{% block html %}`` stands in one.
CID = '<img src="cid:⟦nothing⟧" alt="">'
HTML_PLACES: dict[str, dict[str, str]] = {
    "plain": {"t.j2": f"<p>Hello</p>\n  {CID}"},
    "behind wide characters": {"t.j2": f"<p>Grüße, 日本 🎉</p> é {CID}"},
    "loop": {"t.j2": f"{{% for i in items %}}\n <p>{{{{ i }}}}</p>{CID}\n{{% endfor %}}"},
    "else of a loop": {"t.j2": f"{{% for i in empty %}}x{{% else %}}\n {CID}{{% endfor %}}"},
    "branch": {"t.j2": f"{{% if yes %}}\n {CID}{{% endif %}}"},
    "branch that no sample takes": {"t.j2": f"{{% if not yes %}}\n <b>x</b>{CID}{{% endif %}}"},
    "else that no sample takes": {"t.j2": f"{{% if yes %}}x{{% else %}}\n{CID}{{% endif %}}"},
    "elif that no sample takes": {"t.j2": f"{{% if yes %}}x{{% elif name == 'Ben' %}}\n{CID}{{% else %}}y{{% endif %}}"},
    "loop that no sample takes": {"t.j2": f"{{% for i in items %}}{{{{ i }}}}{{% else %}}\n {CID}{{% endfor %}}"},
    "branch in a branch": {"t.j2": f"{{% if not yes %}}<p>{{% if name == 'Ben' %}}{CID}{{% endif %}}</p>{{% endif %}}"},
    "inline if": {"t.j2": "<p>{{ 'x' if yes else 'y' }}</p>\n" + CID},
    "macro": {"t.j2": f"{{% macro m(x) %}}\n <b>{{{{ x }}}}</b>{CID}{{% endmacro %}}<p>\n{{{{ m(1) }}}}</p>"},
    "branch in a macro": {"t.j2": f"{{% macro m(x) %}}{{% if x %}}{CID}{{% endif %}}y{{% endmacro %}}<p>{{{{ m(0) }}}}</p>"},
    "imported macro": {"t.j2": '{% import "m.j2" as m %}<p>{{ m.box(name) }}</p>', "m.j2": f"{{% macro box(x) %}}{{{{ x }}}}\n {CID}{{% endmacro %}}"},
    "from import": {"t.j2": '{% from "m.j2" import box %}<p>{{ box(name) }}</p>', "m.j2": f"\n{{% macro box(x) -%}}\n {CID}{{%- endmacro %}}"},
    "macro in a macro": {"t.j2": f"{{% macro a() %}}<i>{CID}</i>{{% endmacro %}}{{% macro b() %}}\n<p>{{{{ a() }}}}</p>{{% endmacro %}}{{{{ b() }}}}"},
    "include": {"t.j2": '<p>a</p>\n{% include "i.j2" %}', "i.j2": f"\n\n <td>{CID}"},
    "include in a loop": {"t.j2": '{% for i in items %}{% include "i.j2" %}{% endfor %}', "i.j2": f"<p>{{{{ i }}}}</p>\n{CID}"},
    "include that no sample takes": {"t.j2": '{% if not yes %}{% include "i.j2" %}{% endif %}', "i.j2": f"<p>\n{CID}</p>"},
    "layout": {"t.j2": f'{{% extends "l.j2" %}}{HEAD}{SUBJECT}{{% block body %}}x{{% endblock %}}', "l.j2": f"{{% block html %}}{HTML}\n<p>{{% block body %}}{{% endblock %}}</p>{CID}</body></html>{{% endblock %}}"},
    "inherited block": {"t.j2": f'{{% extends "l.j2" %}}{HEAD}{SUBJECT}', "l.j2": f"{{% block html %}}{HTML}{{% block body %}}\n {CID}{{% endblock %}}</body></html>{{% endblock %}}"},
    "own block": {"t.j2": f'{{% extends "l.j2" %}}{HEAD}{SUBJECT}{{% block body %}}<p>x</p>{CID}{{% endblock %}}', "l.j2": f"{{% block html %}}{HTML}<div>{{% block body %}}{{% endblock %}}</div></body></html>{{% endblock %}}"},
    "super": {"t.j2": f'{{% extends "l.j2" %}}{HEAD}{SUBJECT}{{% block body %}}<p>a</p>{{{{ super() }}}}{{% endblock %}}', "l.j2": f"{{% block html %}}{HTML}{{% block body %}}\n<b>{CID}</b>{{% endblock %}}</body></html>{{% endblock %}}"},
    "branch of a layout": {"t.j2": f'{{% extends "l.j2" %}}{HEAD}{SUBJECT}', "l.j2": f"{{% block html %}}{HTML}<p>x</p>{{% if not name %}}\n{CID}{{% endif %}}</body></html>{{% endblock %}}"},
    "filter block": {"t.j2": f"<p>x</p>{{% filter trim %}}\n <i>a</i>{CID}  {{% endfilter %}}"},
    "set block": {"t.j2": f"{{% set s %}}\n<i>{CID}</i>{{% endset %}}\n<p>{{{{ s }}}}</p>"},
    "call block": {"t.j2": f"{{% macro w() %}}<div>{{{{ caller() }}}}</div>{{% endmacro %}}\n{{% call w() %}}\n {CID}{{% endcall %}}"},
    "round a call block": {"t.j2": f"{{% macro w() %}}\n{CID}{{{{ caller() }}}}{{% endmacro %}}{{% call w() %}}x{{% endcall %}}"},
    "trimmed": {"t.j2": f"<p>a</p>\n{{%- if yes -%}}\n\n   {CID}   {{%- endif %}}"},
    "raw": {"t.j2": f"<p>{{% raw %}}{{ x }}\n{CID}{{% endraw %}}</p>"},
    "with": {"t.j2": f"{{% with x = 1 %}}\n<p>{{{{ x }}}}</p>{CID}{{% endwith %}}"},
    "trans": {"t.j2": f"<p>a</p>\n{{% trans %}}<b>x</b>{CID}{{% endtrans %}}"},
    "trans with a value": {"t.j2": f"{{% trans name=name %}}Hello {{{{ name }}}},\n {CID}!{{% endtrans %}}"},
    "trimmed trans": {"t.j2": f"{{% trans trimmed %}}\n  Hello\n   {CID}\n{{% endtrans %}}"},
    "comment before": {"t.j2": f"{{# a\nb #}}{CID}"},
    "value": {"t.j2": '<p>x</p>\n <img src="⟦{{ picture }}⟧" alt="">'},
    "behind inlined styles": {"t.j2": f"<style>p {{ color: red }} img {{ border: 0 }}</style>\n<p>a</p><p class=x>b</p>{CID}"},
    "in an attribute of many": {"t.j2": '<style>img { border: 0 }</style><img alt="a" width="20" src="cid:⟦nothing⟧" style="color: red">'},
    "CRLF": {"t.j2": f"<p>a</p>\r\n<p>b</p>\r\n {CID}"},
}  # fmt: skip

#: A character that was lost, in the author's text block: base64 or quoted-printable on the way.
LOST = "⟦\ufffd⟧"
TEXT_PLACES: dict[str, dict[str, str]] = {
    "plain": {"t.j2": f"Hello\n  Caf{LOST} x"},
    "blank lines before": {"t.j2": f"\n\n\nHello Caf{LOST}\n\n"},
    "base64": {"t.j2": f"日本語のメール、日本語のメール\n日本{LOST}語"},
    "many in a line": {"t.j2": f"日本語 {{{{ name }}}} 日本{LOST}語"},
    "loop": {"t.j2": f"{{% for i in items %}}{{{{ i }}}}\nx {LOST}\n{{% endfor %}}"},
    "macro": {"t.j2": f"{{% macro m() %}}a\n {LOST} b{{% endmacro %}}\nHello {{{{ m() }}}}"},
    "branch that no sample takes": {"t.j2": f"Hello{{% if not yes %}}\nx {LOST}{{% endif %}}"},
    "include": {"t.j2": 'Hello {% include "i.j2" %}', "i.j2": f"you,\nCaf{LOST}"},
    "value": {"t.j2": "Hello\n ⟦{{ lost }}⟧"},
    "filter block": {"t.j2": f"Hello {{% filter upper %}}a\nb {LOST}{{% endfilter %}}"},
    "trans": {"t.j2": f"Hello {{% trans %}}a {LOST}{{% endtrans %}}"},
    "trimmed": {"t.j2": f"Hello {{%- if yes %}}  x\n {LOST} {{%- endif -%}}  "},
}  # fmt: skip

MADE_PLACES: dict[str, dict[str, str]] = {
    "plain": {"t.j2": f"<p>Hello\n  Caf{LOST} x</p>"},
    "entities": {"t.j2": f"<p>Tom &amp; Jerry &eacute; {LOST} x</p>"},
    "wrapped": {"t.j2": "<p>" + "some words " * 20 + f"and {LOST} more " + "of the same " * 20 + "</p>"},
    "loop": {"t.j2": f"{{% for i in items %}}<p>{{{{ i }}}}</p>\n<p>x {LOST} y</p>{{% endfor %}}"},
    "macro": {"t.j2": f"{{% macro m() %}}<i>a\n {LOST} b</i>{{% endmacro %}}\n<p>Hello {{{{ m() }}}}</p>"},
    "table": {"t.j2": f"<table><tr><td>a {LOST} b</td><td>c</td></tr></table>"},
    "value": {"t.j2": "<p>Hello\n ⟦{{ lost }}⟧</p>"},
}  # fmt: skip

REPLY = "⟦Re:⟧ your order"
FIELD_PLACES: dict[str, dict[str, str]] = {
    "plain": {"t.j2": f"{{% block subject %}}{REPLY}{{% endblock %}}"},
    "on a line of its own": {"t.j2": f"{{% block subject %}}\n  {REPLY}\n{{% endblock %}}"},
    "not ASCII": {"t.j2": f"{{% block subject %}}{REPLY} für Sie, 日本{{% endblock %}}"},
    "branch": {"t.j2": f"{{% block subject %}}{{% if yes %}}{REPLY}{{% endif %}}{{% endblock %}}"},
    "else that no sample takes": {"t.j2": f"{{% block subject %}}{{% if yes %}}x{{% else %}}\n{REPLY}{{% endif %}}{{% endblock %}}"},
    "macro": {"t.j2": f"{{% macro s() %}}{REPLY}{{% endmacro %}}\n{{% block subject %}}{{{{ s() }}}}{{% endblock %}}"},
    "include": {"t.j2": '{% block subject %}{% include "s.j2" %}{% endblock %}', "s.j2": f"{{# x #}}{REPLY}"},
    "layout": {"t.j2": '{% extends "l.j2" %}', "l.j2": f"{HEAD}\n{{% block subject %}}{REPLY}{{% endblock %}}{{% block text %}}x{{% endblock %}}"},
    "trans": {"t.j2": f"{{% block subject %}}{{% trans %}}{REPLY}{{% endtrans %}}{{% endblock %}}"},
    "set": {"t.j2": f"{{% set s %}}{REPLY}{{% endset %}}{{% block subject %}}{{{{ s }}}}{{% endblock %}}"},
    "value": {"t.j2": "{% block subject %}⟦{{ answer }}⟧{% endblock %}"},
}  # fmt: skip


def planted(folder: Path, files: dict[str, str], before: str, after: str, rule: str) -> list[Diagnostic]:
    """What a rule finds in the files, and the place that it must say as ``path, line, column, words``."""
    (folder / "schemas").mkdir()
    (folder / "schemas/t.json").write_text(json.dumps({"examples": [SAMPLE]}))
    (folder / "templates").mkdir()
    for name, text in files.items():
        whole = text if name != "t.j2" or "extends" in text else f"{HEAD}{before}{text}{after}"
        (folder / "templates" / name).write_bytes(whole.replace("⟦", "").replace("⟧", "").encode())
    return TemplateLinter(Linter(Settings(select=(rule, "SUP", "TPL007")))).lint(folder / "templates/t.j2")


def place_of(files: dict[str, str], before: str) -> tuple[str, int, int, int, int]:
    """Path, line and column of the marked words, and of their end."""
    name, text = next((name, text) for name, text in files.items() if "⟦" in text)
    whole = text if name != "t.j2" or "extends" in text else f"{HEAD}{before}{text}"
    start, _, rest = whole.partition("⟦")
    words = rest.partition("⟧")[0]
    column = len(start.rpartition("\n")[2]) + 1
    return f"templates/{name}", start.count("\n") + 1, column, start.count("\n") + 1, column + len(words)


def check(folder: Path, files: dict[str, str], before: str, after: str, rule: str) -> None:
    found = planted(folder, files, before, after, rule)
    places = {
        (one.name, str(Path(one.path).relative_to(folder)), one.line, one.column, one.end_line, one.end_column)
        for one in found
    }
    assert places == {(rule, *place_of(files, before))}


@pytest.mark.parametrize("files", HTML_PLACES.values(), ids=HTML_PLACES)
def test_a_fault_in_html_is_found_at_its_words(tmp_path: Path, files: dict[str, str]) -> None:
    check(tmp_path, files, f"{SUBJECT}{{% block html %}}{HTML}", "</body></html>{% endblock %}", "unresolved-cid")


@pytest.mark.parametrize("files", TEXT_PLACES.values(), ids=TEXT_PLACES)
def test_a_fault_in_text_is_found_at_its_words(tmp_path: Path, files: dict[str, str]) -> None:
    check(tmp_path, files, f"{SUBJECT}{{% block text %}}", "{% endblock %}", "damaged-or-hidden-characters")


@pytest.mark.parametrize("files", MADE_PLACES.values(), ids=MADE_PLACES)
def test_a_fault_in_text_made_from_html_is_found_in_the_html(tmp_path: Path, files: dict[str, str]) -> None:
    """Once, though the html has the fault too."""
    before = f"{SUBJECT}{{% block html %}}{HTML}"
    check(tmp_path, files, before, "</body></html>{% endblock %}", "damaged-or-hidden-characters")


@pytest.mark.parametrize("files", FIELD_PLACES.values(), ids=FIELD_PLACES)
def test_a_fault_in_a_field_is_found_at_its_words(tmp_path: Path, files: dict[str, str]) -> None:
    check(tmp_path, files, "", "{% block text %}x{% endblock %}", "misleading-reply-prefix")


def test_a_macro_is_called_at_a_second_place(tmp_path: Path) -> None:
    (found,) = planted(
        tmp_path, HTML_PLACES["macro"], f"{SUBJECT}{{% block html %}}{HTML}", "</body></html>{% endblock %}", "unresolved-cid"
    )  # fmt: skip
    assert found.related == f"{tmp_path}/templates/t.j2:7:1"
    assert "called" not in found.message


def test_a_preheader_is_found_in_its_block(tmp_path: Path) -> None:
    files = {"t.j2": f"{{% block preheader %}}Your order\n Caf{LOST}{{% endblock %}}"}
    after = f"{{% block html %}}{HTML}<p>x</p></body></html>{{% endblock %}}"
    check(tmp_path, files, SUBJECT, after, "damaged-or-hidden-characters")


def test_a_field_of_the_headers_block_is_found_there(tmp_path: Path) -> None:
    files = {"t.j2": "{% block headers %}\nAuto-Submitted: auto-generated\nList-Id: ⟦nonsense⟧\n{% endblock %}"}
    check(tmp_path, files, SUBJECT, "{% block text %}x{% endblock %}", "list-header-syntax")


URLS_OF_TEXT = {
    "not encrypted": ("See ⟦http://acme-shop.com/a⟧.", "insecure-url"),
    "not public": ("See <⟦https://localhost/a⟧>.", "non-public-host"),
    "a short one": ("See ⟦https://bit.ly/3xYz1⟧", "ip-or-shortener-host"),
    "a look-alike": ("See ⟦https://аcme-shop.com/⟧", "homograph-host"),
    "no URL": ("See ⟦https://acme-shop..com/a⟧", "invalid-url"),
}
BESIDE = '{% block html %}<p><a href="https://acme-shop.com/?a=1&amp;b=2">x</a></p>{% endblock %}\n'


@pytest.mark.parametrize(("words", "name"), URLS_OF_TEXT.values(), ids=URLS_OF_TEXT)
@pytest.mark.parametrize("beside", ["", BESIDE], ids=["text alone", "text beside html"])
def test_an_address_that_stands_in_the_text_alone_is_judged_there(
    tmp_path: Path, words: str, name: str, beside: str
) -> None:
    before = f"{SUBJECT}{beside}{{% block text %}}\n\n  Hello,\n"
    check(tmp_path, {"t.j2": words}, before, " and more\n{% endblock %}", name)


def test_an_address_that_the_html_has_too_is_judged_once(tmp_path: Path) -> None:
    before = SUBJECT + BESIDE.replace("https", "http")
    found = planted(
        tmp_path, {"t.j2": "http://acme-shop.com/?a=1&b=2"}, before + "{% block text %}", "{% endblock %}", "LNK"
    )
    assert [one.name for one in found] == ["insecure-url"]


def test_an_address_in_text_is_mended_in_the_template(tmp_path: Path) -> None:
    before, after = f"{SUBJECT}{{% block text %}}Hello,\nsee ", " for more.\n{% endblock %}"
    (found,) = planted(tmp_path, {"t.j2": "http://acme-shop.com/a"}, before, after, "LNK001")
    assert found.fix is not None
    text = (tmp_path / "templates/t.j2").read_bytes()
    assert apply_fixes(text, [found.fix]) == text.replace(b"http:", b"https:")
