"""The branches that no sample takes: which are rendered all the same, which findings come of it, which stay unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtemplates import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.inspection.inspection import Inspection
from mailtemplates.inspection.mending import Mended
from mailtemplates.inspection.samples import Samples
from mailtemplates.inspection.templatelint import TemplateLinter
from mailtemplates.inspection.tracer import Tracer
from mailtemplates.jinja.branches import Branch, Choice, Wish, World, plan
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.lintcache import LintCache
from mailtemplates.linting.linter import Linter
from mailtemplates.linting.report import Report
from mailtemplates.reports import load_format
from mailtemplates.settings import Settings

HEAD = """\
{% block from %}Acme <hello@acme-shop.com>{% endblock %}
{% block to %}b@reader.example{% endblock %}
{% block subject %}Your order{% endblock %}
"""
HTML = '{% block html %}<!DOCTYPE html>\n<html lang="en"><head><title>t</title></head><body>'
END = "</body></html>{% endblock %}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "schemas").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str, *samples: dict[str, Any]) -> Path:
    path = Path("templates") / name
    path.write_text(text)
    if samples:
        Path("schemas", name).with_suffix(".json").write_text(json.dumps({"examples": list(samples)}))
    return path


def lint(html: str, *samples: dict[str, Any], select: str = "TPL007", **more: Any) -> list[Diagnostic]:
    path = write("t.j2", HEAD + HTML + html + END, *samples)
    return TemplateLinter(Linter(Settings(select=(select, "SUP"), **more))).lint(path)


def names(html: str, *samples: dict[str, Any], limit: int = 5) -> list[str]:
    """What the samples and variants of a template are called."""
    write("t.j2", HEAD + HTML + html + END, *samples)
    engine = Engine("templates")
    return [one.name for one in Samples(engine, Tracer(engine), "t.j2", limit=limit)]


VARIANTS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "everything taken": ("{{ a }}", {"a": 1}, []),
    "an else": ("{% if a %}x{% else %}y{% endif %}", {"a": 1}, ["else of line 5"]),
    "an if": ("{% if a %}x{% endif %}", {"a": 0}, ["if of line 5"]),
    "several at once": ("{% if a %}x{% endif %}{% if b %}x{% endif %}", {"a": 0, "b": 0}, ["if of line 5"]),
    "one after the other": ("{% if a == 1 %}x{% elif a == 2 %}y{% else %}z{% endif %}", {"a": 1}, ["elif of line 5", "else of line 5"]),
    "a loop": ("{% for i in a %}x{% endfor %}", {"a": [1, 2]}, ["one row of line 5", "no rows of line 5"]),
    "a loop without rows": ("{% for i in a %}{{ i.x }}{% endfor %}", {"a": []}, ["loop of line 5", "one row of line 5"]),
    "an inline if": ("{{ 'x' if a else 'y' }}", {"a": 1}, ["inline else of line 5"]),
    "what excludes itself": ("{% if a == 1 %}x{% endif %}{% if a == 2 %}y{% endif %}{% if a == 3 %}z{% endif %}", {"a": 1}, ["else of line 5, if of line 5", "if of line 5"]),
    "no data": ("{% if 'x' is filter %}x{% else %}y{% endif %}", {"a": 1}, []),
}  # fmt: skip


@pytest.mark.parametrize(("html", "sample", "expected"), VARIANTS.values(), ids=VARIANTS)
def test_variants_are_few_and_take_every_branch(
    folder: Path, html: str, sample: dict[str, Any], expected: list[str]
) -> None:
    assert names(html, sample) == ["examples[0]", *(f"examples[0] + {one}" for one in expected)]


def test_variants_are_bounded(folder: Path) -> None:
    html = "".join(f"{{% if a == {n} %}}x{n}{{% endif %}}" for n in range(20))
    assert len(names(html, {"a": -1})) == 6
    assert len(names(html, {"a": -1}, limit=2)) == 3
    assert names(html, {"a": -1}, limit=0) == ["examples[0]"]


def test_what_is_tested_twice_is_decided_once(folder: Path) -> None:
    """A tag that one ``if`` opens is closed by the other."""
    html = '{% if not a %}<a href="https://acme-shop.com/">{% endif %}x{% if not a %}</a>{% endif %}'
    assert lint(html, {"a": 1}, select="HTM002") == []
    rows = "{% if rows %}<table>{% endif %}{% for r in rows %}<tr><td>{{ r }}</td></tr>{% endfor %}{% if rows %}</table>{% endif %}"
    assert lint(rows, {"rows": [1, 2]}, select="HTM002") == []


def test_data_that_is_missing_is_no_fault_of_a_variant(folder: Path) -> None:
    """What prints empty only because a branch was forced is not told of; what stands in the template is."""
    html = '{% if user.link %}<img src="cid:{{ user.link }}" alt="">{% endif %}'
    assert lint(html, {"user": {"link": None}}, select="unresolved-cid") == []
    html = '{% if user.link %}<p>{{ user.link }}</p><img src="cid:nothing" alt="">{% endif %}'
    (found,) = lint(html, {"user": {"link": None}}, select="unresolved-cid")
    assert found.sample == "examples[0] + if of line 5"


def test_a_finding_of_a_sample_is_not_found_again_in_a_variant(folder: Path) -> None:
    html = '<img src="cid:nothing" alt="">{% if a %}x{% else %}y{% endif %}'
    (found,) = lint(html, {"a": 1}, {"a": 2}, select="unresolved-cid")
    assert found.sample == "examples[0]"


def test_of_findings_with_numbers_the_worst_case_stays(folder: Path) -> None:
    text = HEAD.replace("Your order", "{{ a }}") + "{% block text %}x{% endblock %}"
    path = write("t.j2", text, {"a": "x" * 81}, {"a": "x" * 120}, {"a": "x" * 90})
    (found,) = TemplateLinter(Linter(Settings(select=("HDR019",)))).lint(path)
    assert "120" in found.message
    assert found.sample == "examples[1]"


UNSEEN: dict[str, tuple[str, dict[str, Any], list[tuple[int, int, int]]]] = {
    "needs what is missing": ("{% if a %}{{ a.b.c }}{% endif %}", {"a": None}, [(5, 64, 76)]),
    "else": ("{% if a %}x{% else %}\n{{ b.c.d }}{% endif %}", {"a": 1, "b": {}}, [(5, 75, 85)]),
    "nested, said once": ("{% if a %}{{ a.b.c }}{% if d %}x{% endif %}{% endif %}", {"a": None, "d": 1}, [(5, 64, 76)]),
    "the other is seen": ("{% if a %}{{ a.b.c }}{% endif %}{% if d %}x{% endif %}", {"a": None, "d": 0}, [(5, 64, 76)]),
    "seen in a sample": ("{% if a %}{{ a.b.c }}{% endif %}", {"a": {"b": {"c": 1}}}, []),
}  # fmt: skip


@pytest.mark.parametrize(("html", "sample", "expected"), UNSEEN.values(), ids=UNSEEN)
def test_a_branch_that_cannot_be_rendered_is_said(
    folder: Path, html: str, sample: dict[str, Any], expected: list[tuple[int, int, int]]
) -> None:
    found = lint(html, sample)
    assert [(one.name, one.severity) for one in found] == [("branch-not-covered", "info")] * len(expected)
    for one, (line, _, _) in zip(found, expected, strict=True):
        assert one.line == line
        assert one.source[one.mark[0] : sum(one.mark)] in ("{% if a %}", "{% else %}")


def test_another_sample_covers_what_the_first_cannot(folder: Path) -> None:
    html = "{% if a %}{% if d %}{{ a.b.c }}{% endif %}{% endif %}"
    assert lint(html, {"a": None, "d": 0}, {"a": {"b": {"c": 1}}, "d": 0}) == []


def test_a_branch_of_a_shared_layout_is_rendered_once_in_a_run(folder: Path) -> None:
    write("layout.j2", HEAD + HTML + "{% if a %}x{% else %}y{% endif %}{% block b %}{% endblock %}" + END)
    engine = Engine("templates")
    for name in ("s.j2", "t.j2"):
        write(name, '{% extends "layout.j2" %}{% block b %}{{ a }}{% endblock %}', {"a": 1})
    engine = Engine("templates")
    tracer = Tracer(engine)
    first = Samples(engine, tracer, "s.j2", limit=5)
    assert len(list(first)) == 2
    assert len(list(Samples(engine, tracer, "t.j2", limit=5, known=first.taken))) == 1


def test_the_ignores_of_a_layout_are_not_called_unused(folder: Path) -> None:
    """They hide what is found through the templates that use it."""
    layout = (
        HEAD
        + HTML
        + '{# mailtpl: ignore[unresolved-cid] sent apart #}<img src="cid:logo" alt="">{% block b %}{% endblock %}'
        + END
    )
    path = write("layout.j2", layout)
    user = write("t.j2", '{% extends "layout.j2" %}{% block b %}x{% endblock %}', {"a": 1})
    linter = TemplateLinter(Linter(Settings(select=("unresolved-cid", "SUP"))))
    assert linter.lint(path) == []
    assert linter.lint(user) == []
    strict = TemplateLinter(Linter(Settings(select=("unresolved-cid", "SUP"))), inline_ignores=False)
    assert [(one.path, one.name) for one in strict.lint(user)] == [("templates/layout.j2", "unresolved-cid")]


def test_fixing_goes_on_until_nothing_is_left_and_breaks_no_template(folder: Path) -> None:
    text = (
        "{# mailtpl: ignore-file[HDR018, HDR004] #}\n{# mailtpl: ignore-file[HDR018] #}\n"
        + HEAD
        + "{% block text %}x{% endblock %}\n"
    )
    path = write("t.j2", text, {"a": 1})
    config = Settings(select=("SUP", "HDR"))
    (mended,) = Inspection(config, LintCache(None, config)).mend([str(path)], unsafe=False)
    assert isinstance(mended, Mended)
    assert b"mailtpl" not in mended.after
    assert mended.after.decode() == text[text.index("{% block from") :]
    assert path.read_text() == text


def test_many_templates_are_judged_alike_by_one_process_and_by_several(folder: Path) -> None:
    paths = [
        str(write(f"t{n}.j2", HEAD.replace("Your", "Re: your") + f"{{% block text %}}{n} {{{{ a }}}}{{% endblock %}}", {"a": n}))
        for n in range(30)
    ]  # fmt: skip
    Path("templates/t7.j2").write_text("{% if %}")
    config = Settings(select=("HDR", "SUP", "TPL"))
    together = Inspection(config, LintCache(None, config)).judge(paths)
    alone = [Inspection(config, LintCache(None, config)).judge([path]) for path in paths]
    assert together.diagnostics == [one for judged in alone for one in judged.diagnostics]
    assert len(together.diagnostics) >= 30


WORLDS: dict[str, tuple[list[Wish], bool]] = {
    "nothing": ([], True),
    "the same twice": ([Wish("a", "truth", True), Wish("a", "truth", True)], True),
    "true and false": ([Wish("a", "truth", True), Wish("a", "truth", False)], False),
    "two constants": ([Wish("a", "is", 1), Wish("a", "is", 2)], False),
    "a constant and not another": ([Wish("a", "is", 1), Wish("a", "is not", 2)], True),
    "a constant and not it": ([Wish("a", "is not", 1), Wish("a", "is", 1)], False),
    "false and rows": ([Wish("a", "truth", False), Wish("a", "rows", 1)], False),
    "rows and false": ([Wish("a", "rows", 2), Wish("a", "truth", False)], False),
    "true and no rows": ([Wish("a", "truth", True), Wish("a", "rows", 0)], False),
    "some and none": ([Wish("a", "some", True), Wish("a", "rows", 0)], False),
    "some and two": ([Wish("a", "some", True), Wish("a", "rows", 2)], True),
    "one and two": ([Wish("a", "rows", 1), Wish("a", "rows", 2)], False),
}  # fmt: skip


@pytest.mark.parametrize(("wishes", "possible"), WORLDS.values(), ids=WORLDS)
def test_wishes_that_exclude_each_other_make_no_world(wishes: list[Wish], possible: bool) -> None:
    assert (World().with_wishes(wishes) is not None) == possible


def test_a_plan_reaches_every_branch_that_can_be_reached() -> None:
    wishes = [(Wish("a", "is", number),) for number in range(4)] + [
        (Wish("b", "truth", True), Wish("b", "truth", False))
    ]
    goals = [Branch(Choice("t", at, "true"), one, at, "if", True, frozenset()) for at, one in enumerate(wishes)]
    reached = [branch for _, branches in plan(goals) for branch in branches]
    assert reached == goals[:-1]


PIECES = [
    "text ", "\n", "é 日本", "{{ a }}", "{{ b|upper }}", "{% if a %}", "{% elif b == 'x' %}", "{% else %}", "{% endif %}",
    "{% for i in c %}", "{% for i in d %}", "{% endfor %}", "{{ i }}", "{%- if not b -%}", "{% set s %}", "{% endset %}",
    "{{ s }}", "{% filter upper %}", "{% endfilter %}", "{% macro m(x) %}", "{% endmacro %}", "{{ m(1) }}",
    "{% call m(2) %}", "{% endcall %}", "{{ caller() }}", "<b>", "</b>", "<p class='x'>", '<img src="cid:x">', "{# c #}",
    "{% trans %}t{% endtrans %}", "{{ b|safe }}", "{{ a if b else c }}", "{{ 'x, <y>' }}", "{% include 'i.j2' %}", "\ufffd",
    "{% block html %}", "{% block text %}", "{% block subject %}", "{% block headers %}", "{% block preheader %}",
    "{% endblock %}", "X-A: b\n", "{# mailtpl: ignore[HTM, ATT] #}", "{{ d.x.y }}", "&amp; &eacute;", "<style>b{color:red}</style>",
]  # fmt: skip
LEAVES = st.sampled_from([one for one in PIECES if "{%" not in one or "trans" in one or "include" in one])
WRAPS = [
    ("{% if a %}", "{% endif %}"), ("{% if not a %}", "{% endif %}"), ("{% if b == 'x' %}", "{% else %}y{% endif %}"),
    ("{% if d.x %}", "{% elif a %}<i>z</i>{% else %}{{ d.x }}{% endif %}"), ("{% for i in c %}{{ i }}", "{% endfor %}"),
    ("{% for i in d %}{{ i.k }}", "{% else %}none{% endfor %}"), ("{% for i in c if i > 1 -%}\n ", "{%- endfor %}"),
    ("{% set s %}", "{% endset %}{{ s }}{{ s|upper }}"), ("{% filter upper %}", "{% endfilter %}"),
    ("{% macro m(x) %}", "{{ x }}{% endmacro %}{{ m(1) }}"), ("{% macro w() %}<i>{{ caller() }}</i>{% endmacro %}{% call w() %}", "{% endcall %}"),
    ("{% with z = a %}", "{{ z }}{% endwith %}"), ("{% trans x=a %}", "{{ x }} t{% endtrans %}"), ("{% autoescape false %}", "{{ a }}{% endautoescape %}"),
    ("<p>", "</p>"), ("<a href='https://acme-shop.com/{{ a }}'>", "</a>"),
]  # fmt: skip
NESTED = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(WRAPS), st.lists(inner, max_size=3).map("".join)).map(
        lambda pair: f"{pair[0][0]}{pair[1]}{pair[0][1]}"
    ),
    max_leaves=8,
)
BLOCKS = st.fixed_dictionaries({}, optional=dict.fromkeys(("subject", "html", "text", "preheader"), NESTED)).map(
    lambda blocks: "".join(f"{{% block {name} %}}{text}{{% endblock %}}\n" for name, text in blocks.items())
)
TEXTS = BLOCKS | NESTED | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
DATA = {"a": "A<", "b": "b&b", "c": [1, 2], "d": []}
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(TEXTS, TEXTS)
def test_any_template_is_linted_and_every_place_lies_in_its_file(folder: Path, text: str, included: str) -> None:
    path = write("t.j2", text, DATA)
    write("i.j2", included)
    for one in TemplateLinter(Linter(Settings(select=("ALL",)))).lint(path):
        lines = Path(one.path).read_text().split("\n")
        assert one.path in ("templates/t.j2", "templates/i.j2")
        assert 1 <= one.line <= one.end_line <= len(lines)
        assert 1 <= one.column <= len(lines[one.line - 1]) + 1
        assert 1 <= one.end_column <= len(lines[one.end_line - 1]) + 1


@QUICK
@given(TEXTS, TEXTS)
def test_what_is_judged_is_what_is_sent(folder: Path, text: str, included: str) -> None:
    write("t.j2", text, DATA)
    write("i.j2", included)
    engine = Engine("templates")
    try:
        sent = engine.render("t.j2", DATA).parts
    except MailTemplatesError as error:
        with pytest.raises(type(error)):
            Tracer(Engine("templates")).trace("t.j2", DATA)
        return
    judged = Tracer(Engine("templates")).trace("t.j2", DATA).parts
    assert judged == sent


@pytest.mark.parametrize("name", ["welcome.j2", "password_reset.j2", "receipt.j2", "newsletter.j2"])
def test_what_is_judged_of_the_starters_is_what_is_sent(starters: Engine, name: str) -> None:
    tracer = Tracer(starters)
    contract = starters.contract(name)
    assert contract is not None
    for data in contract.examples:
        assert tracer.trace(name, data).parts == starters.render(name, data).parts
    assert (ROOT / "templates" / name).exists()


def test_a_call_is_shown_in_reports_and_kept_in_the_cache(folder: Path) -> None:
    html = '{% macro m() %}<img src="cid:nothing" alt="">{% endmacro %}<p>\n{{ m() }}</p>'
    (found,) = lint(html, {"a": 1}, select="unresolved-cid")
    assert found.related == "templates/t.j2:6:1"
    shown = "\n".join(load_format("full")(Report([found])))
    assert "= called at templates/t.j2:6:1" in shown
    assert "related" not in "".join(load_format("json")(Report([found])))
    (result,) = json.loads("".join(load_format("sarif")(Report([found]))))["runs"][0]["results"]
    (place,) = result["relatedLocations"]
    assert place["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 1}
    config = Settings()
    cache = LintCache(folder / "cache", config)
    cache.remember("t", "digest", [found])
    cache.save()
    assert LintCache(folder / "cache", config).recall("t", "digest") == [found]
    assert LintCache(folder / "cache", config, inline_ignores=False).recall("t", "digest") is None


def test_templates_without_samples_that_others_use_are_known(folder: Path) -> None:
    write("a.j2", HEAD + '{% block text %}{% include ["b.j2", "c.j2"] %}{% endblock %}', {"a": 1})
    for name in ("b.j2", "c.j2", "d.j2"):
        write(name, "{{ a }}")
    linter = TemplateLinter(Linter(Settings(select=("SUP003",))))
    skipped = [name for name in ("b.j2", "c.j2", "d.j2") if linter.lint(Path("templates") / name)]
    assert skipped == ["d.j2"]


def test_the_command_line_reports_what_comments_hide_when_asked(folder: Path) -> None:
    """And keeps both answers apart in its cache."""
    text = "{# mailtpl: ignore-file[HDR018] #}" + HEAD.replace("Your", "Re: your") + "{% block text %}x{% endblock %}"
    write("t.j2", text, {"a": 1})
    environment = {**os.environ, "MAILTPL_CACHE": str(folder / "cache")}
    counts = []
    for more in ([], ["--no-inline-ignores"], []):
        command = [sys.executable, "-m", "mailtemplates", "lint", "-q", "--select", "HDR018", *more]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        counts.append(done.stdout.count("HDR018"))
    assert counts == [0, 1, 0]
