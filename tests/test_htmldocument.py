"""The elements of html as the rules see them: nested as html5lib nests them, with their places and words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.markup import cut
from mailtemplates.span import Span

NESTED = {
    "paragraphs": "<p>a<p>b<b>c<p>d",
    "list items": "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>",
    "an item in a block of an item": "<ul><li><p>a<li><div><li>b</div></ul>",
    "names and values": "<dl><dt>a<dd>b<dt>c</dl>",
    "cells": "<table><tr><td>a<td>b<tr><th>c</table><p>x",
    "bodies of a table": "<table><tbody><tr><td>a<tbody><tr><td>b</table>",
    "a table ends a paragraph": "<!doctype html><p>a<table><tr><td>x</table>b",
    "without a doctype it does not": "<p>a<table><tr><td>x</table>b<i>c",
    "nor with an old doctype": '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN"><p>a<table><tr><td>x</table>b<i>c',
    "xhtml": '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><p>a<table><tr><td>x</table>b<i>c',
    "a link in a link": "<a href=1>x<a href=2>y</a>",
    "crossed": "<b><i>x</b>y</i><u>z</u>",
    "an open span": "<div><span>x</div>y<i>z</i>",
    "an open div in a cell": "<table><tr><td><div>x</td><td><b>y</b></tr></table>",
    "a block in a row": "<table><tr><div>x</div><td><p>y</table>",
    "words in a table": "<table><b>x</b><tr><td><i>y</table>",
    "a stray end of a cell": "<div></td><i>x</i></div>",
    "a table that is not closed": "<table><tr><td><table><tr><td>x</td></tr></td><td><i>a</td></tr></table>",
    "a table in a table": "<table><table><tr><td>a</table><i>",
    "a block ends the head": "<head><title>x</title><div><i>a</div>",
    "head and body": "<html><head><style>x</style><body><p>a</body></html><img src=x>",
    "headings": "<h1>a<h2>b</h2><i>c",
    "a heading ended by another": "<h1>a</h2><i>c",
    "a block in a paragraph": "<p><span><div><i>x</i></div></span></p>",
    "buttons": "<button>a<button><i>b",
    "options": "<select><option>a<option>b</select><i>",
    "svg": "<svg><g><path d=1 /><path/></g></svg><i>x",
    "a caption": "<table><caption>a<tr><td><i>b</table>",
    "columns": "<table><colgroup><col><col><tr><td><i></table>",
    "ends of breaks and paragraphs": "<br></br><p></p></p><i>",
    "an open paragraph in a div": "<div><p>a</div><i>b",
    "an object": "<object><p>a</object><i>b",
    "raw text": "<textarea><i></textarea><b>x",
    "a list ends a paragraph": "<p>a<ul><li>b</ul>c<i>d</p><u>e",
    "late ends of table parts": "<table><tr><td>a</table></td></tr><i>",
    "unbroken": "<nobr>a<nobr><i>b",
}


def marked(html: str) -> str:
    """The html with a number in each start tag."""
    pieces = []
    for at, token in enumerate(cut(html)):
        text = html[token.start : token.end]
        end = 1 + len(token.name)
        pieces.append(f"{text[:end]} data-n={at}{text[end:]}" if token.kind == "start" else text)
    return "".join(pieces)


def parents_of_html5lib(html: str) -> dict[str, str | None]:
    """The number of each element's parent, by its own; implied elements are stepped over."""
    found: dict[str, str | None] = {}

    def walk(element: Any, parent: str | None) -> None:
        number = element.get("data-n") if isinstance(element.tag, str) else None
        if number is not None:
            found.setdefault(number, parent)
        for child in element:
            walk(child, number or parent)

    walk(html5lib.parse(html, namespaceHTMLElements=False), None)
    return found


@pytest.mark.parametrize("html", NESTED.values(), ids=NESTED)
def test_elements_are_nested_as_html5lib_nests_them(html: str) -> None:
    text = marked(html)
    ours = {one.get("data-n"): one.parent.get("data-n") if one.parent else None for one in HtmlDocument(text).elements}
    assert ours == parents_of_html5lib(text)


def test_a_block_in_a_link_that_ends_first_goes_on() -> None:
    document = HtmlDocument("<a><div>x</a>y</div>z")
    assert [document.html[one.content.start : one.content.end] for one in document.elements] == ["<div>x", "x</a>y"]


