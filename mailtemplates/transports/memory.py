"""A list in memory, for tests of programs that send mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mailtemplates.delivery.outcome import Accepted, Outcome, Receipt, Uncertain
from mailtemplates.delivery.transport import WITHHELD, Mark, Transport, check_envelope, receipt
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

    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        """See :meth:`mailtemplates.delivery.transport.Transport.send_all`."""
        for message in messages:
            check_envelope(message)
            outcomes = self._outcomes(message, mark)
            if any(isinstance(outcome, Accepted) for outcome in outcomes):
                self.sent.append(message)
            yield receipt(message, outcomes)

    def _outcomes(self, message: Message, mark: Mark | None) -> list[Outcome]:
        """As over SMTP, whoever is refused is known before the mark, and the others after it."""
        addresses = message.envelope.recipients
        outcomes = {address: self.answer(message, address) for address in addresses}
        taken = [address for address in addresses if isinstance(outcomes[address], Accepted | Uncertain)]
        known = {address: outcome for address, outcome in outcomes.items() if address not in taken}
        if mark and taken and not mark(message, taken, known):
            outcomes.update(dict.fromkeys(taken, WITHHELD))
        return [outcomes[address] for address in addresses]


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return MemoryTransport(shown=str(url))
