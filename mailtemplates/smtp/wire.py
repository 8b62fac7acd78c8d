"""One link to a mail server: octets out, replies in, each within its time, TLS that is always verified.

It stands on the primitives of :mod:`smtplib` (``connect``, ``send``, ``getreply``), since only there is known
what was sent and what was answered.
"""

from __future__ import annotations

import hashlib
import math
import select
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

from mailtemplates.characters import shorten
from mailtemplates.delivery.outcome import Mishap, Phase
from mailtemplates.errors import TransportError
from mailtemplates.failures.decoding import decode_said
from mailtemplates.smtp.endpoint import PHASE_NAMES, Address, Endpoint, dial, find_addresses, words_of
from mailtemplates.smtp.login import hide
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.replylines import ReplyLines

BLOCK = 256 * 1024
"""Octets that are written at once, with a time limit of their own."""

_DISTRUST: dict[int, Mishap] = {
    2: "unknown-ca", 9: "not-yet-valid", 10: "expired", 18: "self-signed", 19: "unknown-ca", 20: "unknown-ca",
    21: "unknown-ca", 62: "wrong-name", 64: "wrong-name",
}  # fmt: skip
"""By OpenSSL's X509_V_ERR_…; those over 64 are of strict verification (the default since Python 3.13), but for few."""

_TRUST: dict[Mishap, str] = {
    "wrong-name": "use the name that the certificate has",
    "expired": "let who runs the server renew it",
    "not-yet-valid": "check the clocks of both sides",
    "strict": "let the certificate be issued anew with what it lacks; Python checks that since 3.13",
}
"""What brings trust back."""


