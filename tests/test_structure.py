"""What depends on a html body's structure alone is judged once: with and without memory the findings are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates import Engine
from mailtemplates.errors import LintError
from mailtemplates.finding import Finding
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.structure import read_structure
from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.found import Found
from mailtemplates.linting.linter import Linter
from mailtemplates.linting.remembered import Remembered
from mailtemplates.octets.notation import read_html
from mailtemplates.settings import Settings
from mailtemplates.span import Span

CHOSEN = Settings(select=tuple(one.code for one in all_rules() if one.structural))
ONE = Linter(CHOSEN)
EXAMPLES = [
    read_html(example.text)
    for one in all_rules()
    if one.subject == "HtmlDocument"
    for example in (*one.page.bad, *one.page.good)
]
WORDS = [
    "Hello Ben",
    "Zoë",
    "a b c d e f g",
    "12",
    "{{ x }}",
    "x",
    "Lorem ipsum\n" * 40,
    "a\nb",
    "https://acme-shop.com/",
]
VALUES = ["https://acme-shop.com/a?b=1", "x.png", "Acme", "ftp:", "javascript:void(0)", "cid:logo", "{{ x }}"]


def scrambled(html: str, draw: st.DataObject) -> str:
    """The html with other words, addresses and alternatives."""
    structure = read_structure(HtmlDocument(html))
    assert structure is not None
    pieces = structure.key.split("\0")
    others = [draw.draw(st.sampled_from(WORDS if piece.endswith(">") else VALUES)) for piece in pieces[:-1]]
    return "".join(text for pair in zip(pieces, [*others, ""], strict=True) for text in pair)


@given(st.sampled_from(EXAMPLES), st.data())
def test_a_structural_rule_finds_the_same_whatever_the_words(html: str, data: st.DataObject) -> None:
    """Each rule that is called structural, over the examples of all rules with other words in them."""
    other = scrambled(html, data)
    first, second = read_structure(HtmlDocument(html)), read_structure(HtmlDocument(other))
    assert first is not None
    if second is None or second.key != first.key:
        return  # words that close what was open make another structure
    ONE.bodies.judge_structure(HtmlDocument(html))
    assert ONE.bodies.judge_structure(HtmlDocument(other)) == ONE.judge(HtmlDocument(other))


PIECES = st.sampled_from(
    ["<p>", "</p>", "<td width=5>", "</td>", "<br>", "Words", " ", "&nbsp;", "-->", "<!-- c -->", "<title>T</title>",
     '<a href="u">', "<a href=u title='t'>", '<a href="#x">', "</a>", '<img alt="" src="s">', "<style>p{}</style>",
     "<img alt=x src>", "a < b", "&amp; c", "<b"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=20).map("".join) | st.text("<>a \"='/!-&;\0", max_size=30))
def test_places_go_into_the_key_and_back(html: str) -> None:
    structure = read_structure(HtmlDocument(html))
    if structure is None:
        assert "\0" in html
        return
    kept = [at for at in range(len(html) + 1) if structure.outward(structure.inward(at)) == at]
    assert {0, len(html)} <= {*kept}
    for token in HtmlDocument(html).tokens:
        assert {token.start, token.end} <= {*kept}


def test_a_structure_is_judged_once_and_memory_is_bounded() -> None:
    judged: list[str] = []

    def judge(document: HtmlDocument) -> list[Found]:
        judged.append(document.html)
        at = document.html.index("<p")
        return [Found(all_rules()[0], Finding(Span(at, at + 3), "here"), "info")]

    remembered = Remembered(judge)
    places = [remembered.find(HtmlDocument(f"{name} <p>x</p>"))[0].finding.span.start for name in ("Ann", "Benjamin")]
    assert places == [4, 9]
    assert judged == ["Ann <p>x</p>"]
    for number in range(100):
        remembered.find(HtmlDocument(f"<p class={number}>" + "<!-- a long comment -->" * 4_000))
    assert len(remembered) < 50


@pytest.mark.parametrize("name", ["welcome.j2", "receipt.j2", "newsletter.j2", "password_reset.j2"])
def test_messages_of_one_template_are_judged_alike_with_and_without_memory(starters: Engine, name: str) -> None:
    """What one linter says of a template's samples, and of them again, is what a new linter says of each."""
    settings = Settings(profile="bulk", select=("ALL",), ignore=("LNK008",))
    one = Linter(settings)
    count = len(starters.contract(name).examples)  # type: ignore[union-attr]
    for index in [*range(count)] * 2:
        message = starters.render(name, starters.sample(name, index)).message()
        assert one.lint(message) == Linter(settings).lint(message)


def test_rows_are_judged_each_for_itself(tmp_path: Path) -> None:
    """A fault that only one row's data makes is found in that row, whatever was remembered of the others."""
    (tmp_path / "t.j2").write_text(
        "{% block from %}a@acme-shop.com{% endblock %}{% block to %}b@reader.example{% endblock %}"
        "{% block subject %}Hello{% endblock %}"
        '{% block html %}<!DOCTYPE html><html lang="en"><head><title>Hello</title></head><body>'
        '<p>Hello {{ name }}, see <a href="{{ url }}">your order</a> with all that you bought.</p>'
        "{% if table %}<table><tr><p>no cell</p></tr></table>{% endif %}</body></html>{% endblock %}"
    )
    engine = Engine(tmp_path)
    good = {"name": "Ben", "url": "https://acme-shop.com/1", "table": False}
    for number in range(3):
        engine.render("t.j2", {**good, "url": f"https://acme-shop.com/{number}"}, lint="warning")
    for bad in ({**good, "url": "http://localhost/"}, {**good, "table": True}):
        with pytest.raises(LintError):
            engine.render("t.j2", bad, lint="warning")
