"""The steps taken one after the other, each within its time. Whatever happens in one is a row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.request import Request
from mailtemplates.doctor.row import Row
from mailtemplates.doctor.step import Passed, Skipped, Step
from mailtemplates.doctor.steperror import LateError
from mailtemplates.doctor.steps import all_steps
from mailtemplates.doctor.timelimit import within
from mailtemplates.errors import MailTemplatesError, TransportError

_GOODBYE = 2.0
"""Seconds for QUIT."""

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
            self.case.start(_GOODBYE)
            self.case.close()

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
        text, cure, facts = self._hidden(row.text), self._hidden(row.cure), self._hidden(dict(row.facts))
        return row._replace(text=text, cure=cure, facts=facts, seconds=time.monotonic() - start)

    def _hidden(self, value: Any) -> Any:
        """The value without secrets, in whatever it holds."""
        if isinstance(value, str):
            return self.case.hide(value)
        if isinstance(value, dict):
            return {name: self._hidden(one) for name, one in value.items()}
        return [self._hidden(one) for one in value] if isinstance(value, list | tuple) else value

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
        result = within(0 if step.keeps_time else seconds, lambda: step.take(self.case))
        if isinstance(result, Passed):
            return Row(number, step.name, "ok", result.text, facts=result.facts)
        if isinstance(result, Skipped):
            return Row(number, step.name, "skip", result.why)
        self._leave(step, result)
        from mailtemplates.doctor.verdict import judge  # the failure table takes 5 ms, and most steps pass

        return judge(self.case, number, step, result)

    def _leave(self, step: Step, error: object) -> None:
        """After a fault nothing more is said on a link, unless the server refused something and goes on talking."""
        refused = isinstance(error, TransportError) and error.code and error.phase in _TALKING and error.code != 421
        local = isinstance(error, MailTemplatesError) and not isinstance(error, TransportError)
        if step.needs in ("nothing", "health") or refused or (local and not isinstance(error, LateError)):
            return
        if self.case.session:
            self.case.session.broken = True
