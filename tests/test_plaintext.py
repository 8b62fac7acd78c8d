"""The text made from html reads as a person would write it: each row is a convention that readers rely on."""

from __future__ import annotations

import copy
import pickle
import re
import threading
from pathlib import Path

import pytest
from markupsafe import Markup

from mailtemplates.text import plaintext
from mailtemplates.text.plaintext import text_of, to_text
from mailtemplates.text.woven import Woven
from mailtemplates.text.wrapping import display_width

LONG_URL = "https://example.com/" + "a/" * 60 + "?q=1&r=2"
NOISE = "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn oooo pppp"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("", "", id="empty"),
        pytest.param(" \n\t&nbsp;<p>&zwnj;</p>", "", id="nothing to say"),
        pytest.param("hello", "hello\n", id="bare words"),
        pytest.param("<p>a</p><p>b</p>", "a\n\nb\n", id="paragraphs"),
        pytest.param("<p>a<p>b", "a\n\nb\n", id="paragraphs that end by implication"),
        pytest.param("<div>a</div><div>b</div>", "a\nb\n", id="divisions are lines"),
        pytest.param("<div>a</div>b<div>c</div>", "a\nb\nc\n", id="words between divisions"),
        pytest.param("a<br>b<br/>c", "a\nb\nc\n", id="line breaks"),
        pytest.param("a<br><br><br><br>b", "a\n\nb\n", id="many line breaks are one blank line"),
        pytest.param("<div>a</div><br><div>b</div>", "a\n\nb\n", id="a line break between blocks is a blank line"),
        pytest.param("<p>a<br></p><p>b</p>", "a\n\nb\n", id="a line break at the end of a block is none"),
        pytest.param("a<hr>b", f"a\n\n{'-' * 72}\n\nb\n", id="rule"),
        pytest.param("one \n\t two", "one two\n", id="white space folds"),
        pytest.param("<b>one</b> <i> two</i>", "one two\n", id="white space folds across tags"),
        pytest.param("f<b>oo</b>bar", "foobar\n", id="inline tags split no word"),
        pytest.param("fish &amp; chips &lt;3 &eacute; &#8364; &#x41;", "fish & chips <3 é € A\n", id="references"),
        pytest.param("10&nbsp;&nbsp;&nbsp;km", "10 km\n", id="no-break spaces fold"),
        pytest.param("a\xadb\u200bc\ufeffd", "abcd\n", id="soft hyphens and zero-width characters go"),
        pytest.param("می\u200cخواهم &zwnj; x", "می\u200cخواهم x\n", id="idle joiners go"),
        pytest.param("a\x00b\x1bc\x9bd", "abcd\n", id="control characters go"),
        pytest.param("<title>t</title><style>p{}</style><script>s</script>x", "x\n", id="title, style, script"),
        pytest.param("<!--[if mso]>no<![endif]-->a<!--[if !mso]><!-->b<!--<![endif]-->", "ab\n", id="Outlook"),
        pytest.param("a </b></div> </td> b", "a b\n", id="stray end tags"),
        pytest.param("2 < 3 <4 a<", "2 < 3 <4 a<\n", id="less-than signs that open no tag"),
        pytest.param("<address>A<br>B</address>", "A\nB\n", id="address"),
        pytest.param("<q>x</q> m<sup>2</sup> 10<sup>6</sup> 1<sup>st</sup> so<sup>3</sup> word<sup>3</sup>",
                     '"x" m^2 10^6 1st so^3 word[3]\n', id="quotes, powers, notes"),
        pytest.param("<dl><dt>T</dt><dd>d</dd><dt>U<dd>e</dl>", "T\n    d\nU\n    e\n", id="definitions"),
        pytest.param("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢(kan)\n", id="ruby"),
    ],
)  # fmt: skip
def test_words(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<h1>News</h1>x", "News\n====\n\nx\n", id="h1 has a double line"),
        pytest.param("x<h2>New<b>s</b></h2>", "x\n\nNews\n----\n", id="h2 has a line"),
        pytest.param("<h3>News</h3>x", "News\n\nx\n", id="h3 stands alone"),
        pytest.param("<h1>東京</h1>", "東京\n====\n", id="wide characters count twice"),
        pytest.param('<h2><a href="https://x.y">News</a></h2>', "News\n----\n<https://x.y>\n", id="linked heading"),
        pytest.param("<h1>a<h2>b", "a\n=\n\nb\n-\n", id="a heading ends a heading"),
        pytest.param("<ul><li>a</li><li>b</li></ul>c", "* a\n* b\n\nc\n", id="list"),
        pytest.param("x<ul><li>a<ul><li>b</ul><li>c</ul>", "x\n\n* a\n  * b\n* c\n", id="nested list"),
        pytest.param("<ol><li>a<li>b</ol>", "1. a\n2. b\n", id="numbers"),
        pytest.param("<ol start=9><li>a<p>b<li>c</ol>", "9. a\n\n   b\n\n10. c\n", id="start, and the indent follows"),
        pytest.param("<ol><li value=4>a<li>b</ol>", "4. a\n5. b\n", id="value"),
        pytest.param("<ol type=a start=26><li>a<li>b</ol>", "z. a\naa. b\n", id="letters"),
        pytest.param("<ol style='list-style-type: lower-alpha'><li>a<li>b</ol>", "a. a\nb. b\n", id="letters of css"),
        pytest.param("<ul style='list-style:none'><li>a<li>b<ul><li>c</ul></ul>", "a\nb\n* c\n", id="no mark"),
        pytest.param("<ol style='list-style:none' reversed><li>a<li>b</ol>", "a\nb\n", id="no number"),
        pytest.param("<ul style='list-style:decimal inside'><li>a<li>b</ul>", "1. a\n2. b\n", id="numbers of css"),
        pytest.param("<ol style='list-style:disc'><li>a</ol>", "* a\n", id="marks of css"),
        pytest.param("<ol type='*'><li>a</ol>", "1. a\n", id="a type that is none"),
        pytest.param("<ol type=I start=4><li>a<li>b</ol>", "IV. a\nV. b\n", id="Roman"),
        pytest.param("<ol reversed><li>a<li>b</ol>", "2. a\n1. b\n", id="reversed counts down to 1"),
        pytest.param("<ol reversed start=9><li>a<li>b</ol>", "9. a\n8. b\n", id="reversed from a start"),
        pytest.param("<ol start=x><li>a</ol>", "1. a\n", id="a start that is no number"),
        pytest.param("<li>a<li>b", "* a\n* b\n", id="items without a list"),
        pytest.param("<ul><li></li><li>a</ul>", "* a\n", id="an empty item is left out"),
        pytest.param("<blockquote>a<p>b</blockquote>c", "> a\n>\n> b\n\nc\n", id="quotation"),
        pytest.param("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b\n", id="nested quotation"),
        pytest.param("x<pre>\na   b\n\n\n  c\n</pre>y", "x\n\na   b\n\n  c\n\ny\n", id="preformatted"),
        pytest.param("<pre>\ta &lt;<b>b</b>\r\nc</pre>", "        a <b\nc\n", id="preformatted tabs and line ends"),
        pytest.param('<div style="white-space: pre-line">a\nb</div>', "a\nb\n", id="kept line ends"),
    ],
)
def test_blocks(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param('<a href="https://x.y/">here</a>.', "here <https://x.y/>.\n", id="link"),
        pytest.param('<a href="https://x.y/?a=1&amp;b=2&copy=3">l</a>', "l <https://x.y/?a=1&b=2&copy=3>\n", id="&"),
        pytest.param('see<a href="https://x.y"> here </a>now', "see here <https://x.y> now\n", id="outer spaces"),
        pytest.param('<a href="https://x.y">https://x.y</a>', "https://x.y\n", id="text is target"),
        pytest.param('<a href="https://x.y/">x.y</a>', "https://x.y/\n", id="text lacks the scheme"),
        pytest.param('<a href="mailto:a@b.c">A@b.c</a>', "mailto:a@b.c\n", id="text is the address"),
        pytest.param('<a href="mailto:a@b.c">Ann</a>', "Ann <mailto:a@b.c>\n", id="address"),
        pytest.param('<a href="tel:+4912">call</a>', "call <tel:+4912>\n", id="telephone"),
        pytest.param('<a href="/Foo">foo</a>', "foo </Foo>\n", id="relative target as written"),
        pytest.param('<a href="#top">up</a> <a name=x>y</a> <a href="javascript:x()">z</a>', "up y z\n", id="none"),
        pytest.param('<a href=" https://x.y/a b ">l</a>', "l <https://x.y/a b>\n", id="spaces inside a target"),
        pytest.param('<a href="https://x.y"><b>B</b>uy</a>', "Buy <https://x.y>\n", id="button"),
        pytest.param('<a href="https://x.y"><div>a</div><p>b</p></a>', "a\n\nb <https://x.y>\n", id="link over blocks"),
        pytest.param(
            '<a href="https://x.y"><table><tr><td>Buy</td></tr></table></a>', "Buy <https://x.y>\n", id="table button"
        ),
        pytest.param(
            '<a href="https://x.y"><table><tr><td>&nbsp;<td>Buy<td>&nbsp;</table></a>', "Buy <https://x.y>\n", id="padded"
        ),
        pytest.param('<a href="https://x.y"><img src=a></a>', "<https://x.y>\n", id="link without words"),
        pytest.param(
            '<p><a href="https://x.y"><img src=a></a><p><a href="https://x.y">Shop</a>', "Shop <https://x.y>\n",
            id="a link without words is said once",
        ),
        pytest.param('<a href="http://a">x <a href="http://b">y', "x <http://a> y <http://b>\n", id="unclosed links"),
        pytest.param('<map><area href="http://a" alt="North"></map>', "North <http://a>\n", id="image map"),
        pytest.param("a<a href=/b><img></a>c", "a </b> c\n", id="a link without words between words"),
        pytest.param("<a href=/a><img></a><a href=/b><img></a>.", "</a> </b>.\n", id="links without words in a row"),
        pytest.param('x <img src=a alt="A &amp; B"> y', "x A & B y\n", id="image"),
        pytest.param('x <img src=a alt=""> <img src=a> y', "x y\n", id="image without words"),
        pytest.param('x<img src=a alt="pixel" width="1" height=1>', "x\n", id="tracking pixel"),
        pytest.param('<a href="http://a"><img alt="Logo"></a>', "Logo <http://a>\n", id="linked image"),
        pytest.param('<img title="Logo"><img title="no" alt="">', "Logo\n", id="the title of an image without alt"),
        pytest.param('<a href="http://a" title="Shop"><img></a>', "Shop <http://a>\n", id="the title of an empty link"),
        pytest.param('<a href=/a aria-label="Shop" title=no></a>', "Shop </a>\n", id="the label of an empty link"),
        pytest.param('<a href="http://a" title="no">Shop</a>', "Shop <http://a>\n", id="a title beside words"),
        pytest.param('<a title="no"></a>', "", id="the title of no link"),
    ],
)  # fmt: skip
def test_links_and_images(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param('<img alt="A"><img alt="B">', "A B\n", id="images"),
        pytest.param('Sale<img alt="50%">off (<img alt="now">).', "Sale 50% off (now).\n", id="images between words"),
        pytest.param('<a href=/a><img alt="A"></a><a href=/b><img alt="B"></a>', "A </a> B </b>\n", id="linked images"),
        pytest.param('<pre>a<img alt="b">c\n (<img alt="d">)</pre>', "a b c\n (d)\n", id="images in lines that are kept"),
        pytest.param('see<a href="http://a/">http://a/</a>now', "see http://a/ now\n", id="a target between words"),
        pytest.param('<a href="http://a/">a</a><a href="http://b/">b</a>', "http://a/ http://b/\n", id="targets"),
        pytest.param('(<a href="http://a/">a</a>).', "(http://a/).\n", id="a target and marks"),
        pytest.param("<button>Yes</button><button>No</button>", "Yes No\n", id="buttons"),
        pytest.param('A<input type=submit value="Go"><input value=no>b', "A Go b\n", id="buttons of forms"),
        pytest.param('<input type=image alt="Go"><input type=checkbox value=no>', "Go\n", id="image buttons"),
        pytest.param('<b style="display:inline-block">a</b><b style="display:inline-flex">b</b>c', "a b c\n", id="boxes"),
        pytest.param('<a href=/a style="display:inline-block">A</a><a href=/b>B</a>', "A </a> B </b>\n", id="button links"),
        pytest.param('a<span style="display:block">b</span>c', "a\nb\nc\n", id="lines of inline elements"),
        pytest.param('<a href=/a style="display:block">A</a><a href=/b>B</a>', "A </a>\nB </b>\n", id="links that are lines"),
        pytest.param(
            '<span style="display:block"><span>a</span>b<span>c</span></span>d', "abc\nd\n", id="lines end where they end"
        ),
        pytest.param('<a href=/a><b style="display:block">A</b></a>b', "A </a>\nb\n", id="a line in a link"),
    ],
)  # fmt: skip
def test_what_a_reader_sees_apart_stands_apart(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param(
            "<table><tr><th>Item<th align=right>Price<tr><td>Tea<td align=right>3 €"
            "<tr><td>Long coffee<td align=right>12 €",
            "Item         Price\n-----------  -----\nTea            3 €\nLong coffee   12 €\n", id="data table",
        ),
        pytest.param(
            "<table><thead><tr><th>商品<th>数</thead><tbody><tr><td>茶<td>1</table>",
            "商品  数\n----  --\n茶     1\n", id="wide characters are aligned",
        ),
        pytest.param(
            "<table><tr><td>Tea<td style='text-align:right'>3.00"
            "<tr><td>Total<td style='text-align:right'>13.00</table>",
            "Tea     3.00\nTotal  13.00\n", id="line items without headers",
        ),
        pytest.param(
            "<table><tr><td>a<td>b<td>c<tr><td colspan=2>sum<td>9</table>", "a  b  c\nsum   9\n", id="column span"
        ),
        pytest.param(
            "<table><tr><th>a<th>b<tr><td rowspan=2>x<td>1<tr><td>2</table>", "a  b\n-  -\nx  1\n   2\n",
            id="row span",
        ),
        pytest.param("<table role=presentation><tr><td>a<tr><td>b</table>", "a\n\nb\n", id="layout rows"),
        pytest.param(
            "<table role=presentation><tr><td>Logo<tr><td>a<td>b<tr><td>cc<td>d</table>", "Logo\n\na   b\ncc  d\n",
            id="layout with rows of cells",
        ),
        pytest.param(
            "<table><tr><td><table><tr><td>a<td>b</table><td><p>c<p>d</table>e", "a  b\n\nc\n\nd\n\ne\n",
            id="nested tables flow",
        ),
        pytest.param("<table><tr><td>a<p>b<td>c</table>", "a\n\nb\n\nc\n", id="cells of paragraphs flow"),
        pytest.param("<table><caption>Fees</caption><tr><td>a<td>b</table>", "Fees\na  b\n", id="caption"),
        pytest.param("<tr><td>a</td></tr><td>b", "a b\n", id="cells without a table"),
        pytest.param("<table>x<tr>y<td>a</table>z", "x\ny\na\n\nz\n", id="words outside cells are kept"),
        pytest.param(
            f"<table><tr><th>A<th>B<tr><td>{NOISE}<td>x</table>",
            f"{'A':69}  B\n{'-' * 69}  -\n{NOISE[:69]}  x\n{NOISE[70:]}\n",
            id="a long cell wraps in its column",
        ),
    ],
)  # fmt: skip
def test_tables(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param('<div style="display: none">no</div>', id="display"),
        pytest.param('<div style="color:red;DISPLAY:NONE !important">no</div>', id="display in capitals"),
        pytest.param('<div style="display:none!important;display:block">no</div>', id="display that is important"),
        pytest.param('<div style="max-height:0px;overflow:hidden">no</div>', id="no height"),
        pytest.param('<span style="opacity:0.0">no</span>', id="no opacity"),
        pytest.param('<span style="visibility:hidden">no<span>no</span>no</span>', id="nested"),
        pytest.param("<section hidden><p>no<p>no</section>", id="hidden attribute"),
        pytest.param('<p style="display:none">no', id="ended by implication"),
        pytest.param('<foo hidden>no<a href="http://no">no</a></foo>', id="unknown element"),
        pytest.param('<img hidden alt="no"><input hidden><template>no</template>', id="others"),
        pytest.param("<svg><title>no</title><text>no</text></svg><svg/>", id="drawings"),
        pytest.param('<style>.pre, #x{display:none}</style><i class="a pre">no</i><b id=x>no</b>', id="style sheet"),
        pytest.param('<div data-text="skip">no</div>', id="data-text skip"),
        pytest.param('<a href="http://no" data-text="">no</a>', id="data-text empty"),
    ],
)
def test_hidden(hidden: str) -> None:
    assert to_text(f"<div>a</div>{hidden}<div>b</div>") == "a\nb\n"


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param('<a style="mso-hide:all">yes</a>', id="hidden from Outlook only"),
        pytest.param('<div style="font-size:0"><span style="font-size:12px">yes</span></div>', id="columns"),
        pytest.param('<div style="max-height:0.5em;overflow:hidden;opacity:0.5">yes</div>', id="some height"),
        pytest.param("<style>@media print{.a{display:none}} .a b{display:none}</style><i class=a>yes</i>", id="media"),
        pytest.param("<style>.a{display:none} .a{display:block}</style><i class=a>yes</i>", id="shown again"),
        pytest.param('<style>.a{display:none}</style><i class=a style="display:block">yes</i>', id="inline wins"),
        pytest.param('<style media="print">.a{display:none}</style><i class=a>yes</i>', id="other medium"),
        pytest.param('<span data-text="yes">no</span>', id="data-text"),
        pytest.param('<div data-text="yes">no <div>no</div></div>', id="data-text of a block"),
        pytest.param('<img alt="no" data-text="yes">', id="data-text of an image"),
        pytest.param('<i style="display:none;display:inline">yes</i>', id="the last declaration counts"),
        pytest.param('<p hidden>no<hr data-text="skip"><p>yes', id="after an implied end"),
    ],
)
def test_shown(shown: str) -> None:
    assert to_text(shown) == "yes\n"


