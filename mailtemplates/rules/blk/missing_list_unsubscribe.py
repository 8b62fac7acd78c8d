from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage


@rule("BLK001", severity="error", profile="bulk")
def missing_list_unsubscribe(message: RawMessage) -> Findings:
    """Bulk mail has no List-Unsubscribe field.

    Mail programs make their unsubscribe button of it. A reader without the button presses "spam" instead, and the
    rate of those decides where the next mail goes. Gmail and Yahoo require it of who sends more than 5,000 a day.

    Reference: RFC 2369 §3.2; RFC 8058 §3.1; Gmail and Yahoo sender requirements

    Bad:

        From: Acme <hello@acme-shop.com>
        …

    Good:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>, <mailto:leave@acme-shop.com?subject=7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
    """
    if not message.first("List-Unsubscribe"):
        yield Finding(
            message.start,
            "bulk mail without a List-Unsubscribe field",
            "add List-Unsubscribe: <https://…> and List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        )
