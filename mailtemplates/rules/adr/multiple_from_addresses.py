from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.message import RawMessage


@rule("ADR004", severity="error")
def multiple_from_addresses(message: RawMessage) -> Findings:
    """The From field has more than one address.

    Gmail refuses such a message (550-5.7.1, "multiple addresses in the From: header"), and DMARC cannot say whose
    policy holds. The standard allows several authors when Sender names the one who sent the message; with a Sender it
    is a warning.

    Reference: RFC 5322 §3.6.2; RFC 7489 §6.6.1; Gmail 550-5.7.1

    Bad:

        From: Ann <ann@acme-shop.com>, Ben <ben@acme-shop.com>
        …

    Bad:

        From: Ann <ann@acme-shop.com>, Ben <ben@acme-shop.com>
        Sender: Ann <ann@acme-shop.com>
        …

    Good:

        From: Ann and Ben <shop@acme-shop.com>
        Reply-To: Ann <ann@acme-shop.com>, Ben <ben@acme-shop.com>
        …
    """
    for field in message.fields_named("From")[:1]:
        addresses = read_addresses(field)
        boxes = addresses.mailboxes
        if len(boxes) > 1 and addresses.is_sound:
            sender = message.first("Sender")
            yield Finding(
                field.at(boxes[1].span.start, boxes[-1].span.end),
                f"From has {len(boxes)} addresses" + ("" if sender else ", and there is no Sender"),
                "write one address in From; answers to several people go to the addresses of Reply-To",
                severity="warning" if sender else None,
            )
