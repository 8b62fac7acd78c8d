from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from mailtemplates.finding import Finding, Findings, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import ADDRESS_FIELDS, read_addresses
from mailtemplates.octets.addrspec import Fault
from mailtemplates.octets.field import RawField

# What mail systems write in reports that never leave the machine, and what every server takes (RFC 5321 §4.5.1).
_LOCAL = frozenset(("mailer-daemon", "postmaster"))
_MANY = 20
_NEAR = 100


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
    every = read_addresses(field).faults
    commas = [fault.start for fault in every if fault.kind == "missing-comma"]
    faults = [fault for fault in every if fault.kind == "no-domain" and not _is_in_front(field, fault, commas)]
    for fault in faults if len(faults) <= _MANY else faults[:1]:
        word = field.latin[fault.start : fault.end].lower()
        help = "write the whole address, local@domain"
        if word == "undisclosed-recipients":
            help = "write undisclosed-recipients:; which is a group without members"
        problem = f"{fault.problem} ({len(faults)} have none)" if len(faults) > _MANY else fault.problem
        severity: Severity | None = "warning" if word in _LOCAL else None
        yield Finding(field.at(fault.start, fault.end), problem, help, severity=severity)


def _is_in_front(field: RawField, fault: Fault, commas: Sequence[int]) -> bool:
    """Whether an address follows with no comma between: that is what is wrong, and the word may be a name."""
    at = bisect_left(commas, fault.end)
    near = at < len(commas) and commas[at] - fault.end < _NEAR
    return near and not field.latin[fault.end : commas[at]].strip("> \t\r\n")