def test_rows_of_a_fragment_nest_without_a_table() -> None:
    names = [(one.name, one.parent and one.parent.name) for one in HtmlDocument("<tr><td>a<td><i>b</i></tr>").elements]
    assert names == [("tr", None), ("td", "tr"), ("td", "tr"), ("i", "td")]


def test_markup_of_outlook_that_ends_itself_holds_nothing() -> None:
    document = HtmlDocument("<v:rect><v:fill/><i>x</i></v:rect>")
    assert [(one.name, one.parent and one.parent.name) for one in document.elements] == [
        ("v:rect", None),
        ("v:fill", "v:rect"),
        ("i", "v:rect"),
    ]


def test_the_body_ends_at_its_tag_and_holds_what_follows() -> None:
    document = HtmlDocument("<html><body><p>a</p></body></html><img src=x>")
    body, image = document.select("body", "img")
    assert document.html[body.end :].startswith("</body>")
    assert image.parent is body


def test_the_first_of_two_bodies_holds_everything() -> None:
    document = HtmlDocument("<body class=1><body class=2><i>x")
    assert [one.parent and one.parent.get("class") for one in document.elements] == [None, "1", "1"]


TEXTS = {
    "a tag in a word": ("<b>H</b>ello", "Hello"),
    "a block parts words": ("a<div>b</div>c", "a b c"),
    "a break": ("a<br>b", "a b"),
    "references": ("a &amp; &#8212;", "a & \u2014"),
    "no comments": ("a<!-- x -->b", "ab"),
    "no styles": ("a<style>x</style>b<script>y</script>", "a b"),
    "a title": ("<title>A &lt; B</title>", "A < B"),
    "white space": (" a\n\u00a0 b ", "a b"),
}


@pytest.mark.parametrize(("html", "text"), TEXTS.values(), ids=TEXTS)
def test_the_words_of_a_stretch(html: str, text: str) -> None:
    assert HtmlDocument(html).text_between(Span(0, len(html))) == text


def test_places() -> None:
    document = HtmlDocument('<p>a <a title=x href="b&amp;c" >d</a>')
    link = document.select("a")[0]
    assert document.html[slice(*link.span_of("href"))] == 'href="b&amp;c"'
    assert link.get("href") == "b&c"
    assert link.span_of("class") == link.tag
    assert document.html[: link.name_end].endswith("<a")
    assert [one.name for one in link.ancestors] == ["p"]


@pytest.mark.parametrize(
    ("html", "fragment"),
    [("<p>a", True), ("", True), ("<body>a", False), ("<html>", False), ("<!doctype html>a", False)],
)
def test_fragments(html: str, fragment: bool) -> None:
    assert HtmlDocument(html).is_fragment is fragment


NAMES = ["a", "b", "i", "p", "div", "span", "table", "tr", "td", "th", "tbody", "ul", "li", "h1", "body", "html", "br",
         "head", "title", "style", "svg", "o:p", "form", "select", "option", "center", "caption", "button"]  # fmt: skip


def soup() -> st.SearchStrategy[str]:
    tag = st.tuples(st.sampled_from(["<", "</"]), st.sampled_from(NAMES), st.sampled_from([">", "/>", " x=1>"]))
    return st.lists(st.one_of(tag.map("".join), st.sampled_from(["x", "<!--", "-->", "<", "&lt"])), max_size=40).map(
        "".join
    )


@given(soup())
@settings(max_examples=300, deadline=None)
def test_any_tags_make_a_tree(html: str) -> None:
    """Each element lies in the text, after its parent's tag, and has an end."""
    document = HtmlDocument(html)
    starts = [token.start for token in document.tokens if token.kind == "start"]
    assert [one.tag.start for one in document.elements] == starts
    for element in document.elements:
        assert element.tag.end <= element.content.end <= len(html)
        assert element.parent is None or element.parent.index < element.index
        assert isinstance(element.text, str)


def test_deep_and_broken_html_takes_linear_time() -> None:
    for piece in ("<div>", "<table><tr><td>", "<b><p>", "<a>", "</x>", "<li>", "<p><b></p>"):
        document = HtmlDocument(piece * 20_000)
        assert len(document.elements) == piece.count("<") * 20_000 - 20_000 * piece.count("</")


def walk_up(document: HtmlDocument) -> Iterator[int]:
    for element in document.elements:
        yield sum(1 for _ in element.ancestors)


def test_nesting_is_bounded() -> None:
    assert max(walk_up(HtmlDocument("<div>" * 2000))) == 500
