"""The law of the ledger, over random histories of processes that are slow, taken over, and answered late."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from mailtemplates import Envelope, Ledger, Letter, Message
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, Outcome
from mailtemplates.ledger import keyindex, octetfile
from mailtemplates.ledger.letter import Claim, Settled

BOB = "bob@example.test"
KEYS = ("a", "b", "c")
ANSWERS: dict[str, Outcome] = {
    "accepted": Accepted("ok"),
    "deferred": Deferred(450, "", "later"),
    "failed": Failed(550, "", "userunknown", "no"),
}


class Step(NamedTuple):
    """Something that a process, or a person, does next."""

    who: int
    what: str
    key: str


WHAT = ("claim", "wait", "mark", "mark", "accepted", "deferred", "failed", "recover", "release", "resend", "close")
STEPS = st.lists(st.builds(Step, st.integers(0, 2), st.sampled_from(WHAT), st.sampled_from(KEYS)), max_size=40)


class History:
    """Three processes on one ledger, whose leases are over at once; and what may be sent, by the law.

    :ivar out: keys whose final dot went out and of which nobody has said that it did not count.
    """

    def __init__(self, folder: Path) -> None:
        self.ledgers = [Ledger(folder / "outbox.db", lease=0.0) for _ in range(3)]
        self.claims: dict[tuple[int, str], Claim] = {}
        self.marked: dict[str, Claim] = {}
        self.out: set[str] = set()

    def do(self, step: Step) -> None:
        ledger, claim = self.ledgers[step.who], self.claims.get((step.who, step.key))
        if step.what == "claim":
            self.keep(step.who, ledger.claim([letter(step.key)])[0])
        elif step.what == "wait":
            self.keep(step.who, ledger.claim_waiting(2, by=9e12))
        elif step.what == "mark" and claim and self.marked.get(step.key) is not claim:
            self.mark(step.key, claim, ledger)
        elif step.what in ANSWERS and claim and self.marked.get(step.key) is claim:
            self.answer(step, claim, ledger)
        elif step.what == "recover":
            ledger.recover()
        elif step.what == "release" and claim and self.marked.get(step.key) is not claim:
            ledger.release([claim])
        elif step.what == "resend" and ledger.entry(step.key) and ledger.resolve(step.key, "resend"):
            self.out.discard(step.key)
        elif step.what == "close":
            ledger.close()

    def keep(self, who: int, claims: list[Claim]) -> None:
        assert all(claim.message.octets == claim.key.encode() for claim in claims), "other octets than those it had"
        self.claims.update({(who, claim.key): claim for claim in claims})

    def mark(self, key: str, claim: Claim, ledger: Ledger) -> None:
        if ledger.mark(claim, [BOB], {}):
            assert key not in self.out, "it went out twice, and nobody had said that the first did not count"
            self.out.add(key)
            self.marked[key] = claim

    def answer(self, step: Step, claim: Claim, ledger: Ledger) -> None:
        ledger.settle([Settled(claim, {BOB: ANSWERS[step.what]}, 0.0)])
        del self.claims[step.who, step.key]
        if step.what == "deferred":
            self.out.discard(step.key)

    def check(self) -> None:
        """What is out is not called anything that lets it be sent again, and what waits can be had."""
        for ledger in self.ledgers:
            ledger.recover()
        for key in self.out:
            entry = self.ledgers[0].entry(key)
            assert entry and entry.recipients[0].state in ("accepted", "failed", "uncertain"), "a doubt is not listed"
        waits = {one.key for one in self.ledgers[0].entries() if one.state in ("queued", "deferred", "not_tried")}
        assert {claim.key for claim in self.ledgers[0].claim_waiting(9, by=9e12)} == waits, "a message is lost"
        for ledger in self.ledgers:
            ledger.close()


def letter(key: str) -> Letter:
    return Letter(key, Message(key.encode(), Envelope("alice@example.test", (BOB,)), f"{key}@example.test"))


@given(STEPS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_nothing_goes_out_twice_unless_it_surely_did_not_count(steps: list[Step], small: bool) -> None:
    """With small files also what is done in them only now and then is done often."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(octetfile, "_FULL", 2 if small else octetfile._FULL),
        patch.object(keyindex, "_MANY", 2 if small else keyindex._MANY),
    ):
        history = History(Path(folder))
        for step in steps:
            history.do(step)
        history.check()
