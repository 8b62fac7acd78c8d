"""CSS nesting: nested rules are inlined as the rules that they stand for, weights and order included."""

from __future__ import annotations

import pytest
from chromium import find_chromium, style_differences

from mailtemplates.css.nesting import unnested
from mailtemplates.css.selector import read_selector
from mailtemplates.css.stylesheet import read_sheet
from mailtemplates.inlining.inliner import inline_css


@pytest.mark.parametrize(
    ("parent", "inner", "texts"),
    [
        pytest.param(".card", ".title", [".card .title"], id="a descendant"),
        pytest.param(".card", "& .title", [".card .title"], id="a descendant with &"),
        pytest.param(".card", "&.wide", [".card.wide"], id="the same element"),
        pytest.param(".card", "> b", [".card > b"], id="a combinator first"),
        pytest.param(".card", ".dark &", [".dark .card"], id="& at the end"),
        pytest.param(".card", ".dark&", [".dark.card"], id="& joined"),
        pytest.param("td", "& + &", ["td + td"], id="& twice"),
        pytest.param(".card", "a, b", [".card a", ".card b"], id="a list"),
        pytest.param("p", "[title='a&b']", ["p [title='a&b']"], id="& in a string"),
        pytest.param("p", r".a\&b", [r"p .a\&b"], id="& escaped"),
        pytest.param("td p", ".dark &", [], id="a compound that cannot stand there"),
        pytest.param("p", ".dark&", [], id="a type behind a class"),
        pytest.param("p", "&b", [], id="a type behind &"),
        pytest.param("p", ":not(&)", [], id="& in brackets"),
        pytest.param("p", "a, ", [], id="an empty part"),
    ],
)
def test_selectors(parent: str, inner: str, texts: list[str]) -> None:
    assert [one.text for one in unnested([read_selector(parent)], inner)] == texts


def test_the_parent_weighs_as_its_heaviest_selector() -> None:
    """``&`` is ``:is(p, #i)``: the rule for ``p b`` weighs an id as well (CSS Nesting 1 §3)."""
    parents = [read_selector("p"), read_selector("#i")]
    assert [one.specificity for one in unnested(parents, "& b")] == [(1, 0, 1), (1, 0, 1)]


def test_a_list_that_grows_without_end_is_left_alone() -> None:
    parents = [read_selector(f".a{number}") for number in range(100)]
    assert unnested(parents, "a, b, c") == ()


def test_a_sheet_that_grows_without_end_is_left_alone() -> None:
    """Its size without nesting is the product of its lists."""
    css = ", ".join(f".a{number}" for number in range(100)) + "{" + "b{c:d}" * 50 + "}"
    assert read_sheet(css).rules[0].nested == ()
    assert read_sheet(css).rest() == css


NESTED = {
    "an element and one in it": (".card{color:red; & .title{font-weight:bold}}", 'class="card" style="color: red"'),
    "a reader's pseudo-class stays": (".card{color:red; &:hover{color:blue}}", "&:hover{color:blue}"),
    "declarations behind a rule come after it": (".card{&{color:red} color:blue}", 'style="color: blue"'),
    "three levels": ("section{div{&.card{color:red}}}", 'class="card" style="color: red"'),
    "the heaviest parent": (".card, #none{&{color:red}} div.card{color:blue}", 'style="color: red"'),
    "a rule that cannot be said keeps its parent": (".card{color:red; :is(&){top:0}}", '<div class="card">'),
}
BODY = '<section><div class="card"><h1 class="title">Hi</h1></div></section>'


@pytest.mark.parametrize(("css", "part"), NESTED.values(), ids=NESTED)
def test_inlined(css: str, part: str) -> None:
    assert part in inline_css(f"<style>{css}</style>{BODY}")


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")
def test_a_browser_sees_the_same() -> None:
    """What nested rules mean is what the browser that nests by itself makes of them."""
    documents = [f"<!DOCTYPE html><style>{css}</style>{BODY}" for css, _ in NESTED.values()]
    assert style_differences([(html, inline_css(html)) for html in documents]) == [[] for _ in documents]
