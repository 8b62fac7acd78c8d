from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.clients.verdict import noted, see
from mailtemplates.css.stylesheet import place_declarations
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.sentstyle import sent_style, span_in_style
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.settings import CLIENTS
from mailtemplates.span import Span


class _Construct(NamedTuple):
    """Something that a note of caniemail says strips more than itself.

    :param words: of the note.
    :param in_sheet: whether it does so in <style> too.
    """

    slug: str
    words: str
    form: re.Pattern[str]
    in_sheet: bool
    help: str


_SPACED = r"\(\s*+[^\s,()]++\s++[^,()]++\)"
_CONSTRUCTS = (
    _Construct("css-rgb", "whole attribute is stripped", pattern(rf"\brgb{_SPACED}", re.I), True,
               "write the colour with commas, rgb(0, 128, 0), or as #008000"),
    _Construct("css-rgba", "whole attribute is stripped", pattern(rf"\brgba{_SPACED}", re.I), True,
               "write the colour with commas, rgba(0, 128, 0, 0.5)"),
    _Construct("css-modern-color", "remove all inline styles", pattern(r"\b(?:ok)?l(?:ch|ab)\([^()]*+\)", re.I), False,
               "write the colour as #008000"),
    _Construct("css-comments", "strips the whole attribute", pattern(r"/\*.*?(?:\*/|\Z)", re.S), False,
               "take the comment out"),
    _Construct("css-comments", "inline `style` attribute is removed", pattern(r"/\*.*?(?:\*/|\Z)", re.S), False,
               "take the comment out"),
)  # fmt: skip


@rule("CSS006", severity="error", structural=True)
def style_stripping_construct(document: HtmlDocument, *, clients: tuple[str, ...] = CLIENTS) -> Findings:
    """A piece of css makes a mail client drop the whole style attribute or the whole style sheet.

    Gmail reads colours only as they were written before 2017. When it finds rgb(0 128 0) or rgb(0 0 0 / 50%), with
    spaces instead of commas, it does not leave out that colour but everything that the attribute or the <style> element
    says, and the message loses its looks there. A fallback before it does not help.

    Reference: caniemail.com, notes of css-rgb, css-rgba, css-modern-color and css-comments

    Bad:

        <p style="color: rgb(0 128 0); font-size: 20px">Hello Ben</p>

    Bad:

        <p style="color: #333333; color: oklch(40% 0.2 200)">Hello Ben</p>

    Bad:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>@media (max-width: 480px) { .card { background-color: rgba(0 0 0 / 5%) !important; } }</style>
        </head>
        <body>
        <div class="card">Hello Ben</div>
        </body>
        </html>

    Good:

        <p style="color: rgb(0, 64, 0); background-color: #eeeeee">Hello Ben</p>
    """
    asked = [(one, families) for one in _CONSTRUCTS if (families := noted(one.slug, one.words, clients))]
    for construct, families in asked:
        found = [*_in_attributes(document, construct), *(_in_sheets(document, construct) if construct.in_sheet else ())]
        if found:
            where, words, what = found[0]
            often = f"; {len(found)} places" if len(found) > 1 else ""
            problem = f"`{shorten(words, 40)}` makes {' and '.join(families)} drop the whole {what}{often}"
            yield Finding(where, problem, f"{construct.help}; {see(construct.slug)}")


def _in_attributes(document: HtmlDocument, construct: _Construct) -> Iterator[tuple[Span, str, str]]:
    for element in sent_style(document).styled:
        text = element.attributes["style"]
        if found := construct.form.search(text):
            places = place_declarations(text)
            placed = next((one for one in places if one.start <= found.start() < one.end), None)
            where = span_in_style(element, placed) if placed else element.span_of("style")
            yield where, found[0], "style attribute"


def _in_sheets(document: HtmlDocument, construct: _Construct) -> Iterator[tuple[Span, str, str]]:
    for one in sent_style(document).rules:
        for placed in one.declarations:
            if found := construct.form.search(placed.declaration.value):
                yield Span(placed.start, placed.end), found[0], "style sheet"
