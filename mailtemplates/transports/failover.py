"""The first transport that works: ``failover(A B)``. A recipient goes to the next only when surely nobody has him."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mailtemplates.delivery.event import Watcher
from mailtemplates.delivery.outcome import Deferred, NotTried, Outcome, Receipt
from mailtemplates.delivery.transport import WITHHELD, Mark, Transport, receipt
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.message.message import Message
from mailtemplates.transports import Access, open_read

OPTIONS = ()

_REST = 30.0


class FailoverTransport(Transport):
    """Tries transports in order. One that could not be reached is left in peace for half a minute."""

    def __init__(self, shown: str, transports: Sequence[Transport], watch: Watcher | None = None) -> None:
        super().__init__(shown, watch)
        self._transports = tuple(transports)
        self._resting = [0.0] * len(self._transports)

    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        """See :meth:`mailtemplates.delivery.transport.Transport.send_all`."""
        waiting = iter(messages)
        again = True
        while again:
            first, *others = self._order()
            again = False
            for message, made in self._over_first(first, waiting, mark):
                outcomes: dict[str, Outcome] = dict(made.deliveries)
                for number in others:
                    left = tuple(address for address in message.envelope.recipients if _may_go_on(outcomes[address]))
                    if left:
                        outcomes.update(self._over(number, message, left, _whole(message, outcomes, mark)))
                yield receipt(message, [outcomes[address] for address in message.envelope.recipients])
                again = True

    def _over_first(
        self, number: int, waiting: Iterator[Message], mark: Mark | None
    ) -> Iterator[tuple[Message, Receipt]]:
        """Send what waits over one transport, in its pipeline, until it cannot be reached."""
        taken: deque[Message] = deque()

        def take() -> Iterator[Message]:
            for message in waiting:
                taken.append(message)
                yield message

        for made in self._transports[number].send_all(take(), mark):
            self._rest(number, made)
            yield taken.popleft(), made
            if self._resting[number] > time.monotonic() and not taken:
                return

    def _order(self) -> list[int]:
        """The transports that are not resting; all when all rest."""
        now = time.monotonic()
        return [number for number, until in enumerate(self._resting) if until <= now] or list(range(len(self._resting)))

    def _over(
        self, number: int, message: Message, recipients: tuple[str, ...], mark: Mark | None
    ) -> dict[str, Outcome]:
        narrowed = replace(message, envelope=message.envelope._replace(recipients=recipients))
        made = self._transports[number].send(narrowed, mark)
        self._rest(number, made)
        return dict(made.deliveries)

    def _rest(self, number: int, made: Receipt) -> None:
        """Leave a transport in peace when nobody could be told of there."""
        if all(isinstance(outcome, NotTried) and outcome != WITHHELD for _, outcome in made.deliveries):
            self._resting[number] = time.monotonic() + random.uniform(_REST / 2, _REST)

    def hurry(self) -> None:
        """See :meth:`mailtemplates.delivery.transport.Transport.hurry`."""
        for transport in self._transports:
            transport.hurry()

    def close(self) -> None:
        """See :meth:`mailtemplates.delivery.transport.Transport.close`."""
        for transport in self._transports:
            transport.close()


def _whole(message: Message, outcomes: dict[str, Outcome], mark: Mark | None) -> Mark | None:
    """The mark of a message that goes to some of its recipients: it is asked about the whole."""
    if mark is None:
        return None
    return lambda _, taken, known: mark(message, taken, {**outcomes, **known})


def _may_go_on(outcome: Outcome) -> bool:
    """Whether no server has the message for this recipient, or may have it."""
    return isinstance(outcome, NotTried | Deferred) and outcome != WITHHELD


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return FailoverTransport(str(url), [open_read(inner, access) for inner in url.inner], access.watch)
