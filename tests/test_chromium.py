"""A real browser sees the same styles before and after inlining."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from chromium import computed_styles, find_chromium, shown_texts, style_differences

from mailtemplates import Engine
from mailtemplates.inlining.inliner import Inliner
from mailtemplates.text.plaintext import to_text

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no chromium is installed")

DOCUMENTS = {
    "cascade": "<style>p{color:red;margin:1px} .a{color:blue} p{margin-left:3px} #i{margin:2px}"
    " b{color:green!important} p{padding:1px!important}</style>"
    "<p class=a id=i style='padding:5px'>x<b style='color:red'>y",
    "implied": "<style>*{box-sizing:border-box} body{color:red}</style><table><tr><td>x</table>",
    "misnested": "<style>b{color:red} p i{color:blue} i{margin:1px}</style><b><p>x</b>y<i>z</i><b>v<p>w",
    "fallbacks": "<style>p{color:#888;color:rgba(0,0,0,.5);width:nonsense;width:10px} .a{color:-webkit-no}</style>"
    "<p class=a>x",
    "media": "<style>p{color:red!important} @media (min-width:500px){p{color:blue!important}}</style><p>x",
    "broken": "<style>p{color:red} }; b{color:blue} i{color:green;;bad;margin:1px} u{}</style><p>x<b>y<i>z<u>w",
    "siblings": "<style>tr:nth-child(odd) td{color:red} td + td{margin:1px} td:last-child{padding:2px}</style>"
    "<table><tr><td>a<td>b<tr><td>c<td>d<tr><td>e</table>",
    "quotes": """<style>p{font-family:"A 'b'";content:"\\"&<"}</style><p>x""",
}


@pytest.mark.parametrize("engine", ["css-inline", "premailer"])
def test_computed_styles_stay(engine: str) -> None:
    inliner = Inliner(engine)
    differences = style_differences([(html, inliner.inline(html).html) for html in DOCUMENTS.values()])
    assert dict(zip(DOCUMENTS, differences, strict=True)) == {name: [] for name in DOCUMENTS}


def test_the_browser_is_really_asked() -> None:
    styles = computed_styles("<p style='color: rgb(1, 2, 3)'>x</p>")
    assert [(tag, style["color"]) for tag, style in styles][-1] == ("p", "rgb(1, 2, 3)")
    assert style_differences([("<p>x", "<p style='color:red'>x")])[0]


TEXTS = {
    "boxes": "<b style='display:inline-block;margin:9px'>a</b> <b style='display:inline-flex'>b</b> f<b>o</b>o",
    "lines": "a<span style='display:block'>b</span>c<span style='display:block'><span>d</span>e<i>f</i></span>g",
    "the last display": "<p style='display:none;display:block'>a</p><p style='display:none!important;display:block'>no",
    "hidden": "<p hidden>no</p><p style='visibility:hidden'>no</p><div style='display:none'>no<p>no</div>a",
    "by a sheet": "<style>.p{display:none} @media print{.q{display:none}}</style><p class=p>no<p class=q>a",
    "buttons": "<button>a</button> <button>b</button>",
    "references": "a&shy;b&zwnj;c&#8203;d caf&eacute; &#146;e &lt;f&gt; a&nbsp;b",
    "misnested": "<b><p>a</b>b<i>c</i><table><tr><td>d<td>e</table></p>f<p>g<div>h",
    "in the wrong place": "<li>a<dd>b<dt>c</ul></table></div>d<option>f</option>g",
    "unseen": "<title>no</title><style>no</style><script>no</script><template>no</template><!-- no -->a<!--[if mso]>no<![endif]-->",
    "shown to others": "a <!--[if !mso]><!-->b<!--<![endif]--> <![if !mso]>c<![endif]>",
    "kept lines": "<pre>a  b\n c</pre><div style='white-space:pre-line'>d\ne</div>",
    "cells": "<table><tr><td>a</td><td>b</td></tr><tr><td><table><tr><td>c</td><td><p>d<p>e</td></tr></table></td></tr></table>",
    "line breaks": "a<br>b<br><br>c<hr>d<wbr>e",
    "ruby and quotations": "<blockquote>a<blockquote>b</blockquote></blockquote><sub>c</sub>",
}


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", re.sub("[\xad\u200b\u200c]", "", text).casefold())


def test_the_text_has_the_words_that_a_browser_shows() -> None:
    """No word is lost, none is made of two, and what is hidden stays out."""
    shown = dict(zip(TEXTS, map(words, shown_texts(list(TEXTS.values()))), strict=True))
    assert {name: words(to_text(html)) for name, html in TEXTS.items()} == shown


@pytest.mark.parametrize("name", ["welcome", "password_reset", "receipt", "newsletter"])
def test_the_text_of_a_starter_has_every_word_that_a_browser_shows(starters: Engine, name: str) -> None:
    """But for what ``data-text`` leaves out, the text is what the html shows; targets and ``alt`` come on top."""
    html = starters.render(f"{name}.j2", starters.sample(f"{name}.j2", 0)).html or ""
    html = re.sub(r' data-text="[^"]*"', "", html)
    [shown] = shown_texts([html])
    assert len(words(shown)) > 20
    assert Counter(words(shown)) - Counter(words(to_text(html))) == Counter()
