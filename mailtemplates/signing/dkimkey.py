"""Keys that sign for a domain: RSA (RFC 6376, RFC 8301) and Ed25519 (RFC 8463)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mailtemplates.errors import SettingsError
from mailtemplates.signing.privatekey import read_private_key
from mailtemplates.source import shown

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

_SHORTEST = 1024
_MAKE = "openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out FILE makes one"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key that is ready to sign.

    :param algorithm: the ``a=`` of its signatures: ``rsa-sha256`` or ``ed25519-sha256``.
    :param sign: from the SHA-256 digest of the canonical header to the octets of the signature.
    :param record: the TXT record of the public key, which verifiers look for at ``selector._domainkey.domain``.
    """

    algorithm: str
    sign: Callable[[bytes], bytes] = field(repr=False)
    record: str


def read_dkim_key(path: Path) -> DkimKey:
    """The key of a PEM file.

    :raises SettingsError: it cannot be read, is of another kind, or has fewer than 1024 bits (RFC 8301 §3.2).
    """
    private = read_private_key(path, "dkim")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(private, Ed25519PrivateKey):
        public = private.public_key().public_bytes_raw()
        return DkimKey("ed25519-sha256", private.sign, _record("ed25519", public))
    if not isinstance(private, RSAPrivateKey):
        raise SettingsError(f"{shown(path)} holds a key that is neither RSA nor Ed25519", cure=_MAKE)
    if private.key_size < _SHORTEST:
        raise SettingsError(
            f"the DKIM key {shown(path)} has {private.key_size} bits; no verifier takes fewer than {_SHORTEST}",
            cure=_MAKE,
        )
    return _rsa_key(private)


def _rsa_key(private: rsa.RSAPrivateKey) -> DkimKey:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, utils

    scheme, prehashed = padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return DkimKey("rsa-sha256", lambda digest: private.sign(digest, scheme, prehashed), _record("rsa", public))


def _record(kind: str, public: bytes) -> str:
    return f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}"
