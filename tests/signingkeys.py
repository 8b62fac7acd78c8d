"""Keys and certificates for the tests of signing, and the verifiers that did not make the signatures."""

from __future__ import annotations

import binascii
import datetime
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import dkim
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Private = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
FOLDER = Path(__file__).parent / "verifiers"
MAILAUTH = Path(__file__).parent.parent / "build" / "mailauth"


@lru_cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@lru_cache
def ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def pem(key: Private, password: bytes = b"", *, traditional: bool = False) -> bytes:
    shape = serialization.PrivateFormat.TraditionalOpenSSL if traditional else serialization.PrivateFormat.PKCS8
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, shape, lock)


def verify_dkim(octets: bytes, records: dict[str, str]) -> list[bool]:
    """What dkimpy says of each signature; a message it cannot read has none that holds."""

    def find(name: bytes, timeout: int = 5) -> str | None:
        return records.get(name.decode().rstrip("."))

    try:
        message = dkim.DKIM(octets)
        count = sum(name.lower() == b"dkim-signature" for name, _ in message.headers)
        return [bool(message.verify(idx=index, dnsfunc=find)) for index in range(count)]
    except (dkim.DKIMException, binascii.Error):
        return []


def perl_results(octets: bytes, records: dict[str, str]) -> list[str]:
    """What Perl's Mail::DKIM says of each signature."""
    return _asked(["perl", str(FOLDER / "dkim.pl"), *_flat(records)], octets)


def mailauth_results(octets: bytes, records: dict[str, str]) -> list[str]:
    """What mailauth says of each signature."""
    return _asked(["node", str(FOLDER / "dkim.mjs"), str(MAILAUTH), *_flat(records)], octets)


def why_no_perl() -> str:
    """Why Mail::DKIM cannot be asked, or nothing."""
    if not shutil.which("perl"):
        return "there is no perl"
    found = subprocess.run(["perl", "-MMail::DKIM::Verifier", "-e1"], capture_output=True, check=False).returncode == 0
    return "" if found else "Perl has no Mail::DKIM (Debian: libmail-dkim-perl)"


def why_no_mailauth() -> str:
    """Why mailauth cannot be asked, or nothing."""
    if not shutil.which("node"):
        return "there is no node"
    there = (MAILAUTH / "node_modules" / "mailauth").is_dir()
    return "" if there else "mailauth is not installed: npm install --prefix build/mailauth mailauth@4"


def _flat(records: dict[str, str]) -> list[str]:
    return [word for pair in records.items() for word in pair]


def _asked(command: Sequence[str], octets: bytes) -> list[str]:
    return subprocess.run(command, input=octets, capture_output=True, check=True, timeout=60).stdout.decode().split()


def certificate(
    name: str,
    key: Private,
    *,
    issuer: tuple[x509.Certificate, Private] | None = None,
    addresses: Sequence[str] = (),
    days: tuple[int, int] = (-1, 30),
    uses: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
    signs: bool = True,
    encrypts: bool = True,
) -> x509.Certificate:
    """A certificate; without an issuer it is a CA's and signed by itself."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer[1] if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(signs, False, encrypts, False, False, issuer is None, issuer is None, False, False),
            critical=True,
        )
    )
    if addresses:
        names = x509.SubjectAlternativeName([x509.RFC822Name(address) for address in addresses])
        builder = builder.add_extension(names, critical=False)
    if issuer and uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def pem_of(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
