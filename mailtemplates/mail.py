"""What a render gives: the parts of a mail, and the message that they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailtemplates.message.composer import compose
from mailtemplates.message.message import Message
from mailtemplates.message.parts import Parts
from mailtemplates.message.stamp import Stamp
from mailtemplates.settings import Settings

if TYPE_CHECKING:
    from mailtemplates.signing.signer import Signer


@dataclass(frozen=True)
class Mail:
    """A rendered template: its parts, and the message that they make."""

    parts: Parts
    settings: Settings = field(repr=False, default_factory=Settings)
    judge: Callable[[Message], None] | None = field(repr=False, default=None)
    signer: Callable[[], Signer | None] = field(repr=False, default=lambda: None)

    @property
    def html(self) -> str | None:
        """The html with inlined styles; None when the mail has none."""
        return self.parts.html

    @property
    def text(self) -> str | None:
        """The plain text, the author's or made from the html."""
        return self.parts.text

    @property
    def subject(self) -> str:
        """The subject, unfolded and decoded; empty when there is none."""
        return self.parts.subject

    def message(self, stamp: Stamp | None = None) -> Message:
        """Compose the message, and sign it where the settings say so.

        :param stamp: date, Message-ID, boundaries and the time of DKIM signatures come from it; made now when it is not
            given.
        :raises ComposeError: the parts do not make a message, for instance without a From.
        :raises AddressError: an address needs SMTPUTF8 and the settings forbid it.
        :raises SettingsError: a key or certificate of the settings cannot be used.
        :raises SigningError: the message cannot be signed, or not be encrypted for a recipient.
        :raises LintError: the mail was rendered with ``lint`` and the message has findings.
        """
        stamp = stamp or Stamp.now(host=self.settings.host or None)
        message = compose(self.parts, stamp, smtputf8=self.settings.smtputf8)
        signer = self.signer()
        if signer is not None:
            message = signer.sign(message, stamp.date)
        if self.judge is not None:
            self.judge(self.readable(message, stamp))
        return message

    def readable(self, message: Message, stamp: Stamp) -> Message:
        """What a linter can judge of the message that was made with a stamp: itself, or, when it is encrypted, what is
        inside.
        """
        signer = self.signer()
        if signer is None or signer.encryptor is None:
            return message
        return compose(self.parts, stamp, smtputf8=self.settings.smtputf8)
