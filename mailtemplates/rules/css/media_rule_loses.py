from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.css.property import longhands
from mailtemplates.css.stylesheet import Declaration, Placed, read_declarations
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.elementmatch import matches, read_compounds
from mailtemplates.html.sentstyle import SentRule, sent_style
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span

_MOST_LOOKS = 50_000


@rule("CSS007", severity="warning", fix="safe", structural=True)
def media_rule_loses(document: HtmlDocument) -> Findings:
    """A declaration in @media has no !important, so the style attribute of the element beats it.

    Inlining moves the other rules into style attributes, and a style attribute is stronger than any rule in <style>.
    What a rule in @media says of the same property then never shows, on phones or in dark mode, unless it is
    !important.

    Reference: CSS Cascade 5 §6.1

    Bad:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>@media (max-width: 480px) { .card { padding: 12px; } }</style>
        </head>
        <body>
        <table role="presentation"><tr><td class="card" style="padding: 40px">Hello Ben</td></tr></table>
        </body>
        </html>

    Bad:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>@media (max-width: 480px) { body p { background: #000000; color: #ffffff !important } }</style>
        </head>
        <body>
        <p style="background-color: #ffffff; color: #333333">Hello Ben</p>
        </body>
        </html>

    Good:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>@media (max-width: 480px) { .card { padding: 12px !important; text-align: center; } }</style>
        </head>
        <body>
        <table role="presentation"><tr><td class="card" style="padding: 40px">Hello Ben</td></tr></table>
        </body>
        </html>
    """
    style = sent_style(document)
    looks = 0
    for one in style.rules if style.styled else ():
        if one.inside and one.inside[-1].lower().startswith("@media"):
            looks += len(style.styled)
            if looks > _MOST_LOOKS:
                return
            yield from _losing(one, style.styled)


def _losing(one: SentRule, styled: tuple[Element, ...]) -> Findings:
    """The declarations of a rule that lose to an element's style attribute."""
    strong = {placed.declaration.name for placed in one.declarations if placed.declaration.important}
    weak = [placed for placed in one.declarations if placed.declaration.name and placed.declaration.name not in strong]
    lost: dict[Placed, Element] = {}
    ways = [compounds for selector in one.selectors if (compounds := read_compounds(selector.text))]
    for element in styled if weak and ways else ():
        if len(lost) == len(weak):
            break
        if any(matches(element, compounds) for compounds in ways):
            own = read_declarations(element.attributes["style"])
            for placed in weak:
                if placed not in lost and _beats(own, placed.declaration):
                    lost[placed] = element
    for placed in weak:
        if placed in lost:
            yield _finding(placed, lost[placed])


def _beats(own: tuple[Declaration, ...], other: Declaration) -> bool:
    """Whether a style attribute says something else of what a declaration sets, and not as important itself."""
    sets = longhands(other.name)
    same = [one for one in own if one.name == other.name or longhands(one.name) & sets]
    if not same or any(one.important for one in same):
        return False
    return any((one.name, one.value.lower()) != (other.name, other.value.lower()) for one in same[-1:])


def _finding(placed: Placed, element: Element) -> Finding:
    name, end = placed.declaration.name, placed.end
    return Finding(
        Span(placed.start, end),
        f"{name} in @media loses to the style attribute of {shorten(_tag(element), 50)}",
        "write !important behind it",
        Fix((Edit(Span(end, end), b" !important"),)),
    )


def _tag(element: Element) -> str:
    for name in ("class", "id"):
        if value := element.get(name):
            return f'<{element.name} {name}="{value}">'
    return f"<{element.name}>"
