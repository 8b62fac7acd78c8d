"""What signing costs: messages per second of one core, by processor time, in rounds where the contenders take turns."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dkim
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import NameOID

from mailtemplates import Engine, Message, Settings, Stamp
from mailtemplates.settings import DkimSettings, SmimeSettings
from mailtemplates.signing.signer import Signer

HERE = Path(__file__).parent
MOMENT = datetime(2026, 11, 2, 12, tzinfo=UTC)
STAMP = Stamp(MOMENT, "token", "acme.example")
_ROUNDS, _CALLS = 15, 40


def make_keys(folder: Path) -> bytes:
    """Keys and certificates in a folder; the RSA key in PEM."""
    key = rsa.generate_private_key(65537, 2048)
    lock = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    (folder / "rsa.pem").write_bytes(pem)
    (folder / "ed25519.pem").write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
        )
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    (folder / "acme.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return pem


def contenders(folder: Path, message: Message) -> dict[str, Callable[[], object]]:
    """What signs one composed message."""
    pem = make_keys(folder)
    smime = SmimeSettings("acme.pem", "rsa.pem")

    def with_settings(settings: Settings) -> Callable[[], object]:
        signer = Signer.of(settings)
        return lambda: signer.sign(message, MOMENT)

    def table(key: str) -> DkimSettings:
        return DkimSettings("acme.example", "s", f"{key}.pem")

    return {
        "DKIM, rsa-sha256, 2048 bits": with_settings(Settings(folder, dkim=(table("rsa"),))),
        "DKIM, ed25519-sha256": with_settings(Settings(folder, dkim=(table("ed25519"),))),
        "DKIM, both": with_settings(Settings(folder, dkim=(table("rsa"), table("ed25519")))),
        "S/MIME signature, 2048 bits": with_settings(Settings(folder, smime=smime)),
        "dkimpy's own `dkim.sign`, rsa-sha256, 2048 bits": lambda: dkim.sign(
            message.octets, b"s", b"acme.example", pem, canonicalize=(b"relaxed", b"relaxed")
        ),
    }


def cost_of_signing() -> list[str]:
    """Each way to sign one receipt, against making the receipt."""
    from benchmarks.__main__ import row

    engine = Engine(HERE / "templates")
    message = engine.render("receipt.j2", row(1)).message(STAMP)
    with tempfile.TemporaryDirectory() as folder:
        signing = contenders(Path(folder), message)
        making = {
            "no signature: template and data to octets": lambda: engine.render("receipt.j2", row(1)).message(STAMP)
        }
        seconds = _medians(making | signing)
        start = time.process_time()
        Signer.of(Settings(Path(folder), dkim=(DkimSettings("acme.example", "s", "rsa.pem"),)))
        ready = time.process_time() - start
    base = next(iter(seconds.values()))
    lines = [
        f"One receipt of {message.size:,} octets, one core, processor time; reading the RSA key: {ready * 1e3:.1f} ms.",
        "",
        "| | µs a message | messages a second and core | of making it |",
        "|---|---:|---:|---:|",
    ]
    return lines + [
        f"| {name} | {one * 1e6:,.0f} | {1 / one:,.0f} | {one / base:.1f}× |" for name, one in seconds.items()
    ]


def _medians(functions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median processor seconds of a call of each."""
    samples: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(_ROUNDS + 1):
        for name, function in functions.items():
            start = time.process_time()
            for _ in range(_CALLS):
                function()
            if turn:
                samples[name].append((time.process_time() - start) / _CALLS)
    return {name: statistics.median(values) for name, values in samples.items()}


def sections() -> dict[str, list[str]]:
    """The table of the page."""
    return {"Signing": cost_of_signing()}


if __name__ == "__main__":
    print(*cost_of_signing(), sep="\n")
