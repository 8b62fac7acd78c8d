"""Who takes letters away: an outbox with its ledger, a transport alone, several at once, or nobody in a rehearsal."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Protocol

from mailtemplates.delivery.outcome import Delivery, NotTried, Outcome, Receipt
from mailtemplates.delivery.transport import Transport
from mailtemplates.ledger.letter import Letter
from mailtemplates.message.message import Message
from mailtemplates.outbox.mailrun import Dispatch

_PATIENCE = 10.0
"""Seconds for what is under way to end, when a run is given up."""


class Courier(Protocol):
    """An :class:`~mailtemplates.outbox.outbox.Outbox` is one."""

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


class Several:
    """Several threads that send at once, each over a connection of its own; a free one takes the next letter."""

    def __init__(self, courier: Courier, threads: int) -> None:
        self._courier = courier
        self._number = threads

    def send(self, letters: Iterable[Letter]) -> Generator[Dispatch, None, None]:
        """See :class:`Courier`; letters are asked for in these threads, by one of them at a time."""
        shared = _Shared(letters)
        told: SimpleQueue[Dispatch | Exception | None] = SimpleQueue()
        threads = [Thread(target=self._work, args=(shared, told), daemon=True) for _ in range(self._number)]
        for thread in threads:
            thread.start()
        working, fault = self._number, None
        try:
            while working:
                news = told.get()
                if isinstance(news, Dispatch):
                    yield news
                elif news is None:
                    working -= 1
                else:
                    fault = fault or news
                    shared.end()
            if fault:
                raise fault
        finally:
            shared.end()
            until = time.monotonic() + _PATIENCE
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def _work(self, shared: _Shared, told: SimpleQueue[Dispatch | Exception | None]) -> None:
        try:
            for dispatch in self._courier.send(shared):
                told.put(dispatch)
        except Exception as error:
            told.put(error)
        finally:
            told.put(None)


class _Shared:
    """One iterator for several threads."""

    def __init__(self, letters: Iterable[Letter]) -> None:
        self._letters = iter(letters)
        self._lock = Lock()
        self._ended = False

    def end(self) -> None:
        """Give nothing more."""
        self._ended = True

    def __iter__(self) -> Iterator[Letter]:
        return self

    def __next__(self) -> Letter:
        with self._lock:
            if self._ended:
                raise StopIteration
            return next(self._letters)


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
    return replace(letter.message, envelope=envelope._replace(recipients=left))
