"""The rules on what mail clients drop: what is said, of what nothing is said, and that any text is borne."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.css.property import longhands, meant_property
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.elementmatch import matches, read_compounds
from mailtemplates.html.sentstyle import sent_style
from mailtemplates.html.sheetplace import place_in_sheet, place_of_declaration
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings


@cache
def linter(*clients: str) -> Linter:
    return Linter(Settings(select=("CSS",), clients=clients)) if clients else Linter(Settings(select=("CSS",)))


def found(html: str, *clients: str) -> list[str]:
    """Code, severity and the words at fault of each finding."""
    judged = linter(*clients).judge(HtmlDocument(html))
    return [f"{one.rule.code} {one.severity} {html[slice(*one.finding.span)]}" for one in judged]


def sheet(css: str, body: str = "<p class=a>x</p>") -> str:
    return f"<html><head><style>{css}</style></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<div style="border-radius: 8px; max-width: 600px; word-break: break-word">', id="decoration"),
        pytest.param('<div style="display: none; max-height: 0; visibility: hidden; opacity: 0">', id="preheader"),
        pytest.param('<td style="position: relative">', id="position that moves nothing"),
        pytest.param('<div style="gap: 0; float: none; transform: none">', id="what is so anyway"),
        pytest.param('<div style="mso-line-height-rule: exactly; -webkit-text-size-adjust: 100%">', id="vendors"),
        pytest.param('<td style="background: #eee; background: linear-gradient(#fff, #eee)">', id="fallback before"),
        pytest.param('<a style="padding: 12px; display: inline-block">', id="a button"),
        pytest.param('<td style="padding: 12px">', id="padding on a cell"),
        pytest.param('<p style="padding: 0">', id="no padding on a paragraph"),
        pytest.param("<p style=\"font-family: 'rem 2rem', url(3rem)\">", id="a unit in a string or address"),
        pytest.param("<p style=\"background: url('a.webp')\">", id="image in css"),
        pytest.param(sheet("@media (max-width: 9px) { .b { display: grid !important } }"), id="an extra for some"),
        pytest.param(sheet("@supports (display: grid) { .b { display: grid } }"), id="supports"),
        pytest.param(sheet("@font-face { font-family: X; src: url(x.woff2) }"), id="web font"),
        pytest.param(sheet("a:hover, a:focus { color: red !important }"), id="hover"),
        pytest.param(sheet(".a::after { content: ''; clear: both }"), id="clearfix"),
        pytest.param(sheet("[data-ogsc] .a:not(.b) { color: red }"), id="for one client"),
        pytest.param(sheet("u + .body .a:nth-child(2) { color: red }"), id="for gmail alone"),
        pytest.param(sheet("tr:nth-child(2) { color: red }", '<p style="color: red">x</p>'), id="inlined elsewhere"),
        pytest.param("<header><nav>x</nav></header>", id="meaning without a look"),
        pytest.param('<form><input type="submit"></form>', id="controls of a form"),
        pytest.param('<!--[if mso]><video></video><p style="position:fixed;top:0"></p><![endif]-->', id="comment"),
        pytest.param('<a href="#">x</a>', id="an empty anchor"),
        pytest.param('<a href="mailto:a@b.example?subject=x">x</a>', id="mailto"),
        pytest.param('<svg><image href="a.webp"/></svg>'.replace("svg", "picture"), id="picture"),
        pytest.param('<img src="https://a.example/photo?format=webp">', id="an address without a name"),
        pytest.param('<img src="cid:logo@a.example">', id="cid"),
        pytest.param('<img src="https://a.webp/">', id="a host that looks like a file"),
        pytest.param('<img src="a.JPG"><img src="a.gif"><img src="data:image/png;base64,xx">', id="shown by all"),
        pytest.param('<td style="*zoom: 1; _height: 1px">', id="hacks for old browsers"),
        pytest.param('<td style="{{ style }}; color: red;;">', id="not rendered, and empty parts"),
        pytest.param(sheet(".a { {% if x %} color: red; {% endif %} }"), id="a sheet that was not rendered"),
        pytest.param(sheet("<!-- /* x */ .a { color: red } -->"), id="comments in a sheet"),
        pytest.param(sheet("@keyframes x { 0% { top: 0 } to { top: 1px } }"), id="keyframes"),
    ],
)
def test_nothing_is_said_of(html: str) -> None:
    assert found(html) == []


@pytest.mark.parametrize(
    ("html", "findings"),
    [
        pytest.param('<div style="display:flex">', ["CSS001 info display:flex"], id="flex"),
        pytest.param(
            '<!--[if !mso]><!--><div style="display:flex"></div><!--<![endif]--><div style="display:grid">',
            ["CSS001 info display:grid"], id="what Outlook does not see is not held against it",
        ),
        pytest.param('<p style="top: 0;position:absolute">', ["CSS001 warning position:absolute"], id="position"),
        pytest.param('<p style="color: var(--x)">', ["CSS001 warning color: var(--x)"], id="variables"),
        pytest.param('<p style="padding: 4px 8px">', ["CSS001 info padding: 4px 8px"], id="padding on a paragraph"),
        pytest.param('<p style="margin: 0 -4px">', ["CSS001 info margin: 0 -4px"], id="negative margin"),
        pytest.param(sheet(".b { width: calc(1px + 2px) }"), ["CSS001 warning width: calc(1px + 2px)"], id="kept rule"),
        pytest.param(sheet("td:nth-child(2) { color: red }"), ["CSS002 warning td:nth-child(2)"], id="nth-child"),
        pytest.param(sheet(".a::before { content: '>' }"), ["CSS002 warning .a::before"], id="content"),
        pytest.param(sheet(".a { & b { color: red } }"), ["CSS002 warning .a"], id="nesting"),
        pytest.param('<b hidden="">', ['CSS003 warning hidden=""'], id="hidden"),
        pytest.param("<video src=a.mp4></video>", ["CSS003 warning <video src=a.mp4>"], id="video"),
        pytest.param('<section style="color: red">', ['CSS003 info <section style="color: red">'], id="styled section"),
        pytest.param('<a href="#top">x</a>', ['CSS003 info href="#top"'], id="anchor"),
        pytest.param("<img src=a.svg?v=1>", ["CSS004 warning src=a.svg?v=1"], id="svg"),
        pytest.param("<img src=data:image/webp,x>", ["CSS004 info src=data:image/webp,x"], id="webp as data"),
        pytest.param('<p style="color: red; font-size 2px">', ["CSS005 warning font-size 2px"], id="no colon"),
        pytest.param('<p style="color:; top: 0">', ["CSS005 warning color:"], id="no value"),
        pytest.param('<p style="font-wieght: 700">', ["CSS005 warning font-wieght: 700"], id="misspelt"),
        pytest.param('<p style="colr: &quot;a&quot;">', ['CSS005 warning style="colr: &quot;a&quot;"'], id="encoded"),
        pytest.param(sheet(".a { color: red"), ["CSS005 error .a { color: red"], id="not closed"),
        pytest.param(sheet("@media x { .a { color red } }"), ["CSS005 error color red"], id="broken in @media"),
        pytest.param('<p style="color: rgb(0 0 0 / 50%)">', ["CSS006 error color: rgb(0 0 0 / 50%)"], id="spaces"),
        pytest.param('<p style="color: oklch(40% 0.2 200)">', ["CSS006 error color: oklch(40% 0.2 200)"], id="oklch"),
        pytest.param(
            sheet("@media print { .a { color: rgba(1 2 3) !important } }"),
            ["CSS006 error color: rgba(1 2 3) !important"], id="a whole sheet",
        ),
    ],
)  # fmt: skip
def test_something_is_said_of(html: str, findings: list[str]) -> None:
    assert found(html) == findings


def test_a_feature_is_told_of_once_with_how_often() -> None:
    one, *more = linter().judge(HtmlDocument('<p style="top: 0; position: fixed">x</p>' * 3))
    assert not more
    assert one.finding.problem == "position is not supported by gmail (4 of 4), outlook (3 of 6); 3 places"
    assert "caniemail's data of 20" in one.finding.help


def test_the_clients_decide() -> None:
    html = '<div style="display: flex">'
    assert found(html, "apple-mail.*") == []
    assert found(html, "outlook.windows") == ["CSS001 warning display: flex"]
    assert found('<p style="color: rgb(0 0 0)">', "yahoo.*") == []
    assert found('<p style="color: red /* x */">', "mail-ru.*") == ["CSS006 error color: red /* x */"]


def test_modern_colours_that_strip_nothing_are_still_unsupported() -> None:
    assert found('<p style="color: lab(1% 2 3)">', "yahoo.*") == ["CSS001 warning color: lab(1% 2 3)"]


@pytest.mark.parametrize(
    ("rule", "body", "lost"),
    [
        pytest.param(".a { padding: 1px }", '<p class="a b" style="padding: 2px">', 1, id="class"),
        pytest.param("#a { padding: 1px }", '<p id=a style="padding: 2px">', 1, id="id"),
        pytest.param("div p { padding: 1px }", '<div><b><p style="padding: 2px">', 1, id="descendant"),
        pytest.param("div > p { padding: 1px }", '<div><b><p style="padding: 2px">', 0, id="no child"),
        pytest.param("b, p[class] { padding: 1px }", '<p class="" style="padding: 2px">', 1, id="list, attribute"),
        pytest.param(".sm\\:a { padding: 1px }", '<p class="sm:a" style="padding: 2px">', 1, id="escape"),
        pytest.param("* { padding: 1px }", '<p style="padding: 2px">', 1, id="any element"),
        pytest.param(".a { padding-left: 1px }", '<p class=a style="padding: 2px">', 1, id="longhand to shorthand"),
        pytest.param(".a { padding: 1px }", '<p class=a style="padding-top: 2px">', 1, id="shorthand to longhand"),
        pytest.param(".a { border-color: red }", '<p class=a style="border-top: 1px solid">', 1, id="crosswise"),
        pytest.param(".a { border: 0 }", '<p class=a style="border-radius: 2px">', 0, id="another property"),
        pytest.param(".a { font-size: 1px; color: red }", '<p class=a style="font: 2px x; color: blue">', 2, id="two"),
        pytest.param(".a { padding: 1px }", '<p class=a style="padding: 1px">', 0, id="the same value"),
        pytest.param(".a { padding: 1px !important }", '<p class=a style="padding: 2px">', 0, id="important"),
        pytest.param(".a { padding: 1px }", '<p class=a style="padding: 2px !important">', 0, id="own is important"),
        pytest.param(".a { padding: 1px }", '<p class=a style="color: red">', 0, id="nothing said of it"),
        pytest.param("p:first-child { padding: 1px }", '<p style="padding: 2px">', 0, id="not simple"),
    ],
)
def test_a_media_rule_loses_to_a_style_attribute(rule: str, body: str, lost: int) -> None:
    html = sheet(f"@media (max-width: 480px) {{ {rule} }}", body)
    judge = Linter(Settings(select=("CSS007",)))
    judged = judge.judge(HtmlDocument(html))
    assert len(judged) == lost
    fixed = apply_fixes(html.encode(), [one.finding.fix for one in judged if one.finding.fix]).decode()
    assert fixed.count("!important") == lost + html.count("!important")
    assert judge.judge(HtmlDocument(fixed)) == []


CSS = st.text("{}()[];:,.#@!/*'\"\\ \nabc-09%&<>=~+") | st.lists(
    st.sampled_from([
        "@media (x) {", "@supports y {", "}", "{", ".a", "p > b", "::before", "{ color: red }", "padding: 1px;",
        "rgb(0 0 0)", "/*", "*/", "!important", "colr: x;", "style", "'", '"', ":not(", ")", "display:flex", "\\",
    ])
).map(" ".join)  # fmt: skip


@given(CSS, CSS)
def test_any_css_is_borne(css: str, style: str) -> None:
    html = sheet(css, f'<p class="a" style="{style}"><b hidden style="{style}">x</b></p>')
    for one in linter().judge(HtmlDocument(html)):
        start, end = one.finding.span
        assert 0 <= start <= end <= len(html)
        assert one.finding.problem.isprintable()


@pytest.mark.parametrize(
    "piece",
    [
        '<p style="position: fixed; top: 0">', "<style>@media x{.a{padding:1px}}</style><p class=a style=padding:2px>",
        "<style>@media x{", "<style>{{{{", '<p style="rgb(">', '<p style="color: rgb(0 ">', "<!--[if !mso]><!-->",
        "<style>.a .b .c{color:red", "<svg>", '<p style="colr: x; a{b}">', "<p style='/*'>",
    ],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    def seconds(count: int) -> float:
        document = HtmlDocument(piece * count)
        assert document.elements is not None
        started = time.process_time()
        linter().judge(document)
        return time.process_time() - started

    seconds(10)
    small, large = seconds(250), min(seconds(2000), seconds(2000))
    assert large < max(small, 0.01) * 8 * 6


def test_a_property_that_was_meant() -> None:
    meant = {name: meant_property(name) for name in ("colr", "bakground", "fontsize", "font_size", "wdith", "colour")}
    assert meant == {
        "colr": "color", "bakground": "background", "fontsize": "font-size", "font_size": "font-size",
        "wdith": "width", "colour": "color",
    }  # fmt: skip
    assert not any(
        map(meant_property, ("color", "mso-foo", "-ms-zom", "zoom", "align", "x", "a" * 99, "no-such-thing"))
    )
    assert longhands("gap") == {"row-gap", "column-gap"}
    assert longhands("color") == {"color"}


@given(st.text(max_size=40))
def test_any_selector_is_read(text: str) -> None:
    for element in HtmlDocument("<div id=a><p class=b>x</p></div>").elements:
        assert matches(element, read_compounds(text)) in (True, False)


def test_the_rest_of_a_sheet_is_found_in_the_sheet() -> None:
    before = "\n.a { color: red }\n.b:hover, .c { color: blue }\n@media x { .a { top: 0 } }\n/* end */"
    after = "\n.b:hover { color: blue }\n@media x { .a { top: 0 } }\n/* end */"
    for words in ("color: blue", "@media x", "top: 0"):
        assert before[place_in_sheet(before, after, after.index(words)) :].startswith(words)
    assert before[place_in_sheet(before, after, after.index(".b:hover")) :].startswith(".b:hover")
    assert place_in_sheet(before, "p{}", 0) == -1


@given(CSS, CSS, st.integers(0, 60))
def test_places_in_any_sheet_are_inside_it(before: str, after: str, at: int) -> None:
    assert -1 <= place_in_sheet(before, after, min(at, max(len(after) - 1, 0))) <= len(before)


def test_an_inlined_declaration_is_found_in_the_sheet_or_the_old_attribute() -> None:
    source = '<style>.b { color: red; } .a { color: red; top: 0 !important }</style><p class="a" style="left: 1px">'
    old, new = '<p class="a" style="left: 1px">', '<p class="a" style="color: red; top: 0; left: 1px">'

    def place(words: str) -> tuple[int, bool] | None:
        return place_of_declaration(source, old, new, new.index(words))

    assert place("color: red") == (source.index("color: red; top"), False)
    assert place("top: 0") == (source.index("top: 0"), False)
    assert place("left") == (old.index("left"), True)
    assert place("class") is None


def test_styles_are_read_as_sent() -> None:
    style = sent_style(
        HtmlDocument(sheet("@media x { @supports y { .a { color: red } } }", "<p style=' '><p style=top:0>"))
    )
    assert [rule.inside for rule in style.rules] == [(), ("@media x",), ("@media x", "@supports y")]
    assert [element.get("style") for element in style.styled] == ["top:0"]
