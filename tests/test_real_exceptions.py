"""The errors of the table, made for real on the Python that runs this, and diagnosed from their tracebacks."""

from __future__ import annotations

import asyncio
import datetime
import email.message
import gc
import imaplib
import smtplib
import socket
import ssl
import struct
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from smtpserver import Answer, Certificates, CloseError, Link, Server, close, server_context, silence

from mailtemplates.failures.diagnosis import diagnose

LOGIN = ("PIPELINING", "AUTH PLAIN LOGIN")


@dataclass
class Bench:
    """Servers on loopback that end with the test."""

    stack: ExitStack
    certificates: Certificates

    def server(
        self,
        answers: dict[str, Answer | list[Answer]] | None = None,
        features: tuple[str, ...] = LOGIN,
        tls: str = "",
        context: ssl.SSLContext | None = None,
    ) -> Server:
        return self.stack.enter_context(Server(answers or {}, features, tls, context or self.certificates.right))

    def smtp(self, server: Server, seconds: float = 5) -> smtplib.SMTP:
        client = smtplib.SMTP("127.0.0.1", server.port, local_hostname="[127.0.0.1]", timeout=seconds)
        self.stack.callback(client.close)
        return client

    def send(self, answers: dict[str, Answer | list[Answer]], content: bytes = b"Subject: x\r\n\r\ny\r\n") -> None:
        self.smtp(self.server(answers)).sendmail("a@b.test", ["c@d.test"], content)

    def login(self, reply: str) -> None:
        self.smtp(self.server({"AUTH": reply})).login("user", "password")

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificates.cafile))


@pytest.fixture
def bench(certificates: Certificates) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack, certificates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the standard library leaves a socket open when it fails
        gc.collect()