def test_lines_are_wrapped_at_spaces() -> None:
    assert to_text(f"<p>{NOISE} {NOISE}", width=40) == (
        "aaaa bbbb cccc dddd eeee ffff gggg hhhh\niiii jjjj kkkk llll mmmm nnnn oooo pppp\n" * 2
    )


def test_items_and_quotations_are_wrapped_under_their_marks() -> None:
    text = to_text(f"<ul><li>{NOISE}</ul><blockquote>{NOISE}</blockquote>", width=40)
    assert text == (
        "* aaaa bbbb cccc dddd eeee ffff gggg\n  hhhh iiii jjjj kkkk llll mmmm nnnn\n  oooo pppp\n\n"
        "> aaaa bbbb cccc dddd eeee ffff gggg\n> hhhh iiii jjjj kkkk llll mmmm nnnn\n> oooo pppp\n"
    )


def test_a_long_target_stands_whole_on_its_line() -> None:
    assert to_text(f'<p>Read <a href="{LONG_URL}">all of it</a> now') == f"Read all of it\n<{LONG_URL}>\nnow\n"


def test_a_target_with_spaces_and_wide_characters_is_not_cut() -> None:
    href = "https://例え.jp/" + "長い 道 " * 20 + "終"
    assert f"<{href}>" in to_text(f'<a href="{href}">x</a>')


