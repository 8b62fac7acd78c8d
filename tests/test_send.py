"""``mailtpl send``: one message of a template or messages of files, linted, and each recipient's fate told."""

from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtpserver import Certificates, Server, close

from mailtemplates.cli.shell import main
from mailtemplates.delivery.writtenmail import read_written
from mailtemplates.errors import AddressError, MailTemplatesError

TEMPLATE = """\
{% block from %}Acme <hello@acme-shop.com>{% endblock %}
{% block to %}{{ user|mailbox }}{% endblock %}
{% block cc %}cc@reader.com{% endblock %}
{% block subject %}Hi {{ user.name }}{% endblock %}
{% block html %}<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hi</title></head>
<body><p>Hi {{ user.name }}.</p>{{ raw|default("")|safe }}</body></html>{% endblock %}
"""
SCHEMA = {"required": ["user"], "examples": [{"user": {"name": "Ann", "email": "ann@sample.com"}}]}
WRITTEN = """\
From: Ann <ann@acme-shop.com>
To: Bob <bob@reader.com>, "Carl, X" <carl@reader.com>
Cc: dora@reader.com
Bcc: Secret <secret@reader.com>
Subject: Hi
Date: Sat, 28 Nov 2026 10:00:00 +0000
Message-ID: <x1@acme-shop.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

Hello
"""
EVERYBODY = ["bob@reader.com", "carl@reader.com", "dora@reader.com", "secret@reader.com"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "templates" / "hi.j2").write_text(TEMPLATE)
    (tmp_path / "schemas" / "hi.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "bob.json").write_text('{"user": {"name": "Bob", "email": "bob@reader.com"}}')
    (tmp_path / "a.eml").write_text(WRITTEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILTPL_CACHE", "off")
    for name in ("MAILTPL_TRANSPORT", "MAILTPL_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def send(project: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; its exit code, its objects (the summary without ``--output-format json``), what it says aside."""

    def run(*arguments: object) -> tuple[int, Any, str]:
        code = main(["send", *map(str, arguments)])
        out, err = capfd.readouterr()
        return code, [json.loads(line) for line in out.splitlines()] if "json" in arguments else out, err

    return run


def url(server: Server) -> str:
    return f"smtp://127.0.0.1:{server.port}"


def test_a_template_with_data(send: Run) -> None:
    with Server() as server:
        code, (one,), _ = send("hi.j2", "--data", "bob.json", "--transport", url(server), "--output-format", "json")
    assert code == 0
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("hello@acme-shop.com", ["bob@reader.com", "cc@reader.com"])
    assert set(one) == {"key", "message_id", "recipients"}
    assert f"Message-ID: <{one['message_id']}>".encode() in taken.octets
    assert one["recipients"][1] == {
        "address": "cc@reader.com", "state": "accepted", "code": 250, "enhanced": "2.0.0", "text": "Ok: queued as 4XYZ",
    }  # fmt: skip


def test_the_same_message_goes_once(send: Run) -> None:
    with Server() as server:
        arguments = ("hi.j2", "--data", "bob.json", "--transport", url(server))
        assert send(*arguments)[1] == "1 message; recipients: 2 accepted\n"
        assert send(*arguments)[1] == "1 message known to the ledger from before, not sent again\n"
        assert send(*arguments, "--key", "again")[0] == 0
        assert send(*arguments, "--ledger", "other.db")[0] == 0
        assert send(*arguments, "--no-ledger")[0] == 0
        assert len(server.taken) == 4


def test_the_key_is_that_of_the_library(send: Run, project: Path) -> None:
    """What a web app sent is not sent again from the command line, nor the other way round."""
    from mailtemplates import Engine

    with Server() as server, Engine("templates", transport=url(server), ledger="outbox.db") as engine:
        engine.send("hi.j2", json.loads((project / "bob.json").read_text()))
        _, said, _ = send("hi.j2", "--data", "bob.json", "--transport", url(server))
        assert said == "1 message known to the ledger from before, not sent again\n"
        assert len(server.taken) == 1


def test_another_recipient_gets_the_sample(send: Run) -> None:
    """--to stands for all recipients: nobody in Cc hears of a trial, and sample data goes to nobody else."""
    with Server() as server:
        code, _, said = send("hi.j2", "--transport", url(server))
        assert (code, "give --to YOUR-ADDRESS" in said) == (2, True)
        assert send("hi.j2", "--to", "Me <me@acme-shop.com>", "--transport", url(server))[0] == 0
        assert send("hi.j2", "--redirect-to", "me@acme-shop.com", "--transport", url(server))[0] == 0
    assert [one.recipients for one in server.taken] == [["me@acme-shop.com"]] * 2
    assert b"To: Me <me@acme-shop.com>\r\n" in server.taken[0].octets
    assert b"Cc:" not in server.taken[0].octets


def test_files(send: Run, project: Path) -> None:
    (project / "b.eml").write_text(WRITTEN.replace("x1@", "x2@").replace("\n", "\r\n"), newline="")
    with Server() as server:
        code, objects, _ = send("a.eml", "b.eml", "--transport", url(server), "--output-format", "json")
    assert code == 0
    assert [one.recipients for one in server.taken] == [EVERYBODY] * 2
    assert [one["message_id"] for one in objects] == ["x1@acme-shop.com", "x2@acme-shop.com"]
    assert b"Bcc" not in server.taken[0].octets
    assert b"secret" not in server.taken[1].octets
    assert server.taken[0].octets.count(b"\n") == server.taken[0].octets.count(b"\r\n")


def test_other_recipients_and_sender_of_a_file(send: Run) -> None:
    with Server() as server:
        assert (
            send("a.eml", "--to", "x@reader.com, y@reader.com", "--from", "b@z.com", "--transport", url(server))[0] == 0
        )
    assert (server.taken[0].sender, server.taken[0].recipients) == ("b@z.com", ["x@reader.com", "y@reader.com"])
    assert b"To: Bob" in server.taken[0].octets


def test_a_message_on_standard_input(send: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRITTEN.encode())))
    with Server() as server:
        assert send("-", "--transport", url(server))[0] == 0
    assert server.taken[0].recipients == EVERYBODY


@pytest.mark.parametrize(
    ("fields", "sender", "recipients"),
    [
        pytest.param("From: a@x.com\nTo: b@x.com\n", "a@x.com", ["b@x.com"], id="From"),
        pytest.param("From: a@x.com, c@x.com\nSender: S <s@x.com>\nTo: b@x.com\n", "s@x.com", ["b@x.com"], id="Sender"),
        pytest.param("Return-Path: <r@x.com>\nFrom: a@x.com\nTo: b@x.com\n", "r@x.com", ["b@x.com"], id="Return-Path"),
        pytest.param("Return-Path: <>\nFrom: a@x.com\nTo: b@x.com\n", "<>", ["b@x.com"], id="null sender"),
        pytest.param("From: a@x.com\nBcc: b@x.com\n", "a@x.com", ["b@x.com"], id="Bcc only"),
        pytest.param("From: a@x.com\nTo: undisclosed:;\nBCC: b@x.com\n", "a@x.com", ["b@x.com"], id="empty group"),
        pytest.param("From: a@x.com\nTo: G: b@x.com, c@x.com;\n", "a@x.com", ["b@x.com", "c@x.com"], id="group"),
        pytest.param("From: a@x.com\nTo: b@X.com, b@x.COM\n", "a@x.com", ["b@X.com"], id="the same twice"),
        pytest.param("From: a@x.com\nTo: b@bücher.com\n", "a@x.com", ["b@xn--bcher-kva.com"], id="a domain's letters"),
        pytest.param('From: a@x.com\nTo: "b c"@x.com\n', "a@x.com", ['"b c"@x.com'], id="a quoted local part"),
        pytest.param("From: a@x.com\nTo: B\n <b@x.com>,\n\tc@x.com\n", "a@x.com", ["b@x.com", "c@x.com"], id="folds"),
        pytest.param("From: a@x.com\nTo: jörg@x.com\n", "a@x.com", ["jörg@x.com"], id="SMTPUTF8"),
    ],
)
def test_the_envelope_of_a_file(fields: str, sender: str, recipients: list[str]) -> None:
    message = read_written(f"{fields}Subject: x\n\nHi\n".encode(), "a.eml")
    assert (message.envelope.sender, list(message.envelope.recipients)) == (sender, recipients)
    assert message.envelope.smtputf8 == (not fields.isascii())
    header = message.octets.partition(b"\r\n\r\n")[0].lower()
    assert b"bcc" not in header
    assert b"return-path" not in header
    assert message.octets.endswith(b"Subject: x\r\n\r\nHi\r\n")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param("From: a@x.com\n", "no field names a recipient", id="nobody"),
        pytest.param("From: a@x.com\nTo: undisclosed:;\n", "no field names a recipient", id="an empty group"),
        pytest.param("To: b@x.com\n", "no field names the sender", id="no sender"),
        pytest.param("From: a@x.com\nTo: b@x.com, nobody\n", "To: ", id="one of them is none"),
        pytest.param("From: a@x.com\nTo: b@x.com\nCc: <c@x.com\n", "Cc: ", id="not closed"),
    ],
)
def test_a_file_without_an_envelope(fields: str, said: str) -> None:
    with pytest.raises(AddressError, match=r"a\.eml: ") as raised:
        read_written(f"{fields}\nHi\n".encode(), "a.eml")
    assert said in str(raised.value)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_octets_are_a_message_or_an_error(octets: bytes) -> None:
    for before in (b"", b"From: a@x.com\nTo: b@x.com\n", b"From: a@x.com\nTo: "):
        try:
            message = read_written(before + octets, "a.eml")
        except MailTemplatesError as error:
            assert error.cure
        else:
            assert message.envelope.recipients


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        pytest.param(["bad.eml"], "HDR012", id="a file"),
        pytest.param(["hi.j2", "--data", "bad.json"], "ACC002", id="a template"),
    ],
)
def test_lint_errors_stop_a_message(arguments: list[str], rule: str, send: Run, project: Path) -> None:
    (project / "bad.eml").write_text(WRITTEN.replace("Date: Sat", "Date: Mon"))
    bad = {"user": {"name": "Bob", "email": "bob@reader.com"}, "raw": "<img src=https://x.com/a.png>"}
    (project / "bad.json").write_text(json.dumps(bad))
    with Server() as server:
        code, _, said = send(*arguments, "--transport", url(server))
        assert (code, rule in said, server.commands) == (1, True, [])
        assert send(*arguments, "--transport", url(server), "--force", "IMG", "--force", rule)[0] == 2
        assert send(*arguments, "--transport", url(server), "--force", "SUP", "--force", rule)[0] == 0
        assert len(server.taken) == 1


