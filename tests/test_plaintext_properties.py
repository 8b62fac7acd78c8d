"""Laws of the text made from html: any string is converted, pieces make the same text, and no target is lost or cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from mailtemplates.text.plaintext import text_of, to_text
from mailtemplates.text.wrapping import display_width, wrap

NAMES = [
    "p", "div", "span", "a", "table", "tr", "td", "th", "tbody", "caption", "ul", "ol", "li", "h1", "h2", "blockquote",
    "pre", "q", "sup", "dl", "dt", "dd", "img", "br", "hr", "svg", "style", "script", "textarea", "title", "button",
    "b", "center", "area", "template", "option", "foo", "input",
]  # fmt: skip
ATTRIBUTES = [
    "", " hidden", ' style="display:none"', ' href="http://x.y/a b"', " href=x", ' href="mailto:a@b"', ' class="x"',
    ' data-text="skip"', ' data-text="two words"', " role=presentation", " colspan=3", " rowspan=2", " reversed",
    ' style="white-space:pre"', ' alt="A"', " align=right", " start=4", " value=7", ' class="x', " title='>'",
    ' style="display:block"', ' style="display:inline-block"', ' alt="A" title="T"', ' title="T"', ' aria-label="L"',
    ' type=submit value="Go"', ' href="http://x.y/z"', ' style="list-style: none"', ' style="list-style-type:upper-roman"',
]  # fmt: skip
WORDS = [
    "word", " ", "\n", "\t", "\r\n", "a b  c", "&amp;", "&nbsp;", "&am", "p;", "&#", "65;", "<", "</", "<!--", "-->",
    "漢字かな、交じり文。", "한국어", "\u200d", "\u200c", "\xad", "\xa0", "\u3000", "\u2028", "\x02", "\ud800",
    "\U0010ffff",
    "x" * 90, "http://x.y/z", "a@b", ".x{display:none}", "</style>", "</script>", "2",
]  # fmt: skip

tags = st.builds(
    "".join,
    st.tuples(st.just("<"), st.sampled_from(NAMES), st.sampled_from(ATTRIBUTES), st.sampled_from([">", "/>", ""])),
)
ends = st.builds("</{}>".format, st.sampled_from(NAMES))
documents = st.lists(tags | ends | st.sampled_from(WORDS), max_size=25).map("".join)
targets = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Co")), min_size=1).map(
    lambda path: f"https://x.y/{path}z"
)


@st.composite
def cuttings(draw: st.DrawFn) -> list[str]:
    document = draw(documents)
    places = draw(st.lists(st.integers(0, len(document)), max_size=40)) if draw(st.booleans()) else range(len(document))
    edges = [0, *sorted(set(places)), len(document)]
    return [document[start:end] for start, end in pairwise(edges)]


@given(documents | st.text())
@example("<p hidden><h1><tbody></h1>")
@example("<ol reversed></ol>")
@example("<table><tr><td>a<td>\u3000<tr><td>b")
def test_any_string_is_converted_to_clean_lines(html: str) -> None:
    text = to_text(html)
    assert text == "" or (text.endswith("\n") and not text.startswith("\n"))
    assert "\n\n\n" not in text and not text.endswith("\n\n")
    assert all(line == line.rstrip() for line in text.split("\n"))
    text.encode()


@given(cuttings())
@example(["<pre", "><area", " href=", "p>"])
@example(["<", "dl", ">\r\n", "<", "g>", "\u3000", ">"])
@example(['<a class="x" href="', "1&am", 'p;" title="', ">", '">a</a>'])
def test_pieces_make_the_text_of_their_concatenation(pieces: list[str]) -> None:
    expected = to_text("".join(pieces))
    for _ in range(4):
        assert text_of(pieces) == expected


PARTS = [
    "<table><tr><td>", "</td><td align=right>", "</td></tr><tr><td>", "</td></tr></table>", "<table><tr><th>", "<td><p>",
    "</th><th>", "<h1>", "</h1>", "<p>", "</p>", "<ul><li>", "</li><li>", "</ul>", "<ol><li>", "<ol reversed><li>", "</ol>",
    "<ol style=\"list-style:none\"><li>", "<a href=x><img></a>", "<a href=y></a>",
    "<blockquote>", "</blockquote>", "<br>", "<hr>", "<pre>", "</pre>", " and ", "A", "$4.00", "x<sup>", "</sup>",
    '<a href="https://x.y/?q=', '">here</a>', '">our shop</a>, ', '">x.y/?q=1</a>', '"> https://x.y/?q=a </a>.', '">s</a>',
    '" title="t">the  big <b>shop</b></a><p>', '"></a><p>', '"><table><tr><td>a', "<title>", "</title>", "<p hidden>",
    '<img src="', '" alt="', '">', "<!--", " -->", '<a title="', '" href="', "</a>", "one two three four five six seven eight nine ",
    "“Curly” words and (more) that need more than one line of text, é ", '<a href="https://x.y/abcdefghijklmnop/abcdefghijklmn?a=',
    '<img alt="', '<span style="display:block">', '<b style="display:inline-block">', "</span>", "</b>", "<button>",
    '<a style="display:inline-block" href="https://x.y/?q=', '<img alt="i">', '<a href="https://x.y/">x.y</a>', ".", "(",
    '<input type=submit value="', '<img title="', '<a href=x title="n"><img></a>', '<span>',
    "%s", "\ue000", "&#xe000;", "&am", "\xa0", "\u200d",
]  # fmt: skip
VALUES = ["1", "a", "", " ", "$3.50", "Zoë", "word " * 20, "<b>z", "x&amp;y", 'q"r', "漢字", "\u0301", "a  b", "<br>"]
VALUES += [
    "https://x.y/a",
    "x.y",
    "&#39;s",
    "&am",
    "&copy",
    "a -",
    ">",
    "\ue000",
    "%d",
    "a&nbsp;b",
    "javascript:x",
    "#",
]


@given(
    st.lists(st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join), min_size=1, max_size=6),
    st.lists(st.lists(st.sampled_from(VALUES), min_size=12, max_size=12), min_size=3, max_size=5),
    st.lists(st.integers(0, 5), min_size=1, max_size=11),
)
@example(
    ['<p><a href="https://x.y/?q=', '">our shop</a>, ', '<a href="https://x.y/?q=', '">s</a>'], [["1"] * 12] * 4, [0, 1]
)
def test_what_is_remembered_of_a_template_is_right_for_other_values(
    parts: list[str], messages: list[list[str]], order: list[int]
) -> None:
    for values in messages:
        pieces = [piece for at, value in zip(order, values, strict=False) for piece in (parts[at % len(parts)], value)]
        assert text_of(pieces) == to_text("".join(pieces))


@given(targets, st.sampled_from(["words", "", "漢字", "<b>x</b><div>y</div>", '<img alt="i">']), st.integers(24, 80))
def test_every_target_is_there_as_written(href: str, words: str, width: int) -> None:
    written = href.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    assert href in to_text(f'<p>Some text before <a href="{written}">{words}</a> and after.</p>', width=width)


@given(
    st.lists(st.text("abc é漢。「x", min_size=1, max_size=12).map(str.strip).filter(bool), min_size=1),
    st.integers(4, 30),
)
def test_wrapping_loses_nothing_and_keeps_to_the_width(words: list[str], width: int) -> None:
    text = " ".join(" ".join(words).split())
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    longest = max(map(display_width, text.replace("漢", " ").split()), default=0) + 6
    assert all(display_width(line) <= max(width, longest) for line in lines)


@given(documents, documents)
def test_a_hidden_element_changes_nothing_behind_it(hidden: str, shown: str) -> None:
    kept = hidden.replace("<", "(").replace("&", "+")
    assert to_text(f"<div hidden>{kept}</div>{shown}") == to_text(shown)


SHOWN = [
    "p", "div", "h1", "h3", "blockquote", "pre", "ul", "li", "dl", "dt", "dd", "b", "sup", "q", "a href='x'", "button",
    "center", "fieldset", "details", "summary", "ruby", "rt", "o:p", "caption", "tbody", "option",
]  # fmt: skip
BESIDE = ["", " ", "<br>", "<hr>", "&nbsp;", "</td>", "</p>", "<td>", "<tr>"]
WORD = "\0"
cells = st.tuples(
    st.sampled_from(["td", "td", "th"]), st.sampled_from(["", " colspan=2", " rowspan=2", " align=right"])
)


def elements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=3).map("".join)
    row = st.lists(st.builds(lambda cell, content: f"<{cell[0]}{cell[1]}>{content}", cells, several), max_size=3)
    table = st.lists(row.map(lambda found: f"<tr>{''.join(found)}"), max_size=4).map(
        lambda rows: f"<table>{''.join(rows)}</table>"
    )
    plain = st.builds(lambda name, content: f"<{name}>{content}</{name.split()[0]}>", st.sampled_from(SHOWN), several)
    return table | plain


worded = st.recursive(st.sampled_from(BESIDE).map(WORD.__add__), elements, max_leaves=14)


@given(st.lists(worded, min_size=1, max_size=3).map("".join), st.sampled_from([24, 40, 72]))
@example(f"<table><tr><td>{WORD}<td>{WORD}<tr><td colspan=2><p>{WORD}</p><p>{WORD}</p></table>", 72)
def test_no_word_that_a_reader_sees_is_lost(html: str, width: int) -> None:
    """Whatever becomes of tables, lists and what stands in the wrong place, each word is in the text, and once."""
    first, *others = html.split(WORD)
    said = [f"w{number}q" for number in range(len(others))]
    text = to_text(first + "".join(word + rest for word, rest in zip(said, others, strict=True)), width=width)
    assert [text.count(word) for word in said] == [1] * len(said)
