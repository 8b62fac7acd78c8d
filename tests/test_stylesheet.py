"""Style sheets: what is taken out, what stays in the author's own words, and what is reported as wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.css.alternatives import settled
from mailtemplates.css.cascade import Match, cascade
from mailtemplates.css.property import overlap
from mailtemplates.css.selector import read_selector
from mailtemplates.css.stylesheet import Declaration, read_declarations, read_sheet


@pytest.mark.parametrize(
    ("css", "rest"),
    [
        pytest.param("p{a:b}", "", id="nothing stays"),
        pytest.param("/* x */ p{a:b} <!-- -->", "", id="comments alone do not stay"),
        pytest.param("p{a:b}\n@media print{p{c:d}}\nq{e:f}", "@media print{p{c:d}}\n", id="media"),
        pytest.param("a, a:hover , b{x:y}", "a:hover{x:y}", id="a list is split"),
        pytest.param("a, a:hover /* c */ {x:y}", "a:hover {x:y}", id="a list with a comment is split"),
        pytest.param("@import 'x;y'; p{a:b}", "@import 'x;y'; ", id="import"),
        pytest.param("@font-face{src:url(a;b})} p{a:b}", "@font-face{src:url(a;b})} ", id="braces in a url"),
        pytest.param("p::before{content:'}'} p{a:b}", "p::before{content:'}'} ", id="brace in a string"),
        pytest.param("@supports (a:b){p{c:d}} p{e:f}", "@supports (a:b){p{c:d}} ", id="supports"),
        pytest.param("#outlook a{p:0} .ExternalClass{w:1}", "#outlook a{p:0} .ExternalClass{w:1}", id="client hooks"),
        pytest.param("p{a:b; b{c:d}} q:hover{e:f}", "q:hover{e:f}", id="nested rules"),
        pytest.param("p{a:b; &:hover{c:d}}", "p{a:b; &:hover{c:d}}", id="a nested rule that cannot be inlined"),
        pytest.param("p{a:b; @media x{c:d}}", "p{a:b; @media x{c:d}}", id="a nested at-rule"),
        pytest.param("p{b{c:d} e}", "p{b{c:d} e}", id="a broken declaration beside a nested rule"),
        pytest.param("p, {a:b} q{c:d}", "p, {a:b} ", id="a broken selector spoils its list, as in browsers"),
        pytest.param("p{a:b}} q{c:d}", "} q{c:d}", id="a stray brace spoils one rule, as in browsers"),
    ],
)
def test_rest(css: str, rest: str) -> None:
    assert read_sheet(css).rest() == rest


@pytest.mark.parametrize(
    ("css", "offset", "words"),
    [
        pytest.param("p{a:b} q{c}", 9, "not a declaration", id="no colon"),
        pytest.param("p{*zoom:1}", 2, "not a declaration", id="hack"),
        pytest.param("p{color:;}", 2, "not a declaration", id="no value"),
        pytest.param("p{a:b} {c:d}", 7, "not a selector", id="no selector"),
        pytest.param("p{a:b}; q{c:d}", 6, "not a selector", id="semicolon between rules"),
        pytest.param("p{a:b", 0, "not closed", id="open block"),
        pytest.param("p{a:b} q", 7, "no block", id="no block"),
        pytest.param("p{a:b} /* x", 7, "comment", id="open comment"),
    ],
)
def test_faults_have_a_place_and_the_rest_is_read(css: str, offset: int, words: str) -> None:
    sheet = read_sheet(css)
    assert [(fault.offset, words in fault.problem) for fault in sheet.faults] == [(offset, True)]
    assert sheet.rules[0].selectors[0].text == "p"


@given(st.lists(st.sampled_from([*"{}()[];:,@\"'\\/*. a#p>!&<-", "/*", "*/", "url(", "p{a:b}", ":not("])).map("".join))
def test_any_text_is_a_sheet(css: str) -> None:
    sheet = read_sheet(css)
    places = [place for rule in sheet.rules for place in (rule.start, rule.end)]
    assert places == sorted(places)
    assert all(css[rule.start : rule.end] for rule in sheet.rules)
    assert len(sheet.rest()) <= len(css) + 2 * css.count(",")


@pytest.mark.parametrize(
    ("text", "specificity"),
    [
        ("*", (0, 0, 0)),
        ("td > p", (0, 0, 2)),
        (".a.b #c", (1, 2, 0)),
        ("a[href='#x.y']", (0, 1, 1)),
        ("p:first-child", (0, 1, 1)),
        ("p:not(.a, #b)", (1, 0, 1)),
        ("p:where(#b)", (0, 0, 1)),
        ("p:nth-child(2n of .a)", (0, 2, 1)),
        (r".sm\:w-full", (0, 1, 0)),
        ("p::first-line", (0, 0, 1)),
    ],
)
def test_specificity(text: str, specificity: tuple[int, int, int]) -> None:
    if "::" in text:
        assert not read_selector(text).static
    else:
        assert read_selector(text).specificity == specificity


@pytest.mark.parametrize(
    ("text", "sideways"),
    [
        ("a b > c", False),
        ("a + b", True),
        ("a ~ b", True),
        ("a[x~='y']", False),
        ("a:not(b + c)", True),
        (":empty", True),
    ],
)
def test_sideways(text: str, sideways: bool) -> None:
    assert read_selector(text).sideways is sideways


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p:is(.a, .b)", {"p.a", "p.b"}),
        (".x:is(p, .y):first-child > b", {"p.x:first-child > b", ".x.y:first-child > b"}),
        ("div > :where(p.x, #i)", {"div > p.x", "div > #i"}),
        (":is(:is(a, b), .c) i", {"a i", "b i", ".c i"}),
        (":IS(.a .b).c", {".a .b.c"}),
        ('[title=":is(a)"]:where(p)', {'p[title=":is(a)"]'}),
        ("*:where(p)", {"p"}),
        ("p", {"p"}),
        ("p:is(b)", set()),
        ("x :is(.a .b)", set()),
        ("a:is(:hover, .b)", set()),
        (":not(:is(a))", set()),
        (":is()", set()),
        ("a:is(", set()),
        (":is(a,b)" * 9, set()),
    ],
)
def test_selectors_are_said_without_is_and_where(text: str, said: set[str]) -> None:
    selector = read_selector(text)
    found = settled(selector)
    assert {one.text for one in found} == said
    assert {one.specificity for one in found} <= {selector.specificity}


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("border-radius", "border-top-left-radius", True),
        ("border", "border-color", True),
        ("font", "line-height", True),
        ("inset", "top", True),
        ("inset-inline", "left", True),
        ("margin-inline-start", "margin-left", True),
        ("-webkit-margin-start", "margin", True),
        ("max-inline-size", "max-width", True),
        ("-webkit-border-radius", "border-radius", True),
        ("all", "color", True),
        ("all", "--brand", False),
        ("margin-left", "margin-right", False),
        ("padding-block", "margin-top", False),
        ("color", "background-color", False),
    ],
)
def test_which_properties_set_the_same_thing(one: str, two: str, same: bool) -> None:
    assert overlap(one, two) is overlap(two, one) is same


def blocks(*texts: str) -> list[Match]:
    """Matches of rising weight."""
    return [Match((0, 0, number), number, read_declarations(text)) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("sheets", "own", "style"),
    [
        pytest.param(["color: red", "color: blue"], "", "color: blue", id="the stronger stays"),
        pytest.param(["color: red"], "color: blue", "color: blue", id="the style attribute over a sheet"),
        pytest.param(["color: red !important"], "color: blue", "color: red !important", id="important over both"),
        pytest.param(["color:red!important"], "color:blue!important", "color: blue !important", id="both important"),
        pytest.param(["color: red"], "color: {{x}}", "color: red; color: {{x}}", id="what is no value does not count"),
        pytest.param(["padding: 0", "padding: 1"], "", "padding: 0; padding: 1", id="a length without a unit is none"),
        pytest.param(["padding: 0", "padding: 1px 2%"], "", "padding: 1px 2%", id="lengths"),
        pytest.param(["width: 1px", "width: 0"], "", "width: 0", id="nought needs no unit"),
        pytest.param(["margin-left: 1px", "margin: 0"], "", "margin-left: 1px; margin: 0", id="a shorthand comes last"),
        pytest.param(
            ["margin-left: 1px", "margin: 0", "margin-left: 2px"],
            "",
            "margin: 0; margin-left: 2px",
            id="longhand again",
        ),
        pytest.param(
            ["color: #888; color: rgba(0,0,0,.5)"], "", "color: #888; color: rgba(0,0,0,.5)", id="fallbacks stay"
        ),
        pytest.param(["a: b"], "{{ x }}", "a: b; {{ x }}", id="what is not read is kept"),
        pytest.param(["--X: a"], "--x: b", "--X: a; --x: b", id="custom properties have a case"),
        pytest.param(["font: 1em\n  'A;B'"], "", "font: 1em 'A;B'", id="a semicolon in a string"),
    ],
)
def test_cascade(sheets: list[str], own: str, style: str) -> None:
    assert cascade(blocks(*sheets), own) == style


def test_a_custom_property_may_be_empty() -> None:
    assert read_declarations("--x:; color: a") == (Declaration("--x", "", False), Declaration("color", "a", False))


@pytest.mark.parametrize("bit", ["{", "}", "(", "a{", "/*", "*", '"', "a,", "a:not(", "\\", "[", "@", "url(", "<!--"])
def test_long_nonsense_is_read(bit: str) -> None:
    assert read_sheet(bit * 20_000).css
    assert read_sheet(bit * 20_000 + "{a:b}").css


def test_alternatives_in_alternatives_take_no_longer_than_they_are() -> None:
    """A few are said out, thousands in one another are left to the reader: each would be read in all the others."""
    assert [one.text for one in settled(read_selector(":is(" * 20 + "p" + ")" * 20))] == ["p"]
    assert settled(read_selector(":is(" * 20_000 + "p" + ")" * 20_000)) == ()
