from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span

_HEAD = frozenset({"html", "head", "meta", "title", "link", "base", "style", "script", "noscript", "template", "body"})
_ELSEWHERE = frozenset({"svg", "noscript", "template"})


@rule("HTM006", severity="warning", fix="part", structural=True)
def style_placement(document: HtmlDocument, *, limit_kb: int = 16) -> Findings:
    """A `<style>` stands in the body, or the styles together are larger than Gmail takes.

    Gmail and several others read `<style>` in the head only. Of all styles Gmail takes the first 16 KB: the `<style>`
    that goes over is dropped whole, and with it the rules for phones and for dark mode.

    Reference: caniemail html-style; hteumeuleu/email-bugs#90

    Bad:

        <p class="note">Hello</p>
        <style>@media (max-width: 480px) { .note { font-size: 18px !important } }</style>

    Bad:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title>
        <style>⟨.note { color: #333333; } ×900⟩</style>
        </head>
        <body><p>Hello</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title><style>.note { color: #333333; }</style></head>
        <body><p class="note">Hello</p></body>
        </html>
    """
    size = 0
    conditional = "[if" in document.html
    body = next((one.tag.start for one in document.elements if one.name not in _HEAD), len(document.html))
    for element in document.select("style"):
        if element.get("type").lower() not in ("", "text/css") or "amp-custom" in element.attributes:
            continue
        if any(one.name in _ELSEWHERE for one in element.ancestors):
            continue
        before, size = size, size + len(element.document.html[slice(*element.content)].encode())
        if element.tag.start > body or any(one.name == "body" for one in element.ancestors):
            problem = "<style> stands in the body, where Gmail and others do not read it"
            yield Finding(element.tag, problem, "put it into the head", None if conditional else _into_head(element))
        if before <= limit_kb * 1024 < size:
            problem = f"of {_all(document) / 1024:.0f} KB of styles Gmail takes {limit_kb} KB, and drops this <style>"
            yield Finding(element.tag, problem, "take unused rules out; put what phones need into a <style> before it")


def _all(document: HtmlDocument) -> int:
    return sum(one.content.end - one.content.start for one in document.select("style"))


def _into_head(element: Element) -> Fix | None:
    """The fix that moves a style before the end tag of the head."""
    html, document = element.document.html, element.document
    head = document.first("head")
    end = html.find(">", element.content.end) + 1
    if head is None or not end or html[head.end : head.end + 6].lower() != "</head":
        return None
    if not html.startswith("</", element.content.end):
        return None
    style = html[element.tag.start : end]
    moved = Edit(Span(head.end, head.end), (style + "\n").encode())
    return Fix((moved, Edit(Span(element.tag.start, end), b"")))
