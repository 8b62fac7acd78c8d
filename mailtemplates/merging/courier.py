"""Who takes letters away: an outbox with its ledger or a transport alone, several at once, or nobody in a rehearsal."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Protocol

from mailtemplates.delivery.outcome import NotTried
from mailtemplates.ledger.letter import Letter
from mailtemplates.outbox.direct import whole
from mailtemplates.outbox.mailrun import Dispatch

_PATIENCE = 10.0
"""Seconds for what is under way to end, when a run is given up."""


class Courier(Protocol):
    """An :class:`~mailtemplates.outbox.outbox.Outbox` is one, and a :class:`~mailtemplates.outbox.direct.Direct`."""

    def send(self, letters: Iterable[Letter]) -> Generator[Dispatch, None, None]:
        """What became of each letter; letters are taken as they are needed."""

    def stop(self) -> None:
        """Begin nothing more, and wait for nothing; what is under way comes to its end."""


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
                    self.stop()
            if fault := fault or shared.fault:
                raise fault
        finally:
            shared.end()
            if working:
                self.stop()
            until = time.monotonic() + _PATIENCE
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def stop(self) -> None:
        """See :class:`Courier`."""
        self._courier.stop()

    def _work(self, shared: _Shared, told: SimpleQueue[Dispatch | Exception | None]) -> None:
        try:
            for dispatch in self._courier.send(shared):
                told.put(dispatch)
        except Exception as error:
            told.put(error)
        finally:
            told.put(None)


class _Shared:
    """One iterator for several threads; a fault in it ends it for all of them, and what they took goes its way."""

    def __init__(self, letters: Iterable[Letter]) -> None:
        self._letters = iter(letters)
        self._lock = Lock()
        self._ended = False
        self.fault: Exception | None = None

    def end(self) -> None:
        """Give nothing more."""
        self._ended = True

    def __iter__(self) -> Iterator[Letter]:
        return self

    def __next__(self) -> Letter:
        with self._lock:
            if self._ended:
                raise StopIteration
            try:
                return next(self._letters)
            except StopIteration:
                raise
            except Exception as error:
                self.fault, self._ended = error, True
                raise StopIteration from None


class Rehearsal:
    """Takes letters nowhere."""

    def send(self, letters: Iterable[Letter]) -> Generator[Dispatch, None, None]:
        """See :class:`Courier`."""
        for letter in letters:
            recipients = letter.message.envelope.recipients
            yield Dispatch(letter.key, whole(letter, dict.fromkeys(recipients, NotTried("a dry run"))))

    def stop(self) -> None:
        """See :class:`Courier`."""
