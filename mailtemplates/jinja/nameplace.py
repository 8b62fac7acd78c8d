"""Where a name or a string stands in a template's source, from the place that Jinja's tree has for it."""

from __future__ import annotations

import re

from mailtemplates.span import Span


def place_of(text: str, name: str, start: int) -> Span:
    """A name at or after a place; Jinja places the names of ``{% trans %}`` at its tag."""
    if text.startswith(name, start):
        return Span(start, start + len(name))
    found = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)").search(text, start)
    at = found.start() if found else start
    return Span(at, min(at + len(name), len(text)))


def string_place(text: str, value: str, start: int) -> Span:
    """The inside of a string, from where its literal is; with its quotes when it is written with escapes."""
    if text.startswith(value, start + 1):
        return Span(start + 1, start + 1 + len(value))
    return Span(start, min(start + max(len(value), 1), len(text)))
