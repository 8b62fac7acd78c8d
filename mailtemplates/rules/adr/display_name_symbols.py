from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.links.orgdomain import is_aligned
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import RawMailbox, display_name, read_addresses
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.pattern import pattern

# Arrows, technical signs, boxes, shapes, dingbats, stars; emoji and what makes one of a character. Not ©, ® and ™, and
# not ㈱ and its like, which belong to names.
_SYMBOL = pattern("[\u2190-\u21ff\u2300-\u2bff\u20e3\ufe0f\U0001f000-\U0001faff]")


@rule("ADR009", severity="warning")
def display_name_symbols(message: RawMessage) -> Findings:
    """The sender's display name has emoji or other symbols, or the recipient's own name.

    The name in From is there to say who writes. Symbols look like buttons and marks of trust of the mail program
    itself, and the reader's name makes it look like an ongoing conversation; Gmail asks for neither and sorts such
    mail as spam. Marks that belong to a name, such as ® and ™, are fine.

    Reference: Gmail sender guidelines, display names

    Bad:

        From: =?utf-8?b?QWNtZSDinIXwn5iA?= <hello@acme-shop.com>
        …

    Bad:

        From: Acme for Ben Miller <hello@acme-shop.com>
        To: Ben Miller <ben@reader.example>
        …

    Good:

        From: =?utf-8?q?Acme=C2=AE_Caf=C3=A9?= <hello@acme-shop.com>
        To: Ben Miller <ben@reader.example>
        …
    """
    for field in (message.first("From"), message.first("Sender"), message.first("Reply-To")):
        addresses = read_addresses(field) if field else None
        if field and addresses and addresses.is_sound:
            for box in addresses.mailboxes:
                if box.name:
                    yield from _judge(message, field, box)


def _judge(message: RawMessage, field: RawField, box: RawMailbox) -> Findings:
    name = display_name(box)
    found = None if name.isascii() else _SYMBOL.search(name)
    if found:
        where = field.at(*box.name_at)
        sign = f"{found.group()} (U+{ord(found.group()):04X})"
        problem = f"the name `{shorten(name)}` in {field.name} has the symbol {sign}"
        yield Finding(where, problem, "write the sender's name in letters")
    elif " " in name and field.lower == "from" and _names_recipient(message, box, name):
        where = field.at(*box.name_at)
        problem = f"the sender's name `{shorten(name)}` has the recipient's name in it"
        yield Finding(where, problem, "write the sender's name only; greet the reader in the text")


def _names_recipient(message: RawMessage, sender: RawMailbox, name: str) -> bool:
    """Whether the recipient's full name is a piece of the sender's; first names alone are shared by many."""
    to = message.first("To")
    boxes = read_addresses(to).mailboxes[:2] if to else ()
    if len(boxes) != 1 or boxes[0].spec is None or sender.spec is None or not boxes[0].name:
        return False
    other = display_name(boxes[0]).strip().lower()
    words = f" {' '.join(name.lower().split())} "
    found = " " in other and f" {other} " in words.replace(",", " ") and other != words.strip()
    return found and not is_aligned(sender.spec.domain, boxes[0].spec.domain)
