"""Certificates of people (RFC 8550): read, and judged before they are used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from mailtemplates.errors import SettingsError
from mailtemplates.signing.privatekey import missing, read_file
from mailtemplates.source import shown

if TYPE_CHECKING:
    from cryptography import x509

Purpose = Literal["sign", "encrypt"]
_Extension = TypeVar("_Extension", bound="x509.ExtensionType")
_SUFFIXES = frozenset((".pem", ".crt", ".cer", ".der"))
_BEGIN = b"-----BEGIN CERTIFICATE-----"


def read_certificates(path: Path, what: str) -> list[x509.Certificate]:
    """The certificates of a file, in their order: PEM, or one in DER.

    :raises SettingsError: it cannot be read, or holds none.
    """
    octets = read_file(path, what)
    try:
        from cryptography import x509
    except ImportError:
        raise missing("smime") from None
    try:
        return x509.load_pem_x509_certificates(octets) if _BEGIN in octets else [x509.load_der_x509_certificate(octets)]
    except ValueError:
        raise SettingsError(
            f"{what} {shown(path)} is no certificate",
            cure="name a file in PEM, whose first line is -----BEGIN CERTIFICATE-----, or in DER",
        ) from None


def read_directory(folder: Path) -> dict[str, list[x509.Certificate]]:
    """The certificates of a folder by the addr-specs that they are for, in lower case; the longest valid first.

    A certificate that names no address is for the one that the file is named after: ``ann@reader.example.pem``.

    :raises SettingsError: the folder cannot be read, or a file of it is no certificate.
    """
    if not folder.is_dir():
        raise SettingsError(
            f"the folder of certificates {shown(folder)} does not exist", cure="make it, or mend the path"
        )
    found: dict[str, list[x509.Certificate]] = {}
    for path in sorted(one for one in folder.iterdir() if one.suffix.lower() in _SUFFIXES):
        certificate = read_certificates(path, "the recipient's certificate")[0]
        for address in addresses_of(certificate) or {path.stem.lower()}:
            found.setdefault(address, []).append(certificate)
    for certificates in found.values():
        certificates.sort(key=lambda one: one.not_valid_after_utc, reverse=True)
    return found


def addresses_of(certificate: x509.Certificate) -> frozenset[str]:
    """The addr-specs that a certificate is for, in lower case (RFC 8550 §3)."""
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        alternative = names.get_values_for_type(x509.RFC822Name)
    except x509.ExtensionNotFound:
        alternative = []
    subject = certificate.subject.get_attributes_for_oid(x509.NameOID.EMAIL_ADDRESS)
    return frozenset(str(address).lower() for address in (*alternative, *(one.value for one in subject)))


def problem_of(certificate: x509.Certificate, purpose: Purpose, moment: datetime) -> str:
    """Why a certificate cannot be used, or nothing: its time, and what its issuer allows (RFC 8550 §4.4)."""
    return next(_problems(certificate, purpose, moment), "")


def _problems(certificate: x509.Certificate, purpose: Purpose, moment: datetime) -> Iterator[str]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID

    if certificate.not_valid_after_utc < moment:
        yield f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if certificate.not_valid_before_utc > moment:
        yield f"is valid from {certificate.not_valid_before_utc:%Y-%m-%d} on only"
    uses = _extension(certificate, x509.ExtendedKeyUsage)
    allowed = {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if uses is not None and not allowed & set(uses):
        yield "is not for e-mail: its extended key usage lacks emailProtection"
    usage = _extension(certificate, x509.KeyUsage)
    if purpose == "sign" and usage and not (usage.digital_signature or usage.content_commitment):
        yield "is not for signing: its key usage lacks digitalSignature"
    if purpose == "encrypt" and usage and not usage.key_encipherment:
        yield "is not for encryption: its key usage lacks keyEncipherment"
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) and not (purpose == "sign" and isinstance(key, ec.EllipticCurvePublicKey)):
        can = "only RSA" if purpose == "encrypt" else "only RSA and elliptic curves"
        yield f"has a key of another kind: {can} can be used to {purpose}"


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
