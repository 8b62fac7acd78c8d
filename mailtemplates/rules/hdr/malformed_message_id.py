from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Severity, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.field import RawField
from mailtemplates.octets.messageid import IdFault, read_message_id, read_message_ids
from mailtemplates.text.unfilled import is_nothing

_DOUBTFUL = ("host", "dot", "character", "obsolete-space", "separator")
_CURES = {
    "dot": "write one dot, between other characters",
    "host": "write a domain of yours on the right side, so that no one else makes the same identifier",
    "separator": "separate identifiers by white space only",
}


@rule("HDR013", severity="error", fields=("Message-ID", "Resent-Message-ID", "References", "In-Reply-To"), fix="part")
def malformed_message_id(field: RawField) -> Findings:
    """A message identifier is not of the form `<left@right>`.

    Threads, answers and complaints find a message by its identifier; one that is malformed is cut, changed or ignored
    on the way, and Gmail refuses some. A right side that is no domain, such as `localhost`, is legal but not unique in
    the world: a warning. Of References and In-Reply-To, which copy the identifiers of others, only what breaks the
    list is an error.

    Reference: RFC 5322 §3.6.4, §4.5.4

    Bad:

        Message-ID: order-1@acme-shop.com
        …

    Bad:

        Message-ID: <order 1@acme-shop.com>
        …

    Bad:

        Message-ID: <order-1>
        …

    Bad:

        Message-ID: <order-1@localhost>
        …

    Bad:

        References: <order-1@acme-shop.com>, <order-2@acme-shop.com>
        …

    Good:

        Message-ID: <order-1@acme-shop.com>
        References: <order-0@acme-shop.com>
         <"odd but legal"@[192.0.2.1]>
        …
    """
    if not field.is_plain or any(mark in field.latin for mark in ("{{", "=?")) or is_nothing(field.latin):
        return
    if field.lower.endswith("message-id"):
        for fault in read_message_id(field.latin).faults:
            yield _finding(field, fault, "warning" if fault.kind in _DOUBTFUL else None)
    else:
        many = read_message_ids(field.latin)
        for fault in many.faults[:1]:
            yield _finding(field, fault, "warning" if fault.kind in _DOUBTFUL else None)
        wrong = [fault for one in many.ids for fault in one.faults if fault.kind in ("empty", "space")]
        for fault in wrong[:1]:
            yield _finding(field, fault, "warning")


def _finding(field: RawField, fault: IdFault, severity: Severity | None) -> Finding:
    where = field.at(fault.start, fault.end)
    fix = replace(where, fault.text.encode("ascii")) if fault.text is not None else None
    cure = _CURES.get(fault.kind, "write <left@right>, without white space")
    return Finding(where, f"{field.name}: {fault.problem}", cure, fix, severity)
