"""A server, where it is and how to speak to it: its addresses, its time limits, the TLS it must have."""

from __future__ import annotations

import socket
import ssl
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mailtemplates.delivery.outcome import Phase
from mailtemplates.errors import TransportError
from mailtemplates.smtp.securesocket import SecureSocket

LIMITS: dict[Phase, float] = {
    "connect": 30, "tls": 60, "greeting": 300, "ehlo": 300, "auth": 300, "mail": 300, "rcpt": 300, "data": 120,
    "content": 180, "dot": 600, "rset": 300, "quit": 2,
}  # fmt: skip
"""Seconds that a server may take (RFC 5321 §4.5.3.2)."""

PHASE_NAMES: dict[Phase, str] = {
    "greeting": "the greeting", "ehlo": "EHLO", "auth": "AUTH", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA",
    "content": "the content", "dot": "the final dot", "rset": "RSET", "quit": "QUIT",
    "connect": "the connection", "tls": "TLS",
}  # fmt: skip
"""The phases in words."""


class Endpoint(NamedTuple):
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
    context: ssl.SSLContext | None = None
    pins: frozenset[str] = frozenset()
    cap: float | None = None
    ehlo: str = ""
    lmtp: bool = False

    def limit(self, phase: Phase) -> float:
        """Seconds for a phase."""
        return LIMITS[phase] if self.cap is None else min(LIMITS[phase], self.cap)

    def __str__(self) -> str:
        return self.path or (f"[{self.host}]" if ":" in self.host else self.host) + f":{self.port}"


Address = tuple[Any, Any, int, str, Any]
"""Family, kind, protocol, canonical name and socket address, as :func:`socket.getaddrinfo` gives them."""


def find_addresses(endpoint: Endpoint) -> list[Address]:
    """The addresses of a server, in the order in which they are tried, within the time to connect.

    :raises TransportError: its host has none, or the resolver is silent.
    """
    if endpoint.path:
        return [(socket.AF_UNIX, socket.SOCK_STREAM, 0, "", endpoint.path)]
    try:
        return _ask_resolver(endpoint.host or "localhost", endpoint.port, endpoint.limit("connect"))
    except OSError as error:
        again = isinstance(error, TimeoutError) or getattr(error, "errno", 0) == socket.EAI_AGAIN
        raise TransportError(
            f"the host {endpoint.host} has no address: {words_of(error)}",
            phase="connect",
            temporary=again,
            cure="check that this machine can reach its name servers" if again else "check the spelling of the host",
            kind="resolver-silent" if again else "no-address",
        ) from None


def _ask_resolver(host: str, port: int, seconds: float) -> list[Address]:
    """What the system's resolver says. It has no time limit of its own, so it is asked in a thread that is left behind.

    :raises OSError: there is no address, or no answer in time.
    """
    answers: list[list[Address] | OSError] = []

    def ask() -> None:
        try:
            # in octets, as they are: for a text all of Unicode's IDNA tables are loaded first
            answers.append(list(socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)))
        except OSError as error:
            answers.append(error)

    thread = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise TimeoutError
    if isinstance(answers[0], OSError):
        raise answers[0]
    return answers[0]


def dial(address: Address, seconds: float) -> socket.socket:
    """A socket that is connected to an address, without Nagle's delay.

    :raises OSError: it cannot be connected within the time.
    """
    family, kind, proto, _, place = address
    sock = socket.socket(family, kind, proto)
    try:
        sock.settimeout(seconds)
        sock.connect(place)
        if family != getattr(socket, "AF_UNIX", None):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock


def make_context(cafile: str = "") -> ssl.SSLContext:
    """What TLS must be: 1.2 or newer, a trusted certificate with the right name. To be shared, and never changed.

    Reading the system's CAs takes tens of milliseconds, so a context is kept; a file that has changed is read anew.

    :param cafile: the only CAs that are trusted; empty for those of the system.
    :raises OSError: the file cannot be read, or holds no certificate.
    """
    stat = Path(cafile).stat() if cafile else None
    return _context(cafile, (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None)


@lru_cache(maxsize=8)
def _context(cafile: str, seen: tuple[int, int, int] | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=cafile or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = SecureSocket
    return context


def words_of(error: OSError) -> str:
    """What went wrong with a socket, in a few words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the other side closed it"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return error.strerror or str(error)