def test_japanese_breaks_between_characters_but_not_before_a_full_stop() -> None:
    text = to_text("<p>" + "漢字かな交じり文。" * 8, width=36)
    assert text.replace("\n", "") == "漢字かな交じり文。" * 8
    assert [len(line) for line in text.splitlines()[:-1]] == [18, 18, 18]
    assert all(line[0] != "。" for line in to_text("<p>" + "あ" * 18 + "。", width=36).splitlines())


def test_korean_breaks_at_spaces() -> None:
    assert to_text("<p>안녕하세요 반갑습니다 감사합니다", width=24) == "안녕하세요 반갑습니다\n감사합니다\n"


def test_a_number_and_its_unit_stay_together() -> None:
    assert to_text("<p>aaaaaaaaaaaaaaaaaaaa 10&nbsp;km x", width=24) == "aaaaaaaaaaaaaaaaaaaa\n10 km x\n"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 10_000 + "x", id="divisions"),
        pytest.param("<table><tr><td>x" * 3_000, id="tables"),
        pytest.param("<blockquote>x" * 10_000, id="quotations"),
        pytest.param("<ul><li>x" * 3_000, id="lists"),
        pytest.param("<div hidden>" * 10_000, id="hidden"),
        pytest.param("<a href=x><sup>1" * 5_000, id="links and superscripts"),
    ],
)
def test_deep_nesting_is_no_recursion(html: str) -> None:
    text = to_text(html)
    assert max(map(len, text.split("\n"))) < 200


