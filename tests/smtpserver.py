"""A mail server that does what a test tells it: threads on loopback, with certificates of its own."""

from __future__ import annotations

import base64
import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailtemplates.smtp.securesocket import SecureSocket

PATIENCE = 60.0
"""Seconds that a thread may need to end, on a machine that is busy; it has nothing to wait for."""


class CloseError(Exception):
    """The server closes the link."""


class SilenceError(Exception):
    """The server says nothing more."""


def close(link: Link) -> str:
    raise CloseError


def silence(link: Link) -> str:
    raise SilenceError


Answer = str | bytes | Callable[["Link"], str]
"""A reply without its last CRLF, octets as they are, or what makes a reply and may end the link."""


@dataclass
class Taken:
    """A message that the server took."""

    sender: str
    recipients: list[str]
    octets: bytes


@dataclass
class Server:
    """An SMTP or LMTP server on loopback. ``answers`` says for a verb what is answered, by turns; the last one stays.

    Verbs are SMTP's, and GREETING, DOT, AUTH2 (what follows a challenge) and TLS (before the handshake).
    """

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    features: Sequence[str] = ("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN")
    tls: str = ""
    context: ssl.SSLContext | None = None
    lmtp: bool = False
    delay: float = 0.0
    strict: bool = True
    unix: Path | None = None
    port: int = 0

    def __post_init__(self) -> None:
        self.commands: list[str] = []
        self.octets: list[bytes] = []
        self.taken: list[Taken] = []
        self.links: list[Link] = []
        self.turns: dict[str, int] = {}
        self.secured_at: int | None = None
        self._turning = threading.Lock()

    def __enter__(self) -> Self:
        if self.unix:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self.unix))
        else:
            self._listener = socket.socket()
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
        self._listener.listen(50)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:  # a system where only closing wakes who accepts
            self._listener.close()
        self._thread.join(PATIENCE)
        self._listener.close()
        for link in self.links:
            hang_up(link.sock)
        for link in self.links:
            link.thread.join(PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if not self.unix:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(self, sock)
            self.links.append(link)
            link.thread.start()

    def answer(self, verb: str) -> Answer | None:
        """What the script says for this turn of a verb."""
        scripted = self.answers.get(verb)
        if not isinstance(scripted, list):
            return scripted
        with self._turning:
            turn = self.turns.get(verb, 0)
            self.turns[verb] = turn + 1
        return scripted[min(turn, len(scripted) - 1)]

    def take(self, taken: Taken) -> None:
        with self._turning:
            self.taken.append(taken)

    def untake(self, taken: Taken) -> None:
        """Give a message up that was refused; another link may have taken one meanwhile."""
        with self._turning:
            self.taken = [one for one in self.taken if one is not taken]

    @property
    def verbs(self) -> list[str]:
        """The verbs that were heard, in order."""
        return [command.split(" ")[0].split(":")[0].upper() for command in self.commands]


class Link:
    """One connection."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self.buffer = b""
        self.last = ""
        self.sender = ""
        self.recipients: list[str] = []
        self.secure = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._serve()
        except SilenceError:
            with contextlib.suppress(OSError):
                while self.sock.recv(4096):
                    pass
        except (CloseError, OSError):
            pass
        finally:
            hang_up(self.sock)
            self.sock.close()

    def _serve(self) -> None:
        if self.server.tls == "implicit":
            self._handshake()
        self.say("GREETING", "220 mx.example.test ESMTP")
        while True:
            line = self.line()
            self.server.commands.append(line)
            self.last = line
            verb = line.split(" ")[0].split(":")[0].upper()
            handler = getattr(self, f"_{verb.lower()}", None)
            if handler is None:
                self.say(verb, "502 5.5.1 command not implemented")
            else:
                handler(line)

    def say(self, verb: str, default: str) -> bool:
        """Send the scripted reply, or this; whether the default was sent or another yes."""
        answer = self.server.answer(verb)
        if callable(answer):
            answer = answer(self)
        if isinstance(answer, bytes):
            self.sock.sendall(answer)
            return False
        reply = default if answer is None else answer
        if self.server.delay:
            time.sleep(self.server.delay)
        self.sock.sendall(reply.encode() + b"\r\n")
        return reply[:1] in "23"

    def line(self) -> str:
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def fill(self) -> None:
        octets = self.sock.recv(65536)
        if not octets:
            raise CloseError
        self.server.octets.append(octets)
        self.buffer += octets

    def _handshake(self) -> None:
        assert self.server.context is not None
        self.server.secured_at = len(self.server.commands)
        self.sock = secure = secured(self.sock, self.server.context)
        secure.do_handshake()
        self.secure = True

    def _ehlo(self, line: str) -> None:
        lines = ["mx.example.test", *self.server.features]
        if self.server.tls == "starttls" and not self.secure:
            lines.append("STARTTLS")
        self.say("EHLO", "\r\n".join([f"250-{text}" for text in lines[:-1]] + [f"250 {lines[-1]}"]))

    _lhlo = _ehlo

    def _helo(self, line: str) -> None:
        self.say("HELO", "250 mx.example.test")

    def _starttls(self, line: str) -> None:
        if self.say("STARTTLS", "220 2.0.0 go ahead"):
            self.buffer = b""
            self._handshake()

    def _auth(self, line: str) -> None:
        self.say("AUTH", "235 2.7.0 welcome")
        more = self.server.answers.get("AUTH2", [])
        for _ in more if isinstance(more, list) else [more]:
            self.server.commands.append("AUTH2 " + self.line())
            self.say("AUTH2", "")

    def _mail(self, line: str) -> None:
        if self.sender and self.server.strict:
            self.sock.sendall(b"503 5.5.1 nested MAIL command\r\n")
            return
        self.recipients = []
        if self.say("MAIL", "250 2.1.0 ok"):
            self.sender = line.partition("<")[2].partition(">")[0] or "<>"
        else:
            self.sender = ""

    def _rcpt(self, line: str) -> None:
        if not self.sender and self.server.strict:
            self.sock.sendall(b"503 5.5.1 no sender\r\n")
        elif self.say("RCPT", "250 2.1.5 ok"):
            self.recipients.append(line.partition("<")[2].partition(">")[0])

    def _rset(self, line: str) -> None:
        self.sender = ""
        self.recipients = []
        self.say("RSET", "250 2.0.0 ok")

    def _noop(self, line: str) -> None:
        self.say("NOOP", "250 2.0.0 ok")

    def _data(self, line: str) -> None:
        if not self.recipients and "DATA" not in self.server.answers:
            self.say("DATA", "503 5.5.1 no valid recipients")
            return
        if not self.say("DATA", "354 go"):
            return
        while not (self.buffer.startswith(b".\r\n") or b"\r\n.\r\n" in self.buffer):
            self.say_early()
            self.fill()
        if self.buffer.startswith(b".\r\n"):
            content, self.buffer = b"", self.buffer[3:]
        else:
            content, _, self.buffer = self.buffer.partition(b"\r\n.\r\n")
            content += b"\r\n"
        sender, self.sender = self.sender, ""
        for address in self.recipients if self.server.lmtp else [""]:
            taken = Taken(sender, [address] if address else list(self.recipients), content)
            if not self.recipients:
                self.say("DOT", "554 5.5.1 nobody")
                return
            self.server.take(taken)  # a server may take a message and lose its reply
            if not self.say("DOT", "250 2.0.0 Ok: queued as 4XYZ"):
                self.server.untake(taken)

    def say_early(self) -> None:
        if "CONTENT" in self.server.answers:
            self.say("CONTENT", "")

    def _quit(self, line: str) -> None:
        self.say("QUIT", "221 2.0.0 bye")
        raise CloseError


def secured(sock: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    """The server's side of TLS, which has not shaken hands yet: it can be hung up meanwhile."""
    return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)


