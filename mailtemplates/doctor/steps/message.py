"""Step 11: what is wrong with the message itself, as far as servers refuse it for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.doctor.steperror import StepError

if TYPE_CHECKING:
    from mailtemplates.lint.diagnostic import Diagnostic

_REFUSED = {
    "CTE002": "bare-line-feed", "CTE001": "line-too-long", "HDR008": "line-too-long",
    "CTE004": "content-not-convertible",
}  # fmt: skip
"""Rows for single rules; another error of the header or of the octets is ``headers-not-compliant``."""

_FAMILIES = ("HDR", "ADR", "ENC", "CTE")
_SHOWN = 5


@step(11, keeps_time=False)
def message(case: Case) -> Passed | Skipped:
    """The linter's errors in the header and in the octets."""
    if case.message is None:
        return Skipped("no message: give --message, or --template")
    found = _lint(case)
    errors = [one for one in found if one.severity == "error"]
    grave = [one for one in errors if one.code.startswith(_FAMILIES)]
    facts = {"errors": [f"{one.code} {one.name}" for one in errors], "findings": len(found)}
    if grave:
        lines = [f"{one.code} {one.name}: {one.message} (line {one.line})" for one in grave[:_SHOWN]]
        lines += [f"and {len(grave) - _SHOWN} more"] if len(grave) > _SHOWN else []
        failure = next((_REFUSED[one.code] for one in grave if one.code in _REFUSED), "headers-not-compliant")
        raise StepError("\n".join(lines), failure, cure=grave[0].help, facts=facts)
    count = f"{len(found)} findings: see mailtpl lint" if found else "no findings"
    return Passed(f"nothing in it that servers refuse; {count}", facts)


def _lint(case: Case) -> list[Diagnostic]:
    from mailtemplates.lint.linter import lint  # 158 rules, which an examination without a message does not need

    assert case.message is not None
    return lint(case.message.octets)