def test_pieces_are_remembered_for_the_place_they_stand_in() -> None:
    row = "<td>a</td>"
    assert text_of(["<table><tr>", row, row, "</table>", row]) == "a  a\n\na\n"
    assert text_of(["<div hidden>", row, "</div>", row]) == "a\n"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(['<a href="https://x.y/', "1", "?a=b&amp;", "c=d", "\" class='c'>l</a>"], id="target"),
        pytest.param(['<a class="b" href="', "https://x.y/&quot;&lt;", '" style="x">l</a> m'], id="references"),
        pytest.param(['<a href="', 'x" data-text="w', '">l</a>'], id="a value that ends the attribute"),
        pytest.param(['<a href="', "x", '" hidden>l</a>m'], id="hidden link"),
        pytest.param(['<img src="', "x", '" alt="', "Ann &amp; Bob", '"> c'], id="words of an image"),
        pytest.param(['a<img alt="', " ", '" src="', "x", '">b'], id="no words of an image"),
        pytest.param(['<img alt="', "x", '" width="1" src="', "x", '">b'], id="pixel"),
        pytest.param(['<img alt="y" alt="', "x", '">b'], id="attribute given twice"),
        pytest.param(['<html lang="', "en", '" dir="', "ltr", '"><title>', "t", "</title><p>a"], id="language"),
        pytest.param(['<div hidden><img src="', "x", '" alt="', "y", '">b</div>c'], id="hidden image"),
        pytest.param(['<p hidden><a title="', "x", '" href="', "y", '">b</a><p>c'], id="hidden paragraph"),
        pytest.param(['<p hidden>a<div title="', "x", '">b</div><p>c'], id="a division ends a hidden paragraph"),
        pytest.param(['<a title="', "x", '" href="', "y", "/", "z", '">b</a>c'], id="three values"),
        pytest.param(['<table title="', "x", '"><tr><td>a</table>'], id="table"),
        pytest.param(["a &am", "p;", " b &", "lt; c"], id="reference"),
        pytest.param(["a<!-- <b>", "c -", "->d<!-", "->", "e"], id="comment"),
        pytest.param(["<script>", "a</scr", "ipt>b<", "p", ">c"], id="script"),
        pytest.param(["<pre>a\r", "\nb</pre>"], id="line end"),
        pytest.param(["<style>.a{dis", "play:none}</style><p class=", "a>no<p>yes"], id="style sheet"),
        pytest.param(["x", "<div title='", ">", "'>y"], id="quoted greater-than sign"),
    ],
)
def test_markup_that_pieces_cut(pieces: list[str]) -> None:
    for _ in range(2):
        assert text_of(pieces) == to_text("".join(pieces))
    assert text_of(iter(pieces)) == to_text("".join(pieces))