def reset(link: Link) -> str:
    link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.sock.close()
    raise CloseError


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def issued(folder: Path, days: int) -> tuple[ssl.SSLContext, Path]:
    """A certificate without key identifiers, valid until in so many days, and its CA."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA {days}")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = certificate(ca_name, ca_name, ca_key, 9).add_extension(x509.BasicConstraints(True, None), critical=True)
    ca = ca.add_extension(usage, critical=True)
    ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
    leaf = certificate(name, ca_name, key, days)
    leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    cafile, path = folder / f"ca{days}.pem", folder / f"leaf{days}.pem"
    cafile.write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    path.write_bytes(
        leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem)
        + key.private_bytes(pem, pkcs8, serialization.NoEncryption())
    )
    return server_context(path), cafile


def certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=20))
    return built.not_valid_after(now + datetime.timedelta(days=days))


# what is done, each ends in an exception


def name_not_numeric(bench: Bench) -> None:
    socket.getaddrinfo("smtp", 25, flags=socket.AI_NUMERICHOST)  # as a name that does not resolve, without any DNS


def nothing_listens(bench: Bench) -> None:
    smtplib.SMTP("127.0.0.1", free_port())


def nothing_listens_asyncio(bench: Bench) -> None:
    asyncio.run(asyncio.open_connection("127.0.0.1", free_port()))


def port_of_letters(bench: Bench) -> None:
    smtplib.SMTP("127.0.0.1:smtp")


def label_too_long(bench: Bench) -> None:
    smtplib.SMTP(f"{'a' * 70}.test", 25)


def clear_on_implicit_tls(bench: Bench) -> None:
    bench.smtp(bench.server(tls="implicit"), 0.3)


def tls_on_clear(bench: Bench) -> None:
    smtplib.SMTP_SSL("127.0.0.1", bench.server().port, timeout=5)


def no_tls_version_shared(bench: Bench) -> None:
    server = server_context(bench.certificates.cafile.parent / "right.pem")
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    client = bench.trust()
    client.minimum_version = ssl.TLSVersion.TLSv1_3
    bench.smtp(bench.server(tls="starttls", context=server)).starttls(context=client)


def certificate_of_another(bench: Bench) -> None:
    server = bench.server(tls="starttls", context=bench.certificates.other_name)
    bench.smtp(server).starttls(context=bench.trust())


def certificate_of_nobody(bench: Bench) -> None:
    server = bench.server(tls="starttls", context=bench.certificates.unsigned)
    bench.smtp(server).starttls(context=bench.trust())


def certificate_of_private_ca(bench: Bench) -> None:
    bench.smtp(bench.server(tls="starttls")).starttls(context=ssl.create_default_context())


def certificate_lapsed(bench: Bench) -> None:
    context, cafile = issued(bench.certificates.cafile.parent, -1)
    client = ssl.create_default_context(cafile=str(cafile))
    client.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    smtplib.SMTP_SSL("localhost", bench.server(tls="implicit", context=context).port, context=client, timeout=5)


def certificate_against_strict_rules(bench: Bench) -> None:
    context, cafile = issued(bench.certificates.cafile.parent, 1)
    client = ssl.create_default_context(cafile=str(cafile))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    smtplib.SMTP_SSL("localhost", bench.server(tls="implicit", context=context).port, context=client, timeout=5)


def host_unknown_to_tls(bench: Bench) -> None:
    client = smtplib.SMTP(timeout=5, local_hostname="[127.0.0.1]")
    bench.stack.callback(client.close)
    client.connect("127.0.0.1", bench.server(tls="starttls").port)
    client.starttls(context=bench.trust())


def closed_at_greeting(bench: Bench) -> None:
    bench.smtp(bench.server({"GREETING": close}))


def reset_at_ehlo(bench: Bench) -> None:
    bench.smtp(bench.server({"EHLO": reset})).ehlo()


def greeted_by_web_server(bench: Bench) -> None:
    bench.smtp(bench.server({"GREETING": "HTTP/1.1 400 Bad Request"}))


def greeted_with_554(bench: Bench) -> None:
    bench.smtp(bench.server({"GREETING": "554 5.7.1 no SMTP service here"}))


def greeted_without_end(bench: Bench) -> None:
    bench.smtp(bench.server({"GREETING": f"220 {'x' * 9000}"}))


def ehlo_refused(bench: Bench) -> None:
    client = bench.smtp(bench.server({"EHLO": "502 command not implemented", "HELO": "502 command not implemented"}))
    client.sendmail("a@b.test", ["c@d.test"], b"x")


def starttls_not_there(bench: Bench) -> None:
    bench.smtp(bench.server()).starttls()


def auth_not_there(bench: Bench) -> None:
    bench.smtp(bench.server(features=("PIPELINING",))).login("user", "password")


def auth_unknown(bench: Bench) -> None:
    bench.smtp(bench.server(features=("AUTH XOAUTH2 NTLM",))).login("user", "password")


def password_not_ascii(bench: Bench) -> None:
    bench.smtp(bench.server()).login("user", "pässword")


def text_not_ascii(bench: Bench) -> None:
    bench.smtp(bench.server()).sendmail("a@b.test", ["c@d.test"], "Subject: ä\r\n\r\nö")


def nobody(bench: Bench) -> None:
    bench.smtp(bench.server()).sendmail("a@b.test", [], b"x")


def list_for_message(bench: Bench) -> None:
    bench.smtp(bench.server()).sendmail("a@b.test", ["c@d.test"], ["a", "b"])  # type: ignore[arg-type]


def after_quit(bench: Bench) -> None:
    client = bench.smtp(bench.server())
    client.quit()
    client.sendmail("a@b.test", ["c@d.test"], b"x")


def newline_in_header(bench: Bench) -> None:
    email.message.EmailMessage()["Subject"] = "a\nBcc: evil@example.test"


def newline_in_django_header(bench: Bench) -> None:
    from django.conf import settings
    from django.core.mail import EmailMessage

    if not settings.configured:
        settings.configure()
    EmailMessage("a\nb", "text", "a@b.test", ["c@d.test"]).message()


def address_not_ascii(bench: Bench) -> None:
    message = email.message.EmailMessage()
    message["From"], message["To"] = "a@b.test", "c@d.test"
    bench.smtp(bench.server()).send_message(message, "jörg@b.test", ["c@d.test"])


def lost_after_the_dot(bench: Bench) -> None:
    bench.send({"DOT": close})


def silent_after_the_dot(bench: Bench) -> None:
    bench.smtp(bench.server({"DOT": silence}), 0.3).sendmail("a@b.test", ["c@d.test"], b"x")


def keyfile(bench: Bench) -> None:
    bench.smtp(bench.server(tls="starttls")).starttls(keyfile="key.pem")  # type: ignore[call-arg,unused-ignore]


def smtpd(bench: Bench) -> None:
    __import__("smtpd")


def imap_without_folder(bench: Bench) -> None:
    client = imaplib.IMAP4("127.0.0.1", imap_port(bench))
    bench.stack.callback(client.shutdown)
    client.login("user", "password")
    client.search(None, "ALL")


def imap_login(bench: Bench) -> None:
    imaplib.IMAP4("127.0.0.1", imap_port(bench, b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)")).login(
        "u", "p"
    )


def imap_port(bench: Bench, login: bytes = b"OK done") -> int:
    """An IMAP server for one client."""
    import threading

    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as sock, sock.makefile("rb") as lines:
            sock.sendall(b"* OK IMAP4rev1 ready\r\n")
            for line in lines:
                tag, verb = line.split()[:2]
                if verb.upper() == b"CAPABILITY":
                    sock.sendall(b"* CAPABILITY IMAP4REV1\r\n")
                sock.sendall(tag + b" " + (login if verb.upper() == b"LOGIN" else b"OK done") + b"\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])


DONE: dict[Callable[[Bench], None], str] = {
    name_not_numeric: "D01", nothing_listens: "D02", nothing_listens_asyncio: "D02", port_of_letters: "D35",
    label_too_long: "D35", clear_on_implicit_tls: "D04", tls_on_clear: "D05", no_tls_version_shared: "D06",
    certificate_of_another: "D07", certificate_of_nobody: "D08", certificate_of_private_ca: "D08",
    certificate_lapsed: "D53", certificate_against_strict_rules: "D14",
    closed_at_greeting: "D09", reset_at_ehlo: "D42", greeted_by_web_server: "D10", greeted_with_554: "D11",
    greeted_without_end: "D46", ehlo_refused: "D49", starttls_not_there: "D12", auth_not_there: "D15",
    auth_unknown: "D16", password_not_ascii: "D27", text_not_ascii: "D28", nobody: "D20", list_for_message: "D156",
    after_quit: "D26", newline_in_header: "D29", newline_in_django_header: "D29", address_not_ascii: "D55",
    lost_after_the_dot: "D139", silent_after_the_dot: "D139", imap_login: "D152",
    imap_without_folder: "D153",
}  # fmt: skip
if "_host" not in smtplib.SMTP.connect.__code__.co_names:  # Python 3.14 remembers it
    DONE[host_unknown_to_tls] = "D25"
if sys.version_info >= (3, 12):  # what it has taken out
    DONE |= {keyfile: "D23", smtpd: "D24"}


@pytest.mark.parametrize("action", DONE, ids=lambda action: f"{DONE[action]} {action.__name__}")
def test_an_exception_that_was_raised_is_diagnosed(action: Callable[[Bench], None], bench: Bench) -> None:
    with pytest.raises(Exception) as raised:
        action(bench)
    text = "".join(traceback.format_exception(raised.value))
    diagnosis = diagnose(text)
    assert diagnosis.causes[0].failure.id == DONE[action], text
    assert diagnosis.lasting in ("temporary", "permanent")
    assert diagnose(f"{type(raised.value).__module__}.{type(raised.value).__name__}: {raised.value}").causes


REPLIES: dict[str, tuple[str, bool]] = {
    "AUTH 535 5.7.8 Error: authentication failed": ("D17", False),
    "AUTH 535 5.7.8 Username and Password not accepted. https://support.google.com/mail/?p=BadCredentials": (
        "D60",
        False,
    ),
    "AUTH 535 Error: 请使用授权码登录": ("D62", False),
    "AUTH 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant": ("D64", False),
    "AUTH 454 4.7.0 Temporary authentication failure": ("D66", True),
    "MAIL 530 5.7.0 Must issue a STARTTLS command first": ("D13", False),
    "MAIL 530 5.7.57 Client not authenticated to send mail": ("D65", False),
    "MAIL 553 5.7.1 <a@b.test>: Sender address rejected: not owned by user c@d.test": ("D18", False),
    "MAIL 552 5.3.4 Message size exceeds fixed limit": ("D100", False),
    "MAIL 421 4.3.2 Service not available": ("D132", True),
    "RCPT 554 5.7.1 <c@d.test>: Relay access denied": ("D19", False),
    "RCPT 550 5.1.1 <c@d.test>: Recipient address rejected: User unknown": ("D80", False),
    "RCPT 450 4.7.1 <c@d.test>: Recipient address rejected: Greylisted": ("D85", True),
    "RCPT 452 4.5.3 Too many recipients": ("D86", True),
    "RCPT 501 5.1.3 Bad recipient address syntax": ("D84", False),
    "DATA 451 4.3.0 local error in processing": ("D132", True),
    "DOT 550 5.7.26 This mail is unauthenticated": ("D120", False),
    "DOT 554 5.7.1 Message rejected as spam": ("D107", False),
    "DOT 550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal": ("D101", False),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_a_refusal_that_smtplib_raised_is_diagnosed(reply: str, bench: Bench) -> None:
    """Temporary or permanent is right whatever class smtplib raises: 454 comes as SMTPAuthenticationError."""
    verb, _, words = reply.partition(" ")
    failure, temporary = REPLIES[reply]
    with pytest.raises(smtplib.SMTPException) as raised:
        if verb == "AUTH":
            bench.login(words)
        else:
            bench.send({verb: words})
    diagnosis = diagnose("".join(traceback.format_exception(raised.value)))
    assert diagnosis.causes[0].failure.id == failure
    assert diagnosis.lasting == ("temporary" if temporary else "permanent")
