"""The plain text version of a message's html, as an entity to put beside it (RFC 2046 §5.1.4)."""

from __future__ import annotations

from mailtemplates.octets.charset import find_codec
from mailtemplates.octets.mime import Part
from mailtemplates.octets.regrouping import text_entity
from mailtemplates.text.plaintext import to_text

_MOST = 1_000_000


def text_version(html: Part) -> bytes | None:
    """A text/plain entity that says what an html part says; None where the html is empty or cannot be read.

    It ends without a line end.
    """
    if len(html.decoded) > _MOST or (html.charset != "us-ascii" and not find_codec(html.charset)):
        return None
    text = html.text.removeprefix("\ufeff")
    if "\ufffd" in text:
        return None
    said = to_text(text)
    return text_entity(said, html) if said.strip() else None