class Wire(smtplib.SMTP):
    """A link to one server. Every fault is a :class:`TransportError` that names the phase.

    :ivar secrets: what is never shown of a reply, once we have said it (see :func:`mailtemplates.smtp.login.hide`).
    :ivar deadline: when everything must be over, of :func:`time.monotonic`; besides the limits of the phases.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(local_hostname=endpoint.ehlo or "localhost")
        self.endpoint = endpoint
        self.last_lines: list[str] = []
        self.secrets: tuple[str, ...] = ()
        self.choked = False
        self._polled = -2
        self.deadline = math.inf

    def limit(self, phase: Phase) -> float:
        """Seconds that are left for a phase."""
        return max(0.001, min(self.endpoint.limit(phase), self.deadline - time.monotonic()))

    def open(self) -> Reply:
        """Connect, with TLS where it comes first, and read the greeting.

        :raises TransportError: there is no server, no trusted certificate, or no greeting of a mail server.
        """
        self.connect_to(find_addresses(self.endpoint))
        if self.endpoint.tls == "implicit":
            self.shake_hands()
        return self.reply("greeting")

    def connect_to(self, addresses: Sequence[Address]) -> Address:
        """Connect to the first of the addresses that can be; gives it back.

        :raises TransportError: none can; the kind is that of the last.
        """
        deadline = time.monotonic() + self.limit("connect")
        failure: OSError = OSError("no address")
        for number, address in enumerate(addresses):
            share = max(0.001, deadline - time.monotonic()) / (len(addresses) - number)
            try:
                self.sock = dial(address, share)
                return address
            except OSError as error:
                failure = error
        raise TransportError(
            f"{self.endpoint} cannot be reached: {words_of(failure)}",
            phase="connect",
            cure="check host and port (587 STARTTLS, 465 TLS, 25 relay), and that no firewall stops the port",
            kind=_mishap(failure),
        ) from None

    def shake_hands(self) -> None:
        """Go over to TLS: the certificate, its name and its pin are right.

        :raises TransportError: they are not, or there is no handshake.
        """
        sock = self._open_socket("tls")
        self.sock, self.file = self._verified(sock), None

    def _verified(self, sock: socket.socket) -> socket.socket:
        context = self.endpoint.context
        assert context is not None
        sock.settimeout(self.limit("tls"))
        host = self.endpoint.host.encode()  # in octets, as it is: a text would go through IDNA once more
        try:
            secure = context.wrap_socket(sock, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            sock.close()
            raise self._untrusted(error) from None
        except TimeoutError:
            sock.close()
            raise TransportError(
                f"{self.endpoint} was silent at the TLS handshake", phase="tls", kind="silent"
            ) from None
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
                kind="pin",
            )
        return secure

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> TransportError:
        kind = _DISTRUST.get(error.verify_code) or ("strict" if error.verify_code > 64 else "untrusted")
        return TransportError(
            f"the certificate of {self.endpoint} is not trusted: {error.verify_message}",
            phase="tls",
            temporary=False,
            cure=_TRUST.get(kind, "give the CA that signed it as ?cafile=FILE"),
            kind=kind,
        )

    def _no_tls(self, error: OSError) -> TransportError:
        clear = isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
        if clear:
            implicit = self.endpoint.tls == "implicit"
            return TransportError(
                f"{self.endpoint} does not answer with TLS",
                phase="tls",
                temporary=False,
                cure="a port that begins in clear, as 587 does, needs smtp+starttls://" if implicit else "",
                kind="clear",
            )
        kind: Mishap = "tls-failed" if isinstance(error, ssl.SSLError) else "closed"
        return TransportError(f"no TLS with {self.endpoint}: {words_of(error)}", phase="tls", kind=kind)

    def secure(self) -> None:
        """Go over to TLS, after the server said yes to STARTTLS.

        :raises TransportError: the handshake fails, or octets came before it (which a middleman could have sent).
        """
        if self.readable:
            gone = self._at_end()
            self.close()
            if gone:
                raise TransportError(f"{self.endpoint} closed the link after STARTTLS", phase="tls", kind="closed")
            raise TransportError(
                f"{self.endpoint} sent octets in clear between STARTTLS and the TLS handshake",
                phase="tls",
                temporary=False,
                cure="someone may be changing the connection; send over smtps://",
                kind="injected",
            )
        self.shake_hands()

    def getreply(self) -> tuple[int, bytes]:
        """As :meth:`smtplib.SMTP.getreply`, from lines with a deadline and a length."""
        if self.file is None:
            self.file = ReplyLines(self._open_socket("greeting"), self.endpoint, self.limit)
        return super().getreply()

    def reply(self, phase: Phase) -> Reply:
        """The next reply.

        :raises TransportError: the server is silent, gone, endless, or speaks no SMTP.
        """
        self._open_socket(phase)
        if self.file is None:
            self.file = ReplyLines(self._open_socket(phase), self.endpoint, self.limit)
        self.file.start(phase)
        return self._checked(*self.getreply())

    def _checked(self, code: int, octets: bytes) -> Reply:
        if 200 <= code < 600:
            octets = self._without_secrets(octets)
            self.last_lines = decode_said(octets).split("\n")
            return Reply.read(code, octets)
        said = shorten(decode_said(self._without_secrets(self.file.first)).strip() if self.file else "")
        phase: Phase = self.file.phase if self.file else "greeting"
        self.close()
        raise TransportError(
            f"{self.endpoint} does not speak SMTP: it said {said!r} at {PHASE_NAMES[phase]}",
            phase=phase,
            temporary=False,
            cure="check the port: this is a web server or a proxy" if "HTTP" in said else "check the port",
            kind="http" if "HTTP" in said else "not-smtp",
        )

    def _without_secrets(self, octets: bytes) -> bytes:
        return hide(decode_said(octets), self.secrets).encode() if self.secrets else octets

    def write(self, octets: bytes, phase: Phase) -> None:
        """Send octets. When this raises, the last of them did not leave.

        :raises TransportError: the link is broken, or the server takes nothing for too long.
        """
        self._open_socket(phase)
        limit = self.limit(phase)
        try:
            for start in range(0, len(octets), BLOCK):
                assert self.sock is not None
                self.sock.settimeout(limit)
                self.send(octets[start : start + BLOCK] if len(octets) > BLOCK else octets)
        except TimeoutError:
            self.choked = True
            raise TransportError(
                f"{self.endpoint} took nothing for {limit:.3g} s", phase=phase, kind="silent"
            ) from None
        except OSError as error:
            self.choked = True
            raise TransportError(
                f"{self.endpoint} broke the link: {words_of(error)}", phase=phase, kind="broken"
            ) from None

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
    def speaks(self) -> bool:
        """Whether the server said something that was not read yet, or closed the link; TLS's own words are none."""
        return self.readable and (self.file is None or self.file.look())

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
            number = self.sock.fileno()
            if self._polled != number:
                self._poll = select.poll()  # select() knows no descriptor over 1023
                self._poll.register(number, select.POLLIN)
                self._polled = number
            return bool(self._poll.poll(0))
        except (OSError, ValueError):
            return True

    def _at_end(self) -> bool:
        """Whether a link in clear that can be read has nothing more to read: the server closed it."""
        if self.sock is None or (self.file is not None and self.file.buffer):
            return False
        try:
            return not self.sock.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _open_socket(self, phase: Phase) -> socket.socket:
        if self.sock is None:
            raise TransportError(f"the link to {self.endpoint} is closed", phase=phase, kind="closed")
        return self.sock

    @property
    def tls_version(self) -> str:
        """The version of TLS and the cipher; empty in clear."""
        if not isinstance(self.sock, ssl.SSLSocket):
            return ""
        cipher = self.sock.cipher()
        return f"{self.sock.version()} {cipher[0] if cipher else ''}".strip()

    @property
    def own_name(self) -> str:
        """What we call ourselves: as the endpoint says, else the address of our side (RFC 5321 §4.1.3)."""
        if self.endpoint.ehlo or self.endpoint.path or self.sock is None:
            return self.endpoint.ehlo or "localhost"
        address = self.sock.getsockname()[0].partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _mishap(error: OSError) -> Mishap:
    """What kept a connection from being made."""
    if isinstance(error, TimeoutError):
        return "silent"
    return "refused" if isinstance(error, ConnectionRefusedError | FileNotFoundError) else "unreachable"
