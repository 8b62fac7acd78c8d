"""Sending while trying things out: only to whom is allowed, or to somebody who takes the place of all others.

The octets stay as they are; only the envelope changes. Whoever is left out has the outcome
:class:`~mailtemplates.delivery.outcome.Suppressed`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailtemplates.delivery.outcome import Outcome, Suppressed
from mailtemplates.digest import digest_of
from mailtemplates.errors import AddressError, SettingsError
from mailtemplates.headers.address import Mailbox, mailboxes
from mailtemplates.ledger.letter import Letter
from mailtemplates.message.message import Message


def named(option: str, text: str) -> tuple[Mailbox, ...]:
    """The mailboxes that an option names; none when it is empty.

    :raises SettingsError: it is no address list.
    """
    try:
        return mailboxes(text) if text else ()
    except AddressError as bad:
        raise SettingsError(f"{option} {bad.problem}", cure=bad.cure) from None


@dataclass(frozen=True, slots=True)
class Staging:
    """Whom messages may reach.

    :param allow: an address must match one of them whole; everybody is allowed when there is none.
    :param redirect_to: addr-specs that get every message which somebody is left out of. Without ``allow`` that is every
        recipient.
    """

    allow: tuple[re.Pattern[str], ...] = ()
    redirect_to: tuple[str, ...] = ()

    @classmethod
    def of(cls, allow: Sequence[str], redirect_to: str = "") -> Staging:
        """From regular expressions, upper and lower case being the same, and an address list.

        :raises SettingsError: one is no regular expression, or the list is none.
        """
        patterns = []
        for text in allow:
            try:
                patterns.append(re.compile(text, re.IGNORECASE))
            except re.error as bad:
                raise SettingsError(
                    f"--allow {text!r} is no regular expression: {bad}", cure=r"write it as '.*@acme\.example'"
                ) from None
        return cls(tuple(patterns), tuple(box.addr_spec for box in named("--redirect-to", redirect_to)))

    def letter(self, key: str, message: Message) -> Letter:
        """The letter for a message. Where somebody is left out it has a key of its own: what was tried out is no reason
        not to send the message later.
        """
        recipients = message.envelope.recipients
        left_out = [address for address in recipients if not self._allows(address)]
        if not left_out:
            return Letter(key, message)
        everybody = tuple(dict.fromkeys((*recipients, *self.redirect_to)))
        rule = "redirect-to" if self.redirect_to else "allow"
        outcomes: dict[str, Outcome] = {
            address: Suppressed(rule) for address in left_out if address not in self.redirect_to
        }
        reached = sorted(set(everybody).difference(outcomes))
        smtputf8 = message.envelope.smtputf8 or not all(map(str.isascii, everybody))
        envelope = message.envelope._replace(recipients=everybody, smtputf8=smtputf8)
        return Letter(_key(key, reached), replace(message, envelope=envelope), outcomes)

    def _allows(self, address: str) -> bool:
        if not self.allow:
            return not self.redirect_to
        return any(pattern.fullmatch(address) for pattern in self.allow)


def _key(key: str, reached: Sequence[str]) -> str:
    return f"{key[:200]} staging {digest_of(*map(str.encode, (key, *reached)))[:16]}"
