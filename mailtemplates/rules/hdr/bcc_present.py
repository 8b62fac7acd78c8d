from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.span import Span

_OTHERS = ("To", "Cc", "Resent-To", "Resent-Cc")
# What mail programs write into drafts and into copies of what was sent.
_KEPT = ("Received", "X-Unsent", "X-Mozilla-Status", "X-Mozilla-Draft-Info", "X-Apple-Auto-Saved")


@rule("HDR016", severity="error", fix="safe")
def bcc_present(message: RawMessage) -> Findings:
    """A Bcc field stands in the message.

    Bcc is for the envelope. Left in the message it shows every reader who got a blind copy: few servers remove it, and
    SMTP libraries send the octets as they are. It is a warning when it is empty, and in a draft or a message that came
    in, where it is legal. The fix removes it; when no other recipient is there it writes undisclosed-recipients.

    Reference: RFC 5322 §3.6.3

    Bad:

        Bcc: Carl <carl@reader.example>
        …

    Bad:

        Bcc:
        …

    Bad:

        From: Acme <hello@acme-shop.com>
        Bcc: Carl <carl@reader.example>
        Subject: Your order
        Date: Mon, 02 Nov 2026 12:00:00 +0000
        Message-ID: <order-1@acme-shop.com>

        Hello Carl.

    Good:

        To: Ben <ben@reader.example>
        …
    """
    fields = [*message.fields_named("Bcc"), *message.fields_named("Resent-Bcc")]
    if not fields:
        return
    shown = next((field for field in fields if field.value), None)
    first = shown or fields[0]
    lenient = shown is None or any(message.first(name) for name in _KEPT)
    yield Finding(
        Span(first.span.start, first.body.end),
        f"{first.name} stands in the message" if shown else f"an empty {first.name} stands in the message",
        "remove it, and give its addresses to the server as recipients only",
        Fix(_edits(message, fields)),
        "warning" if lenient else None,
    )


def _edits(message: RawMessage, fields: list[RawField]) -> tuple[Edit, ...]:
    fields = sorted(fields, key=lambda field: field.span)
    edits = [Edit(field.span, b"") for field in fields]
    if not any(message.first(name) for name in _OTHERS):
        edits[0] = Edit(fields[0].span, b"To: undisclosed-recipients:;" + message.line_end)
    return tuple(edits)
