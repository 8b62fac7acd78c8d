from __future__ import annotations

import re
from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.css.property import meant_property
from mailtemplates.css.stylesheet import Declaration, place_declarations
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.sentstyle import sent_style, span_in_style
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_OLD_HACK = pattern(r"[*_+#!&$]\s*[a-zA-Z]")
_NOT_RENDERED = pattern(r"\{\{|\{%|<%|%%|\*\||\$\{|\[\[")
_DECLARATION = pattern(r"[^;}\n<]{1,200}+")
_LINE = pattern(r"(?:[^\n<]|<(?!/style)){1,200}+", re.I)
_MOST = 20


@rule("CSS005", severity="error", written=True, structural=True)
def invalid_css(document: HtmlDocument) -> Findings:
    """A style sheet or style attribute is not valid CSS, or names a property that does not exist.

    A browser skips what it cannot read and goes on. Mail clients are stricter: where a style sheet has an error, Gmail
    can drop all of it. A misspelt property does nothing anywhere.

    Reference: CSS Syntax 3 §2.2; Email on Acid, 12 things you must know about Gmail

    Bad:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>@media (max-width: 480px) { .card { padding 12px; } }</style>
        </head>
        <body>
        <p class="card">Hello Ben</p>
        </body>
        </html>

    Bad:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>a:hover { color: #336699 !important; }
        @media (max-width: 480px) { .card { padding: 12px !important; }</style>
        </head>
        <body>
        <p class="card">Hello Ben</p>
        </body>
        </html>

    Bad:

        <p style="color: #333333; font-size 20px">Hello Ben</p>

    Bad:

        <p style="bakground-color: #eeeeee">Hello Ben</p>

    Good:

        <p style="color: #333333; mso-line-height-rule: exactly; -webkit-text-size-adjust: 100%">Hello Ben</p>
    """
    yield from _in_sheets(document)
    yield from _in_attributes(document)


def _in_sheets(document: HtmlDocument) -> Findings:
    style = sent_style(document)
    seen: set[str] = set()
    for fault in style.faults:
        found = (_DECLARATION if fault.problem.endswith("declaration") else _LINE).match(document.html, fault.offset)
        line = found[0].rstrip() if found else ""
        around = document.html[max(fault.offset - 1, 0) : fault.offset + 200].partition("\n")[0]
        if fault.problem not in seen and len(seen) < _MOST and not _excused(fault.problem.strip("'\""), around):
            seen.add(fault.problem)
            where = Span(fault.offset, fault.offset + max(len(line), 1))
            yield Finding(where, f"the style sheet is broken: {fault.problem}", "mend it")
    for one in style.rules:
        for placed in one.declarations:
            yield from _misspelt(placed.declaration, Span(placed.start, placed.end), seen)


def _in_attributes(document: HtmlDocument) -> Findings:
    """What is wrong in style attributes: each fault at its first place, since inlining repeats it."""
    seen: set[str] = set()
    clean: set[str] = set()
    for element in sent_style(document).styled:
        text = element.attributes["style"]
        if text in clean or len(seen) > _MOST:
            continue
        clean.add(text)
        for placed in place_declarations(text):
            declaration = placed.declaration
            if declaration.name:
                if declaration.name not in seen and meant_property(declaration.name):
                    yield from _misspelt(declaration, span_in_style(element, placed), seen)
            elif declaration.value not in seen and not _excused(declaration.value, text):
                seen.add(declaration.value)
                yield Finding(span_in_style(element, placed), _not_a_declaration(declaration.value),
                              "write name: value", None, "warning")  # fmt: skip


def _excused(text: str, around: str) -> bool:
    """Old hacks for one browser, and what was not rendered, which is another rule's."""
    return bool(_OLD_HACK.match(text) or _NOT_RENDERED.search(around))


def _not_a_declaration(text: str) -> str:
    name, colon, value = text.partition(":")
    if colon and not value.strip():
        return f"the property {shorten(name.strip(), 40)} has no value"
    return f"`{shorten(text, 40)}` is not a declaration"


def _misspelt(declaration: Declaration, where: Span, seen: set[str]) -> Iterator[Finding]:
    meant = meant_property(declaration.name)
    if meant and declaration.name not in seen:
        seen.add(declaration.name)
        problem = f"there is no property {shorten(declaration.name, 40)}"
        yield Finding(where, problem, f"did you mean {meant}?", None, "warning")
