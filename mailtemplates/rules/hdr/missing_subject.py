from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import decode, read_words
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.span import Span


@rule("HDR004", severity="warning")
def missing_subject(message: RawMessage) -> Findings:
    """The message has no subject, or an empty one.

    The subject is what a reader decides by. Clients show "(no subject)" instead, and filters give such mail points
    for spam.

    Reference: RFC 5322 §3.6.5

    Bad:

        From: Acme <hello@acme-shop.com>
        To: Ben <ben@reader.example>
        Date: Mon, 02 Nov 2026 12:00:00 +0000
        Message-ID: <order-1@acme-shop.com>

        Hello Ben.

    Bad:

        Subject:
        …

    Bad:

        Subject: =?utf-8?q?_?=
        …

    Good:

        Subject: Your order has been sent
        …
    """
    field = message.first("Subject")
    if field is None:
        if message.lacks("Subject"):
            yield Finding(message.start, "the message has no Subject field", "add Subject: what the message is about")
    elif not field.value or ("=?" in field.value and not decode(field.value).strip() and not _is_broken(field)):
        where = Span(field.span.start, field.body.end)
        yield Finding(where, "the subject is empty", "write in a few words what the message is about")


def _is_broken(field: RawField) -> bool:
    """Whether an encoded word holds something that cannot be decoded."""
    return any(word.payload and not word.octets for word in read_words(field))
