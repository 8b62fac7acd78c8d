"""S/MIME over a message: signed in clear, then encrypted to its recipients (RFC 8551, RFC 1847).

The fields ``Content-…`` go inside with the body, and all others stay. The octets inside are those of the message, which
are 7bit with CRLF line ends, so that no server has a reason to change them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailtemplates.errors import SettingsError, SigningError
from mailtemplates.headers.folding import lay_out
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.entity import Leaf, file_leaf
from mailtemplates.message.message import Message
from mailtemplates.settings import SmimeSettings
from mailtemplates.signing.certificate import addresses_of, problem_of, read_certificates, read_directory
from mailtemplates.signing.cut import Cut, addresses_in, cut, name_of
from mailtemplates.signing.privatekey import read_private_key
from mailtemplates.source import shown

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa


@dataclass(frozen=True, slots=True)
class SmimeSigner:
    """A sender's certificate with its private key.

    :param chain: certificates of its issuers, which go with each signature.
    """

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def of(cls, settings: SmimeSettings, folder: Path) -> SmimeSigner:
        """The signer of the settings. Paths are relative to ``folder``.

        :raises SettingsError: a file is missing, the key is not the certificate's, or the certificate cannot sign now.
        """
        path = folder / settings.certificate
        certificate, *chain = read_certificates(path, "the certificate of smime")
        if problem := problem_of(certificate, "sign", datetime.now(UTC)):
            raise SettingsError(f"the certificate {shown(path)} {problem}", cure="get one that can sign e-mail now")
        key = read_private_key(folder / settings.key, "smime")
        if key.public_key() != certificate.public_key():
            raise SettingsError(
                f"the private key {shown(folder / settings.key)} is not that of the certificate {shown(path)}",
                cure="name the key that the certificate was made for",
            )
        return cls(certificate, key, tuple(chain))  # type: ignore[arg-type]  # problem_of has looked at the kind

    def sign(self, message: Message) -> Message:
        """The message as ``multipart/signed`` (RFC 8551 §3.5.3).

        :raises SigningError: the certificate is for others than From, or the message would be changed on the way.
        """
        parts = cut(message.octets)
        _check_author(parts, addresses_of(self.certificate))
        outer, inner = _unwrap(parts)
        signature = file_leaf(Attachment(self._signature(inner), "smime.p7s", "application/pkcs7-signature"))
        boundary = f"=_s_{hashlib.blake2b(inner, digest_size=16).hexdigest()}"
        head = lay_out(
            "Content-Type",
            (
                "multipart/signed;",
                'protocol="application/pkcs7-signature";',
                "micalg=sha-256;",
                f'boundary="{boundary}"',
            ),
        )
        line = b"--" + boundary.encode("ascii")
        pieces = (line, inner, line, signature.head + b"\r\n" + signature.body, line + b"--", b"")
        return _wrapped(message, outer, Leaf(head.encode("ascii"), b"\r\n".join(pieces), True))

    def _signature(self, content: bytes) -> bytes:
        """The detached signature in DER (RFC 5652 §5)."""
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.serialization import pkcs7

        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA256())
        for issuer in self.chain:
            builder = builder.add_certificate(issuer)
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        return builder.sign(serialization.Encoding.DER, options)


@dataclass(frozen=True, slots=True)
class SmimeEncryptor:
    """The certificates of recipients, by their addr-specs in lower case; of each the longest valid first."""

    certificates: Mapping[str, Sequence[x509.Certificate]] = field(repr=False)

    @classmethod
    def of(cls, settings: SmimeSettings, folder: Path) -> SmimeEncryptor:
        """The encryptor of the settings; ``folder`` is what their path is relative to.

        :raises SettingsError: the folder of certificates cannot be read.
        """
        return cls(read_directory(folder / settings.recipients))

    def encrypt(self, message: Message) -> Message:
        """The message as ``application/pkcs7-mime``, enveloped for each recipient of the envelope (RFC 8551 §3.3).

        :raises SigningError: a recipient has no certificate that can be used now, or is hidden: whoever gets a message
            sees for which certificates it is.
        """
        parts = cut(message.octets)
        shown_to = {address.lower() for address in addresses_in(parts, "to", "cc")}
        hidden = [address for address in message.envelope.recipients if address.lower() not in shown_to]
        if hidden:
            raise SigningError(
                f"{hidden[0]} is a hidden recipient, and an encrypted message names the certificates it is for",
                cure="send to hidden recipients with a message of their own, whose To is theirs",
            )
        if not message.envelope.recipients:
            raise SigningError("the message has no recipient to encrypt it for", cure="give it to, cc or bcc")
        outer, inner = _unwrap(parts)
        chosen = [self._certificate(address) for address in message.envelope.recipients]
        kind = (("smime-type", "enveloped-data"),)
        envelope = Attachment(_envelop(inner, chosen), "smime.p7m", "application/pkcs7-mime", parameters=kind)
        return _wrapped(message, outer, file_leaf(envelope))

    def _certificate(self, address: str) -> x509.Certificate:
        """The certificate for an address: the first that can be used."""
        known = self.certificates.get(address.lower(), ())
        moment = datetime.now(UTC)
        problems = [problem_of(one, "encrypt", moment) for one in known]
        for certificate, problem in zip(known, problems, strict=True):
            if not problem:
                return certificate
        if not known:
            raise SigningError(
                f"there is no certificate for {address}, so the message cannot be encrypted",
                cure="put theirs into the folder of `recipients`, or send without encryption",
            )
        raise SigningError(f"the certificate of {address} {problems[0]}", cure="ask them for one that can be used now")


def _check_author(parts: Cut, addresses: frozenset[str]) -> None:
    """The sender must be one of the certificate's addresses, where it has some (RFC 8550 §3)."""
    authors = addresses_in(parts, "from", "sender")
    if addresses and not any(author.lower() in addresses for author in authors):
        raise SigningError(
            f"the certificate is for {', '.join(sorted(addresses))}, and the message is from {', '.join(authors)}",
            cure="send from that address, or sign with a certificate for the sender",
        )


def _unwrap(parts: Cut) -> tuple[tuple[bytes, ...], bytes]:
    """The fields that stay outside, and the entity that goes inside."""
    inside = [field for field in parts.fields if name_of(field).startswith("content-")]
    outside = tuple(field for field in parts.fields if not name_of(field).startswith("content-"))
    return outside, b"\r\n".join((*inside, b"", parts.body))


def _wrapped(message: Message, fields: Sequence[bytes], entity: Leaf) -> Message:
    head = b"\r\n".join((*fields, entity.head))
    return replace(message, octets=head + b"\r\n" + entity.body.removesuffix(b"\r\n") + b"\r\n")


def _envelop(content: bytes, recipients: Sequence[x509.Certificate]) -> bytes:
    """Enveloped data in DER, by AES-256 in CBC mode (RFC 5652 §6, RFC 8551 §2.7)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.ciphers import algorithms
    from cryptography.hazmat.primitives.serialization import pkcs7

    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).set_content_encryption_algorithm(algorithms.AES256)
    for certificate in dict.fromkeys(recipients):
        builder = builder.add_recipient(certificate)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
