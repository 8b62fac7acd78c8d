from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage


@rule("HDR005", severity="warning")
def missing_recipient(message: RawMessage) -> Findings:
    """The message has none of To, Cc and Bcc.

    It is legal, and blind copies look so; but the reader cannot see for whom the message is, and filters give points
    for a missing To. Mail to people who shall not see each other says `To: undisclosed-recipients:;`.

    Reference: RFC 5322 §3.6.3

    Bad:

        From: Acme <hello@acme-shop.com>
        Subject: Your order
        Date: Mon, 02 Nov 2026 12:00:00 +0000
        Message-ID: <order-1@acme-shop.com>

        Hello Ben.

    Good:

        To: undisclosed-recipients:;
        …
    """
    if message.lacks("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"):
        yield Finding(
            message.start,
            "the message has no recipient: no To, no Cc",
            "add To with the reader's address, or To: undisclosed-recipients:;",
        )
