from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.date import read_date
from mailtemplates.octets.message import RawMessage


@rule("HDR002", severity="error", fix="part")
def missing_date(message: RawMessage) -> Findings:
    """The message has no Date field.

    Date is one of the two fields that every message must have. Mail without it is sorted to 1970 or to the hour of its
    arrival, and filters count it as a mark of spam. The fix takes the date of the oldest Received field, or of
    Resent-Date, when there is one; no date is made up.

    Reference: RFC 5322 §3.6.1

    Bad:

        From: Acme <hello@acme-shop.com>
        To: Ben <ben@reader.example>
        Subject: Your order
        Message-ID: <order-1@acme-shop.com>

        Hello Ben.

    Bad (also unexpected-header):

        Received: from [192.0.2.1] by mx.acme-shop.com with ESMTPSA id 4711; Mon, 02 Nov 2026 12:00:00 +0000
        From: Acme <hello@acme-shop.com>
        To: Ben <ben@reader.example>
        Subject: Your order
        Message-ID: <order-1@acme-shop.com>

        Hello Ben.

    Good:

        Date: Mon, 02 Nov 2026 12:00:00 +0000
        …
    """
    if message.lacks("Date"):
        date = _known_date(message)
        fix = Fix((message.new_field(b"Date: " + date.encode("ascii")),)) if date else None
        yield Finding(
            message.start,
            "the message has no Date field",
            f"add Date: {date or 'Mon, 02 Nov 2026 12:00:00 +0000'}",
            fix,
        )


def _known_date(message: RawMessage) -> str:
    """The date of the oldest Received field or of Resent-Date, or nothing."""
    texts = [field.latin.rpartition(";")[2] for field in message.fields_named("Received")[-1:]]
    texts += [field.latin for field in message.fields_named("Resent-Date")[-1:]]
    for text in texts:
        date = " ".join(text.split())
        if date.isascii() and date.isprintable() and not read_date(date).faults:
            return date
    return ""
