"""How a run went, in numbers and as an exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mailtemplates.linting.report import plural
from mailtemplates.merging.result import Result, said

_SHOWN = 10
_STATES = ("accepted", "deferred", "failed", "uncertain", "suppressed", "not_tried")


class Tally:
    """Counts results.

    :param rehearsed: whether nothing was to be sent, so that it is no failure that nobody accepted it.
    :ivar messages: messages of this run.
    """

    def __init__(self, *, rehearsed: bool = False) -> None:
        self.messages = 0
        self._rehearsed = rehearsed
        self._known = 0
        self._states = Counter[str]()
        self._troubles: list[str] = []
        self._hidden = 0
        self._codes = {0}

    def add(self, result: Result, name: str) -> None:
        """Count one.

        :param name: what it is called; empty where there is no other.
        """
        named = f"{name}: " if name else ""
        if result.receipt is None:
            self._codes.add(3 if result.fault == "ours" else 1)
            self._say(named + result.problem)
            return
        self.messages += not result.known
        self._known += result.known
        for address, outcome in result.receipt.deliveries:
            if not result.known:
                self._states[outcome.state] += 1
            if outcome.state in ("accepted", "suppressed") or (self._rehearsed and outcome.state == "not_tried"):
                continue
            self._codes.add(4 if outcome.state == "uncertain" else 1)
            self._say(f"{named}{outcome.state.replace('_', ' ')} {address}: {said(outcome)}")

    def _say(self, text: str) -> None:
        if len(self._troubles) < _SHOWN:
            self._troubles.append(text)
        else:
            self._hidden += 1

    @property
    def exit_code(self) -> int:
        """0 all accepted, 1 some not, 3 a fault of ours or a run that broke off, 4 the fate of some is not known."""
        return max(self._codes)

    def break_off(self) -> None:
        """The run ends before its time, with some messages out."""
        self._codes.add(3)

    def troubles(self) -> Iterator[str]:
        """The first that were not accepted or made no message, a line each."""
        yield from self._troubles
        if self._hidden:
            yield f"and {self._hidden} more"

    def summary(self) -> Iterator[str]:
        """The run in a line or two."""
        if self.messages or not self._known:
            counts = ", ".join(f"{self._states[state]} {self._word(state)}" for state in _STATES if self._states[state])
            rehearsed = ", nothing was sent" if self._rehearsed else ""
            yield f"{plural(self.messages, 'message')}{rehearsed}{counts and f'; recipients: {counts}'}"
        if self._known:
            yield f"{plural(self._known, 'message')} known to the ledger from before, not sent again"

    def _word(self, state: str) -> str:
        return "would get it" if self._rehearsed and state == "not_tried" else state.replace("_", " ")
