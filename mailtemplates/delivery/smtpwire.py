"""One link to a mail server: octets out, replies in, each within its time, TLS that is always verified.

It stands on the primitives of :mod:`smtplib` (``connect``, ``send``, ``getreply``), since only there is known
what was sent and what was answered.
"""

from __future__ import annotations

import hashlib
import select
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from mailtemplates.characters import shorten
from mailtemplates.delivery.outcome import Phase
from mailtemplates.delivery.reply import Reply
from mailtemplates.errors import TransportError

LIMITS: dict[Phase, float] = {
    "connect": 30, "tls": 60, "greeting": 300, "ehlo": 300, "auth": 300, "mail": 300, "rcpt": 300, "data": 120,
    "content": 180, "dot": 600, "quit": 2,
}  # fmt: skip
"""Seconds that a server may take (RFC 5321 §4.5.3.2)."""

_NAMES: dict[Phase, str] = {
    "greeting": "the greeting", "ehlo": "EHLO", "auth": "AUTH", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA",
    "content": "the content", "dot": "the final dot", "quit": "QUIT", "connect": "the connection", "tls": "TLS",
}  # fmt: skip
_LONGEST_LINE = 4096
_LONGEST_REPLY = 65536
_BLOCK = 256 * 1024


@dataclass(frozen=True)
class Endpoint:
    """A server, and how to speak to it.

    :param path: of a socket of this machine, instead of host and port.
    :param tls: ``implicit`` from the first octet, ``starttls`` mandatory after EHLO, or ``none``.
    :param pins: SHA-256 digests, one of which the server's certificate (DER) must have; empty for any that is trusted.
    :param cap: seconds, the most for each phase; None for the limits of RFC 5321.
    :param ehlo: what we call ourselves; empty for the address literal of the socket.
    :param lmtp: RFC 2033: LHLO, and a reply for each recipient after the dot.
    """

    host: str = ""
    port: int = 25
    path: str = ""
    tls: Literal["none", "starttls", "implicit"] = "none"
    context: ssl.SSLContext | None = field(default=None, repr=False)
    pins: frozenset[str] = frozenset()
    cap: float | None = None
    ehlo: str = ""
    lmtp: bool = False

    def limit(self, phase: Phase) -> float:
        """Seconds for a phase."""
        return LIMITS[phase] if self.cap is None else min(LIMITS[phase], self.cap)

    def __str__(self) -> str:
        return self.path or (f"[{self.host}]" if ":" in self.host else self.host) + f":{self.port}"


