from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage


@rule("HDR001", severity="error")
def missing_from(message: RawMessage) -> Findings:
    """The message has no From field.

    Every message names its author. Mail without From is refused by Gmail (550-5.7.1) and looks like spam everywhere
    else, and no reader knows whom to answer.

    Reference: RFC 5322 §3.6; Gmail 550-5.7.1

    Bad:

        To: Ben <ben@reader.example>
        Subject: Your order
        Date: Mon, 02 Nov 2026 12:00:00 +0000
        Message-ID: <order-1@acme-shop.com>
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8

        Hello Ben.

    Good:

        From: Acme <hello@acme-shop.com>
        …
    """
    if message.lacks("From"):
        yield Finding(message.start, "the message has no From field", "add From: Name <local@domain>")
