"""``mailtpl outbox``: what the ledger knows, listed by name, and settled by a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from smtpserver import Server, close

from mailtemplates import Envelope, Ledger, Letter, Message, Outbox
from mailtemplates.cli.shell import main
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried, Outcome, Suppressed, Uncertain
from mailtemplates.transports.memory import MemoryTransport

OUTCOMES: dict[str, Outcome] = {
    "ann@reader.example": Accepted("2.0.0 Ok: queued as 4XYZ", "4XYZ", 250, "2.0.0"),
    "bob@reader.example": Deferred(451, "4.7.1", "greylisted, come back later", "greylisted"),
    "carol@reader.example": Failed(550, "5.1.1", "userunknown", "no such user"),
    "dave@reader.example": Uncertain("dot", "127.0.0.1:25 closed the link at the final dot"),
    "eve@reader.example": NotTried("nobody listens", "start the server", temporary=True),
}
LONG = "a.reader.with.a.very.long.local.part.indeed@a-long-domain.example"


def mail(*recipients: str, number: int = 1) -> Message:
    octets = b"Subject: %d\r\n\r\nhello\r\n" % number
    return Message(octets, Envelope("alice@example.test", recipients), f"{number}@example.test")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger with every state in it, in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "outbox.db"
    with Outbox(MemoryTransport(lambda message, address: OUTCOMES[address]), Ledger(path)) as outbox:
        list(outbox.send([("order-1", mail(*OUTCOMES))]))
        list(outbox.send([Letter("order-2", mail("f@reader.example"), {"f@reader.example": Suppressed("allow")})]))
        outbox.ledger.queue([Letter("order-3", mail(LONG, number=3)), Letter("k" * 255, mail("g@reader.example"))])
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["outbox", *arguments])
    return code, capsys.readouterr().out


def test_uncertain_recipients_are_listed_by_name_for_programs(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "list", "--state", "uncertain", "--output-format", "json")
    assert code == 0
    (found,) = [json.loads(line) for line in out.splitlines()]
    assert found["address"] == "dave@reader.example"
    assert (found["key"], found["state"], found["message_id"]) == ("order-1", "uncertain", "1@example.test")
    assert found["text"] == "127.0.0.1:25 closed the link at the final dot"


def test_the_table_fits_80_columns(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "list", "--state", "queued", "--state", "deferred", "--state", "accepted")
    lines = out.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[1:5]] == ["accepted", "deferred", "queued", "queued"]
    assert "bob@reader.example" in lines[2] and "451 4.7.1" in lines[2]
    assert "…" in lines[3]
    assert "recipients in all: 1 accepted, 1 deferred, 1 failed" in lines[-2]


def test_the_list_without_a_state_is_what_is_still_to_come(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = [json.loads(line) for line in run(capsys, "list", "--output-format", "json")[1].splitlines()]
    assert [one["state"] for one in listed] == ["deferred", "uncertain", "not_tried", "queued", "queued"]
    assert all(one["address"] for one in listed)


def test_show(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "show", "order-1")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for words in ("message id  1@example.test", "carol@reader.example: failed", "550 5.1.1 no such user", "resolve"):
        assert words in out
    assert max(map(len, run(capsys, "show", "order-3")[1].splitlines())) <= 80
    code, out = run(capsys, "show", "order-1", "--output-format", "json")
    assert {one["state"] for one in json.loads(out)["recipients"]} == {outcome.state for outcome in OUTCOMES.values()}


def test_show_prints_the_octets_while_they_are_kept(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["outbox", "show", "order-3", "--octets"]) == 0
    assert capfdbinary.readouterr().out == mail(number=3).octets
    assert main(["outbox", "show", "order-2", "--octets"]) == 2
    assert b"not kept any more" in capfdbinary.readouterr().err


def test_resume_sends_what_waits_and_nothing_else(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Server() as server:
        code, out = run(
            capsys, "resume", "--transport", f"smtp://127.0.0.1:{server.port}", "order-1", "--output-format", "json"
        )
        assert [taken.recipients for taken in server.taken] == [["bob@reader.example", "eve@reader.example"]]
    (found,) = [json.loads(line) for line in out.splitlines()]
    assert set(found) == {"key", "message_id", "recipients"}
    states = [one["state"] for one in found["recipients"]]
    assert states == ["accepted", "accepted", "failed", "uncertain", "accepted"]
    assert code == 4
    assert run(capsys, "resume", "--transport", "null:", "--limit", "1") == (
        0,
        "1 message; recipients: 1 accepted\n",
    )


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, 0),
        ({"RCPT": "550 5.1.1 no"}, 1),
        ({"RCPT": "450 4.2.1 later"}, 1),
        ({"DOT": close}, 4),
        ({"GREETING": "554 5.7.1 go away"}, 1),
    ],
    ids=["all accepted", "refused", "put off", "lost after the dot", "no way to the server"],
)
def test_exit_codes(path: Path, capsys: pytest.CaptureFixture[str], answers: dict[str, str], code: int) -> None:
    with Server(answers) as server:  # type: ignore[arg-type]
        url = f"smtp://127.0.0.1:{server.port}"
        assert run(capsys, "resume", "order-3", "--transport", url)[0] == code


def test_resume_with_patience_tries_again(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Server({"RCPT": ["450 4.2.1 busy", "450 4.2.1 busy", "250 ok"]}) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        assert run(capsys, "resume", "order-3", "--transport", url, "--patience", "30")[0] == 0
        assert len(server.taken) == 1


def test_resolve(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "resolve", "order-1", "--sent", "--to", "bob@reader.example")[0] == 1
    assert run(capsys, "resolve", "order-1", "--resend") == (0, "1 recipient: waits to be sent again\n")
    listed = run(capsys, "list", "--state", "uncertain")[1]
    assert "dave" not in listed
    with Server() as server:
        run(capsys, "resume", "--transport", f"smtp://127.0.0.1:{server.port}")
        assert any("dave@reader.example" in taken.recipients for taken in server.taken)
    assert run(capsys, "resolve", "order-1", "--sent")[0] == 1


def test_export(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported = [json.loads(line) for line in run(capsys, "export")[1].splitlines()]
    assert [one["key"] for one in exported] == ["order-1", "order-2", "order-3", "k" * 255]
    assert [one["state"] for one in exported[0]["recipients"]] == [outcome.state for outcome in OUTCOMES.values()]
    assert exported[1]["recipients"][0]["reason"] == "allow"
    assert len(exported[0]["sha256"]) == 64


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["list", "--ledger", "nothing.db"], "there is no ledger"),
        (["list", "--ledger", "text.db"], "not a database"),
        (["list", "--state", "gone"], "gone"),
        (["show", "nobody"], "no key"),
        (["resume", "nobody", "--transport", "null:"], "no key"),
        (["resume"], "not said where messages go"),
        (["resolve", "order-1"], "--sent or --resend"),
        (["resolve", "order-1", "--sent", "--resend"], "--sent or --resend"),
        (["frobnicate"], "frobnicate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.delenv("MAILTPL_TRANSPORT", raising=False)
    (path.parent / "text.db").write_text("a text, and no database\n" * 100)
    assert main(["outbox", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not (path.parent / "nothing.db").exists()