def test_one_bad_file_leaves_the_others(send: Run, project: Path) -> None:
    (project / "bad.eml").write_text("To: x\n\n")
    with Server() as server:
        code, _, said = send("bad.eml", "a.eml", "--transport", url(server))
    assert (code, len(server.taken)) == (1, 1)
    assert said.startswith("bad.eml: ")


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        pytest.param({}, 0, id="all accepted"),
        pytest.param({"RCPT": ["250 ok", "550 5.1.1 no", "250 ok"]}, 1, id="one refused"),
        pytest.param({"RCPT": "451 4.7.1 later"}, 1, id="put off"),
        pytest.param({"GREETING": "554 no"}, 1, id="not tried"),
        pytest.param({"DOT": close}, 4, id="uncertain"),
        pytest.param({"RCPT": ["550 5.1.1 no", "250 ok"], "DOT": close}, 4, id="uncertain and refused"),
    ],
)
def test_exit_codes(answers: Any, code: int, send: Run) -> None:
    with Server(answers) as server:
        assert send("a.eml", "--transport", url(server), "--patience", "0")[0] == code


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        pytest.param(["a.eml"], "--transport smtp+starttls", id="nowhere"),
        pytest.param(["a.eml", "hi.j2", "--transport", "null:"], "one template", id="both"),
        pytest.param(["hi.j2", "hi.j2", "--transport", "null:"], "mailtpl merge", id="two templates"),
        pytest.param(["a.eml", "--data", "bob.json", "--transport", "null:"], "leave them out", id="data of a file"),
        pytest.param(["no.eml", "--transport", "null:"], "order.eml", id="no file"),
        pytest.param(
            ["a.eml", "--transport", "null:", "--ledger", "x", "--no-ledger"], "choose one", id="both ledgers"
        ),
        pytest.param(["a.eml", "--transport", "null:", "--patience", "soon"], "15m", id="patience"),
        pytest.param(["hi.j2", "--data", "rows.csv", "--transport", "null:"], "mailtpl merge", id="rows"),
        pytest.param(["a.eml", "a.eml", "--key", "k", "--transport", "null:"], "its own", id="one key for two"),
        pytest.param(["a.eml", "--transport", "smtp://u@x.com"], "MAILTPL_PASSWORD", id="no password"),
        pytest.param(["a.eml", "--to", "bob", "--transport", "null:"], "local@domain", id="no address"),
        pytest.param(["hi.j2", "--from", "me@", "--transport", "null:"], "local@domain", id="no sender's address"),
        pytest.param(["a.eml", "--redirect-to", "b c", "--transport", "null:"], "local@domain", id="nobody instead"),
    ],
)
def test_wrong_usage(arguments: list[str], cure: str, send: Run) -> None:
    code, _, said = send(*arguments)
    assert (code, cure in said, "Traceback" in said) == (2, True, False), said


