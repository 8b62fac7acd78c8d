"""A message with its key, on its way through the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from mailtemplates.delivery.outcome import Outcome
from mailtemplates.delivery.transport import check_envelope
from mailtemplates.ledger.key import check_key
from mailtemplates.message.message import Message


class Letter(NamedTuple):
    """A message to send, with its key.

    :param outcomes: what is settled already, by recipient: who is :class:`~mailtemplates.delivery.outcome.Suppressed`.
    """

    key: str
    message: Message
    outcomes: Mapping[str, Outcome] = {}

    @property
    def recipients(self) -> tuple[str, ...]:
        """Its recipients, each once."""
        return tuple(dict.fromkeys(self.message.envelope.recipients))

    @property
    def waiting(self) -> tuple[str, ...]:
        """Those of them who have no outcome."""
        if not self.outcomes:
            return self.message.envelope.recipients
        return tuple(address for address in self.recipients if address not in self.outcomes)

    def claim(self, row: int, holder: int) -> Claim:
        """The first claim of this letter, which was just entered with that row."""
        message = self.message
        places = {address: place for place, address in enumerate(self.recipients)}
        if not self.outcomes:
            return Claim(holder, row, self.key, message, 1, {}, places)
        known = {address: self.outcomes[address] for address in places if address in self.outcomes}
        message = replace(message, envelope=message.envelope._replace(recipients=self.waiting))
        return Claim(holder, row, self.key, message, 1, known, places)

    def check(self) -> Letter:
        """This letter, when it can be sent.

        :raises SettingsError: its key cannot be one.
        :raises AddressError: its envelope is one that nobody could mean.
        """
        check_key(self.key)
        check_envelope(self.message)
        return self


class Claim(NamedTuple):
    """A message of the ledger that is ours to send, for the time of a lease.

    :param holder: who claims it.
    :param row: its number in the ledger.
    :param message: its octets as they were queued; its envelope has those who wait and nobody else.
    :param attempt: which one this is, from 1.
    :param known: the outcomes of its other recipients.
    :param places: the number of each recipient, in the order of the whole envelope.
    """

    holder: int
    row: int
    key: str
    message: Message
    attempt: int
    known: Mapping[str, Outcome]
    places: Mapping[str, int]


class Settled(NamedTuple):
    """The outcomes of a claim.

    :param due: when those who are put off may be tried again, in seconds since 1970; None for not by itself.
    """

    claim: Claim
    outcomes: Mapping[str, Outcome]
    due: float | None = None
