from __future__ import annotations

from hashlib import sha256

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import Batch, RawMessage
from mailtemplates.pattern import pattern

_ID = pattern(r"<[^<>@\s]+(?=@[^<>@\s]+>)")


@rule("BLK009", severity="error", profile="bulk", fix="part")
def reused_message_id(batch: Batch) -> Findings:
    """Two different messages have the same Message-ID.

    The Message-ID names one message and no other. Mail programs and servers drop the second as a copy of the first,
    or hang it below the wrong conversation; Gmail defers such mail (421-4.7.28). Two files of the same octets are one
    message. The fix adds a piece made from the message's own octets to the later one's; a signed message has none.

    Reference: RFC 5322 §3.6.4; Gmail 421-4.7.28

    Bad:

        To: Ann <ann@reader.example>
        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
        ═══
        To: Ben <ben@reader.example>
        List-Unsubscribe: <https://acme-shop.com/u/81bc>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Good:

        To: Ann <ann@reader.example>
        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
        ═══
        To: Ben <ben@reader.example>
        Message-ID: <order-2@acme-shop.com>
        List-Unsubscribe: <https://acme-shop.com/u/81bc>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
    """
    first: dict[str, bytes] = {}
    for index, message in enumerate(batch.messages):
        field = message.first("Message-ID")
        value = field.value if field else ""
        if field and value and first.setdefault(value, message.octets) != message.octets:
            start = len(field.latin) - len(field.latin.lstrip(" \t\r\n"))
            yield Finding(
                field.at(start, len(field.latin.rstrip(" \t\r\n"))),
                f"another message has the Message-ID {shorten(value)} too",
                "give every message a Message-ID of its own",
                _new(message, field),
                message=index,
            )


def _new(message: RawMessage, field: RawField) -> Fix | None:
    """A piece before the ``@`` that is the same whenever the same message is mended."""
    match = _ID.search(field.latin)
    if match is None or message.first("DKIM-Signature"):
        return None
    end = field.at(match.end(), match.end())
    return replace(end, b"." + sha256(message.octets).hexdigest()[:16].encode())
