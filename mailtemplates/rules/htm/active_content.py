from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import attribute_spans
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_RUNS = ("script", "iframe", "object", "embed", "applet", "frame", "frameset")
_EVENTS = (
    r"(?:click|dblclick|load|unload|beforeunload|error|submit|change|input|focus|blur|scroll|resize|touch\w+|key\w+"
    r"|mouse\w+|pointer\w+|drag\w*|copy|paste|cut|toggle|wheel|contextmenu|animation\w+|transition\w+)"
)
_EVENT = pattern(rf"on{_EVENTS}")
_SOME_EVENT = pattern(rf"on{_EVENTS}\s*=")
_SCRIPT_URL = pattern(r"[\x00-\x20]*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:", 2)
_DATA = pattern(r"(?:application|text)/(?:[\w.+-]*json|ld\+json)", 2)


@rule("HTM004", severity="error", fix="part")
def active_content(document: HtmlDocument) -> Findings:
    """The html has scripts, frames, forms or event handlers, which no mail program runs.

    Clients take them out, filters count them against the sender, and some servers refuse the message. What depended on
    them does not work for any reader. A form is shown by some clients, with a warning, and sent by fewer.
    JSON-LD (`application/ld+json`) is markup for Gmail and may stay.

    Reference: caniemail html-object, html-form; Gmail: "JavaScript is not supported"

    Bad:

        <p>Hello</p>
        <script>track("open")</script>

    Bad:

        <p><a href="https://acme-shop.com/" onclick="track('x')">Acme shop</a></p>

    Bad:

        <p><a href="javascript:window.close()">Close the window</a></p>

    Bad:

        <iframe src="https://acme-shop.com/film" title="Our film"></iframe>

    Bad:

        <form action="https://acme-shop.com/vote"><p>How was it?</p></form>

    Good:

        <script type="application/ld+json">{"@context": "http://schema.org", "@type": "EmailMessage"}</script>
        <p><a href="https://acme-shop.com/javascript:the-book?onclick=1">The book</a></p>
    """
    root = document.first("html")
    if root is not None and ({"amp4email", "\u26a14email"} & set(root.attributes)):
        return
    for element in document.select(*_RUNS):
        if element.name != "script" or not _DATA.match(element.get("type")):
            yield _element(element)
    for element in document.select("form"):
        problem = "a form, which many mail programs do not show or do not send"
        yield Finding(element.tag, problem, "link to a page with the form", severity="warning")
    for element in document.select("meta"):
        if element.get("http-equiv").lower() == "refresh":
            yield Finding(
                element.tag, "a meta refresh, which no mail program follows", "take it out", _without(element)
            )
    for element in document.select("base"):
        if "href" in element.attributes:
            yield Finding(
                element.tag, "mail programs ignore <base>, so relative links lead nowhere", "write whole links"
            )
    for element in document.select("a", "area", "form"):
        name = "action" if element.name == "form" else "href"
        value = element.attributes.get(name, "")
        if _SCRIPT_URL.match(value):
            problem = f"{name} is a script: {shorten(value.strip(), 40)}"
            yield Finding(element.span_of(name), problem, "link to a page")
    if _SOME_EVENT.search(document.html.lower()):
        for element in document.elements:
            yield from _handlers(element)


def _element(element: Element) -> Finding:
    fix = _without(element) if element.name == "script" else None
    problem = f"<{element.name}>, which no mail program runs or shows"
    return Finding(element.tag, problem, f"take it out{'' if fix else ' and link to the page'}", fix)


def _without(element: Element) -> Fix | None:
    """The fix that takes an element out, when it has an end tag."""
    html = element.document.html
    if element.name == "meta":
        return replace(element.tag, b"", safe=False)
    end = html.find(">", element.content.end)
    closed = html.startswith("</", element.content.end) and end > 0
    return replace(Span(element.tag.start, end + 1), b"", safe=False) if closed else None


def _handlers(element: Element) -> Findings:
    source, start = element.source, element.tag.start
    if not _SOME_EVENT.search(source.lower()):
        return
    for one in attribute_spans(source):
        if _EVENT.fullmatch(one.name):
            span = Span(start + one.start, start + one.end)
            fix = replace(Span(start + len(source[: one.start].rstrip()), span.end), b"")
            yield Finding(span, f"an event handler, {one.name}, which no mail program runs", "take it out", fix)
