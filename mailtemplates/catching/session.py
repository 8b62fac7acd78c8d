"""One session of the server, on aiosmtpd: it keeps octets as they are and does wrong what it is told to."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ssl import SSLContext
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, TLSSetupException

from mailtemplates.catching.caught import Caught
from mailtemplates.catching.chaos import Chaos, Fault, Phase
from mailtemplates.message import envelope
from mailtemplates.message.message import Message
from mailtemplates.octets.mime import parse

log = logging.getLogger("mailtemplates.catching")
logging.getLogger("mail.log").addHandler(logging.NullHandler())  # aiosmtpd's, which has a traceback for each bad client

NAME = "catch.localhost"
_LINE = 2**20


@dataclass(frozen=True, slots=True)
class Manners:
    """How all sessions of a server are.

    :param take: is given each message, in the server's thread, and gives the reply; empty for "250".
    :param chaos: gives what goes wrong now; asked anew each time.
    :param login: the one user and password that are taken; None takes all.
    :param starttls: for the handshake after STARTTLS, which is then required; None when it is not offered.
    :param size_limit: octets of a message that are taken at most.
    """

    take: Callable[[Caught], str]
    chaos: Callable[[], Chaos]
    login: tuple[str, str] | None
    starttls: SSLContext | None
    size_limit: int


class _Session(Session):
    """What aiosmtpd knows of a client; it sets this attribute itself, and warns of it when it is its own."""

    login_data: Any = None


class CatchSession(SMTP):
    """A session with one client."""

    line_length_limit = _LINE  # a longer line than SMTP allows is for the linter to find

    def __init__(self, manners: Manners, loop: asyncio.AbstractEventLoop, sessions: set[CatchSession]) -> None:
        self._manners = manners
        self._sessions = sessions
        self._greeted = False
        self.command_size_limits = defaultdict(lambda: 4096)  # the class shares its own between sessions
        super().__init__(
            _Handler(self),
            hostname=NAME,  # aiosmtpd would ask DNS for the machine's own name, for seconds
            ident="mailtpl catch",
            data_size_limit=manners.size_limit,
            enable_SMTPUTF8=True,
            tls_context=manners.starttls,
            require_starttls=manners.starttls is not None,
            auth_require_tls=manners.starttls is not None,
            authenticator=self._authenticate_user,
            loop=loop,
        )

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :class:`asyncio.Protocol`; also after STARTTLS."""
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        self._sessions.discard(self)
        super().connection_lost(error)

    def abort(self) -> None:
        """End the session without a word."""
        if isinstance(self.transport, asyncio.Transport):
            with suppress(AttributeError):  # Python 3.11.2 cannot abort TLS that is closed already
                self.transport.abort()

    async def push(self, status: AnyStr) -> None:
        """Send a reply; the first is the greeting."""
        if not self._greeted:
            self._greeted = True
            if await self.misbehaves("greeting"):
                return
        await super().push(status)

    async def handle_exception(self, error: Exception) -> str:
        """Say what went wrong in the session, in one line of the log; the reply to the client, if it still listens."""
        if isinstance(error, TLSSetupException):
            log.warning("a client gave up the TLS handshake: %s", error.__cause__)
        else:
            log.error("a fault of mailtpl itself: %s: %s", type(error).__name__, error)
        return "451 4.3.0 a fault of this server"

    async def misbehaves(self, phase: Phase) -> bool:
        """Do what is to go wrong now; whether that was all, so that the usual is not done."""
        for fault in self._manners.chaos().strike(phase):
            if fault.action == "slow":
                await asyncio.sleep(fault.seconds)
            else:
                await self._do(fault)
                return True
        return False

    async def _do(self, fault: Fault) -> None:
        """A reply that is a refusal, or none.

        :raises asyncio.CancelledError: the session is over.
        """
        if fault.action == "reply":
            await super().push(fault.reply)
            if not fault.reply.startswith("421") and fault.phase != "greeting":
                return
        if fault.action == "silence":
            while await self._reader.read(_LINE):
                pass
        if self.transport is not None:
            self.transport.close()
        raise asyncio.CancelledError

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 (aiosmtpd finds commands by these names)
        """Answer EHLO."""
        if not await self.misbehaves("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        """Answer HELO."""
        if not await self.misbehaves("ehlo"):
            await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Answer STARTTLS."""
        if not await self.misbehaves("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """Answer AUTH."""
        if not await self.misbehaves("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Answer MAIL."""
        if await self.misbehaves("mail"):
            return
        if self._manners.login and self.session and not self.session.authenticated:
            await self.push("530 5.7.0 Authentication required")
        else:
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Answer RCPT."""
        if not await self.misbehaves("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Answer DATA."""
        if not await self.misbehaves("data"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        """Answer QUIT."""
        if not await self.misbehaves("quit"):
            await super().smtp_QUIT(arg)

    def _authenticate_user(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        """``handled=False``: aiosmtpd sends no reply to a failure that is said to be handled."""
        assert isinstance(given, LoginPassword)
        taken = self._manners.login
        right = taken is None or (given.login, given.password) == (taken[0].encode(), taken[1].encode())
        return AuthResult(success=right, handled=False, auth_data=given)

    async def take(self, session: Session, taken: Envelope) -> str:
        """Hand a message over; the reply to its final dot.

        A session that drops or falls silent there has taken the message: whoever sent it cannot know.
        """
        fault = await self._fault_at_the_dot()
        if fault and fault.action == "reply":
            if fault.reply.startswith("421"):
                await self._do(fault)
            return fault.reply
        reply = self._manners.take(self._caught(session, taken))
        if fault:
            await self._do(fault)
        return reply or "250 2.0.0 caught"

    async def _fault_at_the_dot(self) -> Fault | None:
        for fault in self._manners.chaos().strike("dot"):
            if fault.action != "slow":
                return fault
            await asyncio.sleep(fault.seconds)
        return None

    def _caught(self, session: Session, taken: Envelope) -> Caught:
        octets = bytes(taken.original_content or b"")
        path = envelope.Envelope(taken.mail_from or "", tuple(taken.rcpt_tos), taken.smtp_utf8)
        found = parse(octets).first("Message-ID")
        message = Message(octets, path, found.value.strip().strip("<>") if found else "")
        user = getattr(session.auth_data, "login", b"")
        secure = self.transport is not None and self.transport.get_extra_info("ssl_object") is not None
        return Caught(message, datetime.now(UTC), session.host_name or "", user.decode("utf-8", "replace"), secure)


class _Handler:
    """What aiosmtpd asks in the course of a session."""

    def __init__(self, session: CatchSession) -> None:
        self._session = session

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """The extensions; commands may come in groups (RFC 2920)."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message."""
        return await self._session.take(session, envelope)
