"""The tape: tokens tile any string, agree with a WHATWG tokenizer, and edits leave every other character alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.html.markup import attribute_spans, attributes, cut, decode, remove_attribute, set_attribute

BITS = st.lists(
    st.sampled_from(
        [
            *(
                "<",
                ">",
                "</",
                "/>",
                "!",
                "--",
                "-",
                "<!--",
                "-->",
                "--!>",
                "<!",
                "<?",
                "a",
                "B",
                "div",
                "style",
                "script",
            ),
            *("<style>", "</style", "<title>", "</TITLE ", "<script>", "</script>", "<textarea", "=", '"', "'", " "),
            *("<![if !mso]>", "<![CDATA[", "]]>", "<!DOCTYPE html", "&amp;", "é", "\x00", "<p class='a>b'>", "\n"),
        ]
    ),
    max_size=14,
).map("".join)


def kinds(html: str) -> list[tuple[str, str]]:
    return [(token.kind, html[token.start : token.end]) for token in cut(html)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("a<b>c</b>", ["text a", "start <b>", "text c", "end </b>"], id="plain"),
        pytest.param("<a b='>' c=\">\">x", ["start <a b='>' c=\">\">", "text x"], id="quoted >"),
        pytest.param("<a title=it's>x", ["start <a title=it's>", "text x"], id="quote inside a bare value"),
        pytest.param("<a '>x", ["start <a '>", "text x"], id="quote that opens no value"),
        pytest.param('<a b="x>y', ['comment <a b="x>y'], id="value cut off by the end"),
        pytest.param("<!-->x<!--->y", ["comment <!-->", "text x", "comment <!--->", "text y"], id="empty comments"),
        pytest.param("<!--a--!>b", ["comment <!--a--!>", "text b"], id="comment closed by --!>"),
        pytest.param("<!--a>b", ["comment <!--a>b"], id="comment cut off"),
        pytest.param("<!--[if mso]><b><![endif]-->x", ["comment <!--[if mso]><b><![endif]-->", "text x"], id="mso"),
        pytest.param("<![if !mso]>x", ["comment <![if !mso]>", "text x"], id="downlevel-revealed"),
        pytest.param("<![CDATA[a>b]]>", ["comment <![CDATA[a>", "text b]]>"], id="CDATA is a comment"),
        pytest.param("<?xml?>x", ["comment <?xml?>", "text x"], id="processing instruction"),
        pytest.param("</>x</ a>y", ["comment </>", "text x", "comment </ a>", "text y"], id="no end tags"),
        pytest.param("1 < 2 </", ["text 1 < 2 </"], id="lone <"),
        pytest.param("<!DOCTYPE html>x", ["doctype <!DOCTYPE html>", "text x"], id="doctype"),
        pytest.param("<title><b></titlex></TITLE >a", ["start <title>", "raw <b></titlex>", "end </TITLE >", "text a"]),
        pytest.param("<style></style>", ["start <style>", "end </style>"], id="empty raw text has no token"),
        pytest.param("<style>a{}", ["start <style>", "raw a{}"], id="raw text cut off"),
        pytest.param(
            "<script><!--<script></script>--></script>x",
            ["start <script>", "raw <!--<script></script>-->", "end </script>", "text x"],
            id="script double escaped",
        ),
        pytest.param("<plaintext></plaintext>", ["start <plaintext>", "raw </plaintext>"], id="plaintext"),
    ],
)
def test_cut(html: str, expected: list[str]) -> None:
    assert [f"{kind} {text}" for kind, text in kinds(html)] == expected


@given(st.one_of(BITS, st.text()))
def test_tokens_tile_any_string(html: str) -> None:
    assert "".join(text for _, text in kinds(html)) == html


def test_names_are_lower_case_in_ascii_only() -> None:
    assert [token.name for token in cut("<DIV><lin\u212a>")] == ["div", "lin\u212a"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        pytest.param("<a b=1 C='x' d=\"y\" e f = g>", {"b": "1", "c": "x", "d": "y", "e": "", "f": "g"}, id="forms"),
        pytest.param("<a b=1 B=2>", {"b": "1"}, id="the first counts"),
        pytest.param("<a href=/x/>", {"href": "/x/"}, id="slash in a bare value"),
        pytest.param("<br/>", {}, id="none"),
        pytest.param("<a b='' c>", {"b": "", "c": ""}, id="empty"),
        pytest.param("<a b='&amp;&lt'>", {"b": "&<"}, id="references"),
    ],
)
def test_attributes(tag: str, expected: dict[str, str]) -> None:
    assert attributes(tag) == expected


def test_a_query_is_not_a_reference() -> None:
    assert decode("?a=1&copy=2&copying&amp;b=&#x41;&copy;&copy") == "?a=1&copy=2&copying&b=A©©"


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        pytest.param("<br/>", "x", '<br style="x"/>', id="new before the slash"),
        pytest.param("<a href=x/>", "y", '<a href=x/ style="y">', id="new behind a bare value"),
        pytest.param("<a>", 'a"b', "<a style='a\"b'>", id="quotes that save references"),
        pytest.param("<a STYLE=q b>", "1&2", '<a STYLE="1&amp;2" b>', id="bare to quoted"),
        pytest.param("<a b= >", "y", '<a style="y" b= >', id="no value behind ="),
        pytest.param("<a style>", "y", '<a style="y">', id="no value"),
        pytest.param("<a  style=''  c>", "y'", "<a  style='y&#39;'  c>", id="its own quotes"),
    ],
)
def test_set_attribute(tag: str, value: str, expected: str) -> None:
    assert set_attribute(tag, "style", value) == expected


@given(BITS.map(lambda bits: f"<a {bits}"), st.text())
def test_what_is_set_is_read(html: str, value: str) -> None:
    for token in cut(html):
        if token.kind == "start":
            tag = set_attribute(html[token.start : token.end], "style", value)
            assert attributes(tag)["style"] == value
            assert [(kind, text) for kind, text in kinds(tag) if kind != "raw"] == [("start", tag)]
            assert "style" not in attributes(remove_attribute(tag, "style"))
            assert all(tag[span.start : span.end] for span in attribute_spans(tag))


@given(st.sampled_from(["<", "<a ", "<!--", "</", '<a b="', "<a b='", "<script>", "-", "<title>", "<!---", "= ", "<x"]))
def test_a_megabyte_of_anything_is_cut(bit: str) -> None:
    html = bit * (200_000 // len(bit))
    assert sum(token.end - token.start for token in cut(html)) == len(html)
