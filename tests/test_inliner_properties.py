"""The law of plans: whatever the pieces, ``splice`` gives what inlining the whole document gives."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mailtemplates.html.markup import cut
from mailtemplates.inlining.inliner import Inliner

SHEETS = st.sampled_from(
    [
        "p{color:red} .a{margin:0} td .b{x:y} a{t:u} div > p{q:r} #i{z:z} p:hover{h:h} @media print{p{a:b}}",
        "*{b:c} tr td{d:e} .a.b{f:g} b{i:j!important}",
        "p + p{s:s} tr:last-child td{l:l} .a{m:m} p:empty{e:e}",
        "[title]{a:a} a[href]{b:b} [href='v']{c:c} p{color:red !important} .a{color:blue}",
        "p{color:red; .a{m:n} &.b > b{o:p} @media print{q:r}} div, #i{& td{s:t; .a &{u:v}} w:x}",
        "",
    ]
)
NAMES = st.sampled_from(["p", "div", "b", "a", "table", "tr", "td", "span", "ul", "li"])
VALUES = st.sampled_from(["", "v", " ", "x & y", "é", "a", "<i>x</i>", "w > 1", "a b"])
ATTRIBUTES = st.sampled_from(
    [
        *("", ' class="a"', " class='a b'", ' id="i"', ' style="color:green"', ' title="t>u"', " data-inline=ignore"),
        *(' href="\0v\0"', " href='\0\0' class=\"a\"", ' style="width:\0\0"', ' class="\0a\0"'),
        ' style="k:l" title="\0\0"',
    ]
)
WILD = st.sampled_from(["</p>", "<p", "<!--", "<", "<title>", "<svg><b/></svg>", "<a x='", "<style>p{n:n}</style>"])


def element(content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda name, some, inner: f"<{name}{some}>{inner}</{name}>", NAMES, ATTRIBUTES, content)


def several(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(parts, max_size=4).map("".join)


TEXT = st.sampled_from(["\0\0", "text", "\n", "<br>", "<!--\0c\0-->", '<img src="\0\0">', "<title>\0\0</title>"])
BODY = several(st.recursive(st.one_of(TEXT, WILD), lambda inner: element(several(inner)), max_leaves=12))
LEADS = st.sampled_from(["", "<!DOCTYPE html><html><head><title>\0T\0</title>", "<html>"])


@st.composite
def documents(draw: st.DrawFn) -> list[list[str]]:
    """Some documents that share their static stretches, each as pieces."""
    lead = f"{draw(LEADS)}<style>{draw(SHEETS)}</style>"
    blocks = draw(st.lists(BODY, min_size=1, max_size=3))
    found = []
    for _ in range(3):
        html = lead + draw(several(st.sampled_from(blocks)))
        pieces = html.split("\0")
        pieces[1::2] = [draw(VALUES) for _ in pieces[1::2]]
        found.append(pieces)
    return found


@settings(deadline=None)
@given(documents())
def test_splice_is_inline(docs: list[list[str]]) -> None:
    inliner = Inliner()
    for pieces in (*docs, *docs):
        assert "".join(inliner.splice(pieces)) == Inliner().inline("".join(pieces)).html


PLAIN_VALUES = st.sampled_from(["v", "a", "Ann", "x y", "é", "2026-01", "42"])
ANY_VALUES = st.one_of(
    PLAIN_VALUES, st.sampled_from(["", " ", '" class="a', "' class='a", '"><p>', "--><p>", "<b>", "&amp;"])
)


@settings(deadline=None)
@given(SHEETS, BODY, st.data())
def test_documents_that_differ_in_values_only(sheet: str, body: str, data: st.DataObject) -> None:
    """Most values change nothing and take a short way; one that ends what it stands in takes none."""
    statics = f"<style>{sheet}</style>{body}".split("\0")[::2]
    inliner = Inliner()
    for values in (PLAIN_VALUES, PLAIN_VALUES, PLAIN_VALUES, ANY_VALUES, ANY_VALUES, PLAIN_VALUES):
        pieces = [statics[0]]
        for static in statics[1:]:
            pieces += (data.draw(values), static)
        spliced = inliner.splice(pieces)
        assert spliced == Inliner().inline("".join(pieces)).html
        assert "".join(spliced.pieces) == spliced


@settings(deadline=None, max_examples=60)
@given(documents(), st.lists(st.integers(0, 400), max_size=12))
def test_splice_is_inline_wherever_it_is_cut(docs: list[list[str]], places: list[int]) -> None:
    inliner = Inliner()
    for pieces in docs:
        html = "".join(pieces)
        ends = [0, *sorted(places), len(html)]
        cutting = [html[start:end] for start, end in pairwise(ends)]
        assert "".join(inliner.splice(cutting)) == Inliner().inline("".join(cutting)).html


@settings(deadline=None, max_examples=60)
@given(documents(), st.sampled_from(["css-inline", "premailer"]))
def test_only_styles_change(docs: list[list[str]], engine: str) -> None:
    """Without start tags and style sheets, the inlined document is the author's, character for character."""
    inliner = Inliner(engine)

    def other(html: str) -> str:
        tokens = [token for token in cut(html) if token.name != "style"]
        return "".join(f"<{name}>" if kind == "start" else html[start:end] for kind, start, end, name in tokens)

    for pieces in docs:
        html = "".join(pieces)
        assert other(inliner.inline(html).html) == other(html)