def hang_up(sock: socket.socket) -> None:
    """End a link: the thread that has it still reads what came, then it is at the end, and closes the socket itself."""
    shutdown = super(ssl.SSLSocket, sock).shutdown if isinstance(sock, ssl.SSLSocket) else sock.shutdown
    with contextlib.suppress(OSError):
        shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Certificates:
    """A CA, and what servers show: a right certificate, one with another name, one that nobody signed."""

    cafile: Path
    right: ssl.SSLContext
    other_name: ssl.SSLContext
    unsigned: ssl.SSLContext
    pin: str


def make_certificates(folder: Path) -> Certificates:
    """Made anew; good for a day."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
    ca = _certificate(ca_name, ca_name, ca_key, ca_key, [])
    cafile = folder / "ca.pem"
    cafile.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    local: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    right, shown = _server(folder, "right", ca_name, ca_key, local)
    other, _ = _server(folder, "other", ca_name, ca_key, [x509.DNSName("other.example.test")])
    lone_key = ec.generate_private_key(ec.SECP256R1())
    lone_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    unsigned, _ = _server(folder, "unsigned", lone_name, lone_key, local)
    return Certificates(cafile, right, other, unsigned, shown.fingerprint(hashes.SHA256()).hex())


def _server(
    folder: Path, name: str, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName]
) -> tuple[ssl.SSLContext, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), issuer, key, signer, names)
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return server_context(path), certificate


def server_context(chain: Path) -> ssl.SSLContext:
    """What a server shows; a socket whose client is gone before the handshake is closed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.sslsocket_class = SecureSocket
    return context


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    names: list[x509.GeneralName],
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    else:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(signer, hashes.SHA256())


def decoded(command: str) -> bytes:
    """The octets of the last word of a command, which is in base64."""
    return base64.b64decode(command.split(" ")[-1])
