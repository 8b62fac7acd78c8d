"""Where the messages of a run come from: a caller, or the ledger."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from mailtemplates.ledger.entry import Entry
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.letter import Claim, Letter

CHUNK = 256
"""Messages that are claimed in one transaction, at most."""

_OCTETS = 4 << 20
"""Octets of messages that are claimed in one transaction, and one message more: a run holds so many in memory."""

_LOOKAHEAD = 0.05
"""Seconds that a chunk may take to come, when messages come slowly."""


class Batch(NamedTuple):
    """Messages that are ours to send, and what is known of those that are not to be sent."""

    claims: list[Claim]
    entries: list[Entry]


class Source(Protocol):
    """What gives the messages of a run."""

    def next(self) -> Batch | None:
        """The next messages; None at the end."""

    def put_by(self) -> list[Entry] | None:
        """The next messages, without claiming them: they wait in the ledger; None at the end."""


class GivenLetters:
    """Messages of a caller, taken from him in chunks. What he raises comes after what he gave before."""

    def __init__(self, ledger: Ledger, letters: Iterator[Letter]) -> None:
        self._ledger = ledger
        self._letters = letters
        self._fault: Exception | None = None

    def next(self) -> Batch | None:
        """See :meth:`Source.next`."""
        chunk = self._chunk()
        if not chunk:
            return None
        claims, entries = self._ledger.claim_checked(chunk)
        if any(entry.state in ("claimed", "dot") for entry in entries) and self._ledger.recover():
            left = {entry.key for entry in entries}
            more, entries = self._ledger.claim_checked([letter for letter in chunk if letter.key in left])
            claims += more
        return Batch(claims, entries)

    def put_by(self) -> list[Entry] | None:
        """See :meth:`Source.put_by`."""
        chunk = self._chunk()
        self._ledger.queue(chunk)
        return [entry for letter in chunk if (entry := self._ledger.entry(letter.key))] if chunk else None

    def _chunk(self) -> list[Letter]:
        if self._fault:
            raise self._fault
        chunk: list[Letter] = []
        until, room = time.monotonic() + _LOOKAHEAD, _OCTETS
        try:
            while len(chunk) < CHUNK and room > 0 and time.monotonic() < until:
                letter = next(self._letters, None)
                if letter is None:
                    break
                chunk.append(letter.check())
                room -= letter.message.size
        except Exception as fault:
            if not chunk:
                raise
            self._fault = fault
        return chunk


class WaitingLetters:
    """Messages that wait in the ledger: those of some keys, or what is due now."""

    def __init__(self, ledger: Ledger, keys: Sequence[str] | None, limit: int | None) -> None:
        self._ledger = ledger
        self._keys = None if keys is None else deque(dict.fromkeys(keys))
        self._left = limit
        self._by = time.time()

    def next(self) -> Batch | None:
        """See :meth:`Source.next`. What is put off again meanwhile is due later than all of them."""
        size = CHUNK if self._left is None else min(CHUNK, self._left)
        if self._keys is None:
            claims = self._ledger.claim_waiting(size, by=self._by)
            others: list[Entry] = []
        else:
            keys = [self._keys.popleft() for _ in range(min(size, len(self._keys)))]
            claims = self._ledger.claim_waiting(size, keys=keys)
            taken = {claim.key for claim in claims}
            others = [entry for key in keys if key not in taken and (entry := self._ledger.entry(key))]
        if self._left is not None:
            self._left -= len(claims)
        return Batch(claims, others) if claims or others or self._keys else None

    def put_by(self) -> list[Entry] | None:
        """See :meth:`Source.put_by`. Of keys that were asked for, each is told of."""
        keys, self._keys = self._keys, None
        return [entry for key in keys if (entry := self._ledger.entry(key))] if keys else None
