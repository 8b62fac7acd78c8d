from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.submission import Submission
from mailtemplates.span import Span


@rule("SND001", severity="error")
def smtputf8_unavailable(submission: Submission) -> Findings:
    """The message needs SMTPUTF8, and the server does not offer it.

    An address with letters outside ASCII before the `@` has no other form, so a server without SMTPUTF8 cannot be told
    of it, and header fields in UTF-8 may not be sent to it. Domains are no reason: they go as A-labels everywhere. Only
    a server that was asked is judged.

    Reference: RFC 6531 §3.1, §3.2

    Bad:

        S: 250-SIZE 10000000
        S: 250 8BITMIME
        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<jörg@reader.example>

        To: Jörg <jörg@reader.example>
        …

    Good:

        S: 250-8BITMIME
        S: 250 SMTPUTF8
        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<jörg@reader.example>

        To: Jörg <jörg@reader.example>
        …

    Good:

        S: 250 8BITMIME
        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<ben@xn--strae-oqa.example>

        To: Ben <ben@xn--strae-oqa.example>
        …
    """
    if not (submission.smtputf8 and submission.lacks_extension("SMTPUTF8")):
        return
    envelope = submission.envelope
    address = next((one for one in (envelope.sender, *envelope.recipients) if not one.isascii()), "")
    what = f"the address `{shorten(address)}` needs" if address else "header fields in UTF-8 need"
    yield Finding(
        _place(submission, address),
        f"{what} SMTPUTF8, which the server does not offer",
        "send over a server that offers SMTPUTF8, or use an address of ASCII letters",
    )


def _place(submission: Submission, address: str) -> Span:
    """Where the address stands in the message, else where its header begins."""
    header = submission.root.header
    at = submission.octets.find(address.encode(), header.start, header.end) if address else -1
    return Span(at, at + len(address.encode())) if at >= 0 else submission.start
