"""The steps taken one after the other, each within its time. Whatever happens in one is a row."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.causes import OWN_FAULT, failure_named, failure_of
from mailtemplates.doctor.request import Request
from mailtemplates.doctor.row import Row
from mailtemplates.doctor.step import Passed, Skipped, Step
from mailtemplates.doctor.steperror import StepError
from mailtemplates.doctor.steps import all_steps
from mailtemplates.errors import MailTemplatesError, TransportError

_GRACE = 0.3
"""Seconds over its time after which a step is given up that does not end by itself."""

_TALKING = frozenset(("auth", "mail", "rcpt"))
"""Phases in which a refusal leaves the session as it was."""


class Checkup:
    """One examination.

    :ivar case: what is known so far; its transcript too.
    :ivar rows: the steps so far.
    """

    def __init__(self, request: Request) -> None:
        self.case = Case(request)
        self.rows: list[Row] = []

    def run(self) -> Iterator[Row]:
        """Take the steps; each row as soon as it is there. Nothing is raised for what a step meets."""
        steps = all_steps()
        try:
            for number in range(len(steps)):
                row = self._row(number, steps[number])
                self.rows.append(row)
                yield row
                if number == 0 and self.case.server and self.case.endpoint.tls == "implicit":
                    steps.sort(key=lambda one: one.early)
        finally:
            _within(2.0, self.case.close)

    @property
    def failed(self) -> list[Row]:
        """The rows that failed."""
        return [row for row in self.rows if row.status == "fail"]

    def _row(self, number: int, step: Step) -> Row:
        if self._stops(step):
            return Row(number, step.name, "not_reached")
        if step.needs in ("server", "session") and self.case.server is None:
            return Row(number, step.name, "skip", "there is no server")
        seconds = self.case.request.seconds
        self.case.start(seconds)
        start = time.monotonic()
        row = self._taken(number, step, seconds)
        return replace(
            row, text=self.case.hide(row.text), cure=self.case.hide(row.cure), seconds=time.monotonic() - start
        )

    def _stops(self, step: Step) -> bool:
        """Whether the step is not taken: another failed, and this one needs it, or none after it is wanted."""
        if not self.failed:
            return False
        if not self.case.request.go_on or self.rows[0].status == "fail":
            return True
        if step.needs in ("server", "health"):
            return True
        return step.needs == "session" and (self.case.session is None or self.case.session.broken)

    def _taken(self, number: int, step: Step, seconds: float) -> Row:
        result = _within(seconds + _GRACE, lambda: step.take(self.case))
        if isinstance(result, Passed):
            return Row(number, step.name, "ok", result.text, facts=result.facts)
        if isinstance(result, Skipped):
            return Row(number, step.name, "skip", result.why)
        self._leave(step, result)
        if isinstance(result, StepError):
            failure = failure_named(result.failure)
        elif isinstance(result, _LateError):
            failure = failure_named("dns-not-answering" if step.name == "dns" else "server-silent")
        else:
            failure = failure_of(result)
        own = failure.name == OWN_FAULT
        problem = result.problem if isinstance(result, MailTemplatesError) else f"{type(result).__name__}: {result}"
        if self.case.server:
            problem = problem.removeprefix(f"{self.case.endpoint} ")
        cure = result.cure if isinstance(result, MailTemplatesError) else ""
        facts = result.facts if isinstance(result, StepError) else {}
        code = 3 if own else result.ends_with if isinstance(result, StepError) else _exit_code(result)
        return Row(number, step.name, "fail", problem, 0.0, failure, cure, facts, code)

    def _leave(self, step: Step, error: BaseException) -> None:
        """After a fault nothing more is said on a link, unless the server refused something and goes on talking."""
        refused = isinstance(error, TransportError) and error.code and error.phase in _TALKING and error.code != 421
        local = isinstance(error, MailTemplatesError) and not isinstance(error, TransportError)
        if step.needs in ("nothing", "health") or refused or (local and not isinstance(error, _LateError)):
            return
        if self.case.session:
            self.case.session.broken = True


def _exit_code(error: BaseException) -> int:
    return error.exit_code if isinstance(error, MailTemplatesError) else 1


class _LateError(MailTemplatesError):
    """A step did not end within its time."""


def _within(seconds: float, work: object) -> Passed | Skipped | BaseException:
    """What the work gives or raises; :class:`_LateError` when it is not done in time: it is left to itself then."""
    result: SimpleQueue[Passed | Skipped | BaseException] = SimpleQueue()

    def run() -> None:
        try:
            result.put(work())  # type: ignore[operator]
        except BaseException as error:
            result.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return result.get(timeout=seconds)
    except Empty:
        return _LateError(f"there was no answer within {seconds - _GRACE:g} s")
