"""The server: a thread of its own, on loopback unless it is told otherwise."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from mailtemplates.catching.caught import Caught
from mailtemplates.catching.certificate import Identity, make_identity
from mailtemplates.catching.chaos import Chaos, parse_fault
from mailtemplates.errors import SettingsError
from mailtemplates.message.message import Message

if TYPE_CHECKING:
    from mailtemplates.catching.session import CatchSession

log = logging.getLogger("mailtemplates.catching")

Tls = Literal["", "starttls", "implicit"]
SIZE_LIMIT = 33_554_432
_SCHEMES: dict[Tls, str] = {"": "smtp", "starttls": "smtp+starttls", "implicit": "smtps"}
_PATIENCE = 5.0


class MailServer:
    """A server that takes every message and delivers none. Use it as a context manager, or start and stop it.

    :param port: 0 for any that is free.
    :param tls: ``starttls`` requires STARTTLS, ``implicit`` speaks TLS from the first octet; the certificate is made
        when the server starts.
    :param login: ``(user, password)``: without them nothing is taken. None lets everybody in who logs in, or does not.
    :param chaos: faults as :func:`~mailtemplates.catching.chaos.parse_fault` reads them.
    :param seed: of the chance that decides when they happen.
    :param size_limit: octets of a message that are taken at most, told as SIZE (RFC 1870).
    :param take: is given each message, in the server's thread, and gives the reply, empty for "250"; without it they
        are kept in :attr:`caught`.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: Tls = "",
        login: tuple[str, str] | None = None,
        chaos: Iterable[str] = (),
        seed: int = 0,
        size_limit: int = SIZE_LIMIT,
        take: Callable[[Caught], str] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.tls: Tls = tls
        self.login = login
        self.size_limit = size_limit
        self.caught: list[Caught] = []
        self._take = take or self._keep
        self._chaos = Chaos(map(parse_fault, chaos), seed)
        self._arrived = threading.Condition()
        self._identity: Identity | None = None
        self._cafile: Path | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._sessions: set[CatchSession] = set()

    @property
    def url(self) -> str:
        """The URL of a transport to it, with the login and the authority that it needs."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = ":".join(quote(word, safe="") for word in self.login) + "@" if self.login else ""
        options = f"cafile={quote(str(self._cafile))}" if self.tls else "insecure=1"
        return f"{_SCHEMES[self.tls]}://{user}{host}:{self.port}?{options}"

    @property
    def cafile(self) -> Path | None:
        """The file with the authority that signed its certificate; None without TLS."""
        return self._cafile

    @property
    def messages(self) -> list[Message]:
        """The messages that came, each with its envelope, in their order."""
        return [one.message for one in self.caught]

    def wait(self, count: int = 1, timeout: float = _PATIENCE) -> list[Message]:
        """The messages, once there are that many.

        :param timeout: seconds to wait at most.
        :raises AssertionError: fewer came.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.caught) >= count, timeout):
                raise AssertionError(f"{len(self.caught)} messages came in {timeout:g} s, not {count}")
        return self.messages

    def misbehave(self, *faults: str, seed: int = 0) -> None:
        """From now on do these wrong, and nothing else: ``misbehave("rcpt=451", "dot=drop:0.5")``; none ends it."""
        self._chaos = Chaos(map(parse_fault, faults), seed)

    def clear(self) -> None:
        """Forget the messages."""
        self.caught.clear()

    def start(self) -> Self:
        """Listen.

        :raises SettingsError: aiosmtpd is not installed, or the address cannot be listened on.
        """
        try:
            from mailtemplates.catching.session import CatchSession, Manners
        except ImportError:
            raise SettingsError(
                "a mail server needs the package aiosmtpd, which is not installed",
                cure="pip install 'mailtemplates[catch]'",
            ) from None
        if self.tls:
            self._identity = make_identity(self.host)
            self._cafile = _written(self._identity.authority)
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(_note)
        starttls = self._identity.context if self._identity and self.tls == "starttls" else None
        manners = Manners(self._take, lambda: self._chaos, self.login, starttls, self.size_limit)
        implicit = self._identity.context if self._identity and self.tls == "implicit" else None
        make = loop.create_server(
            lambda: CatchSession(manners, loop, self._sessions), self.host, self.port, ssl=implicit
        )
        try:
            server = loop.run_until_complete(make)
        except (OSError, OverflowError) as bad:
            loop.close()
            self._forget()
            reason = (getattr(bad, "strerror", None) or str(bad)).rpartition("): ")[2].rpartition("] ")[2]
            raise SettingsError(
                f"cannot listen on {self.host}, port {self.port}: {reason}", cure="choose another host or port"
            ) from None
        self.port = server.sockets[0].getsockname()[1]
        self._loop = loop
        self._thread = threading.Thread(target=self._run, args=(loop, server), name="mailtpl catch", daemon=True)
        self._thread.start()
        return self

    def stop(self, patience: float = 0.0) -> None:
        """End all sessions and listen no more. What came stays.

        :param patience: seconds to wait until clients have ended their sessions by themselves.
        """
        if self._loop is None or self._thread is None:
            return
        until = time.monotonic() + patience
        while self._sessions and time.monotonic() < until:
            time.sleep(0.01)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop = self._thread = None
        self._forget()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<MailServer {_SCHEMES[self.tls]}://{self.host}:{self.port}>"

    def _keep(self, caught: Caught) -> str:
        with self._arrived:
            self.caught.append(caught)
            self._arrived.notify_all()
        return ""

    def _run(self, loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            server.close()
            loop.run_until_complete(self._end_sessions())
            asyncio.set_event_loop(None)
            loop.close()

    async def _end_sessions(self) -> None:
        """End the sessions, and wait until their tasks have seen it."""
        for session in list(self._sessions):
            session.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _forget(self) -> None:
        if self._cafile is not None:
            with suppress(OSError):
                self._cafile.unlink()
        self._identity = None


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say in one line what went wrong with a client, such as a handshake before there is a session."""
    error = context.get("exception")
    log.warning("a client was lost: %s", (str(error) or type(error).__name__) if error else context["message"])


def _written(authority: bytes) -> Path:
    with tempfile.NamedTemporaryFile(prefix="mailtpl-catch-", suffix=".pem", delete=False) as file:
        file.write(authority)
    return Path(file.name)
