"""Transports that write to this machine: the whole message at once, the same outcome for every recipient.

A message that is accepted is wholly there: what broke off is taken away again.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

from mailtemplates.delivery.outcome import Accepted, NotTried, Receipt
from mailtemplates.delivery.transport import WITHHELD, Mark, Transport, check_envelope, receipt
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.errors import SettingsError
from mailtemplates.message.message import Message

_numbers = count(1)
_PASSES = (errno.ENOSPC, errno.EDQUOT, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.EIO)
"""Errors that may be over later with nothing changed here."""


class StoringTransport(Transport):
    """Stores each message with ``store``, which may raise :class:`OSError`."""

    def __init__(self, shown: str, store: Callable[[Message], Accepted]) -> None:
        super().__init__(shown)
        self._store = store
        self._lock = threading.Lock()

    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        """See :meth:`mailtemplates.delivery.transport.Transport.send_all`."""
        for message in messages:
            check_envelope(message)
            yield receipt(message, [self._outcome(message, mark)] * len(message.envelope.recipients))

    def _outcome(self, message: Message, mark: Mark | None) -> Accepted | NotTried:
        if mark and not mark(message, message.envelope.recipients, {}):
            return WITHHELD
        try:
            with self._lock:
                return self._store(message)
        except OSError as error:
            text = f"{self.shown} cannot be written: {error.strerror or error}"
            return NotTried(text, "check that the place exists, is yours, and has room", error.errno in _PASSES)


def local_path(url: TransportUrl) -> Path:
    """The path of a URL for this machine.

    :raises SettingsError: it has none, or a host.
    """
    if url.host or not url.path:
        raise SettingsError(f"{url}: a path is needed", cure=f"write {url.scheme}:PATH")
    return Path(url.path)


def unique_name() -> str:
    """A file name that no other delivery has, in the form of a Maildir's."""
    now = time.time_ns()
    return f"{now // 10**9}.M{now // 1000 % 10**6}P{os.getpid()}Q{next(_numbers)}.{_host()}"


def unique_names() -> str:
    """A regular expression of the names that processes of this machine make; its group is the process."""
    return rf"\d+\.M\d+P(\d+)Q\d+\.{re.escape(_host())}"


def _host() -> str:
    return socket.gethostname().replace("/", "\\057").replace(":", "\\072")


def write_new(path: Path, octets: bytes) -> None:
    """Write a file that is not there, down to the disk.

    :raises OSError: it is there already, or cannot be written; what was written is gone then.
    """
    with path.open("xb") as file:
        try:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
