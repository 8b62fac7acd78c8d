from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage
from mailtemplates.span import Span

_TRACE = frozenset(
    (
        *("received", "return-path", "delivered-to", "x-original-to", "authentication-results", "received-spf"),
        *("arc-seal", "arc-message-signature", "arc-authentication-results"),
    )
)
_OBSOLETE = {
    "errors-to": "it has no effect; errors go to the envelope's sender",
    "return-receipt-to": "write Disposition-Notification-To, if you must ask for a receipt",
    "lines": "it is for news and mailbox files",
    "content-length": "it is for mailbox files and HTTP, and is wrong as soon as a server changes a line",
}


@rule("HDR017", severity="warning", fix="part")
def unexpected_header(message: RawMessage) -> Findings:
    """A field stands there that the sender does not write.

    Return-Path, Received and Authentication-Results are written by the servers on the way; one that the sender wrote is
    removed, or looks forged. Errors-To, Return-Receipt-To, Lines and Content-Length have no effect in mail, or a wrong
    one. A message with Received fields has been on its way already: that is said once, for your information.

    Reference: RFC 5321 §4.4; RFC 5322 §3.6.7; RFC 8601 §5

    Bad:

        Return-Path: <bounce@acme-shop.com>
        …

    Bad:

        Errors-To: bounce@acme-shop.com
        …

    Bad:

        Return-Path: <bounce@acme-shop.com>
        Received: from mail.acme-shop.com by mx.reader.example; Mon, 02 Nov 2026 12:00:01 +0000
        …

    Good:

        Reply-To: Acme <service@acme-shop.com>
        …
    """
    found = [field for field in message.root.fields if field.lower in _TRACE or field.lower in _OBSOLETE]
    if not found:
        return
    if message.first("Received"):
        names = list(dict.fromkeys(field.name for field in found))
        where = Span(found[0].span.start, found[0].body.end)
        problem = f"the message has been on its way: {', '.join(names[:6])}"
        yield Finding(where, problem, "remove these fields if it is to be sent as a new message", severity="info")
        return
    for name in dict.fromkeys(field.lower for field in found):
        first, *_ = same = message.fields_named(name)
        why = _OBSOLETE.get(name, "servers on the way write it")
        where = Span(first.span.start, first.body.end)
        problem = f"{first.name} is not for the sender to write"
        yield Finding(where, problem, f"remove it: {why}", Fix(tuple(Edit(one.span, b"") for one in same)))
