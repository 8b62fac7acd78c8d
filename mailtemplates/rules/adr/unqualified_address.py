from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.rawaddress import ADDRESS_FIELDS, read_addresses
from mailtemplates.rawfield import RawField
from mailtemplates.rule import rule


@rule("ADR002", severity="error", fields=ADDRESS_FIELDS)
def unqualified_address(field: RawField) -> Findings:
    """An address has no domain.

    A bare `ben` means something on the machine that wrote it only. Each server on the way puts its own domain behind
    it, or refuses the message, and an answer goes to somebody else.

    Reference: RFC 5322 §3.4.1; RFC 5321 §2.3.5

    Bad:

        To: ben
        …

    Bad:

        To: Ben <ben>, ann@reader.example
        …

    Bad:

        From: Acme <hello@>
        …

    Good:

        To: Ben <ben@reader.example>, ann@reader.example
        …
    """
    for fault in read_addresses(field).faults:
        if fault.kind == "no-domain":
            help = "write the whole address, local@domain"
            if field.latin[fault.start : fault.end].lower() == "undisclosed-recipients":
                help = "write undisclosed-recipients:; which is a group without members"
            yield Finding(field.at(fault.start, fault.end), fault.problem, help)
