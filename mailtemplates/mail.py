"""What a render gives: the parts of a mail, and the message that they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from mailtemplates.errors import MailTemplatesError
from mailtemplates.message.composer import compose
from mailtemplates.message.message import Message
from mailtemplates.message.parts import Parts
from mailtemplates.message.stamp import Stamp
from mailtemplates.settings import NO_SMIME, Settings
from mailtemplates.severity import Severity

if TYPE_CHECKING:
    from mailtemplates.linting.linter import Linter
    from mailtemplates.signing.signer import Signer


class Finishing:
    """What is done to messages that are composed, as the settings say: signing and judging.

    Keys are read and rules are chosen when they are first needed, and anew where it is unpickled.

    :param signs: whether messages are signed and encrypted at all.
    """

    def __init__(self, settings: Settings, *, signs: bool = True) -> None:
        self.settings = settings
        self._signs = signs and (bool(settings.dkim) or settings.smime != NO_SMIME)

    def __getstate__(self) -> dict[str, Any]:
        return {"settings": self.settings, "_signs": self._signs}

    @property
    def signer(self) -> Signer | None:
        """What signs and encrypts; None when the settings say nothing of it.

        :raises SettingsError: a key or certificate cannot be used, or cryptography is not installed.
        """
        return self._made_signer if self._signs else None

    @cached_property
    def _made_signer(self) -> Signer:
        from mailtemplates.signing.signer import Signer  # most runs do not sign

        return Signer.of(self.settings)

    @cached_property
    def linter(self) -> Linter:
        """What judges.

        :raises SettingsError: the settings name a rule that does not exist.
        """
        from mailtemplates.linting.linter import Linter  # most do not lint, and it is half of what there is to import

        return Linter(self.settings)


class Judgement(NamedTuple):
    """What a message is refused for.

    :param name: the template's.
    :param threshold: the severity of findings from which on.
    """

    name: str
    threshold: Severity


Place = Callable[[MailTemplatesError], MailTemplatesError]
"""Gives an error about a message its place in the template that made it."""

_AS_IT_IS = Finishing(Settings())


def _unplaced(error: MailTemplatesError) -> MailTemplatesError:
    return error


@dataclass(frozen=True)
class Mail:
    """A rendered template: its parts, and the message that they make."""

    parts: Parts
    finishing: Finishing = field(default=_AS_IT_IS, repr=False, compare=False)
    judgement: Judgement | None = field(default=None, repr=False)
    place: Place = field(default=_unplaced, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """In another process there are no templates to find a place in."""
        return {**self.__dict__, "place": _unplaced}

    @property
    def settings(self) -> Settings:
        """The settings that it was rendered with."""
        return self.finishing.settings

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
        try:
            message = compose(self.parts, stamp, smtputf8=self.settings.smtputf8)
        except MailTemplatesError as error:
            raise self.place(error) from None
        signer = self.finishing.signer
        if signer is not None:
            message = signer.sign(message, stamp.date)
        if self.judgement is not None:
            readable, is_text_made = self.readable(message, stamp), self.parts.is_text_made
            self.finishing.linter.check(readable, *self.judgement, is_text_made=is_text_made)
        return message

    def readable(self, message: Message, stamp: Stamp) -> Message:
        """What a linter can judge of the message that was made with a stamp: itself, or, when it is encrypted, what is
        inside.
        """
        signer = self.finishing.signer
        if signer is None or signer.encryptor is None:
            return message
        return compose(self.parts, stamp, smtputf8=self.settings.smtputf8)
