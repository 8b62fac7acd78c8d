"""What a run tries again by itself: when, how long, and when it rests since there is no way to the server now."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from itertools import count
from typing import Generic, NamedTuple, TypeVar

from mailtemplates.delivery.event import Event, publish
from mailtemplates.delivery.outcome import Deferred, NotTried, Outcome
from mailtemplates.delivery.transport import Transport
from mailtemplates.outbox.backoff import Backoff

_MISSES = 3
"""Messages in a row that find no way to the server, before the others wait."""

_NAP = 0.2
"""Seconds that a run sleeps at most before it looks whether it shall stop."""

_SHARE = 8
"""The first pause of a run is at most this part of its patience."""

_BUSY = ("toomanyconn", "speeding")
"""Reasons of a server that wants less at a time."""

PUT_OFF = (Deferred, NotTried)
"""Outcomes of recipients who still wait."""

Item = TypeVar("Item", bound=Hashable)


class Rest(NamedTuple):
    """A run has nothing to do but wait.

    :param messages: how many it will try again.
    :param seconds: until the next of them.
    :param reason: what a server, or the network, last said.
    """

    messages: int
    seconds: float
    reason: str


Resting = Callable[[Rest], None]
"""Is told several times a second that a run waits."""


class _Plan(NamedTuple):
    until: float
    tries: int
    size: int


class Retries(Generic[Item]):
    """The messages of one run that were put off. Used by one thread.

    :param patience: seconds, from the first time that a message is put off, in which it is tried again.
    :param most: sizes of the messages that are remembered, together; others are left to another run.
    :ivar problem: what stood last in the way to the server.
    """

    def __init__(
        self, transport: Transport, backoff: Backoff, patience: float, most: int, resting: Resting | None = None
    ) -> None:
        self._transport = transport
        self._backoff = backoff
        first = min(backoff.first, max(1.0, patience / _SHARE))
        self._quick = replace(backoff, first=first)
        self._patience = patience
        self._room = most
        self._resting = resting
        self._heap: list[tuple[float, int, Item]] = []
        self._plans: dict[Item, _Plan] = {}
        self._numbers = count()
        self._misses = 0
        self._reason = ""
        self._unreached = False
        self.problem = NotTried()

    @property
    def waiting(self) -> list[Item]:
        """The messages that wait, the first to be tried again first."""
        return [item for _, _, item in sorted(self._heap)]

    def __bool__(self) -> bool:
        """Whether there are some."""
        return bool(self._heap)

    @property
    def stuck(self) -> bool:
        """Whether the server cannot be reached, or takes nothing, now."""
        return self._misses >= _MISSES

    @property
    def lost(self) -> bool:
        """Whether there is no way to the server and nothing is left to wait for."""
        return self.stuck and not self._heap and self._unreached

    def heard(self, outcomes: Mapping[str, Outcome]) -> None:
        """What became of a message: whether its server can be reached, and has a mind to take something."""
        missed = [outcome for outcome in outcomes.values() if isinstance(outcome, NotTried)]
        busy = [outcome for outcome in outcomes.values() if isinstance(outcome, Deferred) and _is_busy(outcome)]
        if outcomes and len(missed) + len(busy) == len(outcomes):
            self._misses += 1
        else:
            self._misses = 0
        self._unreached = bool(missed and self._misses)
        if self._unreached:
            self.problem = missed[0]

    def pause(
        self, item: Item, attempt: int, outcomes: Mapping[str, Outcome], size: int = 1
    ) -> tuple[float | None, bool]:
        """How many seconds whoever waits should be left alone, None for as long as nobody asks; and whether this run
        tries them again.

        :param attempt: which one this was, of all runs.
        """
        known = self._plans.pop(item, None)
        waiting = [outcome for outcome in outcomes.values() if isinstance(outcome, PUT_OFF)]
        if not waiting or attempt >= self._backoff.attempts:
            return None, False
        if not any(isinstance(outcome, Deferred) or outcome.temporary for outcome in waiting):
            return 0.0, False  # once what stands in the way is mended
        plan = known or _Plan(time.monotonic() + self._patience, 1, size)
        left = plan.until - time.monotonic()
        if left <= 0 or left < self._backoff.least or self._room < size:
            return self._backoff.pause(attempt), False
        self._plans[item] = plan._replace(tries=plan.tries + 1)
        self._reason = _said(waiting[0])
        return min(self._quick.pause(plan.tries), left), True

    def keep(self, item: Item, pause: float, message_id: str) -> None:
        """Try this one again after a pause."""
        now = time.monotonic()
        self._room -= self._plans[item].size
        heapq.heappush(self._heap, (now + pause, next(self._numbers), item))
        text = f"put off, and tried again in {pause:.3g} s: {self._reason}"
        publish(Event("retry", self._transport.server, text, message_id, now), self._transport.watch)

    def due(self, most: int) -> list[Item]:
        """Take the messages whose pause is over."""
        now = time.monotonic()
        found: list[Item] = []
        while self._heap and self._heap[0][0] <= now and len(found) < most:
            found.append(heapq.heappop(self._heap)[2])
            self._room += self._plans[found[-1]].size
        return found

    def rest(self, stopping: Callable[[], bool]) -> None:
        """Wait for what comes next; then one message may try whether the server is back."""
        while self._heap and (left := self._heap[0][0] - time.monotonic()) > 0 and not stopping():
            if self._resting:
                self._resting(Rest(len(self._heap), left, self._reason))
            time.sleep(min(left, _NAP))
        self._misses = min(self._misses, _MISSES - 1)


def _said(outcome: Deferred | NotTried) -> str:
    """The reply, or what stood in the way; that of a link that ended has the reply in it."""
    codes = f"{outcome.code or ''} {outcome.enhanced}" if str(outcome.code) not in outcome.text else ""
    return " ".join(f"{codes} {outcome.text}".split())


def _is_busy(outcome: Deferred) -> bool:
    """Whether the server puts off whatever comes, not this message or this recipient."""
    return outcome.code == 421 or outcome.reason in _BUSY
