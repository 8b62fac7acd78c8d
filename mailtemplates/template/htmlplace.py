"""Places in html that a template made."""

from __future__ import annotations

from mailtemplates.source import Location

RENDERED = "<html>"
"""The path of a place in html whose template is not known."""


def in_html(location: Location, template: str) -> Location:
    """A place in rendered html, named after the template that made it; other places stay as they are."""
    if location.path != RENDERED:
        return location
    return Location(f"html of {template}", location.line, location.column)
