"""Servers for the doctor to look at, and the doctor's command with its answer checked."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import ssl
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapserver import ImapServer
from mailrig import held_ports
from smtplab import Brief
from smtpserver import Certificates, Server, server_context

from mailtemplates.cli.shell import main
from mailtemplates.text.wrapping import display_width

PASSWORD = "s3cret-Pa55"
USER = "alice@example.test"
OFFERS = ("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "AUTH PLAIN LOGIN")
SECRETS = (
    PASSWORD,
    b64encode(PASSWORD.encode()).decode().rstrip("="),
    b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode(),
    f"user={USER}\x01auth=Bearer {PASSWORD}",
    b64encode(f"user={USER}\x01auth=Bearer {PASSWORD}\x01\x01".encode()).decode(),
)
ROOT = Path(__file__).parent.parent


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / "schemas" / "doctor.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@dataclass
class Answer:
    """What the command wrote, and how it ended."""

    code: int
    text: str
    errors: str

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.text)
        return read

    def step(self, name: str) -> dict[str, Any]:
        (found,) = (one for one in self.json["steps"] if one["step"] == name)
        return dict(found)

    @property
    def failed(self) -> list[tuple[str, str]]:
        """The steps that failed, each with the id of its failure."""
        return [(one["step"], one["failure"]["id"]) for one in self.json["steps"] if one["status"] == "fail"]


@dataclass
class Lab:
    """Servers that end with the test."""

    certificates: Certificates
    folder: Path
    capture: pytest.CaptureFixture[bytes]
    stack: ExitStack
    servers: list[Server]
    brief: Brief

    def server(self, **options: Any) -> Server:
        if options.get("tls") and "context" not in options:
            options["context"] = self.certificates.right
        options.setdefault("features", OFFERS)
        server = self.stack.enter_context(Server(**options))
        self.servers.append(server)
        return server

    def imap(self, **options: Any) -> str:
        """The URL of a mailbox; its server."""
        options.setdefault("password", PASSWORD)
        self.mailbox = self.stack.enter_context(ImapServer(**options))
        return f"imap://bob%40example.test@localhost:{self.mailbox.port}?insecure=1"

    def closed_port(self) -> int:
        """A port of loopback where nobody listens, while the test lasts."""
        return self.stack.enter_context(held_ports(1))[0]

    def url(self, server: Server, *, login: bool = False, more: str = "") -> str:
        scheme = {"starttls": "smtp+starttls", "implicit": "smtps"}.get(server.tls, "lmtp" if server.lmtp else "smtp")
        options = [f"cafile={self.certificates.cafile}"] if server.tls else ["insecure=1"] if login else []
        options += [more] if more else []
        user = "alice%40example.test@" if login else ""
        return f"{scheme}://{user}localhost:{server.port}{'?' if options else ''}{'&'.join(options)}"

    def doctor(self, *arguments: str) -> Answer:
        """The command; it has no traceback, shows no secret, and keeps to 80 columns."""
        self.capture.readouterr()
        code = main(["doctor", *arguments])
        out, err = self.capture.readouterr()
        answer = Answer(code, out.decode(), err.decode())
        assert "Traceback" not in answer.text + answer.errors
        assert not [secret for secret in SECRETS if secret in answer.text + answer.errors]
        if "--json" in arguments:
            validator().validate(answer.json)
        else:
            assert max(map(display_width, answer.text.splitlines())) <= 80
        return answer

    def ask(self, *arguments: str) -> Answer:
        """The command with JSON and the transcript."""
        return self.doctor(*arguments, "--json", "--transcript")

    def message(self, octets: bytes) -> str:
        path = self.folder / "message.eml"
        path.write_bytes(octets)
        return str(path)


def made_certificate(folder: Path, kind: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context, and the CA file that one would trust: of a certificate that is ``expired``,
    ``not-yet-valid``, ``self-signed`` or ``without-key-id`` (which strict verification refuses)."""
    now = datetime.datetime.now(datetime.UTC)
    days = {"expired": (-30, -2), "not-yet-valid": (2, 30)}.get(kind, (-1, 30))
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name, name = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("test CA", kind))
    own = kind == "self-signed"
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if own else ca_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
    )
    if kind != "without-key-id":
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key((key if own else ca_key).public_key())
        builder = builder.add_extension(issuer, critical=False)
    certificate = builder.sign(key if own else ca_key, hashes.SHA256())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca = (
        x509.CertificateBuilder()
        .subject_name(ca_name)
        .issuer_name(ca_name)
        .public_key(ca_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=60))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    cafile = folder / f"{kind}-ca.pem"
    cafile.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    path = folder / f"{kind}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return server_context(path), cafile


def shown_ids(text: str) -> list[str]:
    """The ids in a conclusion."""
    return re.findall(r"\bD\d{2,3}\b", text.rpartition("=> ")[2])
