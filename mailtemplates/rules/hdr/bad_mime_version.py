from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.lexeme import read_lexemes
from mailtemplates.octets.message import RawMessage


@rule("HDR014", severity="error", fix="safe")
def bad_mime_version(message: RawMessage) -> Findings:
    """MIME-Version is missing, or is not 1.0.

    Content-Type and Content-Transfer-Encoding have a meaning only in a message with `MIME-Version: 1.0`. Without it a
    strict reader shows the raw octets of base64 or html, and filters give points for it. A message of plain ASCII
    text without such fields needs none.

    Reference: RFC 2045 §4

    Bad:

        From: Acme <hello@acme-shop.com>
        To: Ben <ben@reader.example>
        Subject: Your order
        Date: Mon, 02 Nov 2026 12:00:00 +0000
        Message-ID: <order-1@acme-shop.com>
        Content-Type: text/plain; charset=utf-8

        Hello Ben.

    Bad:

        MIME-Version: 2.0
        …

    Good:

        MIME-Version: 1.0 (made by Acme 3)
        …

    Good:

        From: Acme <hello@acme-shop.com>
        To: Ben <ben@reader.example>
        Subject: Your order
        Date: Mon, 02 Nov 2026 12:00:00 +0000
        Message-ID: <order-1@acme-shop.com>

        Hello Ben.
    """
    field = message.first("MIME-Version")
    if field is None:
        needs = message.first("Content-Type") or message.first("Content-Transfer-Encoding")
        if needs and message.lacks("MIME-Version"):
            fix = Fix((message.new_field(b"MIME-Version: 1.0"),))
            problem = f"the message has {needs.name} but no MIME-Version"
            yield Finding(message.start, problem, "add MIME-Version: 1.0", fix)
    elif field.is_plain:
        words = [one for one in read_lexemes(field.latin) if not one.is_blank]
        if "".join(one.text for one in words) != "1.0":
            told = f"MIME-Version is `{shorten(field.value, 40)}`" if field.value else "MIME-Version is empty"
            where = field.at(words[0].start, words[-1].end) if words else field.body
            yield Finding(where, told, "write 1.0", replace(where, b"1.0" if words else b" 1.0"))
