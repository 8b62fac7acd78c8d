"""Sending without a ledger: what was put off is tried again while the run lasts, and nothing is remembered after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mailtemplates.delivery.outcome import Delivery, NotTried, Outcome, Receipt
from mailtemplates.delivery.transport import Transport
from mailtemplates.ledger.letter import Letter
from mailtemplates.message.message import Message
from mailtemplates.outbox.backoff import Backoff
from mailtemplates.outbox.mailrun import Dispatch
from mailtemplates.outbox.retries import PUT_OFF, Resting, Retries

_LATER = 64 * 1024 * 1024
"""Octets of messages that a run keeps in memory to try again; others are told at once as they are."""


class Direct:
    """Sends over a transport. Safe between threads.

    :param backoff, patience, resting: as of :class:`~mailtemplates.outbox.outbox.Outbox`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        backoff: Backoff | None = None,
        patience: float = 0.0,
        resting: Resting | None = None,
    ) -> None:
        self._transport = transport
        self._backoff = backoff or Backoff()
        self._patience = patience
        self._resting = resting
        self.stopping = False

    def send(self, letters: Iterable[Letter]) -> Generator[Dispatch, None, None]:
        """What became of each letter; letters are taken as they are needed. A key may come more than once.

        :raises AddressError: an envelope that nobody could mean.
        """
        retries = Retries[_Parcel](self._transport, self._backoff, self._patience, _LATER, self._resting)
        return _Run(self, self._transport, retries).results(iter(letters))

    def stop(self) -> None:
        """Let the runs come to an end: what is under way is answered, and nothing is begun or waited for."""
        self.stopping = True
        self._transport.hurry()

    def close(self) -> None:
        """Close the transport. What is used again opens it anew."""
        self._transport.close()
        self.stopping = False


@dataclass(eq=False, slots=True)
class _Parcel:
    """A letter, and what is known of its recipients by now."""

    letter: Letter
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    attempts: int = 0

    def message(self) -> Message:
        """The message for those who still wait."""
        envelope = self.letter.message.envelope
        left = tuple(
            address for address in envelope.recipients
            if address not in self.letter.outcomes and isinstance(self.outcomes.get(address, NotTried()), PUT_OFF)
        )  # fmt: skip
        return replace(self.letter.message, envelope=envelope._replace(recipients=left))

    def dispatch(self) -> Dispatch:
        """What became of it."""
        return Dispatch(self.letter.key, whole(self.letter, self.outcomes))


class _Run:
    def __init__(self, direct: Direct, transport: Transport, retries: Retries[_Parcel]) -> None:
        self._direct = direct
        self._transport = transport
        self._retries = retries
        self._under_way: deque[_Parcel] = deque()
        self._ended = False

    def results(self, letters: Iterator[Letter]) -> Generator[Dispatch, None, None]:
        while not self._ended or self._retries:
            for receipt in self._transport.send_all(self._feed(letters)):
                parcel = self._under_way.popleft()
                if not self._again(parcel, dict(receipt.deliveries)):
                    yield parcel.dispatch()
            if self._direct.stopping:
                yield from (parcel.dispatch() for parcel in self._retries.waiting)
                return
            if self._retries.lost:
                yield from self._give_up(letters)
            elif self._retries.stuck or self._ended:
                self._retries.rest(lambda: self._direct.stopping)

    def _feed(self, letters: Iterator[Letter]) -> Iterator[Message]:
        while not (self._retries.stuck or self._direct.stopping):
            parcel = self._next(letters)
            if parcel is None:
                return
            self._under_way.append(parcel)
            yield parcel.message()

    def _next(self, letters: Iterator[Letter]) -> _Parcel | None:
        """What is due again, else the next letter; None when there is none now."""
        for parcel in self._retries.due(1):
            return parcel
        letter = None if self._ended else next(letters, None)
        self._ended = letter is None
        return None if letter is None else _Parcel(letter)

    def _again(self, parcel: _Parcel, outcomes: Mapping[str, Outcome]) -> bool:
        """Whether this run tries the message once more."""
        parcel.outcomes.update(outcomes)
        parcel.attempts += 1
        self._retries.heard(outcomes)
        pause, again = self._retries.pause(parcel, parcel.attempts, outcomes, parcel.letter.message.size)
        if again and pause is not None:
            self._retries.keep(parcel, pause, parcel.letter.message.message_id)
        return again

    def _give_up(self, letters: Iterator[Letter]) -> Iterator[Dispatch]:
        """There is no way to the server: the rest is not tried."""
        for letter in letters:
            yield Dispatch(letter.key, whole(letter, dict.fromkeys(letter.waiting, self._retries.problem)))
        self._ended = True


def whole(letter: Letter, outcomes: Mapping[str, Outcome]) -> Receipt:
    """The receipt of a letter: what is settled already, and these outcomes of the others."""
    settled = {**outcomes, **letter.outcomes}
    recipients = dict.fromkeys(letter.message.envelope.recipients)
    return Receipt(letter.message.message_id, tuple(Delivery(address, settled[address]) for address in recipients))
