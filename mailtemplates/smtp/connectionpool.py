"""Sessions that are kept and used again. Safe between threads and after a fork."""

from __future__ import annotations

import os
import random
import threading
import time
import weakref
from collections.abc import Callable

from mailtemplates.errors import TransportError
from mailtemplates.smtp.session import Session

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
        self._renew()
        _pools.add(self)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(self._size)
        self._idle: list[Session] = []
        self._lent: set[Session] = set()
        self._failures = 0
        self._refusal: tuple[float, TransportError] | None = None

    def take(self) -> Session:
        """A session that works; :meth:`give_back` it.

        :raises TransportError: none could be made, or none became free in time.
        """
        free = self._free
        if not free.acquire(timeout=self._cap):
            raise TransportError(
                f"all {self._size} connections are in use", phase="connect", cure="raise ?pool=, or send less at a time"
            )
        try:
            session = self._kept() or self._made()
            self._lent.add(session)
            return session
        except BaseException:
            free.release()
            raise

    def forget(self) -> None:
        """In a child process: the parent's sessions are not ours to speak in, and its threads may hold our locks."""
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
            raise refused[1].with_traceback(None)  # else each time adds to it
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
        if session not in self._lent:  # of the parent process
            session.wire.close()
            return
        self._lent.discard(session)
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


_pools: weakref.WeakSet[ConnectionPool] = weakref.WeakSet()


def _forget_all() -> None:
    for pool in list(_pools):
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
