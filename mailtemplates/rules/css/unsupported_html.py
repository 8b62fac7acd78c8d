from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.clients.feature import HAND
from mailtemplates.clients.verdict import Tally
from mailtemplates.finding import Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.settings import CLIENTS

_MEDIA = frozenset({"video", "audio"})
_CONTROLS = frozenset({"input", "button", "select", "textarea", "progress", "meter"})
_TEXT_INPUTS = frozenset({"", "email", "search", "tel", "url", "number", "password"})
_FOREIGN = frozenset({"svg", "math"})


@rule("CSS003", severity="warning", structural=True)
def unsupported_html(document: HtmlDocument, *, clients: tuple[str, ...] = CLIENTS) -> Findings:
    """An element or attribute is used that mail clients drop.

    A client that does not know an element takes its tags out and shows what is inside, or nothing; where it does not
    know hidden, it shows what was meant to stay unseen. It is a warning when a chosen family of clients has no support
    at all, and an info when some of its clients have. Elements that harm nobody where they are unknown, such as
    <picture> around an <img>, are not reported.

    Reference: caniemail.com, html-*

    Bad:

        <p>Chart: <svg width="20" height="20"><circle cx="10" cy="10" r="8"/></svg></p>

    Bad:

        <p hidden>Not for your eyes</p>

    Bad:

        <p><video src="https://cdn.acme-shop.com/film.mp4" width="320"></video></p>

    Good:

        <p><video src="https://cdn.acme-shop.com/film.mp4" width="320"><a href="https://www.acme-shop.com/film">See the
        film</a></video></p>

    Good:

        <p><picture><source srcset="https://cdn.acme-shop.com/a.webp" type="image/webp">
        <img src="https://cdn.acme-shop.com/a.png" alt="A lamp" width="320"></picture></p>
    """
    tally = Tally(document, clients)
    wanted = tally.wanted
    in_foreign = -1
    for element in document.elements:
        if element.tag.start < in_foreign:
            continue
        if element.name in _FOREIGN:
            in_foreign = element.end
        key = _element_key(element)
        if key in wanted and _matters(element):
            tally.use(key, f"<{element.name}>", element.tag)
        for name in element.attributes:
            if f"attribute:{name}" in wanted:
                tally.use(f"attribute:{name}", f"the attribute {name}", element.span_of(name), f"{element.name}|{name}")
        for link, words in _links(element):
            tally.use(link, words, element.span_of("href"), element.get("href"))
    yield from tally.findings()


def _element_key(element: Element) -> str:
    if element.name == "input":
        kind = element.get("type").lower()
        return f"input:{'text' if kind in _TEXT_INPUTS else kind}"
    if element.name == "button":
        return f"button:{element.get('type').lower() or 'submit'}"
    return f"element:{element.name}"


def _matters(element: Element) -> bool:
    """Whether its lack would be seen: not of what has a fallback inside, nor of the controls of a form, which is what
    a client lacks first, nor of an element that only has a meaning and no look."""
    if element.name in _MEDIA:
        inside = element.document.html[slice(*element.content)].lower()
        return not ("<img" in inside or "<a " in inside or element.text)
    if f"element:{element.name}" in HAND["html-semantics"]:
        return "style" in element.attributes
    if element.name in _CONTROLS:
        return not any(above.name == "form" for above in element.ancestors)
    return True


def _links(element: Element) -> Iterator[tuple[str, str]]:
    if element.name == "a":
        href = element.get("href")
        if href.startswith("#") and len(href) > 1:
            yield "link:#", "a link to a place in the message"
        elif href[:7].lower() == "mailto:":
            yield "link:mailto", "a mailto: link with cc or bcc"
