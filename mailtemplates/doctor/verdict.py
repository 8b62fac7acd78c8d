"""What it means that a step failed: its row, with the row of the failure table."""

from __future__ import annotations

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.causes import OWN_FAULT, failure_named, failure_of
from mailtemplates.doctor.row import Row
from mailtemplates.doctor.step import Step
from mailtemplates.doctor.steperror import LateError, StepError
from mailtemplates.errors import MailTemplatesError, TransportError
from mailtemplates.failures.failure import Failure

_LATE = {"dns": "dns-not-answering", "identity": "dns-not-answering", "arrive": "imap-unreachable"}
"""Rows of steps that did not end in time."""

_REPLIES = frozenset(("mail", "rcpt", "data", "dot"))


def judge(case: Case, number: int, step: Step, error: object) -> Row:
    """The row of a step that raised an error."""
    failure = _failure(step, error)
    known = error if isinstance(error, MailTemplatesError) else None
    problem = known.problem if known else f"{type(error).__name__}: {error}"
    if case.server:
        problem = problem.removeprefix(f"{case.endpoint} ")
    facts = error.facts if isinstance(error, StepError) else {}
    code = error.ends_with if isinstance(error, StepError) else known.exit_code if known else 1
    if failure.name == OWN_FAULT:
        code = 3
    return Row(number, step.name, "fail", problem, 0.0, failure, _cure(error), facts, code)


def _cure(error: object) -> str:
    """What to do, where the error knows it better than the table: the table knows the replies of servers."""
    if isinstance(error, TransportError) and error.code and error.phase in _REPLIES:
        return ""
    return error.cure if isinstance(error, MailTemplatesError) else ""


def _failure(step: Step, error: object) -> Failure:
    if isinstance(error, StepError):
        return failure_named(error.failure)
    if isinstance(error, LateError):
        return failure_named(_LATE.get(step.name, "server-silent"))
    return failure_of(error)
