"""The words of a template: which block names are reserved, and what each is for.

A template is one Jinja2 file. Its reserved blocks are the sinks of a message; every other block is the author's.
"""

from __future__ import annotations

from enum import Enum

HEADER_FIELDS = {
    "from": "From",
    "sender": "Sender",
    "reply_to": "Reply-To",
    "to": "To",
    "cc": "Cc",
    "bcc": "Bcc",
    "subject": "Subject",
    "list_unsubscribe": "List-Unsubscribe",
}
"""Header blocks and the field each one is, in the order in which the fields are written."""

HEADERS = "headers"
"""The block that holds any other field, one ``Name: value`` a line."""

PREHEADER = "preheader"
"""The line that a mailbox shows after the subject; hidden in the html, left out of the text."""

ATTACHMENTS = "attachments"
"""The block in which ``attach()`` adds files; what it prints is thrown away."""

HEADER_BLOCKS = frozenset({*HEADER_FIELDS, HEADERS})
HTML_BLOCKS = frozenset({"html", "amp"})
TEXT_BLOCKS = frozenset({"text", "calendar", PREHEADER, ATTACHMENTS})
BODY_BLOCKS = frozenset({"html", "text", "amp", "calendar"})
RESERVED = HEADER_BLOCKS | HTML_BLOCKS | TEXT_BLOCKS


class Sink(Enum):
    """Where output goes, and so how a value is escaped on the way."""

    HTML = "html"
    """The ``html`` and ``amp`` blocks, and a file without reserved blocks: autoescaped."""

    PLAIN = "plain"
    """Headers and text: not escaped, template text and data kept apart."""

    FILE = "file"
    """A file without reserved blocks that is text: not escaped."""

    __hash__ = object.__hash__


SINKS = dict.fromkeys(HTML_BLOCKS, Sink.HTML)
"""The sink of each reserved block that is not plain."""
