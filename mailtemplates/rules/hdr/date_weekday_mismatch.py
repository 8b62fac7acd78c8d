from __future__ import annotations

from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.date import read_date
from mailtemplates.octets.field import RawField


@rule("HDR012", severity="error", fields=("Date", "Resent-Date"), fix="safe")
def date_weekday_mismatch(field: RawField) -> Findings:
    """The day name is not that of the date.

    The standard says that the day name must be the day of the date. Readers go by the date; filters take the wrong
    name for a mark of forged mail.

    Reference: RFC 5322 §3.3

    Bad:

        Date: Tue, 02 Nov 2026 12:00:00 +0000
        …

    Good:

        Date: Mon, 02 Nov 2026 12:00:00 +0000
        …

    Good:

        Date: 02 Nov 2026 12:00:00 +0000
        …
    """
    if not field.is_plain:
        return
    for fault in read_date(field.latin).faults:
        if fault.kind == "day-name" and fault.text:
            where = field.at(fault.start, fault.end)
            yield Finding(where, fault.problem, fault.cure, replace(where, fault.text.encode("ascii")))