def test_values_do_not_leak_into_the_next_document() -> None:
    pieces = ['<p>Dear <a href="https://x.y/', "", '">', "", "</a>,</p>"]
    texts = []
    for name in ("Ann", "Zoë", "<b>Bob</b>"):
        pieces[1] = pieces[3] = name
        texts.append(text_of(pieces))
    assert texts[:2] == ["Dear Ann <https://x.y/Ann>,\n", "Dear Zoë <https://x.y/Zoë>,\n"]
    assert texts[2] == to_text("".join(pieces))


def test_markup_strings_are_strings() -> None:
    pieces = [Markup("<p>a <b>b</b> &amp; &lt;"), "c<", Markup("i>d</i> m"), "<sup>", Markup("2"), "</sup> &amp;"]
    assert text_of(pieces) == to_text(Markup("").join(pieces[:1]) + Markup("".join(pieces[1:]))) == "a b & <cd m^2 &\n"


def test_a_document_of_a_known_shape_is_filled_in() -> None:
    """Tags with several values and tables need no second reading; a value with markup does."""
    for number, name in enumerate(["Ann", "Bob", "Größe &amp; Co", "<b>Eve</b>"]):
        pieces = [
            "<p>Hi ", name, ', see <a title="t" href="https://acme.example/o/', "1", "/", str(number),
            '">your order</a>.</p><table><tr><th>What<th>Price<tr><td>', "Pens", "<td>", f"${number}.00", "</table>",
        ]  # fmt: skip
        text = text_of(pieces)
        assert text == to_text("".join(pieces))
        assert isinstance(text, Woven) == (number in (1, 2))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtemplates.text.reading._CHARACTERS", 20_000)
    sizes = []
    for number in range(200):
        assert text_of(["<p>", f'<b title="{number}">{number}</b>', "</p>"]) == f"{number}\n"
        sizes.append(plaintext._memory._size)
    assert max(sizes) < 25_000


