from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.messageid import read_message_id
from mailtemplates.pattern import pattern

_DOMAIN = pattern(r"@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})(?=[>\s]|$)")


@rule("HDR003", severity="error", fix="part")
def missing_message_id(message: RawMessage) -> Findings:
    """The message has no Message-ID field.

    Answers, threads and complaints name a message by its Message-ID. Gmail refuses mail without one (550-5.7.1). The
    fix makes one from a hash of the message and the domain of From. A message that has been on its way already
    (it has Received fields) gets a warning: the field is a SHOULD of the standard.

    Reference: RFC 5322 §3.6.4; Gmail 550-5.7.1

    Bad:

        From: Acme <hello@acme-shop.com>
        To: Ben <ben@reader.example>
        Subject: Your order
        Date: Mon, 02 Nov 2026 12:00:00 +0000

        Hello Ben.

    Good:

        Message-ID: <order-1@acme-shop.com>
        …
    """
    if message.lacks("Message-ID"):
        yield Finding(
            message.start,
            "the message has no Message-ID field",
            "add Message-ID: <unique@domain>, another one for each message",
            _made(message),
            "warning" if message.first("Received") else None,
        )


def _made(message: RawMessage) -> Fix | None:
    """A Message-ID that is the same whenever the same octets are mended."""
    author = message.first("From")
    domain = _DOMAIN.search(author.value) if author else None
    if not domain:
        return None
    from hashlib import sha256

    made = f"<{sha256(message.octets).hexdigest()[:32]}@{domain[1]}>"
    if read_message_id(made).faults:
        return None
    return Fix((message.new_field(f"Message-ID: {made}".encode("ascii")),))
