"""Where in html an expression stands, read piece by piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.html.context import TEXT, UNKNOWN, HtmlContext, advance, after_value, begins_in_text, joined


def context(html: str) -> HtmlContext:
    """The place after html in which ``•`` stands for an expression."""
    place = TEXT
    at = 0
    for index, piece in enumerate(html.split("•")):
        if index:
            place = after_value(place, at)
            at += 1
        place = advance(place, piece, at)
        at += len(piece)
    return place


PLACES = {
    "text": ("<p>Hello ", "text", "", ""),
    "a smaller-than sign": ("<p>1 < 2 ", "text", "", ""),
    "a tag": ("<p ", "tag", "p", ""),
    "a tag's name": ("<h", "name", "h", ""),
    "a quoted value": ('<a href="', "value", "a", "href"),
    "single quotes": ("<a href='x", "value", "a", "href"),
    "the other quotes inside": ("""<a title='"' href="x""", "value", "a", "href"),
    "before a value": ("<a href=", "before", "a", "href"),
    "space around the sign": ("<a href = ", "before", "a", "href"),
    "in an unquoted value": ("<a href=x", "value", "a", "href"),
    "after an unquoted value": ("<a href=x ", "tag", "a", ""),
    "an expression unquoted": ("<a href=•", "value", "a", "href"),
    "after that": ("<a href=• ", "tag", "a", ""),
    "quotes after an expression": ('<a href=• title="', "value", "a", "title"),
    "an attribute without a value": ('<td nowrap class="', "value", "td", "class"),
    "a name with an expression": ('<td data-•="', "value", "td", "data-"),
    "an upper-case tag": ('<A HREF="', "value", "a", "href"),
    "a greater-than sign in quotes": ('<a title="a > b" href="', "value", "a", "href"),
    "a style": ("<style>p { color: ", "raw", "style", ""),
    "after a style": ("<style>p > a {}</style><p>", "text", "", ""),
    "a script": ("<script>if (a < b) ", "raw", "script", ""),
    "a comment": ("<!-- <a href=", "comment", "", ""),
    "after a comment": ("<!-- > --><p>", "text", "", ""),
    "Outlook's comment is html": ('<!--[if mso]><td width="', "value", "td", "width"),
    "not for Outlook": ("<!--[if !mso]><!--><p>", "text", "", ""),
    "its end": ("<!--[if mso]><p></p><![endif]-->", "text", "", ""),
    "a doctype": ("<!doctype html>", "text", "", ""),
    "an end tag": ("</p", "name", "/p", ""),
    "an empty tag": ("<br/>", "text", "", ""),
}


@pytest.mark.parametrize(("html", "state", "tag", "attribute"), PLACES.values(), ids=PLACES)
def test_places(html: str, state: str, tag: str, attribute: str) -> None:
    place = context(html)
    assert (place.state, place.tag) == (state, tag)
    assert place.attribute == attribute or state in ("tag", "name", "text")


def test_the_beginning_of_a_value() -> None:
    assert context('<a href="').empty
    assert context('<a href="').start == 9
    assert not context('<a href="x').empty
    assert not context('<a href="•').empty
    assert context('<a title="x" href="').empty


def test_branches() -> None:
    assert joined([context("<p>"), context("<b>")]) == TEXT
    assert joined([context("<p "), TEXT]) == UNKNOWN
    assert advance(UNKNOWN, '" x><a href="', 0).attribute == "href"


BEGINNINGS = {"<p>x</p>": True, "x <b>": True, "href=x>text": False, "only text": False}


@pytest.mark.parametrize(("html", "expected"), BEGINNINGS.items(), ids=BEGINNINGS)
def test_where_a_piece_begins(html: str, expected: bool) -> None:
    assert begins_in_text(html) is expected


@given(st.text("<>/=\"' ab!-[]\n", max_size=40), st.text("<>/=\"' ab!-[]\n", max_size=40))
def test_any_html_is_read_to_its_end(before: str, behind: str) -> None:
    """No exception and no endless loop, wherever an expression cuts it."""
    cut = len(before)
    place = advance(after_value(advance(TEXT, before, 0), cut), behind, cut)
    assert place.start <= len(before + behind) + 1
