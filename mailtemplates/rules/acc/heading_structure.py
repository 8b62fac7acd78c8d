from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@rule("ACC005", severity="info")
def heading_structure(document: HtmlDocument) -> Findings:
    """A heading is empty, or a level is left out between two headings.

    People who hear a message jump from heading to heading. An empty one is a stop without words, and after a step from
    `<h1>` to `<h3>` they look for what they missed.

    Reference: WCAG 2.2 §1.3.1

    Bad:

        <h1>Your order</h1>
        <h3>Where it is</h3>

    Bad:

        <h1>&nbsp;</h1>
        <p>Hello</p>

    Good:

        <h2>Your order</h2>
        <h3>Where it is</h3>
        <h2><img src="cid:logo" alt="Acme"></h2>
    """
    level = 0
    for element in sorted(document.select(*_HEADINGS), key=lambda one: one.index):
        if _is_hidden(element):
            continue
        text = element.text
        if not text and not _shows_image(element):
            yield Finding(element.tag, f"<{element.name}> is empty", "write the heading, or use a <div> to make space")
            continue
        now = int(element.name[1])
        if level and now > level + 1:
            problem = f"<{element.name}> {shorten(text, 40)!r} follows <h{level}>: <h{level + 1}> is left out"
            yield Finding(element.tag, problem, f"make it <h{level + 1}> and set its size with css")
        level = now


def _is_hidden(element: Element) -> bool:
    return element.is_hidden or element.get("aria-hidden").lower() == "true" or element.get("role") == "presentation"


def _shows_image(element: Element) -> bool:
    """Whether an image stands for the words; one without alt is told of elsewhere."""
    start, end = element.content
    return any(
        start <= one.tag.start < end and one.attributes.get("alt", "?") for one in element.document.select("img")
    )
