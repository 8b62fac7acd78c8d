"""Sessions that are kept and used again. Safe between threads and after a fork."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable

from mailtemplates.delivery.smtpsession import Session
from mailtemplates.errors import TransportError

_ASK_AFTER = 20.0
_DROP_AFTER = 240.0
_LONGEST_PAUSE = 5.0
_FIRST_PAUSE = 0.25
_RESPITE = 60.0


class ConnectionPool:
    """At most ``size`` sessions at a time, each for at most ``most`` messages.

    After failures to connect, the next connections come after a pause that grows and is random, so that many clients
    of a server that comes back do not come all at once. A refusal that time does not mend, of a password or a
    certificate, is not asked for again within a minute: servers lock accounts for that.

    :param cap: seconds, the most that anybody waits here: for a free session, or before a new one.
    """

    def __init__(self, connect: Callable[[], Session], *, size: int, most: int, cap: float | None = None) -> None:
        self.most = most
        self._connect = connect
        self._size = size
        self._cap = cap
        self._lock = threading.Lock()
        self._renew()

    def _renew(self) -> None:
        self._process = os.getpid()
        self._free = threading.BoundedSemaphore(self._size)
        self._idle: list[Session] = []
        self._failures = 0
        self._refusal: tuple[float, TransportError] | None = None

    def take(self) -> Session:
        """A session that works; :meth:`give_back` it.

        :raises TransportError: none could be made, or none became free in time.
        """
        with self._lock:
            if self._process != os.getpid():
                self._forget()
        if not self._free.acquire(timeout=self._cap):
            raise TransportError(
                f"all {self._size} connections are in use", phase="connect", cure="raise ?pool=, or send less at a time"
            )
        try:
            return self._kept() or self._made()
        except BaseException:
            self._free.release()
            raise

    def _forget(self) -> None:
        """In a child process: the parent's sessions are not ours to speak in."""
        for session in self._idle:
            session.wire.close()
        self._renew()

    def _kept(self) -> Session | None:
        while True:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None:
                return None
            if time.monotonic() - session.idle_since < _DROP_AFTER and session.alive(_ASK_AFTER):
                return session
            session.close()

    def _made(self) -> Session:
        refused = self._refusal
        if refused and time.monotonic() < refused[0]:
            raise refused[1]
        if self._failures:
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._failures, 10))
            time.sleep(random.uniform(0, longest if self._cap is None else min(longest, self._cap)))
        try:
            session = self._connect()
        except TransportError as error:
            self._failures += 1
            if not error.temporary:
                self._refusal = (time.monotonic() + _RESPITE, error)
            raise
        self._failures = 0
        return session

    def give_back(self, session: Session) -> None:
        """Keep a session for the next, unless it is broken or has done its part."""
        keep = not session.broken and session.served < self.most
        session.idle_since = time.monotonic()
        try:
            if not keep:
                session.close()
        finally:
            if keep:
                with self._lock:
                    self._idle.append(session)
            self._free.release()

    def close(self) -> None:
        """Say QUIT in every idle session."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()
