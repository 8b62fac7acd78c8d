from __future__ import annotations

import re

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.pattern import pattern

_NO_REPLY = pattern(r"(?:.*[-_.+])?(?:no|not|do[-_.]?not|dont)[-_.]?reply(?:[-_.+].*)?", re.IGNORECASE)
_LIST = ("List-Id", "List-Post", "Mailing-List", "Precedence")


@rule("ADR010", severity="warning")
def reply_to_suspicious(message: RawMessage) -> Findings:
    """An answer to the message goes nowhere, or back to the reader.

    People answer to mail of machines too. A no-reply address with no Reply-To beside it throws the answers away, and
    providers take it for a sign of careless bulk mail; Outlook asks that From or Reply-To can receive. A Reply-To that
    is the recipient's own address is a template that has filled in the wrong one. A Reply-To that cannot be read is
    reported as `unparsable-address`.

    Reference: Outlook.com sender requirements, "can receive replies"; RFC 5322 §3.6.2

    Bad:

        From: Acme <no-reply@acme-shop.com>
        …

    Bad:

        From: Acme <no-reply@acme-shop.com>
        Reply-To: <do.not.reply@acme-shop.com>
        …

    Bad:

        To: Ben <ben@reader.example>
        Reply-To: ben@reader.example
        …

    Good:

        From: Acme <no-reply@acme-shop.com>
        Reply-To: Acme support <help@acme-shop.com>
        …

    Good:

        To: Gardeners <gardeners@lists.example>
        Reply-To: Gardeners <gardeners@lists.example>
        List-Id: <gardeners.lists.example>
        …
    """
    author, reply = message.first("From"), message.first("Reply-To")
    writer = _specs(author)
    if reply is None:
        if author and writer and all(map(_is_no_reply, writer)):
            yield _nobody(author, writer[0], "From is a no-reply address, and there is no Reply-To")
        return
    answers = _specs(reply)
    if answers and all(map(_is_no_reply, answers)):
        yield _nobody(reply, answers[0], "Reply-To is a no-reply address")
    elif (
        answers and answers == _specs(message.first("To")) and answers != writer and not any(map(message.first, _LIST))
    ):
        where = reply.at(*read_addresses(reply).mailboxes[0].span)
        yield Finding(
            where, f"Reply-To is the address in To, `{shorten(answers[0])}`", "write the sender's own address"
        )


def _specs(field: RawField | None) -> list[str]:
    """The addresses of a field in lower case; none when it cannot be read."""
    addresses = read_addresses(field) if field else None
    if addresses is None or not addresses.is_sound:
        return []
    return [box.spec.text.lower() for box in addresses.mailboxes if box.spec]


def _is_no_reply(spec: str) -> bool:
    return "reply" in spec and _NO_REPLY.fullmatch(spec.rpartition("@")[0]) is not None


def _nobody(field: RawField, spec: str, problem: str) -> Finding:
    where = field.at(*read_addresses(field).mailboxes[0].span)
    return Finding(where, f"{problem}: `{shorten(spec)}`", "give a Reply-To that a person reads")
