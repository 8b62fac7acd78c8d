"""What the settings say of signing, ready to sign: keys and certificates are read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailtemplates.errors import SettingsError
from mailtemplates.message.message import Message
from mailtemplates.settings import Settings
from mailtemplates.signing.dkim import DkimSigner, sign_dkim
from mailtemplates.signing.smime import SmimeEncryptor, SmimeSigner


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with S/MIME, encrypts, and signs with DKIM, in this order; what is not set up is left out.

    Thread-safe: it has no state.
    """

    dkim: tuple[DkimSigner, ...] = ()
    smime: SmimeSigner | None = None
    encryptor: SmimeEncryptor | None = None

    @classmethod
    def of(cls, settings: Settings) -> Signer:
        """The signer of the settings.

        :raises SettingsError: cryptography is not installed, or a key or certificate cannot be used.
        """
        smime = settings.smime
        if bool(smime.certificate) != bool(smime.key):
            raise SettingsError(
                "smime has a certificate and no key, or a key and no certificate", cure="give the paths of both"
            )
        return cls(
            tuple(DkimSigner.of(one, settings.folder) for one in settings.dkim),
            SmimeSigner.of(smime, settings.folder) if smime.certificate else None,
            SmimeEncryptor.of(smime, settings.folder) if smime.recipients else None,
        )

    def sign(self, message: Message, moment: datetime) -> Message:
        """The message signed. Its fields stay as they are, and so does its envelope.

        :param moment: the time of the DKIM signatures. An S/MIME signature has the time of the clock.
        :raises SigningError: the message cannot be signed, or not be encrypted for a recipient.
        """
        if self.smime is not None:
            message = self.smime.sign(message)
        if self.encryptor is not None:
            message = self.encryptor.encrypt(message)
        return sign_dkim(message, self.dkim, moment) if self.dkim else message
