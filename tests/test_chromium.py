"""A real browser sees the same styles before and after inlining."""

from __future__ import annotations

import pytest
from chromium import computed_styles, find_chromium, style_differences

from mailtemplates.inlining.inliner import Inliner

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
