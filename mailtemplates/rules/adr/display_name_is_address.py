from __future__ import annotations

import re

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import display_name, read_addresses
from mailtemplates.octets.field import RawField
from mailtemplates.pattern import pattern

_ADDRESS = pattern(
    r"(?<![^\s<>\"'(),;:\[\]])[^\s<>\"'(),;:\[\]@]{1,64}@(?:[^\s<>\"'(),;:\[\]@.]{1,63}\.)+[a-z]{2,63}", re.I
)
_VIA = pattern(r"\b(?:via|on behalf of)\b", re.IGNORECASE)


@rule("ADR008", severity="warning", fields=("From", "Sender", "Reply-To"))
def display_name_is_address(field: RawField) -> Findings:
    """The display name holds an address, and mail goes to another one.

    Most programs show the name only, so the reader believes to know the address and does not. That is how forgers do
    it, and filters count it as phishing. Gmail asks that a display name says who the sender is and nothing else.

    Reference: Gmail sender guidelines, display names

    Bad:

        From: "orders@acme-shop.com" <hello@mailer.acme-shop.com>
        …

    Good:

        From: Acme orders <hello@mailer.acme-shop.com>
        Reply-To: "orders@acme-shop.com" <orders@acme-shop.com>
        …
    """
    if field.raw.count(b"@") < 2 and b"=?" not in field.raw:
        return
    addresses = read_addresses(field)
    for box in addresses.mailboxes if addresses.is_sound else ():
        if not box.name or box.spec is None or not box.spec.text.isascii():
            continue
        name = display_name(box)
        found = _ADDRESS.search(name) if "@" in name else None
        if found and found.group().lower() != box.spec.text.lower() and not _VIA.search(name):
            problem = (
                f"the display name holds `{shorten(found.group())}`, and the address is `{shorten(box.spec.text)}`"
            )
            yield Finding(field.at(*box.name_at), problem, "write a person's or a company's name there")
