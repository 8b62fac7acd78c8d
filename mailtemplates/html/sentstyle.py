"""The css that a html body is sent with: style attributes, and the style sheets that inlining left in it.

Offsets are in characters of the document's html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from mailtemplates.css.selector import Selector
from mailtemplates.css.stylesheet import Fault, Placed, place_declarations, read_declarations, read_sheet
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import attribute_spans
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_GROUP = pattern(r"@(?:media|supports|document|layer|container|-moz-document)\b", re.I)
_OUTLOOK_LEFT_OUT = pattern(r"<!--\[if\s*\(?\s*!\s*\(?\s*(?:mso|IE)|<!\[if\s*\(?\s*!\s*\(?\s*(?:mso|IE)", re.I)
_CONDITION_ENDS = pattern(r"<!--\s*<!\[endif|<!\[endif", re.I)
_NESTED = pattern(r"(?<!\{)\{(?![{%#])")
_DEEPEST = 8
_SCREENS = frozenset({"", "all", "screen"})


class SentRule(NamedTuple):
    """A rule of a style sheet.

    :param span: all of it.
    :param inside: the preludes of the at-rules that it stands in, the outermost first.
    :param declarations: with their places in the html; empty for an at-rule.
    :param nested: whether it has rules inside, as CSS Nesting allows.
    """

    span: Span
    prelude: str
    selectors: tuple[Selector, ...]
    declarations: tuple[Placed, ...]
    inside: tuple[str, ...]
    nested: bool


@dataclass(frozen=True)
class SentStyle:
    """A document's css.

    :param styled: the elements with a style attribute that says something.
    :param faults: what is wrong in the sheets.
    """

    styled: tuple[Element, ...]
    rules: tuple[SentRule, ...]
    faults: tuple[Fault, ...]

    @cached_property
    def inlined(self) -> frozenset[tuple[str, str]]:
        """The names and values in the style attributes."""
        styles = {element.attributes["style"] for element in self.styled}
        return frozenset((one.name, one.value) for style in styles for one in read_declarations(style))


@lru_cache(maxsize=4)
def sent_style(document: HtmlDocument) -> SentStyle:
    """The css of a document."""
    styled = tuple(element for element in document.elements if element.attributes.get("style", "").strip())
    rules: list[SentRule] = []
    faults: list[Fault] = []
    for element in document.select("style"):
        if element.get("type").lower() in ("", "text/css"):
            media = element.get("media").lower()
            inside = () if media in _SCREENS else (f"@media {media}",)
            _read(document.html[slice(*element.content)], element.content.start, inside, rules, faults)
    return SentStyle(styled, tuple(rules), tuple(faults))


def _read(css: str, offset: int, inside: tuple[str, ...], rules: list[SentRule], faults: list[Fault]) -> None:
    """Take the rules of a sheet, and of the at-rules in it that hold rules."""
    sheet = read_sheet(css)
    faults += (Fault(fault.problem, fault.offset + offset) for fault in sheet.faults)
    for rule in sheet.rules:
        prelude = css[rule.start : rule.block].strip()
        body = css[rule.block + 1 : max(rule.end - (css[rule.end - 1] == "}"), rule.block + 1)]
        start = offset + rule.block + 1
        placed = place_declarations(body) if rule.selectors else ()
        declarations = tuple(one._replace(start=one.start + start, end=one.end + start) for one in placed)
        nested = not rule.selectors and not prelude.startswith("@") and _NESTED.search(body) is not None
        span = Span(offset + rule.start, offset + rule.end)
        rules.append(SentRule(span, prelude, rule.selectors, declarations, inside, nested))
        if _GROUP.match(prelude) and rule.block < rule.end and len(inside) < _DEEPEST:
            _read(body, start, (*inside, prelude), rules, faults)


def span_in_style(element: Element, one: Placed) -> Span:
    """Where a declaration of an element's style attribute stands; the whole attribute where it is written encoded."""
    for attribute in attribute_spans(element.source):
        if attribute.name == "style":
            value = element.source[attribute.value_start : attribute.value_end]
            if value == element.attributes["style"]:
                start = element.tag.start + attribute.value_start
                return Span(start + one.start, start + one.end)
            return Span(element.tag.start + attribute.start, element.tag.start + attribute.end)
    return element.tag


@lru_cache(maxsize=4)
def spans_without_outlook(document: HtmlDocument) -> tuple[Span, ...]:
    """Stretches that conditional comments hide from Outlook for Windows, such as ``<!--[if !mso]><!-->``."""
    return tuple(_hidden(document)) if "!mso" in document.html or "!IE" in document.html else ()


def _hidden(document: HtmlDocument) -> Iterator[Span]:
    start = -1
    for token in document.tokens:
        if token.kind == "comment":
            text = document.html[token.start : token.end]
            if start < 0 and _OUTLOOK_LEFT_OUT.match(text) and "endif" not in text:
                start = token.end
            elif start >= 0 and _CONDITION_ENDS.match(text):
                yield Span(start, token.start)
                start = -1
