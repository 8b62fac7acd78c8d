from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import attribute_spans
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.severity import Severity
from mailtemplates.span import Span
from mailtemplates.text.unfilled import NOTHING, find_placeholders

#: What marks a name or a text to fill in, beside what is one anywhere.
_OWN = pattern(r"\{\{[^{}<>]{0,200}+(?=[<>{]|\Z)|%%[A-Za-z_][\w.:-]*+%%|(?i:lorem ipsum)\b")
_WHOLE = pattern(rf"\s*({NOTHING})\s*\Z")
_GREETED = pattern(
    r"(?i:\b(?:hello|hi|hey|dear|welcome|hallo|liebe|lieber|bonjour|hola|ciao|olá|hej)),?\s+"
    rf"({NOTHING})(?=\s*[,!.:]|\s*\Z)"
)
_IN_URL = pattern(rf"(?<=[/=])({NOTHING})(?=[/?&#]|\Z)")
_PERCENT_ENCODED = pattern(r"%[0-9A-Fa-f]{2}")
_PERCENT = pattern(r"%[A-Za-z(%]")
_MARKS = (
    "{{", "{%", "${", "<%", "*|", "[object ", "orem ipsum", "OREM IPSUM", "orem Ipsum",
    "undefined", "null", "NaN", "nan", "None",
)  # fmt: skip
_CODE = frozenset({"code", "pre", "kbd", "samp", "tt"})
_URLS = frozenset({"href", "src", "background", "action"})
_FREE = frozenset({"class", "id", "name", "value", "type", "for"})
_SURE = ("undefined", "NaN")


class _Place(NamedTuple):
    span: Span
    text: str
    severity: Severity | None


@rule("HTM010", severity="error")
def placeholder_in_body(document: HtmlDocument, *, allow: tuple[str, ...] = ()) -> Findings:
    """A placeholder stands in the html: a template's name that was not filled in, or what a program writes for nothing.

    Readers see `Hello {{ name }}` or `Hello undefined`, or a link leads to `/orders/None`. Names that the sending
    service fills in later, such as `*|UNSUB|*`, go into the option `allow`, as globs.

    Reference: none; the most common fault of merged mail

    Bad:

        <p>Hello {{ user.name }}</p>

    Bad:

        <p>Hello *|FNAME|*, your code is %%code%%</p>

    Bad:

        <p>Hello undefined, your order is on its way.</p>

    Bad:

        <table><tr><th>Total</th><td>NaN</td></tr></table>

    Bad:

        <p>Sent to [object Object]</p>

    Bad:

        <p>Lorem ipsum dolor sit amet.</p>

    Bad:

        <p><img src="https://acme-shop.com/face.png" alt="undefined"></p>

    Bad:

        <p><a href="https://acme-shop.com/orders/None">Your order</a></p>

    Good:

        <p>Write <code>{{ name }}</code> where the name goes. An undefined value is left out. None was sold.</p>
        <p>100%% wool, from 5%% on, *|, {, }.</p>
        <p><a href="https://acme-shop.com/undefined-values">What null means</a></p>
    """
    marks = [one for one in _MARKS if one in document.html]
    if _PERCENT.search(document.html):
        marks.append("%")
    if not marks:
        return
    places: dict[str, list[_Place]] = {}
    for place in (*_in_text(document, marks), *_in_attributes(document, marks)):
        if not any(fnmatchcase(place.text, one) for one in allow):
            places.setdefault(place.text, []).append(place)
    for text, found in places.items():
        times = f", {len(found)} times" if len(found) > 1 else ""
        problem = f"the placeholder {shorten(text, 60)} stands in the html{times}"
        yield Finding(
            found[0].span, problem, "give its value, or say what stands there without one", severity=found[0].severity
        )


def _in_text(document: HtmlDocument, marks: list[str]) -> Iterator[_Place]:
    html = document.html
    raw = [(one, None) for one in document.tokens if one.kind == "raw" and one.name in ("title", "textarea")]
    for (_, start, end, _), element in (*raw, *document.texts):
        text = html[start:end]
        if not any(mark in text for mark in marks) or _is_code(element):
            continue
        yield from _tags(html, start, end)
        whole = _WHOLE.match(html, start, end) if _is_alone(html, start, end) else None
        if whole:
            yield _Place(Span(*whole.span(1)), whole[1], None if whole[1] in _SURE else "warning")
        else:
            for match in _GREETED.finditer(html, start, end):
                yield _Place(Span(*match.span(1)), match[1], None)


def _tags(html: str, start: int, end: int) -> Iterator[_Place]:
    """Names of template languages in a stretch, and stand-ins for text."""
    for match in _OWN.finditer(html, start, end):
        yield _Place(Span(*match.span()), match[0].strip(), None)
    for left, right in find_placeholders(html[start:end]):
        yield _Place(Span(start + left, start + right), html[start + left : start + right], None)


def _is_alone(html: str, start: int, end: int) -> bool:
    """Whether a text has its element for itself."""
    return not html.startswith("</", html.rfind("<", 0, start)) and html.startswith("</", end)


def _is_code(element: Element | None) -> bool:
    """Whether an element is, or stands in, a sample of code."""
    return element is not None and (element.name in _CODE or any(one.name in _CODE for one in element.ancestors))


def _in_attributes(document: HtmlDocument, marks: list[str]) -> Iterator[_Place]:
    for element in document.elements:
        source, start = element.source, element.tag.start
        if "=" not in source or not any(mark in source for mark in marks):
            continue
        for one in attribute_spans(source):
            value = source[one.value_start : one.value_end]
            yield from _in_value(one.name, value, start + one.value_start)


def _in_value(name: str, value: str, start: int) -> Iterator[_Place]:
    for place in _tags(value, 0, len(value)):
        if name not in _URLS or not _PERCENT_ENCODED.match(place.text):
            yield place._replace(span=Span(start + place.span.start, start + place.span.end))
    found: re.Match[str] | None = None
    if name not in _FREE and not name.startswith(("data-", "aria-")):
        found = _WHOLE.match(value)
    if found is None and name in _URLS:
        found = _IN_URL.search(value)
    if found:
        yield _Place(Span(start + found.start(1), start + found.end(1)), found[1], None)
