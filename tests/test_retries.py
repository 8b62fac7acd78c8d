"""What is put off is tried again within a run: later, only for those whom it concerns, and not longer than allowed."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from clock import Clock
from mailrig import held_ports
from smtplab import LONG
from smtpserver import Answer, Link, Server, close

from mailtemplates import Backoff, Engine, Ledger, open_transport
from mailtemplates.cli.delivering import Interrupted, patience_of
from mailtemplates.cli.output import warn
from mailtemplates.cli.shell import main
from mailtemplates.delivery.event import Event
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried, Outcome, Uncertain
from mailtemplates.errors import SettingsError
from mailtemplates.ledger.letter import Letter
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message
from mailtemplates.outbox import retries
from mailtemplates.outbox.direct import Direct
from mailtemplates.outbox.outbox import Outbox
from mailtemplates.outbox.retries import Rest
from mailtemplates.transports.memory import MemoryTransport

ROOT = Path(__file__).parent.parent
BOB, CAROL, DAVE = "bob@reader.com", "carol@reader.com", "dave@reader.com"
QUICK = Backoff(first=0.01, least=0.0, longest=0.02, attempts=8)
LATER: Outcome = Deferred(451, "4.7.1", "greylisted", "greylisting")


def letter(number: int, *recipients: str) -> Letter:
    message_id = f"{number}@acme.example"
    octets = f"Message-ID: <{message_id}>\r\n\r\nhello {number}\r\n".encode()
    return Letter(f"key-{number}", Message(octets, Envelope("me@acme.example", recipients or (BOB,)), message_id))


Sender = Callable[..., "Direct | Outbox"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What a run that rests looks at."""
    clock = Clock()
    monkeypatch.setattr(retries, "time", clock)
    return clock


@pytest.fixture(params=["ledger", "no ledger"])
def sender(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sender]:
    """Makes what sends, with a ledger and without: both do the same."""
    opened: list[Direct | Outbox] = []

    def make(transport: Any, **how: Any) -> Direct | Outbox:
        if request.param == "ledger":
            opened.append(Outbox(transport, Ledger(tmp_path / "outbox.db"), **how))
        else:
            opened.append(Direct(transport, **how))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_only_those_who_were_put_off_are_tried_again(sender: Sender) -> None:
    tries: list[tuple[str, ...]] = []

    def answer(message: Message, address: str) -> Outcome:
        if address == message.envelope.recipients[0]:
            tries.append(message.envelope.recipients)
        late: Outcome = Accepted("late") if len(tries) > 2 else LATER
        outcomes: dict[str, Outcome] = {BOB: Accepted("ok"), DAVE: Failed(550, "5.1.1", "userunknown", "no")}
        return outcomes.get(address, late)

    (dispatch,) = sender(MemoryTransport(answer), backoff=QUICK, patience=30).send([letter(1, BOB, CAROL, DAVE)])
    assert tries == [(BOB, CAROL, DAVE), (CAROL,), (CAROL,)]
    assert [one.outcome.state for one in dispatch.receipt.deliveries] == ["accepted", "accepted", "failed"]


@pytest.mark.parametrize(
    "outcome",
    [Failed(550, "5.1.1", "userunknown", "no"), Uncertain("dot", "closed"), NotTried("wrong password")],
    ids=["failed", "uncertain", "not tried, and time does not mend it"],
)
def test_what_is_not_put_off_is_tried_once(outcome: Outcome, sender: Sender) -> None:
    tries: list[str] = []

    def answer(message: Message, address: str) -> Outcome:
        tries.append(address)
        return outcome

    (dispatch,) = sender(MemoryTransport(answer), backoff=QUICK, patience=30).send([letter(1)])
    assert dispatch.receipt[BOB] == outcome
    assert tries == [BOB]


def test_others_go_on_while_one_waits(sender: Sender, clock: Clock) -> None:
    """A recipient of a greylisting server holds up nobody."""
    order: list[str] = []

    def answer(message: Message, address: str) -> Outcome:
        order.append(message.message_id)
        return LATER if order.count("0@acme.example") == 1 and order[-1] == "0@acme.example" else Accepted("ok")

    transport = MemoryTransport(answer)
    dispatches = list(
        sender(transport, backoff=Backoff(first=0.3, least=0.2), patience=30).send(letter(n) for n in range(50))
    )
    assert [order.index(f"{n}@acme.example") for n in range(50)] == list(range(50))
    assert order[-1] == "0@acme.example"
    assert Counter(one.key for one in dispatches) == {f"key-{n}": 1 for n in range(50)}
    assert all(one.receipt.accepted for one in dispatches)


