"""Step 11: what is wrong with the message itself, as far as servers refuse it for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.doctor.steperror import StepError

if TYPE_CHECKING:
    from mailtemplates.linting.diagnostic import Diagnostic

_REFUSED = {
    "CTE001": "line-too-long", "CTE002": "bare-line-feed", "CTE003": "headers-not-compliant",
    "CTE004": "content-not-convertible", "CTE006": "content-not-convertible", "HDR008": "line-too-long",
    "ATT007": "attachment-blocked",
    **dict.fromkeys(
        ("HDR001", "HDR002", "HDR003", "HDR006", "HDR007", "HDR009", "HDR010", "HDR011", "HDR013", "HDR015",
         "ADR001", "ADR002", "ADR004", "ADR006", "ADR007", "ENC003", "STR011"),
        "headers-not-compliant",
    ),
}  # fmt: skip
"""The rules whose errors servers are known to refuse a message for, each with its row of the failure table."""

_SHOWN = 5


@step(11)
def message(case: Case) -> Passed | Skipped:
    """The linter's errors in the header and in the octets. No server is asked, so no time limit ends it."""
    if case.message is None:
        return Skipped("no message: give --message, or --template")
    found = _lint(case)
    errors = [one for one in found if one.severity == "error"]
    grave = [one for one in errors if one.code in _REFUSED]
    facts = {"refused": [f"{one.code} {one.name}" for one in grave], "errors": len(errors), "findings": len(found)}
    if grave:
        lines = [f"{one.code} {one.name}: {one.message} (line {one.line})" for one in grave[:_SHOWN]]
        lines += [f"and {len(grave) - _SHOWN} more"] if len(grave) > _SHOWN else []
        raise StepError("\n".join(lines), _REFUSED[grave[0].code], cure=grave[0].help, facts=facts)
    seen = f"{len(errors)} errors of {len(found)} findings: see mailtpl lint" if found else "no findings"
    return Passed(f"nothing in it that servers are known to refuse; {seen}", facts)


def _lint(case: Case) -> list[Diagnostic]:
    from mailtemplates.linting.linter import Linter  # the rules, which an examination without a message does not need
    from mailtemplates.octets.message import read_message

    assert case.message is not None
    return Linter().lint(read_message(case.message.octets, smtputf8=case.envelope.smtputf8))
