"""A list in memory, for tests of programs that send mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mailtemplates.delivery.outcome import Accepted, Outcome, Receipt
from mailtemplates.delivery.transport import Transport, check_envelope, receipt
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.message.message import Message
from mailtemplates.transports import Access

OPTIONS = ()


class MemoryTransport(Transport):
    """Keeps the messages in :attr:`sent`, and says what it is told to say.

    :param answer: gives the outcome for a recipient; every recipient is accepted when there is none.
    :ivar sent: the messages that were accepted for somebody, in order.
    """

    def __init__(self, answer: Callable[[Message, str], Outcome] | None = None, shown: str = "memory:") -> None:
        super().__init__(shown)
        self.answer = answer or (lambda message, address: Accepted("kept in memory"))
        self.sent: list[Message] = []

    def send_all(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """See :meth:`mailtemplates.delivery.transport.Transport.send_all`."""
        for message in messages:
            check_envelope(message)
            outcomes = [self.answer(message, address) for address in message.envelope.recipients]
            if any(isinstance(outcome, Accepted) for outcome in outcomes):
                self.sent.append(message)
            yield receipt(message, outcomes)


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return MemoryTransport(shown=str(url))
