"""What the ledger knows of a message, as values; and outcomes as rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mailtemplates.delivery.outcome import (
    Accepted,
    Deferred,
    Delivery,
    Failed,
    NotTried,
    Outcome,
    Receipt,
    Suppressed,
    Uncertain,
)

State = Literal["queued", "claimed", "dot", "accepted", "deferred", "failed", "uncertain", "suppressed", "not_tried"]
"""``queued``: nobody has it; ``claimed``: a process has it; ``dot``: its final dot goes out; the rest are outcomes."""

WAITING = ("queued", "deferred", "not_tried")
"""States of recipients who surely have not got the message: it may be sent to them."""

OPEN = (*WAITING, "uncertain", "dot")
"""States for which the octets are kept."""

COLUMNS = "state, code, enhanced, text, reason, queue_id, phase, cure, temporary"
"""What is known of a recipient, in the table ``recipient``."""

_GRAVEST: tuple[State, ...] = (
    "uncertain", "dot", "not_tried", "deferred", "claimed", "queued", "failed", "suppressed", "accepted",
)  # fmt: skip


class Recipient(NamedTuple):
    """One recipient of an entry.

    :param outcome: what became of the message for it; None while nothing is known.
    """

    address: str
    state: State
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the ledger.

    :param state: of its recipients' states the gravest.
    :param digest: SHA-256 of its octets, hexadecimal.
    :param size: its octets.
    :param attempts: how often it was tried.
    :param due: when it may be tried (again), in seconds since 1970; None when nobody of it waits.
    :param queued, changed: when it came into the ledger and when that was last written, in seconds since 1970.
    """

    key: str
    message_id: str
    sender: str
    state: State
    digest: str
    size: int
    attempts: int
    due: float | None
    queued: float
    changed: float
    recipients: tuple[Recipient, ...]

    def receipt(self) -> Receipt:
        """Its receipt; recipients of whom nothing is known are not tried."""
        pending = NotTried(_PENDING.get(self.state, "it waits in the ledger"), temporary=True)
        return Receipt(self.message_id, tuple(Delivery(one.address, one.outcome or pending) for one in self.recipients))


_PENDING = {"claimed": "another process is about to send it", "dot": "another process is sending it"}


def row_of(outcome: Outcome) -> tuple[Any, ...]:
    """The columns of an outcome."""
    match outcome:
        case Accepted(text, queue_id, code, enhanced):
            return "accepted", code, enhanced, text, "", queue_id, "", "", 0
        case Deferred(code, enhanced, text, reason):
            return "deferred", code, enhanced, text, reason, "", "", "", 1
        case Failed(code, enhanced, reason, text):
            return "failed", code, enhanced, text, reason, "", "", "", 0
        case Uncertain(phase, text):
            return "uncertain", 0, "", text, "", "", phase, "", 0
        case Suppressed(rule):
            return "suppressed", 0, "", rule, "", "", "", "", 0
        case NotTried(text, cure, temporary, phase, code, enhanced):
            return "not_tried", code, enhanced, text, "", "", phase, cure, int(temporary)


def outcome_of(row: Sequence[Any]) -> Outcome | None:
    """The outcome in these columns; None while there is none."""
    state, code, enhanced, text, reason, queue_id, phase, cure, temporary = row
    match state:
        case "accepted":
            return Accepted(text, queue_id, code, enhanced)
        case "deferred":
            return Deferred(code, enhanced, text, reason)
        case "failed":
            return Failed(code, enhanced, reason, text)
        case "uncertain":
            return Uncertain(phase, text)
        case "suppressed":
            return Suppressed(text)
        case "not_tried":
            return NotTried(text, cure, bool(temporary), phase, code, enhanced)
    return None


def gravest(states: Collection[str]) -> State:
    """The state of a message whose recipients have these."""
    return next((state for state in _GRAVEST if state in states), "accepted")