def test_a_template_without_a_schema_is_tried_with_values_of_the_command_line(send: Run, project: Path) -> None:
    (project / "schemas" / "hi.json").unlink()
    values = ("--set", "user.name=Bob", "--set", "user.email=bob@reader.com")
    with Server() as server:
        assert send("hi.j2", *values, "--to", "me@acme-shop.com", "--transport", url(server))[0] == 0
    assert [taken.recipients for taken in server.taken] == [["me@acme-shop.com"]]


def test_where_the_transport_is_said(send: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line before the environment before the settings."""
    with Server() as settings, Server() as environment, Server() as given:
        (project / "mailtemplates.toml").write_text(f'transport = "{url(settings)}"\nledger = "kept/sent.db"\n')
        (project / "kept").mkdir()
        send("a.eml", "--no-ledger")
        monkeypatch.setenv("MAILTPL_TRANSPORT", url(environment))
        send("a.eml", "--no-ledger")
        send("a.eml", "--transport", url(given))
        assert [len(one.taken) for one in (settings, environment, given)] == [1, 1, 1]
    assert (project / "kept" / "sent.db").is_file()
    assert not (project / "outbox.db").exists()


def test_the_password_of_the_environment_is_never_printed(
    send: Run, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTPL_PASSWORD", "s3cret-word")
    answers: Any = {"AUTH": "535 5.7.8 no, not s3cret-word"}
    features = ("AUTH PLAIN",)
    with Server(answers, features=features, tls="implicit", context=certificates.right) as server:
        place = f"smtps://ann@localhost:{server.port}?cafile={certificates.cafile}"
        code, objects, said = send("a.eml", "--transport", place, "--output-format", "json")
    assert code == 1
    assert any(verb == "AUTH" for verb in server.verbs)
    assert "s3cret-word" not in said + json.dumps(objects)


def test_a_dry_run_opens_no_socket(send: Run, monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    for arguments in (["a.eml"], ["hi.j2", "--data", "bob.json"]):
        code, (one,), _ = send(
            *arguments, "--dry-run", "--transport", "smtps://u@mail.acme-shop.com", "--output-format", "json"
        )
        assert code == 0
        assert {each["state"] for each in one["recipients"]} == {"not_tried"}
    assert send("a.eml", "--dry-run")[1] == "1 message, nothing was sent; recipients: 4 would get it\n"
    assert not list(project.glob("*.db*"))


def test_staging_and_limit(send: Run, project: Path) -> None:
    (project / "b.eml").write_text(WRITTEN.replace("x1@", "x2@"))
    with Server() as server:
        code, (one,), _ = send(
            "a.eml", "b.eml", "--allow", ".*b.*@reader.com", "--limit", 1, "--transport", url(server),
            "--output-format", "json",
        )  # fmt: skip
    assert code == 0
    assert [each["state"] for each in one["recipients"]] == ["accepted", "suppressed", "suppressed", "suppressed"]
    assert one["recipients"][1]["text"] == "allow"
    assert [each.recipients for each in server.taken] == [["bob@reader.com"]]
