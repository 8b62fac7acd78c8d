"""One run of the outbox: what is under way, what was answered, what comes again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

from mailtemplates.delivery.outcome import Delivery, Outcome, Receipt, Uncertain
from mailtemplates.delivery.transport import WITHHELD, Transport
from mailtemplates.ledger.entry import Entry
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.letter import Claim, Settled
from mailtemplates.message.message import Message
from mailtemplates.outbox.mailsource import CHUNK, Source
from mailtemplates.outbox.retries import Retries

LATER = 50_000
"""Messages that a run remembers to try again; others wait in the ledger."""

_CUT = Uncertain("dot", "the sender was interrupted between the final dot and the reply")


class Dispatch(NamedTuple):
    """What became of one message.

    :param known: whether this run only found it in the ledger, and sent nothing.
    """

    key: str
    receipt: Receipt
    known: bool = False


class MailRun:
    """Sends what a source gives, and writes down what becomes of it. Not used twice, and by one thread.

    An outcome is written with the next message's mark, so that a message costs one transaction; and at once when no
    message follows. It is told when it is written.
    """

    def __init__(
        self,
        transport: Transport,
        ledger: Ledger,
        retries: Retries[str],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopping = stopping
        self._transport = transport
        self._ledger = ledger
        self._retries = retries
        self._next: deque[Claim] = deque()
        self._under_way: deque[Claim] = deque()
        self._at_the_dot: dict[int, dict[str, Outcome]] = {}
        self._answered: list[tuple[Settled, Dispatch | None]] = []
        self._told: deque[Dispatch] = deque()
        self._claimed_at = 0.0
        self._ended = False
        self._fault: Exception | None = None

    def results(self, source: Source) -> Generator[Dispatch, None, None]:
        """A dispatch for each message of the source."""
        try:
            while not self._ended or self._next or self._retries:
                for receipt in self._transport.send_all(self._feed(source), self._mark):
                    self._take(receipt)
                    yield from self._news()
                self._write()
                yield from self._news()
                if self._fault:
                    raise self._fault
                if self._stopping():
                    yield from self._break_off()
                    return
                if self._retries.lost:
                    yield from self._give_up(source)
                elif self._retries.stuck or (self._ended and not self._next):
                    self._retries.rest(self._stopping)
        finally:
            self._leave()

    def _feed(self, source: Source) -> Iterator[Message]:
        """The messages for the transport, until there is none now, or there is so much news that it must be told."""
        try:
            while len(self._told) < CHUNK and not self._retries.stuck and not self._stopping():
                self._write()
                self._claim_due()
                if self._next:
                    self._keep_leases()
                if self._next:
                    self._under_way.append(self._next.popleft())
                    yield self._under_way[-1].message
                elif not self._refill(source):
                    return
        except Exception as fault:  # told when what was sent before is
            self._fault = fault

    def _keep_leases(self) -> None:
        """Slow servers and rates make claims old; those that somebody took over are not ours to send."""
        if time.monotonic() - self._claimed_at < self._ledger.lease / 3:
            return
        self._claimed_at = time.monotonic()
        kept = self._ledger.renew(self._next)
        rows = {claim.row for claim in kept}
        self._told.extend(self._known(claim.key) for claim in self._next if claim.row not in rows)
        self._next = deque(kept)

    def _refill(self, source: Source) -> bool:
        """Claim the next messages; whether there may be some."""
        self._claimed_at = time.monotonic()
        batch = None if self._ended else source.next()
        if batch is None:
            self._ended = True
            return False
        self._next.extend(batch.claims)
        self._told.extend(Dispatch(entry.key, entry.receipt(), True) for entry in batch.entries)
        return True

    def _claim_due(self) -> None:
        """What is due again comes next."""
        keys = self._retries.due(CHUNK)
        if not keys:
            return
        claims = self._ledger.claim_waiting(CHUNK, keys=keys)
        self._next.extendleft(reversed(claims))
        taken = {claim.key for claim in claims}
        self._told.extend(self._known(key) for key in keys if key not in taken)

    def _known(self, key: str) -> Dispatch:
        """What the ledger says of a key that somebody else took."""
        entry = self._ledger.entry(key)
        assert entry is not None
        return Dispatch(key, entry.receipt(), True)

    def _mark(self, message: Message, taken: Sequence[str], known: Mapping[str, Outcome]) -> bool:
        """See :data:`mailtemplates.delivery.transport.Mark`."""
        claim = self._under_way[-1]
        if claim.message is not message:
            claim = next(claim for claim in self._under_way if claim.message is message)
        ours = self._ledger.mark(claim, taken, known, [settled for settled, _ in self._answered])
        self._tell()
        if ours:
            self._at_the_dot[claim.row] = {**known, **dict.fromkeys(taken, _CUT)}
        return ours

    def _take(self, receipt: Receipt) -> None:
        """The transport answered the message that is under way for the longest time."""
        claim = self._under_way.popleft()
        self._at_the_dot.pop(claim.row, None)
        outcomes = {one.address: one.outcome for one in receipt.deliveries if one.outcome is not WITHHELD}
        lost = len(outcomes) < len(claim.message.envelope.recipients)
        self._retries.heard(outcomes)
        pause, again = self._retries.pause(claim.key, claim.attempt, outcomes)
        due = None if pause is None else time.time() + pause
        whole = receipt if len(receipt.deliveries) == len(claim.places) else _receipt(claim, outcomes)
        dispatch = None if again or lost else Dispatch(claim.key, whole)
        self._answered.append((Settled(claim, outcomes, due), dispatch))
        if lost:
            self._write()
            self._told.append(self._known(claim.key))
        elif again and pause is not None:
            self._retries.keep(claim.key, pause, claim.message.message_id)

    def _write(self) -> None:
        """Write down what was answered."""
        if self._answered:
            self._ledger.settle([settled for settled, _ in self._answered])
            self._tell()

    def _tell(self) -> None:
        for _, dispatch in self._answered:
            if dispatch:
                self._told.append(dispatch)
        self._answered.clear()

    def _news(self) -> Iterator[Dispatch]:
        while self._told:
            yield self._told.popleft()

    def _untried(self) -> list[Claim]:
        """The claims that come next, given back: they wait in the ledger."""
        untried, self._next = list(self._next), deque()
        self._ledger.release(untried)
        return untried

    def _break_off(self) -> Iterator[Dispatch]:
        """The run shall end: what it would have tried waits in the ledger."""
        keys = [claim.key for claim in self._untried()]
        yield from (self._known(key)._replace(known=False) for key in (*keys, *self._retries.waiting))

    def _give_up(self, source: Source) -> Iterator[Dispatch]:
        """There is no way to the server: the rest waits in the ledger, untried."""
        for claim in self._untried():
            problem = dict.fromkeys(claim.message.envelope.recipients, self._retries.problem)
            yield Dispatch(claim.key, _receipt(claim, problem))
        while (entries := source.put_by()) is not None:
            for entry in entries:
                yield Dispatch(entry.key, self._put_off(entry))
        self._ended = True

    def _put_off(self, entry: Entry) -> Receipt:
        outcomes = (one.outcome or self._retries.problem for one in entry.recipients)
        pairs = zip((one.address for one in entry.recipients), outcomes, strict=True)
        return Receipt(entry.message_id, tuple(Delivery(address, outcome) for address, outcome in pairs))

    def _leave(self) -> None:
        """Whatever ended the run: what was answered is written, what was cut at the dot is in doubt, the rest waits."""
        for claim in self._under_way:
            cut = self._at_the_dot.get(claim.row)
            if cut:
                self._answered.append((Settled(claim, cut, time.time()), None))
        self._write()
        self._ledger.release(claim for claim in (*self._under_way, *self._next) if claim.row not in self._at_the_dot)


def _receipt(claim: Claim, outcomes: Mapping[str, Outcome]) -> Receipt:
    """The receipt of the whole message."""
    known = {**claim.known, **outcomes}
    return Receipt(claim.message.message_id, tuple(Delivery(address, known[address]) for address in claim.places))
