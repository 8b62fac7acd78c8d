from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.lint.rule import rule
from mailtemplates.octets.message import RawMessage


@rule("ATT009", severity="warning")
def message_too_large(message: RawMessage, *, limit: int = 25_000_000) -> Findings:
    """The message is larger than mailbox providers take.

    Gmail and Outlook.com take 25 MB, and many other servers 10 MB, all of it encoded: base64 makes a file a third
    larger. What is over the limit is refused as a whole. The option `limit` is in octets.

    Reference: RFC 1870 §3; Gmail 552-5.3.4

    Bad (also body-line-over-998):

        …

        ⟨0123456789×2600000⟩

    Good:

        …
    """
    octets = message.octets
    size = len(octets)
    if size + size // 2 > limit and b"\n" in octets:
        size += octets.count(b"\n") - octets.count(b"\r\n")
    if size > limit:
        yield Finding(
            message.start,
            f"the message has {size:,} octets, over {limit:,}",
            "give the reader links to the large files",
        )
