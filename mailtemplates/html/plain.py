"""A plain text body, as the rules over links see it: a document without elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.markup import Token


@dataclass(frozen=True)
class PlainDocument(HtmlDocument):
    """A plain text; ``html`` is the text, and nothing in it is a tag.

    :param known: URLs that stand in the html too, and are judged there.
    """

    known: frozenset[str] = field(default=frozenset(), repr=False)

    @cached_property
    def tokens(self) -> list[Token]:
        """One text."""
        return [Token("text", 0, len(self.html), "")] if self.html else []
