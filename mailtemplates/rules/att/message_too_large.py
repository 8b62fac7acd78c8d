from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.submission import Submission


@rule("ATT009", severity="warning")
def message_too_large(message: RawMessage, *, limit: int = 25_000_000) -> Findings:
    """The message is larger than mailbox providers take.

    Gmail and Outlook.com take 25 MB, and many other servers 10 MB, all of it encoded: base64 makes a file a third
    larger. What is over the limit is refused as a whole. The option `limit` is in octets. A server that is asked before
    sending says its own limit; over that it is an error.

    Reference: RFC 1870 §3; Gmail 552-5.3.4

    Bad (also body-line-over-998):

        …

        ⟨0123456789×2600000⟩

    Bad:

        S: 250 SIZE 200
        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<ben@reader.example>

        …

    Good:

        …
    """
    octets = message.octets
    size = len(octets)
    taken = message.size_limit if isinstance(message, Submission) else 0
    if 2 * size > min(limit, taken or limit) and b"\n" in octets:
        size += octets.count(b"\n") - octets.count(b"\r\n")
    if taken and size > taken:
        yield Finding(
            message.start,
            f"the message has {size:,} octets, and the server takes {taken:,}",
            "give the reader links to the large files",
            severity="error",
        )
    elif size > limit:
        yield Finding(
            message.start,
            f"the message has {size:,} octets, over {limit:,}",
            "give the reader links to the large files",
        )
