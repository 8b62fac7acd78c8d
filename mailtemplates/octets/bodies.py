"""What a reader is shown of a message: its html and its plain text, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from mailtemplates.html.document import HtmlDocument
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.charset import find_codec
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.once import once
from mailtemplates.span import Span
from mailtemplates.text.plaintext import to_text


@dataclass(frozen=True)
class Body:
    """One body, decoded.

    :param part: the part it is.
    :param document: its html; None for plain text.
    """

    part: Part
    document: HtmlDocument | None = None

    @property
    def text(self) -> str:
        """The decoded text, of html with its tags."""
        return self.part.text

    def span(self, start: int, end: int) -> Span:
        """The octets of the message for characters of the text."""
        return locate(self.part, self._decoded(start), self._decoded(end))

    def _decoded(self, character: int) -> int:
        """The octet of the decoded body at which a character begins."""
        text = self.text[:character]
        return len(text) if text.isascii() else len(text.encode(find_codec(self.part.charset) or "utf-8", "replace"))


@dataclass(frozen=True)
class Bodies:
    """The bodies of one message that is rendered by its author: for rules that compare them.

    Findings of rules over them have spans in octets of the message; :meth:`Body.span` makes them.

    :param is_text_made: whether the text is known to be made of the html.
    """

    message: RawMessage
    all: tuple[Body, ...]
    is_text_made: bool = False

    @once
    def html(self) -> Body | None:
        """The first html body."""
        return next((body for body in self.all if body.document is not None), None)

    @once
    def text(self) -> Body | None:
        """The first plain text body."""
        return next((body for body in self.all if body.part.media_type == "text/plain"), None)

    @once
    def pair(self) -> tuple[Body, Body] | None:
        """The text and the html that stand for each other in a multipart/alternative, the text first."""
        if self.text is None or self.html is None:
            return None
        text, html = self.text.part, self.html.part
        for holder in self.message.parts:
            if holder.media_type == "multipart/alternative" and any(child is text for child in holder.children):
                return (self.text, self.html) if any(part is html for part in holder.walk()) else None
        return None

    @once
    def said(self) -> str:
        """What the html says, as the plain text that is made of it; empty when there is no html."""
        if self.is_text_made and self.text is not None:
            return self.text.text
        return to_text(self.html.text) if self.html else ""

    @property
    def is_generated(self) -> bool:
        """Whether the text is what is made of the html."""
        return self.is_text_made or (self.text is not None and self.text.text.split() == self.said.split())


def read_bodies(message: RawMessage, *, is_text_made: bool = False) -> Bodies:
    """The bodies of a message.

    :param is_text_made: whether its plain text is known to be made of its html.
    """
    bodies = (
        Body(part, HtmlDocument(part.text, part.section) if part.media_type == "text/html" else None)
        for part in message.bodies
    )
    return Bodies(message, tuple(bodies), is_text_made)