class _Replies:
    """The lines that a server sends, within a deadline and a length. What :mod:`smtplib` calls ``file``."""

    def __init__(self, sock: socket.socket, endpoint: Endpoint) -> None:
        self._sock = sock
        self._endpoint = endpoint
        self.buffer = b""
        self.start("greeting")

    phase: Phase

    def start(self, phase: Phase) -> None:
        """A reply of this phase is read next."""
        self.phase = phase
        self.first = b""
        self._taken = 0
        self._deadline = time.monotonic() + self._endpoint.limit(phase)

    def readline(self, limit: int = -1) -> bytes:
        while (end := self.buffer.find(b"\n")) < 0:
            if len(self.buffer) > _LONGEST_LINE:
                raise self._error("sends a line without end", temporary=False)
            self._fill()
        line, self.buffer = self.buffer[: end + 1], self.buffer[end + 1 :]
        self._taken += len(line)
        if self._taken > _LONGEST_REPLY:
            raise self._error("sends a reply without end", temporary=False)
        self.first = self.first or line
        return line

    def _fill(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._silent()
        try:
            self._sock.settimeout(left)
            octets = self._sock.recv(65536)
        except TimeoutError:
            raise self._silent() from None
        except OSError as error:
            raise self._error(f"broke the link: {_words(error)}") from None
        if not octets:
            raise self._error("closed the link")
        self.buffer += octets

    def _silent(self) -> TransportError:
        return self._error(f"was silent for {self._endpoint.limit(self.phase):g} s")

    def _error(self, problem: str, *, temporary: bool = True) -> TransportError:
        where = f"{self._endpoint} {problem} at {_NAMES[self.phase]}"
        cure = ""
        if self.phase == "greeting" and self._endpoint.tls != "implicit":
            cure = "if the port expects TLS from the first octet, as 465 does, use smtps://"
        return TransportError(where, phase=self.phase, temporary=temporary, cure=cure)

    def close(self) -> None:
        self.buffer = b""


class Wire(smtplib.SMTP):
    """A link to one server. Every fault is a :class:`TransportError` that names the phase."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(local_hostname=endpoint.ehlo or "localhost")
        self.endpoint = endpoint
        self.last_lines: list[str] = []
        self.choked = False

    def open(self) -> Reply:
        """Connect, with TLS where it comes first, and read the greeting.

        :raises TransportError: there is no server, no trusted certificate, or no greeting of a mail server.
        """
        code, octets = self.connect(self.endpoint.host or "localhost", self.endpoint.port)
        return self._checked(code, octets)

    def _get_socket(self, host: str, port: int, timeout: float | None) -> socket.socket:
        sock = self._connected(host, port)
        return self._verified(sock) if self.endpoint.tls == "implicit" else sock

    def _connected(self, host: str, port: int) -> socket.socket:
        deadline = time.monotonic() + self.endpoint.limit("connect")
        addresses = self._addresses(host, port)
        failure: OSError = OSError("no address")
        for number, (family, kind, proto, _, address) in enumerate(addresses):
            share = max(0.001, deadline - time.monotonic()) / (len(addresses) - number)
            sock = socket.socket(family, kind, proto)
            try:
                sock.settimeout(share)
                sock.connect(address)
                if family != getattr(socket, "AF_UNIX", None):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            except OSError as error:
                sock.close()
                failure = error
        raise TransportError(
            f"{self.endpoint} cannot be reached: {_words(failure)}",
            phase="connect",
            cure="check host and port (587 STARTTLS, 465 TLS, 25 relay), and that no firewall stops the port",
        ) from None

    def _addresses(self, host: str, port: int) -> list[tuple[Any, ...]]:
        if self.endpoint.path:
            return [(socket.AF_UNIX, socket.SOCK_STREAM, 0, "", self.endpoint.path)]
        try:
            return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            again = getattr(error, "errno", 0) == socket.EAI_AGAIN
            raise TransportError(
                f"the host {host} has no address: {_words(error)}",
                phase="connect",
                temporary=again,
                cure="check the spelling of the host",
            ) from None

    def _verified(self, sock: socket.socket) -> socket.socket:
        """The socket with TLS over it; the certificate, its name and its pin are right."""
        context = self.endpoint.context
        assert context is not None
        sock.settimeout(self.endpoint.limit("tls"))
        try:
            secure = context.wrap_socket(sock, server_hostname=self.endpoint.host)
        except ssl.SSLCertVerificationError as error:
            sock.close()
            raise self._untrusted(error) from None
        except TimeoutError:
            sock.close()
            raise TransportError(f"{self.endpoint} was silent at the TLS handshake", phase="tls") from None
        except OSError as error:
            sock.close()
            raise self._no_tls(error) from None
        digest = hashlib.sha256(secure.getpeercert(True) or b"").hexdigest()
        if self.endpoint.pins and digest not in self.endpoint.pins:
            secure.close()
            raise TransportError(
                f"{self.endpoint} shows another certificate than the pinned one: SHA-256 {digest}",
                phase="tls",
                temporary=False,
                cure="if the server's certificate was renewed, put its new digest in ?pin=",
            )
        return secure

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> TransportError:
        return TransportError(
            f"the certificate of {self.endpoint} is not trusted: {error.verify_message}",
            phase="tls",
            temporary=False,
            cure="use the name that the certificate has" if error.verify_code in (62, 64)
            else "give the CA that signed it as ?cafile=FILE",
        )  # fmt: skip

    def _no_tls(self, error: OSError) -> TransportError:
        clear = isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
        if clear:
            implicit = self.endpoint.tls == "implicit"
            return TransportError(
                f"{self.endpoint} does not answer with TLS",
                phase="tls",
                temporary=False,
                cure="a port that begins in clear, as 587 does, needs smtp+starttls://" if implicit else "",
            )
        return TransportError(f"no TLS with {self.endpoint}: {_words(error)}", phase="tls")

    def secure(self) -> None:
        """Go over to TLS, after the server said yes to STARTTLS.

        :raises TransportError: the handshake fails, or octets came before it (which a middleman could have sent).
        """
        if self.readable:
            self.close()
            raise TransportError(
                f"{self.endpoint} sent octets in clear between STARTTLS and the TLS handshake",
                phase="tls",
                temporary=False,
                cure="someone may be changing the connection; send over smtps://",
            )
        assert self.sock is not None
        self.sock, self.file = self._verified(self.sock), None

    def getreply(self) -> tuple[int, bytes]:
        """As :meth:`smtplib.SMTP.getreply`, from lines with a deadline and a length."""
        if self.file is None:
            self.file = _Replies(self._open_socket("greeting"), self.endpoint)
        return super().getreply()

    def reply(self, phase: Phase) -> Reply:
        """The next reply.

        :raises TransportError: the server is silent, gone, endless, or speaks no SMTP.
        """
        self._open_socket(phase)
        if self.file is None:
            self.file = _Replies(self._open_socket(phase), self.endpoint)
        self.file.start(phase)
        return self._checked(*self.getreply())

    def _checked(self, code: int, octets: bytes) -> Reply:
        if 200 <= code < 600:
            self.last_lines = octets.decode("utf-8", "replace").split("\n")
            return Reply.read(code, octets)
        said = shorten(self.file.first.decode("latin-1").strip() if self.file else "")
        phase: Phase = self.file.phase if self.file else "greeting"
        self.close()
        raise TransportError(
            f"{self.endpoint} does not speak SMTP: it said {said!r} at {_NAMES[phase]}",
            phase=phase,
            temporary=False,
            cure="check the port: this is a web server or a proxy" if "HTTP" in said else "check the port",
        )

    def write(self, octets: bytes, phase: Phase) -> None:
        """Send octets. When this raises, the last of them did not leave.

        :raises TransportError: the link is broken, or the server takes nothing for too long.
        """
        self._open_socket(phase)
        limit = self.endpoint.limit(phase)
        try:
            for start in range(0, len(octets), _BLOCK):
                assert self.sock is not None
                self.sock.settimeout(limit)
                self.send(octets[start : start + _BLOCK] if len(octets) > _BLOCK else octets)
        except TimeoutError:
            raise TransportError(f"{self.endpoint} took nothing for {limit:g} s", phase=phase) from None
        except OSError as error:
            self.choked = True
            raise TransportError(f"{self.endpoint} broke the link: {_words(error)}", phase=phase) from None

    def send(self, s: Any) -> None:
        """As :meth:`smtplib.SMTP.send`, but the link stays open after a fault, so that the last reply can be read."""
        octets = s.encode("ascii") if isinstance(s, str) else s
        self._open_socket("content").sendall(octets)

    def last_words(self) -> Reply | None:
        """What the server said before it closed the link on what we wrote, when it refused something with it."""
        if self.sock is None or not (self.choked and self.readable):
            return None
        try:
            said = self.reply("quit")
        except TransportError:
            return None
        return said if said.code >= 400 else None

    @property
    def readable(self) -> bool:
        """Whether the server said something that nobody asked for, or closed the link."""
        if self.sock is None or (self.file is not None and self.file.buffer):
            return True
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        try:
            if not hasattr(select, "poll"):
                return bool(select.select([self.sock], [], [], 0)[0])
            poll = select.poll()  # select() knows no descriptor over 1023
            poll.register(self.sock, select.POLLIN)
            return bool(poll.poll(0))
        except (OSError, ValueError):
            return True

    def _open_socket(self, phase: Phase) -> socket.socket:
        if self.sock is None:
            raise TransportError(f"the link to {self.endpoint} is closed", phase=phase)
        return self.sock

    @property
    def own_name(self) -> str:
        """What we call ourselves: as the endpoint says, else the address of our side (RFC 5321 §4.1.3)."""
        if self.endpoint.ehlo or self.endpoint.path or self.sock is None:
            return self.endpoint.ehlo or "localhost"
        address = self.sock.getsockname()[0].partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def make_context(cafile: str = "") -> ssl.SSLContext:
    """What TLS must be: 1.2 or newer, a trusted certificate with the right name.

    :param cafile: the only CAs that are trusted; empty for those of the system.
    :raises OSError: the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context(cafile=cafile or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return error.strerror or str(error)
