"""Inlining: only styles change, the cascade is right, and what cannot be inlined stays. Both engines do the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from markupsafe import Markup

from mailtemplates.errors import SettingsError
from mailtemplates.html.markup import Token, cut
from mailtemplates.inliners import engine_names
from mailtemplates.inlining import pieces as pieces_module
from mailtemplates.inlining import splice as splice_module
from mailtemplates.inlining.inliner import Inliner, inline_css
from mailtemplates.inlining.planstore import FileStore

ENGINES = engine_names()

CASES = [
    pytest.param("<style>p{a:b}</style><p>x", '<p style="a: b">x', id="the empty style element goes"),
    pytest.param("<style>p{a:b} p:hover{c:d}</style><p>", '<style>p:hover{c:d}</style><p style="a: b">', id="hover"),
    pytest.param(
        "<style>*{a:b}</style><table><tr><td></table>",
        '<style>*{a:b}</style><table style="a: b"><tr style="a: b"><td style="a: b"></table>',
        id="a rule for an implied tbody stays",
    ),
    pytest.param("<style>TD{a:b}</style><table><tr><TD>", '<table><tr><TD style="a: b">', id="names have no case"),
    pytest.param("<style>p p{a:b}</style><p><p>", "<p><p>", id="a p does not hold a p"),
    pytest.param("<style>table > tr{a:b}</style><table><tr>", "<table><tr>", id="a tbody is between"),
    pytest.param(
        "<style>p+p{a:b} p:nth-child(3){c:d}</style><div><p></p><p></p><p></p></div>",
        '<div><p></p><p style="a: b"></p><p style="a: b; c: d"></p></div>',
        id="siblings",
    ),
    pytest.param("<style>a:link{a:b}</style><a href=x><a>", '<a href=x style="a: b"><a>', id="link"),
    pytest.param("<style>p:not(.x){a:b}</style><p class=x><p>", '<p class=x><p style="a: b">', id="not"),
    pytest.param(r"<style>.a\:b{c:d}</style><i class='a:b'>", "<i class='a:b' style=\"c: d\">", id="escaped class"),
    pytest.param("<style>p{a:'x'}</style><p>", "<p style=\"a: 'x'\">", id="single quotes"),
    pytest.param('<style>p{a:"x"}</style><p>', "<p style='a: \"x\"'>", id="double quotes"),
    pytest.param(
        "<style>p{a:b}</style><p style='c:d' id=x>", "<p style='a: b; c:d' id=x>".replace("c:d", "c: d"), id="own"
    ),
    pytest.param("<style>b{a:b}</style><p style='c:d;;'>", "<p style='c:d;;'>", id="an unmatched style is untouched"),
    pytest.param("<style>p{a:b}</style><p data-inline=ignore>", "<p data-inline=ignore>", id="element opts out"),
    pytest.param(
        "<style data-css-inline=ignore>p{a:b}</style><p>",
        "<style data-css-inline=ignore>p{a:b}</style><p>",
        id="sheet opts out",
    ),
    pytest.param(
        "<style data-css-inline=keep>p{a:b}</style><p>",
        '<style data-css-inline=keep>p{a:b}</style><p style="a: b">',
        id="inlined and kept",
    ),
    pytest.param(
        "<style media=print>p{a:b}</style><p>", "<style media=print>p{a:b}</style><p>", id="sheet for another medium"
    ),
    pytest.param(
        "<style>p{a:b!important} @media print{p{a:c!important}}</style><p>",
        '<style>@media print{p{a:c!important}}</style><p style="a: b">',
        id="important yields to a kept rule",
    ),
    pytest.param(
        "<style>p{border-top-left-radius:1px!important} @media x{p{border-radius:0!important}}</style><p>",
        '<style>@media x{p{border-radius:0!important}}</style><p style="border-top-left-radius: 1px">',
        id="important yields to a kept shorthand",
    ),
    pytest.param(
        "<style>p{margin-left:1px!important;c:d!important} :hover{all:unset!important}</style><p>",
        '<style>:hover{all:unset!important}</style><p style="margin-left: 1px; c: d">',
        id="important yields to a kept all",
    ),
    pytest.param(
        "<style>p{top:1px!important} p{inset:0!important} :hover{bottom:2px!important}</style><p>",
        '<style>:hover{bottom:2px!important}</style><p style="top: 1px; inset: 0">',
        id="what yields is not beaten by what it has overridden",
    ),
    pytest.param(
        r"<style>o\:p, p{a:b}</style><o:p></o:p><p>",
        r'<style>o\:p{a:b}</style><o:p></o:p><p style="a: b">',
        id="the name of a tag with a colon",
    ),
    pytest.param(
        "<style>:any-link{a:b}</style><a href=x><b href=x>", '<a href=x style="a: b"><b href=x>', id="a link is an a"
    ),
    pytest.param(
        "<style>p{c:d} .x:where(p, i){c:e} :is(b, .y):is(.x){f:g} :where(#z) p{c:h} :where(div > .q) b{i:j}</style>"
        "<p class=x><b class=x>",
        '<p class=x style="c: e"><b class=x style="f: g">',
        id="is and where",
    ),
    pytest.param(
        "<style>a:is(.x, :hover), :not(:is(.x)), p :is(p b){c:d}</style><a class=x>",
        "<style>a:is(.x, :hover), :not(:is(.x)), p :is(p b){c:d}</style><a class=x>",
        id="is that cannot be said without",
    ),
    pytest.param(
        "<style>:where(body), p{c:d}</style><p>",
        '<style>:where(body){c:d}</style><p style="c: d">',
        id="where on what has no tag",
    ),
    pytest.param(
        "<style>svg, a > path{c:d}</style><a><svg><path d='m'/></svg></a><svg><path/></svg>",
        '<a><svg style="c: d"><path d=\'m\'/></svg></a><svg style="c: d"><path/></svg>',
        id="an element of another namespace",
    ),
    pytest.param(
        "<style>.x:first-of-type, :only-of-type i{a:b}</style><div><b></b><b class=x></b><i class=x><i></i></i></div>",
        '<div><b></b><b class=x></b><i class=x style="a: b"><i style="a: b"></i></i></div>',
        id="of any type",
    ),
    pytest.param(
        "<div><style>p:first-child{a:b} p:last-child{c:d}</style><p></div>",
        '<div><p style="c: d"></div>',
        id="a style element is a child too",
    ),
    pytest.param(
        "<style>b{a:b}</style><!--[if mso]><b>x</b><![endif]--><B title='&lt;&nbsp;' >&copy</b\n>",
        "<!--[if mso]><b>x</b><![endif]--><B title='&lt;&nbsp;' style=\"a: b\" >&copy</b\n>",
        id="all else is untouched",
    ),
    pytest.param("<style>p{a:b", "<style>p{a:b", id="an unclosed style element swallows the document"),
    pytest.param("<style>p{a:b}</style><p><a x='", '<p style="a: b"><a x=\'', id="a tag cut off"),
    pytest.param("<style>b{a:b}</style><b><p>x</b>y</p>", '<b style="a: b"><p>x</b>y</p>', id="misnested"),
    pytest.param(
        "<style>[style]{a:b} [data-mailtemplates-mark]{c:d}</style><p style='--mailtemplates-7: 1' data-mailtemplates-mark=9>",
        "<p style='a: b; c: d; --mailtemplates-7: 1' data-mailtemplates-mark=9>",
        id="our own marks in the author's html",
    ),
    pytest.param(
        "<style>[ STYLE*='0; !'], [title='[style]']{a:b}</style><p style='c:0; !important d:e'><p title='[style]'>",
        "<p style='a: b; c: 0; !important d:e'><p title='[style]' style=\"a: b\">",
        id="a style attribute that is selected need not be css",
    ),
    pytest.param("", "", id="empty"),
]


def test_what_premailer_cannot_read_stays() -> None:
    html = "<style>p:not(:not(.a)), p{b:c}</style><p class=a>"
    assert Inliner("css-inline").inline(html).html == '<p class=a style="b: c">'
    assert Inliner("premailer").inline(html).html == '<style>p:not(:not(.a)){b:c}</style><p class=a style="b: c">'


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("html", "expected"), CASES)
def test_inline(engine: str, html: str, expected: str) -> None:
    assert inline_css(html, engine=engine) == expected


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ("rest", '<style> a:hover{c:d}</style><a style="a: b">'),
        ("all", '<style>a{a:b} a:hover{c:d}</style><a style="a: b">'),
        ("none", '<a style="a: b">'),
    ],
)
def test_keep_style(keep: str, expected: str) -> None:
    given = "<style>a{a:b} a:hover{c:d}</style><a>"
    inlined = Inliner(keep_style=keep).inline(given).html  # type: ignore[arg-type]
    assert inlined.replace("<style>a:hover", "<style> a:hover") == expected


def test_css_beside_the_document_comes_last_and_its_rest_goes_to_the_head() -> None:
    given = "<html><head><style>p{a:b}</style></head><p>"
    assert inline_css(given, "p{a:c} p:hover{d:e}") == (
        '<html><head><style>p:hover{d:e}</style></head><p style="a: c">'
    )


def test_a_linked_sheet_is_read_and_never_fetched() -> None:
    sheets = {"a.css": "p{a:b} p:hover{c:d}"}
    html = "<link rel=stylesheet href=a.css><p>"
    assert inline_css(html, load=sheets.__getitem__) == '<style>p:hover{c:d}</style><p style="a: b">'
    with pytest.raises(SettingsError, match=r"<html>:1:1: .*'b\.css'") as error:
        inline_css("<link rel=stylesheet href=b.css><p>", load=sheets.__getitem__)
    assert "help:" in str(error.value)
    with pytest.raises(SettingsError, match="no folder"):
        inline_css(html)


def test_a_link_to_another_host_stays_with_a_warning() -> None:
    html = '<link rel="stylesheet" href="https://fonts.example/css"><p>'
    inlined = Inliner().inline(html)
    assert inlined.html == html
    assert [str(warning.location) for warning in inlined.warnings] == ["<html>:1:1"]


def test_css_that_does_not_parse_is_a_warning_with_its_place() -> None:
    inlined = Inliner().inline("<p>\n<style>\np { color }\np { a: b }</style>")
    assert [(str(warning.location), warning.problem) for warning in inlined.warnings] == [
        ("<html>:3:5", "'color' is not a declaration")
    ]
    assert '<p style="a: b">' in inlined.html


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<p><!-- x", "a comment is not closed"),
        ("<style>p{a:b}", "<style> is not closed"),
        ("<p><a href=x", "a tag is not closed"),
        ("<p><a href='x>y</a>", "a tag is not closed: a quote is missing"),
    ],
)
def test_html_that_is_not_closed_is_a_warning(html: str, problem: str) -> None:
    inlined = Inliner().inline(html)
    assert inlined.html == html
    assert [warning.problem for warning in inlined.warnings] == [problem]


def test_base_url() -> None:
    html = (
        "<style>p{background:url(a.png)} p:hover{background:url('b.png')}</style>"
        "<p style=\"border-image: url('c')\"><a href='/d?e=1&amp;f'><img src=g srcset='h 1x, i 2x'><a href=#j>"
        "<a href=mailto:k@l><img src=cid:m><a href='{{ n }}'>"
    )
    assert inline_css(html, base_url="https://x.example/y/z") == (
        "<style>p:hover{background:url('https://x.example/y/b.png')}</style>"
        "<p style=\"background: url(https://x.example/y/a.png); border-image: url('https://x.example/y/c')\">"
        "<a href='https://x.example/d?e=1&amp;f'>"
        "<img src=\"https://x.example/y/g\" srcset='https://x.example/y/h 1x, https://x.example/y/i 2x'><a href=#j>"
        "<a href=mailto:k@l><img src=cid:m><a href='{{ n }}'>"
    )
    assert "url(a.png)" in inline_css(html)


@pytest.mark.parametrize("settings", [{"engine": "premailler"}, {"keep_style": "some"}, {"base_url": "x.example"}])
def test_settings_that_cannot_be_right(settings: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="help: "):
        Inliner(**settings)  # type: ignore[arg-type]


def receipt(rows: int, name: str, sheet: str = ".row td{a:b} .row .price{c:d}") -> list[str]:
    """A document in pieces, as a template yields it."""
    pieces = [
        "<!DOCTYPE html><html><head><title>",
        name,
        f'</title><style>{sheet}</style></head><body><a href="',
        name,
    ]
    pieces += ['" class="button">', name, "</a><table><tbody>"]
    for row in range(rows):
        pieces += ['<tr class="row"><td>', f"{name} {row}", '</td><td class="price">', str(row), "</td></tr>"]
    return [*pieces, "</tbody></table></body></html>"]


def test_any_number_of_rows_is_known_after_the_first_document() -> None:
    inliner = Inliner()
    for rows in (2, 3, 0, 50, 3):
        assert "".join(inliner.splice(receipt(rows, "Ann"))) == Inliner().inline("".join(receipt(rows, "Ann"))).html
    assert inliner.statistics == (1, 3, 1, 1)


def test_values_do_not_make_plans() -> None:
    inliner = Inliner()
    for number in range(200):
        inliner.splice(receipt(3, f"Customer {number} > & \u00fc", "td{a:b} a[href]{c:d} .row{e:f}"))
    assert inliner.statistics == (199, 0, 1, 1)


@pytest.mark.parametrize("width", ["", " ", "1px", "1px;", "; color: blue"])
def test_a_style_that_comes_in_pieces_is_mended_where_it_began(width: str) -> None:
    inliner = Inliner()
    sheet = "<style>p{color:red}</style>"
    inliner.splice([sheet, '<p style="a:b" title="x">'])
    pieces = [sheet, '<p style="width:', width, '" title="', "a title", '"></p>']
    assert "".join(inliner.splice(pieces)) == inline_css("".join(pieces))
    assert inliner.statistics.walks == 1


def test_pieces_that_escape_what_is_added_to_them() -> None:
    inliner = Inliner()
    for rows in (1, 2):
        pieces = receipt(rows, "<b style='x:", "[class='row']{a:b} a{c:d} [href*='y']{e:f} b{g:h}")
        expected = Inliner().inline("".join(pieces)).html
        assert "".join(inliner.splice(map(Markup, pieces))) == expected
        assert Inliner().inline(Markup("".join(pieces))).html == expected
    for rows in (1, 2, 3):
        inliner.splice(map(Markup, receipt(rows, "Ann", "[class='row']{a:b} a{c:d} [href*='y']{e:f}")))
    assert inliner.statistics.walks == 2


def test_static_pieces_stay_the_same_objects() -> None:
    inliner = Inliner()
    inliner.splice(receipt(2, "Ann"))
    one, two = inliner.splice(receipt(2, "Bob")).pieces, inliner.splice(receipt(2, "Eve")).pieces
    assert all(a is b for a, b in zip(one, two, strict=True) if "<" in a)


def test_memory_is_bounded_over_structures_that_never_come_again() -> None:
    inliner = Inliner()
    for number in range(300):
        inliner.splice([f"<style>.c{number}{{a:b}}</style>", f'<p class="c{number}">x</p>' * 20])
    assert len(inliner._families) <= 256
    assert len(inliner._rulebooks) <= 32


def test_a_linked_sheet_that_changes_is_read_again() -> None:
    sheets = {"a.css": "p{a:b}"}
    inliner = Inliner(load=sheets.__getitem__)
    pieces = ["<link rel=stylesheet href=a.css><p>", "x", "</p>"]
    assert "".join(inliner.splice(pieces)) == '<p style="a: b">x</p>'
    sheets["a.css"] = "p{a:c}"
    assert "".join(inliner.splice(pieces)) == '<p style="a: c">x</p>'
    sheets.clear()
    with pytest.raises(SettingsError, match=r"'a\.css'"):
        inliner.splice(pieces)


def test_threads_share_an_inliner() -> None:
    inliner = Inliner()

    def work(number: int) -> bool:
        pieces = receipt(number % 7, f"n{number}", f".row td{{a:b{number % 3}}}")
        return "".join(inliner.splice(pieces)) == Inliner().inline("".join(pieces)).html

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))


def test_a_store_spares_the_engine(tmp_path: Path) -> None:
    pieces = receipt(3, "Ann")
    first, second = (Inliner(store=FileStore(tmp_path / "plans")) for _ in range(2))
    assert first.splice(pieces) == second.splice(pieces)
    assert (first.statistics.engine_runs, second.statistics.engine_runs) == (1, 0)


@pytest.mark.parametrize("damage", [b"", b"[", b"[[], [9], [], [0], []]", b"{}", b"\xff"])
def test_a_damaged_store_is_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    html = "".join(receipt(3, "Ann"))
    expected = Inliner(store=FileStore(tmp_path)).inline(html)
    for file in tmp_path.iterdir():
        file.write_bytes(damage)
    assert Inliner(store=FileStore(tmp_path)).inline(html) == expected


@pytest.mark.parametrize("bit", [0, 7, 255, 256, 260, 300])
def test_one_wrong_bit_or_another_answers_file_is_no_answer(tmp_path: Path, bit: int) -> None:
    store = FileStore(tmp_path)
    store.put("a" * 64, b"one answer")
    store.put("b" * 64, b"another answer")
    first, second = tmp_path / f"{'a' * 64}.json", tmp_path / f"{'b' * 64}.json"
    octets = bytearray(first.read_bytes())
    octets[bit // 8] ^= 1 << bit % 8
    first.write_bytes(octets)
    assert (store.get("a" * 64), store.get("b" * 64)) == (None, b"another answer")
    second.replace(first)
    assert store.get("a" * 64) is None


def test_a_store_forgets_the_oldest_and_survives_a_folder_that_cannot_be(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "plans", limit=5)
    for number in range(64):
        store.put(f"{number % 2}{number:031x}", b"x")
    assert len(list((tmp_path / "plans").iterdir())) <= 6
    (tmp_path / "file").write_text("")
    blocked = FileStore(tmp_path / "file")
    blocked.put("0" * 32, b"x")
    assert blocked.get("0" * 32) is None


def test_a_tag_of_very_many_pieces_is_not_read_again_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop in a tag, as of ``data-…`` attributes: what is read grows with the document, not with its square."""
    read = 0

    def counted(html: str) -> list[Token]:
        nonlocal read
        read += len(html)
        return cut(html)

    monkeypatch.setattr(pieces_module, "cut", counted)
    monkeypatch.setattr(splice_module, "cut", counted)
    attributes = [part for number in range(5_000) for part in (f' data-a{number}="', f"value {number}", '"')]
    pieces = ["<style>p{color:red}</style><p", *attributes, ">x <b>", "Ann", "</b></p>"]
    inliner = Inliner()
    for _ in range(3):
        assert inliner.splice(pieces) == inliner.inline("".join(pieces)).html
    assert read < 60 * len("".join(pieces))
