from __future__ import annotations

from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.date import read_date
from mailtemplates.octets.field import RawField
from mailtemplates.text.unfilled import is_nothing


@rule("HDR011", severity="error", fields=("Date", "Resent-Date"), fix="part")
def malformed_date(field: RawField) -> Findings:
    """The date cannot be read, or is written in an obsolete way.

    A reader's program that cannot read the date sorts the message to 1970 or to the hour of its arrival, and filters
    give points for it. Obsolete forms, such as years of two digits and zones by name, must be taken by readers but not
    be written: they are warnings. The fix writes anew only what can be meant in one way.

    Reference: RFC 5322 §3.3, §4.3

    Bad:

        Date: 2026-11-02T12:00:00Z
        …

    Bad:

        Date: Mon, 02 Nov 26 12:00:00 GMT
        …

    Bad:

        Date: Mon, 02 Nov 2026 24:00:00 +0000
        …

    Bad:

        Date: Mon Nov  2 12:00:00 2026
        …

    Good:

        Date: Mon, 02 Nov 2026 12:00:00 +0000 (UTC)
        …
    """
    if not field.is_plain or "{{" in field.latin or is_nothing(field.latin):
        return
    for fault in read_date(field.latin).faults:
        if fault.kind != "day-name":
            where = field.at(fault.start, fault.end)
            fix = replace(where, fault.text.encode("ascii")) if fault.text is not None else None
            yield Finding(where, fault.problem, fault.cure, fix, "warning" if fault.is_obsolete else None)
