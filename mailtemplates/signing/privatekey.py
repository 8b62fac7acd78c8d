"""Private keys in PEM files (RFC 7468). What is in them is never printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mailtemplates.errors import SettingsError
from mailtemplates.source import shown

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_LOCKED = (b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")


def read_private_key(path: Path, extra: str) -> PrivateKeyTypes:
    """The private key of a file.

    :param extra: the optional part of the package that asks for it: ``dkim`` or ``smime``.
    :raises SettingsError: cryptography is not installed; the file cannot be read, or holds no private key in clear.
    """
    octets = read_file(path, f"the private key of {extra}")
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise missing(extra) from None
    if any(mark in octets for mark in _LOCKED):
        raise SettingsError(
            f"the private key {shown(path)} is locked with a passphrase",
            cure=f"openssl pkey -in {shown(path)} -out FILE writes it without; see that nobody else can read that file",
        )
    try:
        return load_pem_private_key(octets, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(f"{shown(path)} holds {_what(octets)}", cure=_cure(octets)) from None


def read_file(path: Path, what: str) -> bytes:
    """The octets of a file that the settings name.

    :raises SettingsError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as bad:
        reason = getattr(bad, "strerror", None) or str(bad)
        raise SettingsError(
            f"{what} cannot be read: {shown(path)}: {reason}",
            cure="mend the path in the settings, or what the file permits; a path is relative to the settings' folder",
        ) from None


def missing(extra: str) -> SettingsError:
    """The error for an optional part of the package that is not installed."""
    names = {"dkim": "DKIM", "smime": "S/MIME"}
    return SettingsError(
        f"{names[extra]} needs the package cryptography, which is not installed",
        cure=f"pip install 'mailtemplates[{extra}]'",
    )


def _what(octets: bytes) -> str:
    if b"BEGIN PUBLIC KEY" in octets or b"BEGIN RSA PUBLIC KEY" in octets:
        return "a public key, and signing takes the private one"
    if b"BEGIN CERTIFICATE" in octets and b"PRIVATE KEY" not in octets:
        return "a certificate, and signing takes its private key"
    return "no private key in PEM"


def _cure(octets: bytes) -> str:
    if b"PUBLIC KEY" in octets or b"BEGIN CERTIFICATE" in octets:
        return "name the file whose first line is -----BEGIN PRIVATE KEY-----"
    return "openssl pkey -in FILE -inform DER -out FILE.pem makes PEM of a DER file"
