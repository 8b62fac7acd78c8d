"""Looking at a server over a second connection: whether it speaks TLS, what it shows there, and whether it is no mail
server at all. Nothing of ours is said on it."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any

from mailtemplates.errors import TransportError
from mailtemplates.smtp.endpoint import Address, Endpoint, dial
from mailtemplates.smtp.securesocket import SecureSocket
from mailtemplates.smtp.session import Session, greet
from mailtemplates.smtp.wire import Wire


@dataclass(frozen=True)
class Handshake:
    """A handshake that trusted everybody.

    :param version: such as ``TLSv1.3``.
    :param der: the certificate's octets; empty when the server showed none.
    """

    version: str
    cipher: str
    der: bytes = field(repr=False)


def trusting() -> ssl.SSLContext:
    """A context for looking, never for sending: every certificate is taken."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = SecureSocket
    return context


def speaks_tls(endpoint: Endpoint, address: Address, seconds: float) -> bool:
    """Whether the server answers a TLS handshake on a new connection to one of its addresses."""
    try:
        sock = dial(address, seconds / 2)
    except OSError:
        return False
    with sock:
        sock.settimeout(seconds / 2)
        try:
            with trusting().wrap_socket(sock, server_hostname=endpoint.host or None):
                return True
        except ssl.SSLError as error:
            return "ALERT" in (error.reason or "")
        except OSError:
            return False


def speaks_http(endpoint: Endpoint, address: Address, seconds: float) -> bool:
    """Whether the port answers a request for a web page, on a new connection: there the client speaks first."""
    try:
        sock = dial(address, seconds / 2)
    except OSError:
        return False
    sock.settimeout(seconds / 2)
    with contextlib.suppress(OSError), contextlib.closing(_secured(sock, endpoint)) as link:
        link.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return link.recv(16).startswith(b"HTTP/")
    return False


def _secured(sock: socket.socket, endpoint: Endpoint) -> socket.socket:
    if endpoint.tls != "implicit":
        return sock
    try:
        return trusting().wrap_socket(sock, server_hostname=endpoint.host or None)
    except OSError:
        sock.close()
        raise


def look(endpoint: Endpoint, address: Address, deadline: float) -> Handshake | None:
    """What a server that is not trusted shows; None when it does not show it again."""
    wire = Wire(endpoint)
    wire.deadline = deadline
    try:
        with contextlib.closing(wire):
            return _handshake(wire, address)
    except (TransportError, OSError):
        return None


def _handshake(wire: Wire, address: Address) -> Handshake | None:
    wire.connect_to([address])
    if wire.endpoint.tls == "starttls":
        wire.reply("greeting")
        session = Session(wire)
        greet(session)
        session.command("STARTTLS", "tls")
    assert wire.sock is not None
    wire.sock.settimeout(wire.limit("tls"))
    secure: Any = trusting().wrap_socket(wire.sock, server_hostname=wire.endpoint.host or None)
    wire.sock = secure
    cipher = secure.cipher()
    return Handshake(secure.version() or "", cipher[0] if cipher else "", secure.getpeercert(True) or b"")
