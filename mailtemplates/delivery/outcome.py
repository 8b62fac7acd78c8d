"""What became of a message: one outcome for each recipient of the envelope.

*Exactly once* does not exist over SMTP: when a link breaks after the final dot and before its reply, nobody
but the server knows. That state has a name here, :class:`Uncertain`, and nothing retries it by itself.

Each outcome has ``state``, a word for its class, never another; ``code`` and ``enhanced``; and ``text``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Phase = Literal["connect", "tls", "greeting", "ehlo", "auth", "mail", "rcpt", "data", "content", "dot", "rset", "quit"]
"""Where in its work with a server a transport is, in the order of RFC 5321 §3."""

Mishap = Literal[
    "no-address", "resolver-silent", "refused", "unreachable", "silent", "closed", "broken", "endless", "not-smtp",
    "http", "clear", "tls-failed", "injected", "pin", "expired", "not-yet-valid", "self-signed", "unknown-ca",
    "wrong-name", "strict", "untrusted", "no-starttls", "no-login", "no-mechanism", "out-of-step", "",
]  # fmt: skip
"""What happened to a link where no reply of the server says it; empty where one does."""


class Accepted(NamedTuple):
    """The next hop took the message for this recipient and answers for it from here.

    :param text: the server's reply, or where the message lies.
    :param queue_id: the name that the server gave the message, when its reply tells one.
    :param code: the reply's code, 0 where no server spoke.
    """

    text: str
    queue_id: str = ""
    code: int = 0
    enhanced: str = ""
    state: Literal["accepted"] = "accepted"


class Deferred(NamedTuple):
    """Not taken now, and surely not delivered: sending it again later is safe.

    :param code: the reply's code (4xx); 0 when the link broke before the final dot.
    :param enhanced: the enhanced status code (RFC 3463), or an empty string.
    :param reason: why, the family of a :class:`~mailtemplates.failures.failure.Failure`.
    """

    code: int
    enhanced: str
    text: str
    reason: str = ""
    state: Literal["deferred"] = "deferred"


class Failed(NamedTuple):
    """Refused for good: sending the same again is of no use.

    :param code: the reply's code (5xx); 0 when the message was not given to the server, since it would refuse it.
    :param enhanced: the enhanced status code (RFC 3463), or an empty string.
    :param reason: why, the family of a :class:`~mailtemplates.failures.failure.Failure`.
    """

    code: int
    enhanced: str
    reason: str
    text: str
    state: Literal["failed"] = "failed"


class Uncertain(NamedTuple):
    """The message may have been delivered, or not. Only a person, or the server's log, can tell.

    :param phase: where the link broke.
    """

    phase: Phase
    text: str = ""
    code: Literal[0] = 0
    enhanced: Literal[""] = ""
    state: Literal["uncertain"] = "uncertain"


class Suppressed(NamedTuple):
    """Kept back by a rule of the sender; no server was asked.

    :param rule: its name.
    """

    rule: str
    code: Literal[0] = 0
    enhanced: Literal[""] = ""
    state: Literal["suppressed"] = "suppressed"

    @property
    def text(self) -> str:
        """The rule."""
        return self.rule


class NotTried(NamedTuple):
    """No server was told of this recipient: there was no connection, no verified TLS or no login.

    :param text: what stood in the way.
    :param cure: what to do about it.
    :param temporary: whether the same may work later with nothing changed.
    :param phase: where it stopped.
    :param code: the reply's code, when a server gave one.
    """

    text: str = ""
    cure: str = ""
    temporary: bool = False
    phase: Phase = "connect"
    code: int = 0
    enhanced: str = ""
    state: Literal["not_tried"] = "not_tried"


Outcome = Accepted | Deferred | Failed | Uncertain | Suppressed | NotTried


class Delivery(NamedTuple):
    """One recipient, an addr-spec, and what became of the message for it."""

    address: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message.

    :param message_id: its Message-ID without angle brackets.
    :param deliveries: one for each recipient, in the order of the envelope.
    """

    message_id: str
    deliveries: tuple[Delivery, ...]

    def __getitem__(self, address: str) -> Outcome:
        """The outcome for a recipient. Raises :class:`KeyError` when the envelope has none such."""
        for delivery in self.deliveries:
            if delivery.address == address:
                return delivery.outcome
        raise KeyError(address)

    @property
    def accepted(self) -> bool:
        """Whether every recipient was accepted."""
        return all(isinstance(delivery.outcome, Accepted) for delivery in self.deliveries)

    @property
    def uncertain(self) -> bool:
        """Whether the fate of a recipient is not known."""
        return any(isinstance(delivery.outcome, Uncertain) for delivery in self.deliveries)
