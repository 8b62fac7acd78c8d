from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import ADDRESS_FIELDS, RawMailbox, read_addresses
from mailtemplates.octets.field import RawField


@rule("ADR006", severity="error", fields=ADDRESS_FIELDS)
def address_too_long(field: RawField) -> Findings:
    """An address is longer than a mail server must take.

    Servers take 64 octets before the `@`, 255 after it and 254 in all; DNS takes 63 in a label between two dots. Mail
    to or from a longer address bounces.

    Reference: RFC 5321 §4.5.3.1.1–3; RFC 1035 §2.3.4

    Bad:

        To: ⟨a×65⟩@reader.example
        …

    Bad:

        To: ben@⟨reader.×40⟩example
        …

    Bad:

        To: ben@⟨a×64⟩.example
        …

    Good:

        To: ⟨a×64⟩@⟨reader.×20⟩example
        …
    """
    if len(field.raw) < 60:
        return
    addresses = read_addresses(field)
    for box in addresses.mailboxes if addresses.is_sound else ():
        yield from _judge(field, box)


def _judge(field: RawField, box: RawMailbox) -> Findings:
    spec = box.spec
    if spec is None or "=?" in spec.text:
        return
    local, domain = len(spec.local), len(spec.domain)
    label = max(map(len, spec.domain.split("."))) if spec.domain[0] != "[" else 0
    shorter = "use a shorter address"
    if local > 64:
        yield Finding(field.at(*spec.local_at), f"the local part has {local} octets, and 64 are the most", shorter)
    elif domain > 255:
        yield Finding(field.at(*spec.domain_at), f"the domain has {domain} octets, and 255 are the most", shorter)
    elif label > 63:
        problem = f"a label of the domain has {label} octets, and 63 are the most"
        yield Finding(field.at(*spec.domain_at), problem, shorter)
    elif local + 1 + domain > 254:
        where = field.at(spec.local_at.start, spec.domain_at.end)
        yield Finding(where, f"the address has {local + 1 + domain} octets, and 254 are the most", shorter)
