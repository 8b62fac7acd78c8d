"""No password and no token is in a ledger, a log, an event, an error or a repr, whatever a server says."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path

import pytest
from smtpserver import Answer, Server

from mailtemplates import Backoff, Envelope, Ledger, Letter, Message, Outbox, open_transport
from mailtemplates.cli.shell import main
from mailtemplates.delivery.event import Event

PASSWORD, TOKEN = "s3cret-p4ssword", "ya29.t0ken-of-oauth"
SECRETS = (
    PASSWORD,
    TOKEN,
    *(
        base64.b64encode(text.encode()).decode().rstrip("=")
        for text in (
            PASSWORD,
            TOKEN,
            f"\0alice\0{PASSWORD}",
            f"user=alice\1auth=Bearer {TOKEN}\1\1",
        )
    ),
)
MAIL = Message(b"Subject: 1\r\n\r\nhello\r\n", Envelope("alice@example.test", ("bob@example.test",)), "1@example.test")

SERVERS: dict[str, dict[str, str]] = {
    "takes all": {},
    "repeats the secret": {"AUTH": "535 5.7.8 SECRET is wrong"},
    "repeats what it heard": {"AUTH": "535 5.7.8 HEARD is wrong"},
    "is busy": {"AUTH": "454 4.7.0 Temporary authentication failure"},
    "refuses the sender": {"MAIL": "550 5.7.1 not with SECRET, that is HEARD"},
    "refuses the recipient": {"RCPT": "550 5.1.1 user unknown"},
    "refuses at the dot": {"DOT": "554 5.7.1 spam"},
}


def answers(server: str, mechanism: str) -> dict[str, Answer | list[Answer]]:
    """What a server says; it can only repeat what it was told."""
    secret = TOKEN if mechanism == "XOAUTH2" else PASSWORD
    heard = f"user=alice\1auth=Bearer {TOKEN}\1\1" if mechanism == "XOAUTH2" else f"\0alice\0{PASSWORD}"
    encoded = base64.b64encode(heard.encode()).decode()
    return {verb: reply.replace("SECRET", secret).replace("HEARD", encoded) for verb, reply in SERVERS[server].items()}


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
@pytest.mark.parametrize("server", SERVERS)
def test_no_secret_is_kept_or_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, server: str, mechanism: str
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[Event] = []
    features = ("PIPELINING", "8BITMIME", f"AUTH {mechanism}")
    token = (lambda: TOKEN) if mechanism == "XOAUTH2" else None
    with Server({"AUTH2": ["334 ", "235 ok"], **answers(server, mechanism)}, features=features) as running:
        url = f"smtp://alice@127.0.0.1:{running.port}?insecure=1&timeout=60&auth={mechanism.lower()}"
        transport = open_transport(url, password=PASSWORD, token=token, watch=events.append)
        with Outbox(transport, Ledger(tmp_path / "outbox.db"), backoff=Backoff(first=0.01, least=0)) as outbox:
            dispatches = list(outbox.send([Letter("a", MAIL)]))
            shown = [repr(one) for one in (dispatches, transport, outbox, outbox.ledger, events)]
            shown += [str(entry) for entry in outbox.ledger.entries()]
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    told = "\n".join(
        [*shown, caplog.text, files.decode("latin-1"), *(record.getMessage() for record in caplog.records)]
    )
    assert [secret for secret in SECRETS if secret in told] == []


def test_no_secret_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILTPL_PASSWORD", PASSWORD)
    with Ledger("outbox.db") as ledger:
        ledger.queue([Letter("a", MAIL)])
    for server in SERVERS:
        with Server(answers(server, "PLAIN"), features=("PIPELINING", "AUTH PLAIN")) as running:
            url = f"smtp://alice:{PASSWORD}@127.0.0.1:{running.port}?insecure=1"
            main(["outbox", "resume", "a", "--transport", url, "--output-format", "json"])
            main(["outbox", "show", "a"])
    main(["outbox", "export"])
    main(["outbox", "resume", "--transport", f"smtp//alice:{PASSWORD}@host"])
    out, err = capfd.readouterr()
    assert json.loads(out.splitlines()[0])["key"] == "a"
    assert [secret for secret in SECRETS if secret in out + err] == []
