from __future__ import annotations

from urllib.parse import urlsplit

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.markup import Token
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_IMPORT = pattern(r"""/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)|(@import)\s*+(?:url\(\s*+)?["']?([^"')\s;]++)""", 2)
_FONT_HOSTS = (
    "fonts.googleapis.com", "fonts.bunny.net", "use.typekit.net", "p.typekit.net", "use.typekit.com", "fast.fonts.net",
    "cloud.typography.com", "fonts.adobe.com", "hello.myfonts.net", "api.fontshare.com", "fonts.cdnfonts.com",
)  # fmt: skip


@rule("HTM005", severity="warning")
def external_stylesheet(document: HtmlDocument) -> Findings:
    """A style sheet is fetched from elsewhere, by `<link>` or `@import`.

    One mail client in seven fetches it: the others show the message without these styles. Where it only brings a web
    font, and the styles name a font to fall back to, nothing is lost; that is told as info.

    Reference: caniemail html-link, css-at-import

    Bad:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title><link rel="stylesheet" href="https://acme-shop.com/mail.css"></head>
        <body><p>Hello</p></body>
        </html>

    Bad:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title><style>@import url("https://acme-shop.com/mail.css");</style></head>
        <body><p>Hello</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title><style>/* @import "x.css" */ p { color: #333333 }</style></head>
        <body><p>Hello</p></body>
        </html>
    """
    for element in document.select("link"):
        words = element.get("rel").lower().split()
        if "stylesheet" in words and "alternate" not in words:
            yield _finding(element.tag, "<link>", element.get("href"))
    for token in document.tokens:
        if token.kind == "raw" and token.name == "style":
            yield from _imports(document, token)


def _imports(document: HtmlDocument, token: Token) -> Findings:
    for match in _IMPORT.finditer(document.html, token.start, token.end):
        if match[1]:
            yield _finding(Span(*match.span()), "@import", match[2])


def _finding(span: Span, by: str, url: str) -> Finding:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if host in _FONT_HOSTS:
        problem = f"a web font by {by} from {shorten(host, 40)}, which most mail programs do not fetch"
        return Finding(span, problem, "name a font to fall back to in each font-family", severity="info")
    problem = f"a style sheet by {by} from {shorten(url, 60) or 'nowhere'}, which most mail programs do not fetch"
    return Finding(span, problem, "write the styles into the html; they are inlined when the message is made")
