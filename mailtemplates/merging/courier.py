"""Who takes letters away: an outbox with its ledger, a transport alone, or nobody when it is a rehearsal."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from mailtemplates.delivery.letter import Letter
from mailtemplates.delivery.mailrun import Dispatch
from mailtemplates.delivery.outcome import Delivery, NotTried, Outcome, Receipt
from mailtemplates.delivery.transport import Transport
from mailtemplates.message.message import Message


class Courier(Protocol):
    """An :class:`~mailtemplates.delivery.outbox.Outbox` is one."""

    def send(self, letters: Iterable[Letter]) -> Generator[Dispatch, None, None]:
        """What became of each letter; letters are taken as they are needed."""


class Direct:
    """Sends over a transport and remembers nothing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(self, letters: Iterable[Letter]) -> Generator[Dispatch, None, None]:
        """See :class:`Courier`; in the order of the letters."""
        sent: deque[Letter] = deque()

        def messages() -> Iterator[Message]:
            for letter in letters:
                sent.append(letter)
                yield _narrowed(letter)

        for receipt in self._transport.send_all(messages()):
            letter = sent.popleft()
            known = {delivery.address: delivery.outcome for delivery in receipt.deliveries}
            yield Dispatch(letter.key, whole(letter, known))


class Rehearsal:
    """Takes letters nowhere."""

    def send(self, letters: Iterable[Letter]) -> Generator[Dispatch, None, None]:
        """See :class:`Courier`."""
        for letter in letters:
            recipients = letter.message.envelope.recipients
            yield Dispatch(letter.key, whole(letter, dict.fromkeys(recipients, NotTried("a dry run"))))


def whole(letter: Letter, outcomes: dict[str, Outcome]) -> Receipt:
    """The receipt of a letter: what is settled already, and these outcomes of the others."""
    settled = {**outcomes, **letter.outcomes}
    recipients = dict.fromkeys(letter.message.envelope.recipients)
    return Receipt(letter.message.message_id, tuple(Delivery(address, settled[address]) for address in recipients))


def _narrowed(letter: Letter) -> Message:
    """The message for those who are not settled."""
    envelope = letter.message.envelope
    left = tuple(address for address in envelope.recipients if address not in letter.outcomes)
    return replace(letter.message, envelope=replace(envelope, recipients=left))
