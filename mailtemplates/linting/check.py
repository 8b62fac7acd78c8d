"""A rule as it runs: with its options, and the severity that the settings give it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mailtemplates.errors import RuleError
from mailtemplates.finding import Finding, Findings, Severity
from mailtemplates.linting.found import Found
from mailtemplates.linting.rule import Rule
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part


class Check(NamedTuple):
    """A rule that runs, its function with the options of the settings, and the severity that they give it."""

    rule: Rule
    run: Callable[..., Findings]
    severity: Severity | None


def run_checks(checks: Iterable[Check], subject: object, found: list[Found]) -> None:
    """Run rules over one subject.

    :raises RuleError: a rule crashed.
    """
    check: Any = None
    try:
        for check in checks:
            for finding in check.run(subject):
                found.append(Found(check.rule, finding, _severity(check, finding, subject)))  # noqa: PERF401 (most find none)
    except Exception as error:
        raise RuleError(
            f"the rule {check.rule.name} ({check.rule.code}) crashed: {type(error).__name__}: {error}",
            cure=f"please report it; --ignore {check.rule.code} goes on without the rule",
        ) from error


def judged(checks: Iterable[Check], subject: object) -> list[Found]:
    """What rules find in one subject.

    :raises RuleError: one crashed.
    """
    found: list[Found] = []
    run_checks(checks, subject, found)
    return found


def _severity(check: Check, finding: Finding, subject: object) -> Severity:
    """The finding's severity; inside an attached message, which was not written here, no more than a warning."""
    severity = check.severity or finding.severity or check.rule.severity
    embedded = isinstance(subject, Part | RawField) and subject.place == "embedded"
    return "warning" if embedded and severity == "error" else severity
