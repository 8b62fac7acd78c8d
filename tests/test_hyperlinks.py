"""The URLs of html and of text, at their exact places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hyperlinks import read_hyperlinks, read_text_urls

HTML = {
    '<a href="https://a.example/?b=1&amp;c=2">x</a>': [("link", "https://a.example/?b=1&c=2")],
    "<a href=https://a.example/>x</a>": [("link", "https://a.example/")],
    "<A HREF=' https://a.example/ '>x</A>": [("link", "https://a.example/")],
    '<a href="">x</a>': [("link", "")],
    "<a name=top>x</a>": [],
    '<map><area href="https://a.example/"></map>': [("link", "https://a.example/")],
    '<img src="a.png" srcset="b.png 1x, c.png 2x">': [("image", "a.png"), ("image", "b.png"), ("image", "c.png")],
    '<td background="a.png">': [("image", "a.png")],
    "<p style=\"background: url('a.png') no-repeat\">": [("image", "a.png")],
    '<p style="background: url(&quot;a.png&quot;)">': [("image", "a.png")],
    '<p style="background: url( a.png )">': [("image", "a.png")],
    '<style>p { background: url("a.png") } @import url(b.css); @import "c.css";</style>': [
        ("sheet", "b.css"), ("sheet", "c.css"), ("image", "a.png")],
    '<link rel="stylesheet" href="a.css"><link rel="icon" href="b.ico">': [("sheet", "a.css")],
    '<html xmlns="http://www.w3.org/1999/xhtml">': [],
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0" "http://www.w3.org/TR/xhtml1/DTD/xhtml1.dtd">': [],
    '<!-- <a href="http://a.example/"> -->': [],
    '<script src="a.js"></script><iframe src="b.html"></iframe>': [],
    '<video poster="a.png"><source src="b.mp4"></video>': [("image", "a.png"), ("image", "b.mp4")],
    '<p data-href="http://a.example/">': [],
}  # fmt: skip


@pytest.mark.parametrize(("html", "expected"), HTML.items(), ids=HTML)
def test_links_of_html(html: str, expected: list[tuple[str, str]]) -> None:
    assert [(link.kind, link.text) for link in read_hyperlinks(HtmlDocument(html))] == expected


@pytest.mark.parametrize("html", HTML, ids=HTML)
def test_a_link_stands_where_its_span_says(html: str) -> None:
    for link in read_hyperlinks(HtmlDocument(html)):
        if link.text:
            assert html[link.span.start : link.span.end].replace("&amp;", "&") == link.text
        else:
            assert html[link.span.start : link.span.end].startswith("href")


def test_the_words_of_a_link() -> None:
    (link,) = read_hyperlinks(HtmlDocument('<a href="a"><b>See</b> the <img alt="big"> sale<!-- x --></a>'))[:1]
    assert link.words == "See the sale"
    assert link.alternatives == "big"


TEXT = {
    "See https://a.example/b.": ["https://a.example/b"],
    "(see https://a.example/b)": ["https://a.example/b"],
    "https://en.wikipedia.example/wiki/Bank_(river)": ["https://en.wikipedia.example/wiki/Bank_(river)"],
    "<https://a.example/b.>": ["https://a.example/b."],
    "[https://a.example/b], and “https://a.example/c”": ["https://a.example/b", "https://a.example/c"],
    "https://a.example/b?c=d&e=f!": ["https://a.example/b?c=d&e=f"],
    "mailto:ann@a.example or tel:+1-555-0100": ["mailto:ann@a.example", "tel:+1-555-0100"],
    "見て https://a.example/b。次": ["https://a.example/b"],
    "xhttps://a.example/": [],
    "no link here": [],
}


@pytest.mark.parametrize(("text", "expected"), TEXT.items(), ids=TEXT)
def test_urls_of_text(text: str, expected: list[str]) -> None:
    found = read_text_urls(text)
    assert [one.text for one in found] == expected
    assert all(text[one.start : one.end] == one.text for one in found)


@given(st.text(alphabet="<>a =\"'/:.#&;(),hrefscutylimgb\n", max_size=120))
def test_any_html_is_read(html: str) -> None:
    for link in read_hyperlinks(HtmlDocument(html)):
        assert 0 <= link.span.start <= link.span.end <= len(html)
        assert isinstance(link.words + link.alternatives + link.noun, str)
    read_text_urls(html)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="x">' * 20_000,
        '<p style="' + "url(" * 50_000 + '">',
        "<style>" + "@import " * 50_000 + "</style>",
        '<img srcset="' + "," * 100_000 + '">',
        '<img srcset="' + "a " * 50_000 + '">',
        '<p style="' + "url('" * 30_000 + '">',
        '<p style="' + "url(&quot;" * 10_000 + '">',
        "https://a.example/" + ")" * 100_000,
        "https://" * 30_000,
    ],
    ids=range(9),
)
def test_large_html_takes_linear_time(html: str) -> None:
    for link in read_hyperlinks(HtmlDocument(html)):
        assert len(link.words) < 5_000
    read_text_urls(html)
