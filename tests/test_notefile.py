"""Notes of a process that is stopped, slow, long-winded, or forked: what they say is heard, and nobody sends twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailtemplates import Envelope, Ledger, Letter, Message
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, Outcome
from mailtemplates.ledger.letter import Claim, Settled
from mailtemplates.ledger.notefile import BLOCK, Note, NoteFile, forbid, read_notes

BOB, CAROL = "bob@example.test", "carol@example.test"


def letter(key: str = "a", *recipients: str) -> Letter:
    envelope = Envelope("alice@example.test", recipients or (BOB, CAROL))
    return Letter(key, Message(b"Subject: %s\r\n\r\nhello\r\n" % key.encode(), envelope, f"{key}@example.test"))


def states(ledger: Ledger, key: str = "a") -> list[str]:
    entry = ledger.entry(key)
    assert entry is not None
    return [one.state for one in entry.recipients]


def claimed(ledger: Ledger, *letters: Letter) -> Claim:
    (claim,), _ = ledger.claim(letters or (letter(),))
    return claim


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def mark(row: int, attempt: int = 1) -> Note:
    return Note(row, attempt, 1, 1, None, [[0]])


def answer(row: int, attempt: int = 1) -> Note:
    return Note(row, attempt, 3, 2, None, [[0, "accepted", 250]])


class TestNoteFile:
    def test_the_last_note_of_a_message_is_read(self, tmp_path: Path) -> None:
        file = NoteFile(tmp_path / "notes", lasting=True)
        notes, answers = [mark(row) for row in range(40)], [answer(row) for row in range(20)]
        assert all(file.write(note) for note in (*notes, *answers))
        found = read_notes(tmp_path / "notes")
        assert found == {(note.row, 1): note for note in (*answers, *notes[20:])}
        file.remove()
        assert read_notes(tmp_path / "notes") is None

    def test_an_answer_stands_beside_the_mark_of_the_next_message(self, tmp_path: Path) -> None:
        """One write says both; and what is written in that block later takes nothing back."""
        file = NoteFile(tmp_path / "notes", lasting=False)
        assert file.write(mark(1))
        assert file.write(mark(2), [answer(1)])
        assert read_notes(tmp_path / "notes") == {(1, 1): answer(1), (2, 1): mark(2)}
        assert file.write(answer(2))
        assert read_notes(tmp_path / "notes") == {(1, 1): answer(1), (2, 1): answer(2)}
        for row in (1, 2):
            file.forget(row)
        assert file.write(mark(3))
        assert file.write(mark(4))
        found = read_notes(tmp_path / "notes")
        assert found and (found[3, 1], found[4, 1]) == (mark(3), mark(4))
        file.remove()

    def test_notes_that_are_too_long_together_are_not_written(self, tmp_path: Path) -> None:
        file = NoteFile(tmp_path / "notes", lasting=False)
        assert file.write(mark(1))
        assert file.write(mark(2), [Note(1, 1, 3, 2, None, [[0, "accepted", 250, "x" * 900]])])
        assert file.write(Note(2, 1, 3, 2, None, [[0, "accepted", 250, "y" * 900]])) is None
        found = read_notes(tmp_path / "notes")
        assert found and (found[1, 1].phase, found[2, 1]) == (3, mark(2))
        file.remove()

    def test_places_are_used_again(self, tmp_path: Path) -> None:
        file = NoteFile(tmp_path / "notes", lasting=False)
        for row in range(1000):
            assert file.write(mark(row))
            file.forget(row)
        assert (tmp_path / "notes").stat().st_size <= 2 * BLOCK
        file.remove()

    def test_who_is_forbidden_to_go_on_learns_it_with_the_next_note(self, tmp_path: Path) -> None:
        file = NoteFile(tmp_path / "notes", lasting=False)
        assert file.write(mark(1))
        forbid(tmp_path / "notes")
        assert file.write(mark(2)) is False
        file.close()
        forbid(tmp_path / "nothing there")

    @pytest.mark.parametrize(
        ("block", "found"),
        [
            (b"(7, 2, 3, 0, None, [[0, 'acc", {7: None}),
            (b"(7, 2, 3, 0, None, [[0]])\n(6, 2, 3, 0, None, [[0, 'acc", {7: [[0]], 6: None}),
            (b"(7, 2, 3, 0, None, [[0, 'acc\n(6, 2, 1, 0, None, [[0]])\n\n", {7: None}),
            (b"(7, 2, 3, 0, None, [[0]])\n\n(6, 2, 1, 0, None, [[0]])\n\n", {7: [[0]]}),
            (b"(7, 2, 3, 0.25, None, [[0]])\ned', 250, 'ok']])\n", {7: [[0]]}),
        ],
        ids=["its own", "one beside it", "older ones follow", "older ones after the end", "of version 1"],
    )
    def test_a_note_that_is_read_while_it_is_written_says_that_nobody_knows(
        self, tmp_path: Path, block: bytes, found: dict[int, list[list[int]] | None]
    ) -> None:
        (tmp_path / "notes").write_bytes(b"0".ljust(BLOCK, b"\0") + block)
        notes = read_notes(tmp_path / "notes")
        assert notes is not None
        assert {row: note.said for (row, _), note in notes.items()} == found


ANSWERS: dict[str, Outcome] = {
    "short": Accepted("ok", "4XYZ", 250, "2.0.0"),
    "long": Accepted("é" * 1000, "4XYZ", 250, "2.0.0"),
}


class TestAfterAnEnd:
    """A process ends without a word; :meth:`Ledger.recover` finds what it noted."""

    def ended(self, path: Path, work: str) -> None:
        """Run some work in a process of its own, which then ends at once."""
        program = (
            f"import os, sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            "from test_notefile import *\n"
            f"ledger = Ledger({str(path)!r})\n{work}\nos._exit(9)\n"
        )
        assert subprocess.run([sys.executable, "-c", program]).returncode == 9

    @pytest.mark.parametrize(
        ("work", "expected"),
        [
            ("claimed(ledger)", ["queued", "queued"]),
            ("ledger.mark(claimed(ledger), [BOB, CAROL], {})", ["uncertain", "uncertain"]),
            ("ledger.mark(claimed(ledger), [BOB], {})", ["uncertain", "queued"]),
            ("ledger.mark(claimed(ledger), [BOB], {CAROL: Failed(550, '', '', 'no')})", ["uncertain", "failed"]),
            ("ledger.mark(claimed(ledger), [BOB], {CAROL: Failed(550, '', '', 'n' * 2000)})", ["uncertain", "failed"]),
            (
                ("claim = claimed(ledger); ledger.mark(claim, [BOB, CAROL], {})\n"
                "ledger.settle([Settled(claim, {BOB: ANSWERS['short'], CAROL: ANSWERS['short']})])"),
                ["accepted", "accepted"],
            ),
            (
                ("claim = claimed(ledger); ledger.mark(claim, [BOB, CAROL], {})\n"
                "ledger.settle([Settled(claim, {BOB: ANSWERS['long'], CAROL: Deferred(450, '', 'later')}, 9e9)])"),
                ["accepted", "deferred"],
            ),
            (
                ("claim = claimed(ledger); ledger.mark(claim, [BOB, CAROL], {})\n"
                "import pathlib\nfor file in pathlib.Path(ledger.path).parent.glob('*-notes-*'): file.unlink()"),
                ["uncertain", "uncertain"],
            ),
        ],
        ids=[
            "claimed", "at the dot", "one at the dot", "one refused", "one refused at length", "answered",
            "answered at length", "notes are gone",
        ],
    )  # fmt: skip
    def test_what_it_noted_is_heard(self, path: Path, work: str, expected: list[str]) -> None:
        self.ended(path, work)
        with Ledger(path) as ledger:
            assert ledger.recover() == 1
            assert states(ledger) == expected
            assert ledger.recover() == 0
            entry = ledger.entry("a")
            assert entry and (entry.due is not None) == bool({"queued", "deferred"}.intersection(expected))
        assert [file.name for file in path.parent.iterdir()] == ["outbox.db"]

    def test_what_is_seen_while_it_runs_is_the_same(self, path: Path) -> None:
        with Ledger(path) as ledger, Ledger(path) as other:
            claim = claimed(ledger)
            assert states(other) == ["claimed", "claimed"]
            ledger.mark(claim, [BOB], {CAROL: Failed(550, "", "", "no")})
            assert states(other) == ["dot", "failed"]
            assert other.counts() == {"dot": 1, "failed": 1}
            assert [entry.key for entry in other.entries("dot")] == ["a"]
            ledger.settle([Settled(claim, {BOB: ANSWERS["long"], CAROL: Failed(550, "", "", "no")})])
            assert states(other) == ["accepted", "failed"]
            assert other.counts() == {"accepted": 1, "failed": 1}
            assert [entry.key for entry in other.entries("accepted")] == ["a"]


class TestTakenOver:
    def test_all_that_a_slow_process_had_is_taken_from_it(self, path: Path) -> None:
        with Ledger(path, lease=0.0) as slow, Ledger(path) as quick:
            claims, _ = slow.claim([letter("a"), letter("b")])
            assert slow.mark(claims[0], [BOB, CAROL], {})
            assert quick.recover() == 2
            assert not slow.mark(claims[1], [BOB, CAROL], {})
            assert (states(quick, "a"), states(quick, "b")) == (["uncertain"] * 2, ["queued"] * 2)
            assert [claim.key for claim in quick.claim_waiting(9)] == ["b"]
            assert slow.renew(claims) == []
            slow.release(claims)
            assert states(quick, "b") == ["claimed"] * 2

    def test_it_goes_on_with_other_messages(self, path: Path) -> None:
        """An earlier claim is not taken for one of the new desk."""
        with Ledger(path, lease=0.0) as slow, Ledger(path) as quick:
            old = claimed(slow, letter("a"))
            quick.recover()
            new = claimed(slow, letter("b"))
            assert not slow.mark(old, [BOB, CAROL], {})
            assert slow.mark(new, [BOB, CAROL], {})
            slow.settle([Settled(new, {BOB: ANSWERS["short"], CAROL: ANSWERS["short"]})])
        with Ledger(path) as ledger:
            assert (states(ledger, "a"), states(ledger, "b")) == (["queued"] * 2, ["accepted"] * 2)

    def test_an_answer_that_comes_too_late_for_a_note_ends_the_doubt(self, path: Path) -> None:
        with Ledger(path, lease=0.0) as slow, Ledger(path) as quick:
            claim = claimed(slow)
            assert slow.mark(claim, [BOB, CAROL], {})
            quick.recover()
            slow.settle([Settled(claim, {BOB: ANSWERS["short"], CAROL: Deferred(450, "", "later")}, 9e9)])
            assert states(quick) == ["accepted", "deferred"]
            assert [claim.key for claim in quick.claim_waiting(9)] == ["a"]

    @pytest.mark.parametrize(
        ("outcome", "state"), [(Deferred(450, "", "later"), "uncertain"), (ANSWERS["short"], "accepted")],
        ids=["a no is about the first", "a yes is a yes"],
    )  # fmt: skip
    def test_a_late_answer_to_the_first_attempt_when_the_second_is_in_doubt(
        self, path: Path, outcome: Outcome, state: str
    ) -> None:
        with Ledger(path, lease=0.0) as first, Ledger(path, lease=0.0) as second:
            early = claimed(first, letter("a", BOB))
            assert first.mark(early, [BOB], {})
            second.recover()
            assert second.resolve("a", "resend") == 1
            late = claimed(second, letter("a", BOB))
            assert second.mark(late, [BOB], {})
            first.recover()
            first.settle([Settled(early, {BOB: outcome}, 0.0)])
            assert states(first) == [state]

    def test_what_was_given_back_does_not_go_out(self, path: Path) -> None:
        with Ledger(path) as ledger:
            claim = claimed(ledger)
            ledger.release([claim])
            assert not ledger.mark(claim, [BOB, CAROL], {})

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
    def test_a_child_does_not_send_what_its_parent_has(self, path: Path) -> None:
        with Ledger(path) as ledger:
            claim = claimed(ledger)
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    mine = claimed(ledger, letter("b"))
                    refused = not ledger.mark(claim, [BOB, CAROL], {})
                    code = 0 if refused and ledger.mark(mine, [BOB, CAROL], {}) else 2
                finally:
                    os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert ledger.recover() == 1
            assert states(ledger, "b") == ["uncertain", "uncertain"]
            assert ledger.mark(claim, [BOB, CAROL], {})


def test_the_notes_of_another_process_are_read_once_for_all_its_keys(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that sent the same letters stopped each other for seconds, reading them again for every key."""
    read: list[Path] = []

    def counted(notes: Path) -> dict[tuple[int, int], Note] | None:
        read.append(notes)
        return read_notes(notes)

    monkeypatch.setattr("mailtemplates.ledger.leasetable.read_notes", counted)
    letters = [letter(f"key-{number}") for number in range(60)]
    with Ledger(path) as ledger, Ledger(path) as other:
        assert len(ledger.claim(letters)[0]) == 60
        claims, entries = other.claim(letters)
    assert claims == []
    assert [entry.key for entry in entries] == [one.key for one in letters]
    assert {entry.state for entry in entries} == {"claimed"}
    assert len(read) == 1
