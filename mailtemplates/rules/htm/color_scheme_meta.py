from __future__ import annotations

from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_DARK = pattern(r"prefers-color-scheme\s*:\s*dark", 2)
_PROPERTY = pattern(r"(?:^|[;{\s])(?:supported-)?color-schemes?\s*:\s*[^;}]*dark", 2)


@rule("HTM011", severity="info", fix="part", default=False, structural=True)
def color_scheme_meta(document: HtmlDocument) -> Findings:
    """There are styles for dark mode, and nothing tells mail programs so.

    Apple Mail and iOS Mail use the dark styles of a message only when a meta element or the property `color-scheme`
    says that it has some; else they may invert the colours themselves.

    Reference: caniemail html-meta-color-scheme, css-at-media-prefers-color-scheme

    Bad:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title>
        <style>@media (prefers-color-scheme: dark) { p { color: #eeeeee !important } }</style>
        </head>
        <body><p>Hello</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="en">
        <head><meta name="color-scheme" content="light dark"><title>Your order</title>
        <style>@media (prefers-color-scheme: dark) { p { color: #eeeeee !important } }</style>
        </head>
        <body><p>Hello</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title>
        <style>:root { color-scheme: light dark } @media (prefers-color-scheme: dark) { p { color: #eeeeee } }</style>
        </head>
        <body><p>Hello</p></body>
        </html>
    """
    html = document.html
    styles = [token for token in document.tokens if token.kind == "raw" and token.name == "style"]
    dark = next((found for one in styles if (found := _DARK.search(html, one.start, one.end))), None)
    if dark is None or any(
        one.get("name").lower() in ("color-scheme", "supported-color-schemes") for one in document.select("meta")
    ):
        return
    if any(_PROPERTY.search(html, one.start, one.end) for one in styles):
        return
    head = document.first("head")
    meta = b'\n<meta name="color-scheme" content="light dark">'
    yield Finding(
        Span(*dark.span()),
        "styles for dark mode, and no color-scheme that tells of them",
        'put <meta name="color-scheme" content="light dark"> into the head',
        replace(Span(head.tag.end, head.tag.end), meta) if head else None,
    )
