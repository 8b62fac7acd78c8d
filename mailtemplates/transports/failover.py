"""The first transport that works: ``failover(A B)``. A recipient goes to the next only when surely nobody has him."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mailtemplates.delivery.outcome import Deferred, NotTried, Outcome, Receipt
from mailtemplates.delivery.transport import Mark, Transport, check_envelope, receipt
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.message.message import Message
from mailtemplates.transports import Access, open_read

OPTIONS = ()

_REST = 30.0


class FailoverTransport(Transport):
    """Tries transports in order. One that could not be reached is left in peace for half a minute."""

    def __init__(self, shown: str, transports: Sequence[Transport]) -> None:
        super().__init__(shown)
        self._transports = tuple(transports)
        self._resting = [0.0] * len(self._transports)

    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        """See :meth:`mailtemplates.delivery.transport.Transport.send_all`."""
        for message in messages:
            check_envelope(message)
            outcomes: dict[str, Outcome] = {}
            for number in self._order():
                left = tuple(address for address in message.envelope.recipients if _may_go_on(outcomes.get(address)))
                if left:
                    outcomes.update(self._over(number, message, left, _whole(message, outcomes, mark)))
            yield receipt(message, [outcomes[address] for address in message.envelope.recipients])

    def _order(self) -> list[int]:
        """The transports that are not resting; all when all rest."""
        now = time.monotonic()
        return [number for number, until in enumerate(self._resting) if until <= now] or list(range(len(self._resting)))

    def _over(
        self, number: int, message: Message, recipients: tuple[str, ...], mark: Mark | None
    ) -> dict[str, Outcome]:
        narrowed = replace(message, envelope=replace(message.envelope, recipients=recipients))
        made = self._transports[number].send(narrowed, mark)
        outcomes = {delivery.address: delivery.outcome for delivery in made.deliveries}
        if all(isinstance(outcome, NotTried) for outcome in outcomes.values()):
            self._resting[number] = time.monotonic() + random.uniform(_REST / 2, _REST)
        return outcomes

    def close(self) -> None:
        """See :meth:`mailtemplates.delivery.transport.Transport.close`."""
        for transport in self._transports:
            transport.close()


def _whole(message: Message, outcomes: dict[str, Outcome], mark: Mark | None) -> Mark | None:
    """The mark of a message that goes to some of its recipients: it is asked about the whole."""
    if mark is None:
        return None
    return lambda _, taken, known: mark(message, taken, {**outcomes, **known})


def _may_go_on(outcome: Outcome | None) -> bool:
    """Whether no server has the message for this recipient, or may have it."""
    return outcome is None or isinstance(outcome, NotTried | Deferred)


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return FailoverTransport(str(url), [open_read(inner, access) for inner in url.inner])
