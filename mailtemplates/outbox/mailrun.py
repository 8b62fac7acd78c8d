"""One run of the outbox: what is under way, what was answered, what comes again."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

from mailtemplates.delivery.outcome import Deferred, Delivery, NotTried, Outcome, Receipt, Uncertain
from mailtemplates.delivery.transport import WITHHELD, Transport
from mailtemplates.ledger.entry import Entry
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.letter import Claim, Settled
from mailtemplates.message.message import Message
from mailtemplates.outbox.backoff import Backoff
from mailtemplates.outbox.mailsource import CHUNK, Source

_LATER = 50_000
"""Messages that a run remembers to try again; others wait in the ledger."""

_MISSES = 3
"""Messages in a row that find no way to the server, before the others wait."""

_NAP = 0.2
"""Seconds that a run sleeps at most before it looks whether it shall stop."""

_PUT_OFF = (Deferred, NotTried)
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
        backoff: Backoff,
        patience: float,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopping = stopping
        self._transport = transport
        self._ledger = ledger
        self._backoff = backoff
        self._until = time.time() + patience
        self._next: deque[Claim] = deque()
        self._under_way: deque[Claim] = deque()
        self._at_the_dot: dict[int, dict[str, Outcome]] = {}
        self._answered: list[tuple[Settled, Dispatch | None]] = []
        self._told: deque[Dispatch] = deque()
        self._later: list[tuple[float, str]] = []
        self._claimed_at = 0.0
        self._misses = 0
        self._problem = NotTried()
        self._ended = False
        self._fault: Exception | None = None

    def results(self, source: Source) -> Generator[Dispatch, None, None]:
        """A dispatch for each message of the source."""
        try:
            while not self._ended or self._next or self._later:
                for receipt in self._transport.send_all(self._feed(source), self._mark):
                    self._take(receipt)
                    yield from self._news()
                self._write()
                yield from self._news()
                if self._fault:
                    raise self._fault
                if self._stopping():
                    yield from (self._known(key)._replace(known=False) for _, key in self._later)
                    return
                if self._stuck and not self._later:
                    yield from self._give_up(source)
                elif self._stuck or (self._ended and not self._next and self._later):
                    self._rest()
        finally:
            self._leave()

    @property
    def _stuck(self) -> bool:
        """Whether there is no way to the server now."""
        return self._misses >= _MISSES

    def _feed(self, source: Source) -> Iterator[Message]:
        """The messages for the transport, until there is none now, or there is so much news that it must be told."""
        try:
            while len(self._told) < CHUNK and not self._stuck and not self._stopping():
                self._write()
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
        if self._later and self._later[0][0] <= time.time():
            self._claim_again()
            return True
        batch = None if self._ended else source.next()
        if batch is None:
            self._ended = True
            return False
        self._next.extend(batch.claims)
        self._told.extend(Dispatch(entry.key, entry.receipt(), True) for entry in batch.entries)
        return True

    def _claim_again(self) -> None:
        now = time.time()
        keys: list[str] = []
        while self._later and self._later[0][0] <= now and len(keys) < CHUNK:
            keys.append(heapq.heappop(self._later)[1])
        claims = self._ledger.claim_waiting(CHUNK, keys=keys)
        self._next.extend(claims)
        missing = set(keys).difference(claim.key for claim in claims)
        self._told.extend(self._known(key) for key in keys if key in missing)

    def _known(self, key: str) -> Dispatch:
        """What the ledger says of a key that somebody else took."""
        entry = self._ledger.entry(key)
        assert entry is not None
        return Dispatch(key, entry.receipt(), True)

    def _mark(self, message: Message, taken: Sequence[str], known: Mapping[str, Outcome]) -> bool:
        """See :data:`mailtemplates.delivery.transport.Mark`."""
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
        self._count_miss(outcomes)
        due, again = self._when(claim, outcomes)
        dispatch = None if again or lost else Dispatch(claim.key, _receipt(claim, outcomes))
        self._answered.append((Settled(claim, outcomes, due), dispatch))
        if lost:
            self._write()
            self._told.append(self._known(claim.key))
        elif again and due:
            heapq.heappush(self._later, (due, claim.key))

    def _count_miss(self, outcomes: Mapping[str, Outcome]) -> None:
        missed = [outcome for outcome in outcomes.values() if isinstance(outcome, NotTried)]
        if outcomes and len(missed) == len(outcomes):
            self._misses += 1
            self._problem = missed[0]
        else:
            self._misses = 0

    def _when(self, claim: Claim, outcomes: Mapping[str, Outcome]) -> tuple[float | None, bool]:
        """When those who wait are due, if ever by itself, and whether this run still tries them."""
        waiting = [outcome for outcome in outcomes.values() if isinstance(outcome, _PUT_OFF)]
        if not waiting or claim.attempt >= self._backoff.attempts:
            return None, False
        if not any(isinstance(outcome, Deferred) or outcome.temporary for outcome in waiting):
            return time.time(), False  # once what stands in the way is mended
        due = time.time() + self._backoff.pause(claim.attempt)
        return due, due <= self._until and len(self._later) < _LATER

    def _write(self) -> None:
        """Write down what was answered."""
        if self._answered:
            self._ledger.settle([settled for settled, _ in self._answered])
            self._tell()

    def _tell(self) -> None:
        self._told.extend(dispatch for _, dispatch in self._answered if dispatch)
        self._answered.clear()

    def _news(self) -> Iterator[Dispatch]:
        while self._told:
            yield self._told.popleft()

    def _rest(self) -> None:
        """Wait for what comes next; then one message may try whether the server is back."""
        while (left := self._later[0][0] - time.time()) > 0 and not self._stopping():
            time.sleep(min(left, _NAP))
        self._misses = min(self._misses, _MISSES - 1)

    def _give_up(self, source: Source) -> Iterator[Dispatch]:
        """There is no way to the server: the rest waits in the ledger, untried."""
        untried, self._next = list(self._next), deque()
        self._ledger.release(untried)
        for claim in untried:
            problem = dict.fromkeys(claim.message.envelope.recipients, self._problem)
            yield Dispatch(claim.key, _receipt(claim, problem))
        while (entries := source.put_by()) is not None:
            for entry in entries:
                yield Dispatch(entry.key, self._put_off(entry))
        self._ended = True

    def _put_off(self, entry: Entry) -> Receipt:
        outcomes = (one.outcome or self._problem for one in entry.recipients)
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