def test_patience_ends(sender: Sender, clock: Clock) -> None:
    """Counted from the first time that a message is put off; its last outcome is told."""
    tries: list[float] = []

    def answer(message: Message, address: str) -> Outcome:
        tries.append(clock.now)
        return Deferred(450, "4.2.1", f"busy, {len(tries)}")

    run = sender(MemoryTransport(answer), backoff=Backoff(first=0.2, least=0.05), patience=1)
    (dispatch,) = run.send([letter(1)])
    assert 3 <= len(tries) <= 20
    assert tries[-1] - tries[0] <= 1
    assert dispatch.receipt[BOB].text == f"busy, {len(tries)}"


def test_pauses_grow_and_are_random() -> None:
    backoff = Backoff(first=1, least=0.1, longest=60)
    pauses = [[backoff.pause(attempt) for attempt in (1, 3, 5, 9)] for _ in range(50)]
    assert all(0.1 <= pause <= most for row in pauses for pause, most in zip(row, (1, 4, 16, 60), strict=True))
    assert len({row[0] for row in pauses}) > 40, "a crowd does not come back all at once"


def test_without_a_ledger_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those for whom there is no room are told at once; who was tried again makes room."""
    monkeypatch.setattr("mailtemplates.outbox.direct._LATER", 3 * letter(10).message.size)
    tries: Counter[str] = Counter()

    def answer(message: Message, address: str) -> Outcome:
        tries[message.message_id] += 1
        return Accepted("ok") if tries[message.message_id] > 1 else LATER

    direct = Direct(MemoryTransport(answer), backoff=Backoff(first=0.3, least=0.2), patience=30)
    states = Counter(one.receipt[BOB].state for one in direct.send(letter(n) for n in range(8)))
    assert states == {"accepted": 3, "deferred": 5}
    states = Counter(one.receipt[BOB].state for one in direct.send(letter(n) for n in range(10, 13)))
    assert states == {"accepted": 3}


def test_without_patience_nothing_is_tried_again(sender: Sender) -> None:
    tries: list[str] = []

    def answer(message: Message, address: str) -> Outcome:
        tries.append(address)
        return LATER

    (dispatch,) = sender(MemoryTransport(answer), backoff=QUICK).send([letter(1)])
    assert dispatch.receipt[BOB] == LATER
    assert tries == [BOB]


def test_a_server_that_comes_back_is_found_again(sender: Sender) -> None:
    """One message looks whether it is there; the others wait for that."""
    tries: list[str] = []

    def answer(message: Message, address: str) -> Outcome:
        tries.append(address)
        return NotTried("nobody listens", temporary=True) if len(tries) < 6 else Accepted("ok")

    run = sender(MemoryTransport(answer), backoff=QUICK, patience=30).send(letter(n) for n in range(60))
    assert all(dispatch.receipt.accepted for dispatch in run)
    assert len(tries) == 65


def test_a_server_that_stays_away_is_not_asked_for_every_message(sender: Sender) -> None:
    tries: list[str] = []

    def answer(message: Message, address: str) -> Outcome:
        tries.append(address)
        return NotTried("nobody listens", temporary=True)

    run = sender(MemoryTransport(answer), backoff=QUICK, patience=0.2).send(letter(n) for n in range(300))
    outcomes = [dispatch.receipt[BOB] for dispatch in run]
    assert len(outcomes) == 300
    assert {outcome.text for outcome in outcomes} == {"nobody listens"}
    assert len(tries) < 40


def test_a_server_that_wants_less_gets_a_rest(sender: Sender) -> None:
    """421, or too many at a time: after three in a row the run waits, and does not ask for every row."""
    tries: list[str] = []

    def answer(message: Message, address: str) -> Outcome:
        tries.append(message.message_id)
        busy = 3 <= len(tries) < 6
        return Deferred(421, "4.7.0", "too many messages, slow down", "speeding") if busy else Accepted("ok")

    run = sender(MemoryTransport(answer), backoff=QUICK, patience=30).send(letter(n) for n in range(60))
    assert all(dispatch.receipt.accepted for dispatch in run)
    assert len(tries) == 63


def test_a_server_that_wants_less_without_patience_keeps_nobody_else_from_sending(sender: Sender) -> None:
    busy = {f"{number}@acme.example" for number in range(5, 15)}

    def answer(message: Message, address: str) -> Outcome:
        return Deferred(450, "4.7.1", "slow down", "speeding") if message.message_id in busy else Accepted("ok")

    run = sender(MemoryTransport(answer), backoff=QUICK).send(letter(n) for n in range(60))
    states = Counter(dispatch.receipt[BOB].state for dispatch in run)
    assert states == {"accepted": 50, "deferred": 10}


def test_stop_ends_a_run_that_waits_and_tells_of_all(sender: Sender) -> None:
    busy = MemoryTransport(lambda message, address: LATER)

    def resting(rest: Rest) -> None:
        threading.Timer(0.1, run.stop).start()

    run = sender(busy, backoff=Backoff(first=60, least=60), patience=3600, resting=resting)
    start = time.monotonic()
    dispatches = list(run.send(letter(n) for n in range(10)))
    assert time.monotonic() - start < 30
    assert [dispatch.receipt[BOB] for dispatch in dispatches] == [LATER] * 10


def test_a_run_that_waits_says_so(sender: Sender, clock: Clock) -> None:
    rests: list[Rest] = []
    outcomes = iter([LATER, LATER, Accepted("ok"), Accepted("ok")])
    slow = Backoff(first=1, least=0.9)
    run = sender(
        MemoryTransport(lambda message, address: next(outcomes)), backoff=slow, patience=30, resting=rests.append
    )
    assert all(one.receipt.accepted for one in run.send([letter(1), letter(2)]))
    assert rests[0].messages == 2
    assert rests[0].reason == "451 4.7.1 greylisted"


def test_a_retry_is_an_event(sender: Sender) -> None:
    """It has no address in it, and no password."""
    heard: list[Event] = []
    with Server({"RCPT": ["451 4.7.1 Greylisted", "250 ok"]}, features=("AUTH PLAIN",)) as server:
        url = f"smtp://ann:s3cret@127.0.0.1:{server.port}?insecure=1"
        with open_transport(url, watch=heard.append) as transport:
            (dispatch,) = sender(transport, backoff=QUICK, patience=30).send([letter(1)])
        assert dispatch.receipt.accepted
    assert "s3cret" not in repr(heard)
    (retry,) = [event for event in heard if event.kind == "retry"]
    assert retry.message_id == "1@acme.example"
    assert re.fullmatch(r"put off, and tried again in [\d.e-]+ s: 451 4.7.1 Greylisted", retry.text)
    assert retry.server == f"127.0.0.1:{server.port}"


SERVERS: dict[str, dict[str, Answer | list[Answer]]] = {
    "greylisting": {"RCPT": ["451 4.7.1 Greylisted", "250 ok"]},
    "too many connections": {"GREETING": ["421 4.7.0 Too many connections", "220 ready"]},
    "421 at MAIL": {"MAIL": ["421 4.3.2 going down", "421 4.3.2 going down", "250 ok"]},
    "a rate": {"MAIL": ["450 4.7.1 too many messages", "250 ok"]},
    "421 after the dot": {"DOT": ["421 4.3.2 try again", "250 ok"]},
    "451 after the dot": {"DOT": ["451 4.3.0 queue full", "250 ok"]},
    "the link is lost at RCPT": {"RCPT": [close, close, "250 ok"]},
}


@pytest.mark.parametrize("answers", SERVERS.values(), ids=list(SERVERS))
def test_what_servers_put_off(answers: dict[str, Answer | list[Answer]], sender: Sender) -> None:
    with Server(answers) as server, open_transport(f"smtp://127.0.0.1:{server.port}?{LONG}") as transport:
        (dispatch,) = sender(transport, backoff=QUICK, patience=30).send([letter(1, BOB)])
        assert dispatch.receipt.accepted


def test_nobody_listens_at_first(sender: Sender) -> None:
    rests: list[Rest] = []
    with held_ports(1) as (port,), ExitStack() as stack:
        late = Server(port=port)

        def resting(rest: Rest) -> None:
            rests.append(rest)
            if len(rests) == 3:
                stack.enter_context(late)

        transport = stack.enter_context(open_transport(f"smtp://127.0.0.1:{port}"))
        run = sender(transport, backoff=Backoff(first=0.2, least=0.1), patience=60, resting=resting)
        (dispatch,) = run.send([letter(1)])
    assert dispatch.receipt.accepted
    assert "Connection refused" in rests[0].reason
    assert len(late.taken) == 1


class TestEngine:
    def engine(self, folder: Path, transport: Any, **how: Any) -> Engine:
        (folder / "hi.j2").write_text(
            "{% block from %}a@acme.com{% endblock %}{% block to %}bob@reader.com{% endblock %}"
            "{% block subject %}Hi{% endblock %}{% block text %}Hello{% endblock %}"
        )
        return Engine(folder, transport=transport, **how)

    @pytest.mark.parametrize("ledger", ["outbox.db", ""], ids=["ledger", "no ledger"])
    def test_it_does_not_wait_by_itself_and_does_when_it_is_told(self, ledger: str, tmp_path: Path) -> None:
        outcomes: list[Outcome] = [LATER, LATER, Accepted("ok")]

        def transport() -> MemoryTransport:
            told = iter(outcomes)
            return MemoryTransport(lambda message, address: next(told))

        where = tmp_path / ledger if ledger else None
        with self.engine(tmp_path, transport(), ledger=where) as engine:
            assert engine.send("hi.j2", {}, key="a")[BOB] == LATER
        with self.engine(tmp_path, transport(), ledger=where, patience=30) as engine:
            assert engine.send("hi.j2", {}, key="b").accepted

    def test_closing_waits_for_nothing_that_was_put_off(self, tmp_path: Path) -> None:
        import asyncio

        began = threading.Event()

        def answer(message: Message, address: str) -> Outcome:
            began.set()
            return LATER

        engine = self.engine(tmp_path, MemoryTransport(answer), ledger=tmp_path / "outbox.db", patience=600)

        async def run() -> Outcome:
            task = asyncio.create_task(engine.asend("hi.j2", {}, key="a"))
            await asyncio.to_thread(began.wait, 20)
            await asyncio.to_thread(engine.close)
            return (await task)[BOB]

        start = time.monotonic()
        assert asyncio.run(run()) == LATER
        assert time.monotonic() - start < 60
        with Ledger(tmp_path / "outbox.db") as ledger:
            assert ledger.counts() == {"deferred": 1}


TEMPLATE = """{% block from %}me@acme.com{% endblock %}{% block to %}{{ to }}{% endblock %}
{% block subject %}Hello {{ n }}{% endblock %}{% block text %}Hello number {{ n }}, how are you?{% endblock %}"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hi.j2").write_text(TEMPLATE)
    rows = "\n".join(f"{n},j{n}@reader.com" for n in range(40))
    (tmp_path / "rows.csv").write_text(f"n,to\n{rows}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


MERGE = ["merge", "hi.j2", "--data", "rows.csv", "--jobs", "1"]
SEND = ["send", "hi.j2", "--set", "n=1", "--set", "to=bob@reader.com"]


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("ledger", [[], ["--no-ledger"]], ids=["ledger", "no ledger"])
@pytest.mark.parametrize("connections", [[], ["--connections", "3"]], ids=["one connection", "three"])
def test_a_merge_comes_back_to_whom_the_server_put_off(
    ledger: list[str], connections: list[str], project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every row has one object, with its last outcome; what is refused for good is not tried again."""
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    def rcpt(link: Any) -> str:
        address = link.last.split("<")[1].split(">")[0]
        with lock:
            seen[address] += 1
            number = int(address[1:].split("@")[0])
            if number % 10 == 3:
                return "550 5.1.1 No such user"
            return "451 4.7.1 Greylisted" if number % 4 == 0 and seen[address] == 1 else "250 2.1.5 ok"

    with Server({"RCPT": rcpt}) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        arguments = ["--transport", url, "--patience", "20s", "--output-format", "json", *ledger, *connections]
        assert main([*MERGE, *arguments]) == 1
    out, err = capfd.readouterr()
    states = {one["recipients"][0]["address"]: one["recipients"][0]["state"] for one in objects(out)}
    assert len(objects(out)) == 40
    assert Counter(states.values()) == {"accepted": 36, "failed": 4}
    assert all(seen[f"j{n}@reader.com"] == (2 if n % 4 == 0 else 1) for n in range(40))
    assert sorted(Counter(one.recipients[0] for one in server.taken).values()) == [1] * 36
    assert "put off (451 4.7.1 Greylisted)" in err
    assert "j3@reader.com" in (project / "failures.csv").read_text()


@pytest.mark.parametrize("ledger", [[], ["--no-ledger"]], ids=["ledger", "no ledger"])
def test_a_send_tries_again(ledger: list[str], project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Server({"RCPT": ["451 4.7.1 Greylisted", "250 ok"]}) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        assert main([*SEND, "--transport", url, "--patience", "10", *ledger]) == 0
    out, err = capfd.readouterr()
    assert out == "1 message; recipients: 1 accepted\n"
    assert re.search(r"1 message put off \(451 4.7.1 Greylisted\); tried again for 10 s at most, next in \d s", err)


def test_a_send_ends_when_patience_does(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Server({"RCPT": "451 4.7.1 Greylisted"}) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        assert main([*SEND, "--transport", url, "--patience", "1.5s", "--output-format", "json"]) == 1
        assert server.verbs.count("RCPT") >= 2
    (one,) = objects(capfd.readouterr().out)
    assert one["recipients"][0]["state"] == "deferred"
    with Ledger(project / "outbox.db") as ledger:
        (entry,) = ledger.entries()
    assert entry.state == "deferred"
    assert entry.due is not None and entry.attempts >= 2


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("ledger", [[], ["--no-ledger"]], ids=["ledger", "no ledger"])
def test_ctrl_c_ends_the_waiting(ledger: list[str], project: Path) -> None:
    """At once, with an object for every message, and who waits is in the ledger."""
    command = [sys.executable, "-m", "mailtemplates", *MERGE]
    environment = {**os.environ, "MAILTPL_CACHE": "off", "PYTHONPATH": str(ROOT)}
    with Server({"RCPT": "451 4.7.1 Greylisted"}) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        arguments = ["--transport", url, "--patience", "1h", "--output-format", "json", *ledger]
        process = subprocess.Popen(
            [*command, *arguments], cwd=project, env=environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert process.stderr
        said = process.stderr.readline()
        assert said.startswith("40 messages put off")
        os.killpg(process.pid, signal.SIGINT)
        start = time.monotonic()
        out, rest = process.communicate(timeout=60)
        assert time.monotonic() - start < 30
    assert process.returncode == 130, rest
    assert Counter(one["recipients"][0]["state"] for one in objects(out)) == {"deferred": 40}
    if not ledger:
        assert "The same command again goes on where this one stopped." in rest
        with Ledger(project / "outbox.db") as opened:
            assert opened.counts() == {"deferred": 40}
    with Server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        assert main([*MERGE, "--transport", url, *ledger]) == 0
        assert sorted(Counter(one.recipients[0] for one in server.taken).values()) == [1] * 40


def test_ctrl_c_amid_a_line_to_standard_error_is_no_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its buffer is entered once at a time: a handler that wrote to it ended the run with exit code 3."""

    class Interrupting(io.FileIO):
        def write(self, octets: Any) -> int:
            if not interrupted.asked:
                signal.raise_signal(signal.SIGINT)
            return super().write(octets)

    path = tmp_path / "stderr"
    stopped: list[bool] = []
    interrupted = Interrupted(lambda: stopped.append(True))
    with io.TextIOWrapper(io.BufferedWriter(Interrupting(path, "w")), line_buffering=True) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with interrupted:
            warn("40 messages put off")
    assert stopped == [True]
    assert interrupted.exit_code(0) == 130
    assert "stopping: what is under way" in path.read_text()
    assert "40 messages put off" in path.read_text()


@pytest.mark.parametrize("around", ["{}", "failover({} null:)"])
def test_stop_ends_the_waiting_for_a_rate(around: str, sender: Sender) -> None:
    """With five messages an hour nobody waits twelve minutes for Ctrl-C. What was begun is sent."""

    def dot(link: Link) -> str:
        threading.Timer(0.3, run.stop).start()
        return "250 2.0.0 ok"

    with Server({"DOT": dot}) as server:
        with open_transport(around.format(f"smtp://127.0.0.1:{server.port}?rate=5/h")) as transport:
            run = sender(transport)
            start = time.monotonic()
            states = [one.receipt[BOB].state for one in run.send(letter(n) for n in range(10))]
            assert time.monotonic() - start < 30
        assert 1 <= len(server.taken) <= 2
    assert states.count("accepted") == len(server.taken)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_a_kill_while_it_waits_loses_nothing(project: Path) -> None:
    command = [sys.executable, "-m", "mailtemplates", *MERGE]
    environment = {**os.environ, "MAILTPL_CACHE": "off", "PYTHONPATH": str(ROOT)}
    answers: list[Answer] = [*["250 ok"] * 20, "451 4.7.1 Greylisted"]
    script: dict[str, Answer | list[Answer]] = {"RCPT": answers}
    with Server(script) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        process = subprocess.Popen(
            [*command, "--transport", url, "--patience", "1h"], cwd=project, env=environment, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr
        assert process.stderr.readline().startswith("20 messages put off")
        process.kill()
        process.communicate()
    with Ledger(project / "outbox.db") as opened:
        opened.recover()
        assert opened.counts() == {"accepted": 20, "deferred": 20}


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400), (" 5s ", 5)]
)
def test_times(text: str, seconds: float) -> None:
    assert patience_of(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "-1", "1w", "1 m", "1e9", "٣", "nan", "inf"])
def test_no_times(text: str) -> None:
    with pytest.raises(SettingsError, match="is no time"):
        patience_of(text)
