"""What a server sends, line by line, within a time and a length."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable

from mailtemplates.delivery.outcome import Mishap, Phase
from mailtemplates.errors import TransportError
from mailtemplates.smtp.endpoint import PHASE_NAMES, Endpoint, words_of

_LONGEST_LINE = 4096
_LONGEST_REPLY = 65536
_QUICK = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it


class ReplyLines:
    """The lines that a server sends, within a deadline and a length. What :mod:`smtplib` calls ``file``.

    What came is acknowledged at once: a server with Nagle's algorithm, such as Postfix, holds the replies to pipelined
    commands back until it has the acknowledgement of the reply before them, which systems delay by 40 ms (RFC 1122
    §4.2.3.2 and §4.2.3.4).

    :param limit: gives the seconds for a phase.
    """

    def __init__(self, sock: socket.socket, endpoint: Endpoint, limit: Callable[[Phase], float]) -> None:
        self._sock = sock
        self._endpoint = endpoint
        self._seconds = limit
        self._quick = _QUICK if sock.family in (socket.AF_INET, socket.AF_INET6) else None
        self.buffer = b""
        self.start("greeting")

    phase: Phase

    def start(self, phase: Phase) -> None:
        """A reply of this phase is read next."""
        self.phase = phase
        self.first = b""
        self._taken = 0
        self._limit = self._seconds(phase)
        self._deadline = time.monotonic() + self._limit

    def readline(self, limit: int = -1) -> bytes:
        while (end := self.buffer.find(b"\n")) < 0:
            if len(self.buffer) > _LONGEST_REPLY:
                raise self._error("sends a line without end", "endless", temporary=False)
            self._fill()
        line, self.buffer = self.buffer[: end + 1], self.buffer[end + 1 :]
        self._taken += len(line)
        if self._taken > _LONGEST_REPLY:
            raise self._error("sends a reply without end", "endless", temporary=False)
        if self.first and line[:3] != self.first[:3]:  # RFC 5321 §4.2.1: the same code on every line
            raise self._error(f"gives two codes in one reply, {_code(self.first)} and {_code(line)},", "not-smtp")
        self.first = self.first or line
        return line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE]  # smtplib raises for longer ones

    def look(self) -> bool:
        """Whether something came that was not read yet, or the link was closed; without waiting."""
        if self.buffer:
            return True
        try:
            self._sock.settimeout(0)
            self.buffer = self._sock.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):  # TLS has records of its own
            return False
        except OSError:
            pass
        return True

    def _fill(self) -> None:
        left = self._deadline - time.monotonic()
        try:
            self._sock.settimeout(max(0.0, left))  # what came while this process was stopped counts, though it is late
            octets = self._sock.recv(65536)
            if self._quick is not None:
                self._sock.setsockopt(socket.IPPROTO_TCP, self._quick, 1)  # holds for what is to be acknowledged now
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            raise self._silent() from None
        except OSError as error:
            raise self._error(f"broke the link: {words_of(error)}", "broken") from None
        if not octets:
            raise self._error("closed the link", "closed")
        self.buffer += octets

    def _silent(self) -> TransportError:
        return self._error(f"was silent for {self._limit:.3g} s", "silent")

    def _error(self, problem: str, kind: Mishap, *, temporary: bool = True) -> TransportError:
        endpoint = self._endpoint
        where = f"{endpoint} {problem} at {PHASE_NAMES[self.phase]}"
        cure = "check host and port: no mail server answers so" if kind == "endless" else ""
        if self.phase == "greeting" and kind != "endless" and endpoint.tls != "implicit":
            cure = "if the port expects TLS from the first octet, as 465 does, use smtps://"
        return TransportError(where, phase=self.phase, temporary=temporary, cure=cure, kind=kind)

    def close(self) -> None:
        self.buffer = b""


def _code(line: bytes) -> str:
    return repr(line[:3].decode("ascii", "replace"))
