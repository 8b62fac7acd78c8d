"""What sends the mail of a program: a transport, with or without a ledger, from threads and from an event loop."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from mailtemplates.delivery.outcome import Receipt
from mailtemplates.delivery.transport import Transport
from mailtemplates.errors import SettingsError
from mailtemplates.ledger.key import check_key, derive_key, token_of
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.letter import Letter
from mailtemplates.message.message import Message
from mailtemplates.message.stamp import Stamp
from mailtemplates.outbox.direct import Direct
from mailtemplates.outbox.mailrun import Dispatch
from mailtemplates.outbox.outbox import Outbox

Result = TypeVar("Result")

_THREADS = 16
"""Messages of an event loop that are on their way at once; those that come meanwhile wait for their turn."""


class Mailer:
    """Sends one message after the other; what is put off for good waits in the ledger for a resume.

    :param ledger: its file; None for a mailer that remembers nothing.
    :param patience: seconds in which a message that was put off is tried again, while its caller waits.
    :raises LedgerError: the ledger cannot be opened.
    """

    def __init__(self, transport: Transport, ledger: Path | None, patience: float = 0.0) -> None:
        self._transport = transport
        self._outbox = Outbox(transport, Ledger(ledger), patience=patience) if ledger else None
        self._direct = Direct(transport, patience=patience)
        self._lock = threading.Lock()
        self._threads: tuple[int, ThreadPoolExecutor] | None = None

    @property
    def keeps(self) -> bool:
        """Whether there is a ledger."""
        return self._outbox is not None

    @property
    def outbox(self) -> Outbox:
        """The outbox.

        :raises SettingsError: there is no ledger.
        """
        if self._outbox is None:
            raise SettingsError("there is no ledger", cure="make the engine with ledger=FILE")
        return self._outbox

    def send(self, key: str, make: Callable[[], Message]) -> Receipt:
        """Send the message of a key, which is made only when the ledger does not know the key."""
        if self._outbox is None:
            (dispatch,) = self._direct.send([Letter(key, make())])
            return dispatch.receipt
        known = self._outbox.ledger.entry(key)
        (dispatch,) = self._outbox.resume([key]) if known else self._outbox.send([(key, make())])
        return dispatch.receipt

    def key_of(self, version: str, recipients: Iterable[str], data: Mapping[str, Any]) -> str:
        """See :func:`mailtemplates.ledger.key.derive_key`."""
        return derive_key(version, recipients, data)

    def stamp(self, key: str, host: str) -> Stamp:
        """The stamp of this moment with the Message-ID of a key."""
        return replace(Stamp.now(host=host), token=token_of(check_key(key)))

    def queue(self, key: str, make: Callable[[], Message]) -> None:
        """Keep the message of a key in the ledger, to be sent by a resume."""
        if self.outbox.ledger.entry(key) is None:
            self.outbox.ledger.queue([Letter(key, make())])

    def resume(self, keys: Sequence[str] | None) -> Iterator[Dispatch]:
        """See :meth:`mailtemplates.outbox.outbox.Outbox.resume`."""
        return self.outbox.resume(keys)

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Do some work in a thread, while the event loop goes on. Work that has begun is ended, also when the task that
        waits for it is cancelled."""
        run = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._executor(), run, work)

    def _executor(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._threads is None or self._threads[0] != os.getpid():
                self._threads = os.getpid(), ThreadPoolExecutor(_THREADS, "mailtemplates")
            return self._threads[1]

    def close(self) -> None:
        """Wait for what is on its way, not for what was put off, and let go of connections and the ledger; they are
        opened again when needed."""
        with self._lock:
            threads, self._threads = self._threads, None
        (self._outbox or self._direct).stop()
        if threads and threads[0] == os.getpid():
            threads[1].shutdown()
        (self._outbox or self._direct).close()
