"""Rules over html: faults planted into a right message are found at their place by their owner alone; the rest is still."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.found import Found
from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings

RIGHT = """\
<!DOCTYPE html>
<html lang="en" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head>
<meta charset="utf-8">
<title>Your order</title>
<!--[if mso]><xml><o:OfficeDocumentSettings><o:AllowPNG/></o:OfficeDocumentSettings></xml><![endif]-->
<style>.note { color: #333333; }</style>
</head>
<body style="margin: 0; background-color: #ffffff;">
<div style="display:none;max-height:0;overflow:hidden">On its way.&#847;&zwnj;&nbsp;</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" align="center" bgcolor="#ffffff">
<tr><td valign="top">
<!--[if (gte mso 9)|(IE)]><table width="600" align="center"><tr><td><![endif]-->
<div>
<h1 style="color: #222222">Your order</h1>
<p style="color: #333333">Hello <b>Ben</b>,<br />it is on its way. <a href="https://acme-shop.com/o/1">See your order</a></p>
<table>
<tr><th>Item</th><th>Amount</th></tr>
<tr><td>Chair</td><td>None</td></tr>
</table>
<ul><li>One<li>Two</ul>
<img src="https://acme-shop.com/chair.png" alt="A chair" width="200" height="100">
</div>
<!--[if (gte mso 9)|(IE)]></td></tr></table><![endif]-->
<!--[if !mso]><!--><p style="color: #333333">Not for Outlook</p><!--<![endif]-->
</td></tr>
</table>
</body>
</html>
""".replace("None", "40")

PLANTED = {
    "a lost end of a link": ("See your order</a>", "See your order", "HTM002", "<a href"),
    "a lost end of bold": ("<b>Ben</b>", "<b>Ben", "HTM002", "<b>"),
    "a lost end of a block": ("height=\"100\">\n</div>", "height=\"100\">", "HTM002", "<div>"),
    "a lost end of a table": ("</td></tr>\n</table>\n<ul>", "</td></tr>\n<ul>", "HTM002", "<table>\n<tr><th>"),
    "a lost end of a heading": ("Your order</h1>", "Your order", "HTM002", "<h1"),
    "a lost end of a cell": ("Chair</td>", "Chair", "HTM002", "<td>Chair"),
    "an end of a cell too much": ("40</td>", "40</td></td>", "HTM002", "</td></tr>\n</table>\n<ul>"),
    "an end of a block too much": ("</ul>", "</ul></div>", "HTM002", None),
    "an end of a table too much": ("</td></tr>\n</table>\n</body>", "</td></tr>\n</table></table>\n</body>", "HTM002", "</table>\n</body>"),
    "crossed": ("<b>Ben</b>", "<b><i>Ben</b></i>", "HTM002", "</b></i>"),
    "a lost quote": ('alt="A chair" width="200"', 'alt="A chair width="200"', "HTM002", None),
    "a tag that is not closed": ("<br />it", "<br it is", "HTM002", None),
    "words between angle brackets": ("<li>One", "<li>Write <your name> here", "HTM002", "<your name>"),
    "a block in a row": ("<tr><th>Item", "<tr><p>x</p><th>Item", "HTM002", "<p>x"),
    "words in a table": ("<table>\n<tr><th>", "<table>x\n<tr><th>", "HTM002", "x\n<tr>"),
    "a second body": ("<ul>", "<body><ul>", "HTM002", "<body><ul>"),
    "a link in a link": ("See your order", 'See <a href="https://acme-shop.com/x">your order</a>', "HTM002", '<a href="https://acme-shop.com/x"'),
    "a comment in a comment": ("<ul>", "<!-- a <!-- b --> c --><ul>", "HTM002", "--><ul>"),
    "no doctype": ("<!DOCTYPE html>\n", "", "HTM001", "<html"),
    "an attribute twice": ('alt="A chair"', 'alt="A chair" alt="x"', "HTM003", 'alt="x"'),
    "a script": ("<ul>", "<script>x()</script><ul>", "HTM004", "<script>"),
    "an event handler": ("<h1 ", '<h1 onclick="x()" ', "HTM004", 'onclick="x()"'),
    "a form": ("<ul>", '<form action="https://acme-shop.com/"></form><ul>', "HTM004", "<form"),
    "a base": ("<title>", '<base href="https://acme-shop.com/"><title>', "HTM004", "<base"),
    "a refresh": ("<title>", '<meta http-equiv="refresh" content="1"><title>', "HTM004", '<meta http-equiv="refresh"'),
    "a style sheet": ("<title>", '<link rel="stylesheet" href="https://acme-shop.com/x.css"><title>', "HTM005", "<link"),
    "a style in the body": ("<ul>", "<style>p { margin: 0 }</style><ul>", "HTM006", "<style>p"),
    "a condition without its end": ("<!--<![endif]-->", "", "HTM008", "<!--[if !mso]"),
    "an end of no condition": ("<!--[if !mso]><!-->", "", "HTM008", "<!--<![endif]-->"),
    "a wrong condition": ("[if mso]", "[if outlook]", "HTM008", " outlook]"),
    "brackets of a condition": ("<!--[if (gte mso 9)|(IE)]><table", "<!--[if (gte mso 9|(IE)]><table", "HTM008", " (gte mso 9|"),
    "hidden words": ("<ul>", f'<p style="display:none">{"cheap watches " * 30}</p><ul>', "HTM009", '<p style="display'),
    "a placeholder": ("<li>One", "<li>{{ one }}", "HTM010", "{{ one }}"),
    "a merge tag": ("<li>One", "<li>*|ONE|*", "HTM010", "*|ONE|*"),
    "undefined": ("<li>One", "<li>undefined</li>", "HTM010", "undefined"),
    "nobody greeted": ("Hello <b>Ben</b>", "Hello None", "HTM010", "None"),
    "no language": (' lang="en"', "", "ACC001", "<html"),
    "no alt": (' alt="A chair"', "", "ACC002", "<img"),
    "a layout table": ('<table role="presentation"', "<table", "ACC003", "<table width"),
    "a data table": ("<table>", '<table role="none">', "ACC003", 'role="none"'),
    "no title": ("<title>Your order</title>", "", "ACC004", "<head>"),
    "an empty title": ("<title>Your order</title>", "<title></title>", "ACC004", "<title>"),
    "a level left out": ("<ul>", "<h3>Where</h3><ul>", "ACC005", "<h3>"),
    "here": ("See your order", "here", "ACC006", "<a href"),
    "an empty link": ("See your order", "", "ACC006", "<a href"),
    "grey on white": ('<p style="color: #333333">Hello', '<p style="color: #aaaaaa">Hello', "ACC007", '<p style="color: #aaaaaa'),
    "hebrew": ('lang="en"', 'lang="he"', "ACC008", "<html"),
}  # fmt: skip


@cache
def linter() -> Linter:
    return Linter(Settings(select=("HTM", "ACC")))


def judged(html: str) -> list[Found]:
    return linter().judge(HtmlDocument(html))


def test_the_right_message_is_right() -> None:
    assert Linter(Settings(select=("ALL",))).judge(HtmlDocument(RIGHT)) == []


@pytest.mark.parametrize(("right", "wrong", "code", "place"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found_once_by_its_owner(right: str, wrong: str, code: str, place: str | None) -> None:
    assert right in RIGHT
    html = RIGHT.replace(right, wrong, 1)
    found = judged(html)
    assert [one.rule.code for one in found] == [code], [one.finding.problem for one in found]
    if place is not None:
        assert html.startswith(place, found[0].finding.span.start)
    fix = found[0].finding.fix
    if fix:
        assert judged(apply_fixes(html.encode(), [fix]).decode()) == []


STILL = {
    "xhtml": "<p>One<br/>Two</p><hr/>",
    "paragraphs without end": "<p>One<p>Two<div>Three</div>",
    "tables of Outlook": "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->",
    "a bulletproof button": '<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="https://acme-shop.com/"><w:anchorlock/><center>See</center></v:roundrect><![endif]--><!--[if !mso]><!-- --><a href="https://acme-shop.com/o">See your order</a><!--<![endif]-->',
    "the old way to reveal": "<!--[if !mso]> --><p>x</p><!-- <![endif]-->",
    "revealed without a comment": "<![if !mso]><p>x</p><![endif]>",
    "conditions of Word": "<p><![if !supportLists]><span>1</span><![endif]>x<!--[if gte vml 1]><v:shape/><![endif]--><![if !vml]>x<![endif]></p>",
    "columns of Foundation": '<table role="presentation"><tr><th class="small-12 columns"><table role="presentation"><tr><th>Hello</th></tr></table></th><th class="columns"><p>x</p></th></tr></table>',
    "quotes in quotes": "<p style='font-family: \"Open Sans\", Arial'>x</p>",
    "no space between attributes": '<p class="a"id="b">x</p>',
    "bare values": "<table role=presentation width=100% align=center><tr><td bgcolor=#ffffff>x</td></tr></table>",
    "markup of Gmail": '<script type="application/ld+json">{"@type": "{{x}}"}</script>',
    "words that are no placeholders": "<p>None of it is undefined, null is nothing, nan is bread. 50%% off.</p>",
    "code": "<pre>{{ name }}</pre><p>Write <code>{% if %}</code></p>",
    "white on an image": '<div style="background: #fff url(https://acme-shop.com/x.png)"><p style="color: #eee">x</p></div>',
    "white on what a cell has": '<div style="background-color:#fff"><table role="none"><tr><td bgcolor="000000"><font color="ffffff">x</font></td></tr></table></div>',
    "a separator": '<div style="background-color:#fff"><p><span style="color:#ddd">&nbsp;|&nbsp;</span></p></div>',
    "an image link": '<a href="https://acme-shop.com/"><span><img src="cid:x" alt="Acme"></span></a>',
    "an anchor": '<a name="top"></a><a id="x"></a>',
    "inner tables of a cell": '<table role="presentation"><tr><td><table role="presentation"><tbody><tr><td>x</td></tr></tbody></table></td></tr></table>',
    "a table of values": "<table><tr><td>Order</td><td>1</td></tr><tr><td>Date</td><td>2</td></tr></table>",
    "a caption": "<table><caption>Orders</caption><tr><td>1</td></tr></table>",
    "hidden from phones": '<p class="note" style="display:none">' + "Long words. " * 40 + "</p>",
    "svg": '<svg width="1" height="1"><title>x</title><path d="M0 0"/></svg>',
}


@pytest.mark.parametrize("html", STILL.values(), ids=STILL)
def test_what_mail_needs_is_passed_over(html: str) -> None:
    page = RIGHT.replace("<ul>", f"{html}\n<ul>", 1)
    assert [one.finding.problem for one in judged(page)] == []


def test_a_clause_of_the_settings_lets_merge_tags_through() -> None:
    allowing = Linter(Settings(rules={"placeholder-in-body": {"allow": ["*|UNSUB|*", "{{ unsubscribe* }}"]}}))
    html = RIGHT.replace("<ul>", "<p>*|UNSUB|* {{ unsubscribe_url }} {{ name }}</p><ul>")
    found = [one for one in allowing.judge(HtmlDocument(html)) if one.rule.code == "HTM010"]
    assert [html[slice(*one.finding.span)] for one in found] == ["{{ name }}"]


PIECES = ["<!--", "-->", "[if mso]>", "<![endif]", "<!", "{{", "}}", "undefined", "'", '"', "=", "<", ">", "</", "&#10;",
          "<table>", "<td>", "</td>", "<tr>", "</table>", "<a href=x>", "</a>", "<p style='color:#", "<img ", "alt", " lang=",
          "<html", "<style>", "</style>", "<div style=\"display:none\">", "<h1>", "<h4>", "role=none", "\u05d0", "background:",
          "<body bgcolor=", "rgb(1,2,3)", "font:bold 9px x", "id=x "]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_text_is_judged_without_an_exception(html: str) -> None:
    for one in judged(html):
        start, end = one.finding.span
        assert 0 <= start <= end <= len(html)
        for edit in one.finding.fix.edits if one.finding.fix else ():
            assert 0 <= edit.span.start <= edit.span.end <= len(html)


LONG = ["<div>", "</div>", "<table><tr><td>", "<a href=x>", "<b><p>", "</td>", "<p x=1 x=1 id=q>", "<!--[if mso]>", "<!--",
        "{{", "{{x}}", "<img>", "<h1>", "<h3></h3>", "<p style='color:#999;background:#fff'>x</p>", "<style>@import 'x';</style>",
        "<div style='display:none'>x", "<a href=x></a>", "<div></span>", "<table>x", "%%a", "*|", "< ", "<p a='", "on", "\u05d0 ",
        "<a href=x>x</a>", "<p>undefined</p>", "<![if x]>", "<p><div>x</div></p>", "<script>", "<i><b></i>", "((", "&#x20;"]  # fmt: skip


@pytest.mark.parametrize("piece", LONG)
def test_long_html_takes_linear_time(piece: str) -> None:
    """Five times the html takes about five times the time, and not twenty-five."""

    def seconds(count: int) -> float:
        html = f"<!doctype html><html><head></head><body>{piece * count}"
        start = time.process_time()
        judged(html)
        return time.process_time() - start

    seconds(100)
    assert seconds(5_000) < max(15 * min(seconds(1_000), seconds(1_000)), 1)
