"""The ledger and the outbox: every message once, every recipient's fate known, whatever ends the process."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from smtpserver import Server, close

from mailtemplates import Envelope, Message
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried, Outcome, Suppressed, Uncertain
from mailtemplates.errors import AddressError, LedgerError, SettingsError
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.letter import Letter
from mailtemplates.ledger.notefile import NoteFile
from mailtemplates.outbox.backoff import Backoff
from mailtemplates.outbox.outbox import Outbox
from mailtemplates.outbox.retries import Rest
from mailtemplates.transports import open_transport
from mailtemplates.transports.memory import MemoryTransport

BOB, CAROL, DAVE = "bob@example.test", "carol@example.test", "dave@example.test"
QUICK = Backoff(first=0.01, least=0.0, longest=0.02, attempts=5)


def mail(number: int = 1, *recipients: str) -> Message:
    octets = b"Subject: %d\r\n\r\nhello\r\n" % number
    return Message(octets, Envelope("alice@example.test", recipients or (BOB, CAROL)), f"{number}@example.test")


def letters(count: int, *recipients: str) -> Iterator[tuple[str, Message]]:
    return ((f"key-{number}", mail(number, *recipients)) for number in range(count))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path) as opened:
        yield opened


def states(ledger: Ledger, key: str) -> list[str]:
    entry = ledger.entry(key)
    assert entry is not None
    return [one.state for one in entry.recipients]


class TestSend:
    def test_a_dispatch_for_each_key_when_it_is_written_down(self, ledger: Ledger) -> None:
        outbox = Outbox(MemoryTransport(), ledger)
        for number, dispatch in enumerate(outbox.send(letters(100))):
            assert (dispatch.key, dispatch.known, dispatch.receipt.accepted) == (f"key-{number}", False, True)
            assert states(ledger, dispatch.key) == ["accepted", "accepted"]
        assert ledger.counts() == {"accepted": 200}

    def test_the_same_keys_again_send_nothing_and_tell_what_is_known(self, ledger: Ledger) -> None:
        first = MemoryTransport(lambda message, address: Failed(550, "5.1.1", "userunknown", "no"))
        list(Outbox(first, ledger).send(letters(100)))
        second = MemoryTransport()
        again = list(Outbox(second, ledger).send(letters(200)))
        assert [dispatch.known for dispatch in again] == [True] * 100 + [False] * 100
        assert again[5].receipt[BOB] == Failed(550, "5.1.1", "userunknown", "no")
        assert len(second.sent) == 100

    def test_only_those_who_were_put_off_are_tried_again(self, ledger: Ledger) -> None:
        """The octets stay, the envelope shrinks."""
        tries: list[tuple[str, ...]] = []

        def answer(message: Message, address: str) -> Outcome:
            if address == BOB:
                tries.append(message.envelope.recipients)
                return Accepted("ok")
            if address == DAVE:
                return Failed(550, "5.1.1", "userunknown", "no")
            tries.append(message.envelope.recipients)
            return Accepted("late") if len(tries) > 3 else Deferred(451, "4.7.1", "greylisted", "greylisted")

        outbox = Outbox(MemoryTransport(answer), ledger, backoff=QUICK, patience=5)
        (dispatch,) = outbox.send([("a", mail(1, BOB, CAROL, DAVE))])
        assert tries == [(BOB, CAROL, DAVE), (BOB, CAROL, DAVE), (CAROL,), (CAROL,)]
        assert [one.outcome.state for one in dispatch.receipt.deliveries] == ["accepted", "accepted", "failed"]
        entry = ledger.entry("a")
        assert entry and entry.attempts == 3

    def test_without_patience_it_waits_in_the_ledger_for_the_next_run(self, ledger: Ledger) -> None:
        busy = MemoryTransport(lambda message, address: Deferred(450, "4.2.1", "busy"))
        (dispatch,) = Outbox(busy, ledger).send([("a", mail())])
        assert dispatch.receipt[BOB] == Deferred(450, "4.2.1", "busy")
        entry = ledger.entry("a")
        assert entry and entry.due and entry.due > time.time()
        ready = MemoryTransport()
        assert list(Outbox(ready, ledger).resume()) == []  # not due yet
        (dispatch,) = Outbox(ready, ledger).resume(["a"])
        assert dispatch.receipt.accepted
        assert [message.octets for message in ready.sent] == [mail().octets]

    def test_it_gives_up_after_so_many_attempts(self, ledger: Ledger) -> None:
        tries: list[int] = []

        def answer(message: Message, address: str) -> Outcome:
            tries.append(1)
            return Deferred(450, "", "busy")

        (dispatch,) = Outbox(MemoryTransport(answer), ledger, backoff=QUICK, patience=30).send([("a", mail(1, BOB))])
        assert len(tries) == QUICK.attempts
        assert dispatch.receipt[BOB].state == "deferred"
        entry = ledger.entry("a")
        assert entry and entry.due is None

    def test_what_is_uncertain_is_never_sent_again_by_itself(self, ledger: Ledger) -> None:
        lost = MemoryTransport(lambda message, address: Uncertain("dot", "closed"))
        (dispatch,) = Outbox(lost, ledger, backoff=QUICK, patience=1).send([("a", mail())])
        assert dispatch.receipt.uncertain
        ready = MemoryTransport()
        outbox = Outbox(ready, ledger)
        assert [one.known for one in outbox.send([("a", mail())])] == [True]
        assert list(outbox.resume()) == []
        assert [one.receipt.uncertain for one in outbox.resume(["a"])] == [True]
        assert ready.sent == []

    def test_one_uncertain_and_one_put_off(self, ledger: Ledger) -> None:
        """The one who surely has nothing is served, the other waits for a person."""
        answers: dict[str, Outcome] = {BOB: Uncertain("dot", "closed"), CAROL: Deferred(450, "", "busy")}
        list(Outbox(MemoryTransport(lambda message, address: answers[address]), ledger).send([("a", mail())]))
        ready = MemoryTransport()
        (dispatch,) = Outbox(ready, ledger).resume(["a"])
        assert [message.envelope.recipients for message in ready.sent] == [(CAROL,)]
        assert [one.outcome.state for one in dispatch.receipt.deliveries] == ["uncertain", "accepted"]
        assert states(ledger, "a") == ["uncertain", "accepted"]

    def test_suppressed_recipients_are_written_down_and_not_served(self, ledger: Ledger) -> None:
        transport = MemoryTransport()
        held = {CAROL: Suppressed("allow")}
        dispatches = list(
            Outbox(transport, ledger).send([Letter("a", mail(), held), Letter("b", mail(2, CAROL), held)])
        )
        assert [message.envelope.recipients for message in transport.sent] == [(BOB,)]
        assert dispatches[0].receipt[CAROL] == dispatches[1].receipt[CAROL] == Suppressed("allow")
        assert states(ledger, "a") == ["accepted", "suppressed"]

    def test_a_server_that_cannot_be_reached_is_not_asked_for_every_message(self, ledger: Ledger) -> None:
        tries: list[str] = []

        def answer(message: Message, address: str) -> Outcome:
            tries.append(address)
            return NotTried("nobody listens", "start it", temporary=True)

        dispatches = list(Outbox(MemoryTransport(answer), ledger).send(letters(500, BOB)))
        assert len(tries) == 3
        assert [dispatch.key for dispatch in dispatches] == [f"key-{number}" for number in range(500)]
        assert {dispatch.receipt[BOB].text for dispatch in dispatches} == {"nobody listens"}
        ready = MemoryTransport()
        waiting = Backoff(first=0.0001, least=0)
        list(Outbox(ready, ledger, backoff=waiting).send(letters(500, BOB)))
        assert len(ready.sent) == 500

    def test_a_server_that_comes_back_is_found_again(self, ledger: Ledger) -> None:
        tries: list[str] = []

        def answer(message: Message, address: str) -> Outcome:
            tries.append(address)
            return NotTried("nobody listens", temporary=True) if len(tries) < 6 else Accepted("ok")

        outbox = Outbox(MemoryTransport(answer), ledger, backoff=QUICK, patience=30)
        assert all(dispatch.receipt.accepted for dispatch in outbox.send(letters(100, BOB)))
        assert len(tries) == 105

    def test_a_wrong_envelope_stops_after_what_came_before_it(self, ledger: Ledger) -> None:
        given = [*letters(5), ("bad", Message(b"a: b\r\n", Envelope("alice@example.test", ()), "x")), ("c", mail(9))]
        transport = MemoryTransport()
        run = Outbox(transport, ledger).send(given)
        assert [next(run).key for _ in range(5)] == [f"key-{number}" for number in range(5)]
        with pytest.raises(AddressError):
            next(run)
        assert ledger.entry("bad") is None

    def test_who_stops_asking_leaves_the_rest_waiting(self, ledger: Ledger) -> None:
        transport = MemoryTransport()
        run = Outbox(transport, ledger).send(letters(100))
        next(run)
        run.close()
        assert set(ledger.counts()) == {"accepted", "queued"}
        sent = len(transport.sent)
        list(Outbox(transport, ledger).send(letters(100)))
        assert sorted(message.message_id for message in transport.sent) == sorted(
            f"{n}@example.test" for n in range(100)
        )
        assert sent < 5

    def test_stop_ends_a_run_that_waits(self, ledger: Ledger) -> None:
        busy = MemoryTransport(lambda message, address: Deferred(450, "", "busy"))

        def resting(rest: Rest) -> None:
            threading.Timer(0.1, outbox.stop).start()

        outbox = Outbox(busy, ledger, backoff=Backoff(first=60, least=60), patience=3600, resting=resting)
        start = time.monotonic()
        assert {dispatch.receipt[BOB].state for dispatch in outbox.send(letters(10, BOB))} == {"deferred"}
        assert time.monotonic() - start < 30
        assert ledger.counts() == {"deferred": 10}

    @pytest.mark.parametrize("key", ["", "a\nb", "x" * 256])
    def test_a_key_that_cannot_be_one(self, ledger: Ledger, key: str) -> None:
        with pytest.raises(SettingsError, match="cannot be a key"):
            list(Outbox(MemoryTransport(), ledger).send([(key, mail())]))


class TestOverSmtp:
    def test_the_dot_is_in_the_ledger_when_the_content_comes(self, ledger: Ledger, path: Path) -> None:
        """With pipelining across messages too: another process sees it before the server can have the message."""
        seen: list[list[str]] = []

        def look(link: object) -> str:
            with Ledger(path) as other:
                seen.append([entry.key for entry in other.entries("dot")])
            return "250 2.0.0 ok"

        with Server({"DOT": look}) as server, open_transport(f"smtp://127.0.0.1:{server.port}") as transport:
            assert all(dispatch.receipt.accepted for dispatch in Outbox(transport, ledger).send(letters(5)))
        assert seen == [[f"key-{number}"] for number in range(5)]

    def test_a_refused_recipient_is_known_at_the_dot(self, ledger: Ledger, path: Path) -> None:
        """A crash then leaves in doubt only who may have the message."""
        seen: list[list[str]] = []

        def look(link: object) -> str:
            with Ledger(path) as other:
                seen.append(states(other, "a"))
            return "250 2.0.0 ok"

        answers = {"RCPT": ["550 5.1.1 no", "250 ok", "451 4.7.1 later"], "DOT": look}
        with Server(answers) as server, open_transport(f"smtp://127.0.0.1:{server.port}") as transport:  # type: ignore[arg-type]
            list(Outbox(transport, ledger).send([("a", mail(1, BOB, CAROL, DAVE))]))
        assert seen == [["failed", "dot", "deferred"]]
        assert states(ledger, "a") == ["failed", "accepted", "deferred"]

    def test_a_link_that_is_lost_after_the_dot(self, ledger: Ledger) -> None:
        with Server({"DOT": close}) as server, open_transport(f"smtp://127.0.0.1:{server.port}") as transport:
            (dispatch,) = Outbox(transport, ledger, backoff=QUICK, patience=1).send([("a", mail())])
            assert len(server.taken) == 1
        assert dispatch.receipt.uncertain
        assert ledger.counts() == {"uncertain": 2}

    def test_too_many_recipients_go_in_more_transactions(self, ledger: Ledger) -> None:
        answers = {"RCPT": ["250 ok", "452 4.5.3 too many", "250 ok"]}
        with Server(answers) as server, open_transport(f"smtp://127.0.0.1:{server.port}") as transport:  # type: ignore[arg-type]
            (dispatch,) = Outbox(transport, ledger).send([("a", mail())])
        assert dispatch.receipt.accepted
        assert [taken.recipients for taken in server.taken] == [[BOB], [CAROL]]
        assert ledger.counts() == {"accepted": 2}


class TestLedger:
    def test_what_cannot_be_written_does_not_go_out(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> bool:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        transport = MemoryTransport()
        monkeypatch.setattr(NoteFile, "write", full)
        with pytest.raises(LedgerError, match="No space left"):
            list(Outbox(transport, ledger).send(letters(3)))
        assert transport.sent == []
        monkeypatch.undo()
        assert all(dispatch.receipt.accepted for dispatch in Outbox(transport, ledger).send(letters(3)))

    @pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
    def test_a_link_to_a_ledger_leads_to_the_notes_of_its_processes(self, path: Path) -> None:
        """A deployment links the ledger into each release: what the old one was sending is known to the new one."""
        release = path.parent / "release"
        release.mkdir()
        (release / "linked.db").symlink_to(path)
        first, linked = Ledger(path), Ledger(release / "linked.db")
        claims, _ = first.claim(Letter(*pair) for pair in letters(2))
        assert first.mark(claims[0], [BOB, CAROL], {})
        assert states(linked, "key-0") == ["dot", "dot"]
        first.lease = linked.lease = -1.0
        first.renew(claims)
        assert linked.recover() == 2
        assert states(linked, "key-0") == ["uncertain", "uncertain"]
        assert states(linked, "key-1") == ["queued", "queued"]
        assert not first.mark(claims[1], [BOB], {})
        first.close()
        linked.close()

    def test_octets_are_kept_until_nobody_waits(self, ledger: Ledger) -> None:
        ledger.queue([Letter("a", mail()), Letter("b", mail())])  # the same octets: kept once
        assert ledger.octets("a") == ledger.octets("b") == mail().octets
        outbox = Outbox(MemoryTransport(), ledger)
        list(outbox.resume(["a"]))
        assert ledger.octets("a") is None
        assert ledger.octets("b") == mail().octets
        list(outbox.resume(["b"]))
        with sqlite3.connect(ledger.path) as connection:
            assert connection.execute("SELECT count(*) FROM content").fetchone() == (0,)
        connection.close()

    def test_what_was_queued_first_is_what_is_sent(self, ledger: Ledger) -> None:
        """A resume sends what was approved, whatever the template says by then."""
        transport = MemoryTransport()
        assert ledger.queue([Letter("a", mail(1))]) == 1
        assert ledger.queue([Letter("a", mail(2))]) == 0
        list(Outbox(transport, ledger).send([("a", mail(3))]))
        assert [message.octets for message in transport.sent] == [mail(1).octets]

    def test_octets_that_changed_are_not_sent(self, ledger: Ledger) -> None:
        ledger.queue([Letter("a", mail())])
        with sqlite3.connect(ledger.path) as connection:
            connection.execute("UPDATE content SET octets = x'00'")
        connection.close()
        transport = MemoryTransport()
        with pytest.raises(LedgerError, match="octets of a message have changed"):
            list(Outbox(transport, ledger).resume())
        assert transport.sent == []

    def test_a_claim_that_was_taken_over_does_not_go_out(self, path: Path) -> None:
        """A process that slept longer than its lease finds that somebody else has its messages."""
        with Ledger(path, lease=0.0) as slow, Ledger(path) as quick:
            claims, _ = slow.claim([Letter("a", mail())])
            assert quick.recover() == 1
            assert [claim.key for claim in quick.claim_waiting(10)] == ["a"]
            assert not slow.mark(claims[0], [BOB, CAROL], {})
            assert states(quick, "a") == ["claimed", "claimed"]

    def test_a_late_answer_ends_a_doubt(self, path: Path) -> None:
        with Ledger(path, lease=0.0) as slow, Ledger(path) as quick:
            from mailtemplates.ledger.letter import Settled

            claims, _ = slow.claim([Letter("a", mail())])
            assert slow.mark(claims[0], [BOB], {CAROL: Failed(550, "", "userunknown", "no")})
            assert quick.recover() == 1
            assert states(quick, "a") == ["uncertain", "failed"]
            slow.settle([Settled(claims[0], {BOB: Accepted("ok"), CAROL: Failed(550, "", "userunknown", "no")})])
            assert states(quick, "a") == ["accepted", "failed"]

    def test_resolve(self, ledger: Ledger) -> None:
        lost = MemoryTransport(lambda message, address: Uncertain("dot", "closed"))
        list(Outbox(lost, ledger).send(letters(2)))
        assert ledger.resolve("key-0", "sent") == 2
        assert states(ledger, "key-0") == ["accepted", "accepted"]
        assert ledger.octets("key-0") is None
        assert ledger.resolve("key-1", "sent", [BOB]) == 1
        assert ledger.resolve("key-1", "resend") == 1
        ready = MemoryTransport()
        (dispatch,) = Outbox(ready, ledger).resume()
        assert [message.envelope.recipients for message in ready.sent] == [(CAROL,)]
        assert dispatch.receipt.accepted
        with pytest.raises(SettingsError, match="no key"):
            ledger.resolve("nobody", "sent")

    def test_two_threads_send_each_key_once(self, path: Path) -> None:
        transport = MemoryTransport()
        with Ledger(path) as ledger:
            runs = [
                threading.Thread(target=lambda: list(Outbox(transport, ledger).send(letters(300)))) for _ in range(3)
            ]
            for run in runs:
                run.start()
            for run in runs:
                run.join()
            assert ledger.counts() == {"accepted": 600}
        assert len(transport.sent) == 300

    def test_it_is_the_owners_alone(self, ledger: Ledger) -> None:
        ledger.queue([Letter("a", mail())])
        assert {file.stat().st_mode & 0o077 for file in ledger.path.parent.iterdir()} == {0}

    @pytest.mark.parametrize(
        ("octets", "says"), [(b"no database at all, but a text" * 50, "not a database"), (None, "another program")]
    )
    def test_a_file_that_is_no_ledger(self, tmp_path: Path, octets: bytes | None, says: str) -> None:
        path = tmp_path / "x.db"
        if octets is None:
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE x (y)")
            connection.close()
        else:
            path.write_bytes(octets)
        with pytest.raises(LedgerError, match=says):
            Ledger(path)

    def test_a_folder_is_no_ledger(self, tmp_path: Path) -> None:
        with pytest.raises(LedgerError, match="cannot be used"):
            Ledger(tmp_path)
