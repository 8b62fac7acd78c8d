from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import attribute_spans
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_NAMES = pattern(r"""[\s"']([^\s"'<>/=]++)\s*+=""")
_REFERENCES = ("for", "headers", "aria-labelledby", "aria-describedby")


@rule("HTM003", severity="warning", fix="part", structural=True)
def duplicate_attribute_or_id(document: HtmlDocument) -> Findings:
    """A tag has the same attribute twice, or two elements have the same id.

    Of an attribute that is given twice the second is dropped, so half of a `style` or the wrong `class` is lost. A link
    to an id, a label or a css rule finds the first of two elements only.

    Reference: HTML §13.1.2.3; HTML §3.2.6

    Bad:

        <p style="color: #333333" class="note" style="margin: 0">Hello</p>

    Bad:

        <p class="note" class="note">Hello</p>

    Bad (also unsupported-html):

        <p><a href="#terms">The terms</a></p>
        <h2 id="terms">Terms of sale</h2>
        <h2 id="terms">Terms of use</h2>

    Good:

        <p style="color: #333333; margin: 0" class="note" id="first">Hello</p>
        <p id="second"><a href="https://acme-shop.com/?a=1&amp;b=2&amp;a=3">Your order</a></p>
    """
    ids: dict[str, list[Element]] = {}
    for element in document.elements:
        names = _NAMES.findall(element.source)
        if len(names) != len(set(map(str.lower, names))):
            yield from _twice(element)
        if "id" in names or "ID" in names:
            ids.setdefault(element.get("id"), []).append(element)
    for name, elements in ids.items():
        if len(elements) > 1 and name:
            yield _same_id(document, name, elements)


def _twice(element: Element) -> Findings:
    source, start = element.source, element.tag.start
    first: dict[str, str] = {}
    for one in attribute_spans(source):
        value = source[one.value_start : one.value_end]
        if one.name not in first:
            first[one.name] = value
            continue
        same = value == first[one.name]
        before = len(source[: one.start].rstrip())
        yield Finding(
            Span(start + one.start, start + one.end),
            f"<{element.name}> has the attribute {shorten(one.name, 40)} twice; the second is dropped",
            "take one of them out" if same else "write both values into one attribute",
            replace(Span(start + before, start + one.end), b"") if same else None,
        )


def _same_id(document: HtmlDocument, name: str, elements: list[Element]) -> Finding:
    return Finding(
        elements[1].span_of("id"),
        f"{len(elements)} elements have the id {shorten(name, 40)!r}, and this is the second",
        "give each an id of its own, or leave it out",
        severity="warning" if _is_used(document, name) else "info",
    )


def _is_used(document: HtmlDocument, name: str) -> bool:
    """Whether a link, a label or a style refers to an id."""
    if any(element.get("href") == f"#{name}" for element in document.select("a", "area")):
        return True
    return any(
        f"#{name}" in document.html[token.start : token.end] for token in document.tokens if token.kind == "raw"
    ) or any(element.get(one) == name for element in document.elements for one in _REFERENCES)
