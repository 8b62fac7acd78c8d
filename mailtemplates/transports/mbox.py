"""A mailbox in one file: ``mbox:FILE`` (RFC 4155; lines that begin ``From `` are quoted as mboxrd does)."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from mailtemplates.delivery.outcome import Accepted
from mailtemplates.delivery.storing import StoringTransport, local_path
from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.message.envelope import NULL_SENDER
from mailtemplates.message.message import Message
from mailtemplates.pattern import pattern
from mailtemplates.transports import Access

OPTIONS = ()

_FROM = pattern(rb"(?m)^(>*From )")


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    path = local_path(url)
    return StoringTransport(str(url), lambda message: _append(path, message))


def _append(path: Path, message: Message) -> Accepted:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        _lock(file)
        end = os.fstat(file.fileno()).st_size
        try:
            file.write(_gap(file, end) + _entry(message))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(end)
            raise
    return Accepted(f"{path} at octet {end}")


def _gap(file: IO[bytes], end: int) -> bytes:
    """What lets an entry begin after an empty line, where a process was killed within the one before."""
    file.seek(max(0, end - 2))
    last = file.read(2)
    return b"" if last in (b"", b"\n\n") else b"\n" if last.endswith(b"\n") else b"\n\n"


def _entry(message: Message) -> bytes:
    sender = message.envelope.sender
    who = "MAILER-DAEMON" if sender == NULL_SENDER else sender
    octets = _FROM.sub(rb">\1", message.octets.replace(b"\r\n", b"\n"))
    ended = octets if octets.endswith(b"\n") else octets + b"\n"
    return f"From {who} {time.asctime(time.gmtime())}\n".encode() + ended + b"\n"


def _lock(file: IO[bytes]) -> None:
    """Other programs wait until the file is closed; where there are no such locks, there is none."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.lockf(file, fcntl.LOCK_EX)
    fcntl.flock(file, fcntl.LOCK_EX)
