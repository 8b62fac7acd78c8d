"""The doctor as a whole process, against the same session by hand with smtplib; and explanations without a network.

The server is aiosmtpd with STARTTLS and a login, on loopback. Processor time is that of the process alone.
"""

from __future__ import annotations

import logging
import os
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_ROUNDS = 20
_BY_HAND = """
import os, smtplib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
with smtplib.SMTP("localhost", int(sys.argv[1]), local_hostname="[127.0.0.1]", timeout=30) as session:
    session.starttls(context=context)
    session.login("alice@example.test", os.environ["MAILTPL_PASSWORD"])
    session.mail("alice@example.test")
    print(session.rcpt("bob@example.test"))
    session.rset()
"""
_TRACEBACK = (
    b"Traceback (most recent call last):\n  File 'a.py', line 3, in <module>\nsmtplib.SMTPRecipientsRefused: "
    b"{'x@b.test': (554, b'5.7.1 <x@b.test>: Relay access denied')}\n"
)


def sections() -> dict[str, list[str]]:
    """The section of the speed page."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (port, cafile):
        trace = Path(folder) / "traceback.txt"
        trace.write_bytes(_TRACEBACK)
        mailtpl = str(Path(sys.executable).with_name("mailtpl"))
        url = f"smtp+starttls://alice%40example.test@localhost:{port}?cafile={cafile}"
        contenders = {
            "the session by hand with smtplib": [sys.executable, "-c", _BY_HAND, str(port), str(cafile)],
            "`mailtpl doctor`, all steps": [mailtpl, "doctor", url, "--to", "bob@example.test"],
            "`mailtpl --version`": [mailtpl, "--version"],
            "`mailtpl doctor --from-exception`": [mailtpl, "doctor", "--from-exception", str(trace)],
            "`mailtpl explain 5.7.8`": [mailtpl, "explain", "5.7.8"],
        }
        samples = _rounds(contenders)
    hand, version = samples["the session by hand with smtplib"], samples["`mailtpl --version`"]
    lines = [
        "A healthy server on loopback, STARTTLS and a login. Medians; the ratio is that of processor time:",
        "to the session by hand for the first two rows, to `mailtpl --version` for the others.",
        "",
        "| whole process | ms | ms of processor | ratio |",
        "|---|---:|---:|---:|",
    ]
    for name, (wall, processor) in samples.items():
        base = hand if list(samples).index(name) < 2 else version
        lines.append(f"| {name} | {wall * 1e3:.0f} | {processor * 1e3:.0f} | {processor / base[1]:.2f}× |")
    return {"The doctor": lines}


def _rounds(contenders: dict[str, list[str]]) -> dict[str, tuple[float, float]]:
    """The medians of wall clock and processor time; the contenders take turns."""
    environment = {**os.environ, "MAILTPL_PASSWORD": "s3cret"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for turn in range(_ROUNDS + 1):
        for name, command in contenders.items():
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            if turn:
                samples[name].append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return {
        name: (statistics.median(wall for wall, _ in values), statistics.median(used for _, used in values))
        for name, values in samples.items()
    }


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, Path]]:
    """A port, and the certificate to trust."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    context, cafile = _certificate(folder)

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=True)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        Sink(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, authenticator=authenticate
    )
    controller.start()
    try:
        yield port, cafile
    finally:
        controller.stop()


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    cafile = folder / "localhost.pem"
    cafile.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "both.pem").write_bytes(private + cafile.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context, cafile


if __name__ == "__main__":
    print("\n".join(line for lines in sections().values() for line in lines))