def test_threads_share_what_is_remembered() -> None:
    pieces = [["<p>", f"n{n}", "</p><ul><li>", str(n), "</ul>", f"<i>{n}</i>"] for n in range(300)]
    found: list[list[str]] = [[] for _ in range(4)]

    def work(texts: list[str]) -> None:
        texts.extend(map(text_of, pieces))

    threads = [threading.Thread(target=work, args=(texts,)) for texts in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[to_text("".join(one)) for one in pieces]] * 4


def test_the_page_shows_what_is_made() -> None:
    page = (Path(__file__).parent.parent / "docs" / "plain-text.md").read_text(encoding="utf-8")
    shown = re.findall(r"```html\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert len(shown) == 5
    assert [to_text(html) for html, _ in shown] == [text for _, text in shown]


def test_widths_do_not_depend_on_the_unicode_version_of_the_interpreter() -> None:
    assert [display_width(text) for text in ("é", "e\u0301", "漢", "ａ", "한", "𠀀", "🎉", "\u200d")] == [
        1, 1, 2, 2, 2, 2, 2, 0,
    ]  # fmt: skip


def test_values_are_not_remembered() -> None:
    sizes = []
    for number in range(40):
        pieces = ["<title>", f"n {number}", f"m{number}", '</title><i lang="', f"x{number}", '" dir="', "l", '">']
        pieces += [
            f"{number}",
            '</i><p><a href="https://x.y/?number=',
            f"{number}",
            '">our shop</a>',
            f"{number}",
            "</p>",
        ]
        assert text_of(pieces) == f"{number}\n\nour shop <https://x.y/?number={number}>{number}\n"
        sizes.append(plaintext._memory._size)
    assert sizes[-1] == sizes[9]


def test_a_text_is_pickled_and_copied_as_plain() -> None:
    """What a mail's html and text remember is for this process: a task queue or a cache gets plain strings."""
    for number in range(3):
        html = Woven(["<p>Hello ", f"Ann{number}", "</p>"])
        assert [type(one) for one in (pickle.loads(pickle.dumps(html)), copy.deepcopy(html))] == [str, str]
        assert pickle.loads(pickle.dumps(html)) == html


def test_a_huge_text_is_not_learned_at_every_render() -> None:
    """What cannot be kept is not drawn up: it would be forgotten at once."""
    big = "<p>Hello <b>you</b></p>\n" * 250_000
    for _ in range(3):
        woven = Woven([big, "Ann", "</p>"])
    assert woven.shape is None
