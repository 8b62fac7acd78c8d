"""Sending to a real Postfix and a real Dovecot, and reading back over IMAP what arrived."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mailrig import SIZE_LIMIT, USERS, MailRig, make_token

from mailtemplates import Engine, Envelope, Ledger, Message
from mailtemplates.delivery.outcome import Accepted, Failed, NotTried
from mailtemplates.delivery.transport import Transport
from mailtemplates.smtp.login import Token
from mailtemplates.transports import open_transport

ROOT = Path(__file__).parent.parent
ALICE, BOB, JOERG = "alice@example.test", "bob@example.test", "jörg@example.test"
NOBODY = "nobody-here@example.test"
BODY = "Grüße\r\n.\r\n..\r\n.dot\r\n\r\n \r\ntab\t\r\nFrom here\r\n" + "x" * 900 + "\r\n\r\n"

Open = Callable[..., Transport]


@pytest.fixture
def to(mail_rig: MailRig) -> Iterator[Open]:
    """A transport to one of the server's ports, as alice with her password where there is a login."""
    opened = []

    def open_to(kind: str, options: str = "", *, password: str = USERS[ALICE], token: Token | None = None) -> Transport:
        trust = f"timeout=20&cafile={mail_rig.cafile}&{options}"
        urls = {
            "relay": f"smtp://localhost:{mail_rig.relay}?timeout=20&{options}",
            "starttls": f"smtp+starttls://alice%40example.test@localhost:{mail_rig.submission}?{trust}",
            "implicit": f"smtps://alice%40example.test@localhost:{mail_rig.submissions}?{trust}",
            "lmtp": f"lmtp://127.0.0.1:{mail_rig.lmtp}?timeout=20",
            "lmtp+unix": f"lmtp+unix:{mail_rig.lmtp_socket}?timeout=20",
        }
        opened.append(open_transport(urls[kind].rstrip("?&"), password=password, token=token))
        return opened[-1]

    yield open_to
    for transport in opened:
        transport.close()


def mail(*recipients: str, body: str | bytes = BODY, subject: str = "hi", smtputf8: bool = False) -> Message:
    message_id = f"{time.time_ns()}@example.test"
    fields = (
        f"Message-ID: <{message_id}>\r\nDate: Mon, 02 Nov 2026 12:00:00 +0000\r\nFrom: {ALICE}\r\nTo: {BOB}\r\n"
        f"Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    )
    content = body.encode() if isinstance(body, str) else body
    return Message(fields.encode() + content, Envelope(ALICE, recipients or (BOB,), smtputf8=smtputf8), message_id)


def content_of(arrived: bytes) -> bytes:
    """A message as it was sent, without the trace fields that servers put on top (RFC 5321 §4.4)."""
    return arrived[arrived.index(b"Message-ID:") :]


@pytest.mark.parametrize("kind", ["relay", "starttls", "implicit", "lmtp", "lmtp+unix"])
def test_what_is_sent_arrives_octet_for_octet(mail_rig: MailRig, to: Open, kind: str) -> None:
    """Dots at the start of lines, 8-bit text, white space at line ends and long lines come through every way."""
    message = mail()
    outcome = to(kind).send(message)[BOB]
    assert isinstance(outcome, Accepted)
    assert outcome.queue_id or kind.startswith("lmtp")
    assert content_of(mail_rig.fetch(BOB, message.message_id)) == message.octets


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("kind", ["starttls", "implicit"])
def test_each_mechanism_logs_in(to: Open, kind: str, mechanism: str) -> None:
    assert to(kind, f"auth={mechanism.lower()}").send(mail()).accepted


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_password_outside_ascii_is_utf_8(mail_rig: MailRig, mechanism: str) -> None:
    url = f"smtps://joerg%40example.test@localhost:{mail_rig.submissions}?cafile={mail_rig.cafile}&auth={mechanism}"
    with open_transport(url, password=USERS["joerg@example.test"]) as transport:
        assert transport.send(mail()).accepted


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_wrong_password_is_told_and_nothing_is_sent(to: Open, mechanism: str) -> None:
    outcome = to("starttls", f"auth={mechanism}", password="not-her-password").send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert (outcome.code, outcome.enhanced, outcome.phase, outcome.temporary) == (535, "5.7.8", "auth", False)
    assert "check user and password" in outcome.cure
    assert "not-her-password" not in repr(outcome)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("kind", ["starttls", "implicit"])
def test_a_token_logs_in(to: Open, kind: str, mechanism: str) -> None:
    asked = []

    def token() -> str:
        asked.append(mechanism)
        return make_token(ALICE)

    assert to(kind, f"auth={mechanism}", token=token).send(mail()).accepted
    assert asked == [mechanism]


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("lasts", [-60.0, 3600.0], ids=["over", "of another user"])
def test_a_token_that_is_refused_is_told_with_what_the_server_says_of_it(
    to: Open, mechanism: str, lasts: float
) -> None:
    token = make_token(ALICE if lasts < 0 else BOB, lasts=lasts)
    outcome = to("starttls", f"auth={mechanism}", token=lambda: token).send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert (outcome.code, outcome.phase) == (535, "auth")
    assert '"status":' in outcome.text
    assert "token is fresh" in outcome.cure
    assert token not in repr(outcome)


def test_a_server_that_offers_no_login(mail_rig: MailRig) -> None:
    url = f"smtp+starttls://alice%40example.test@localhost:{mail_rig.relay}?cafile={mail_rig.cafile}"
    with open_transport(url, password="x") as transport:
        outcome = transport.send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert "offers no login" in outcome.text


def test_a_certificate_of_an_unknown_authority_stops_everything(mail_rig: MailRig) -> None:
    outcome = open_transport(f"smtps://a@localhost:{mail_rig.submissions}", password="x").send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert (outcome.phase, outcome.temporary) == ("tls", False)
    assert "cafile" in outcome.cure


def test_the_pinned_certificate_and_another(mail_rig: MailRig, to: Open) -> None:
    assert to("starttls", f"pin={mail_rig.pin}").send(mail()).accepted
    outcome = to("starttls", f"pin={'0' * 64}").send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert mail_rig.pin in outcome.text


def test_tls_is_spoken_to_the_wrong_port(mail_rig: MailRig) -> None:
    clear = open_transport(f"smtps://localhost:{mail_rig.submission}?timeout=5").send(mail())[BOB]
    assert isinstance(clear, NotTried)
    assert "smtp+starttls://" in clear.cure
    covered = open_transport(f"smtp+starttls://localhost:{mail_rig.submissions}?timeout=1").send(mail())[BOB]
    assert isinstance(covered, NotTried)
    assert "smtps://" in covered.cure


def test_submission_without_a_login_is_told_as_such(mail_rig: MailRig) -> None:
    url = f"smtp+starttls://localhost:{mail_rig.submission}?cafile={mail_rig.cafile}"
    with open_transport(url) as transport:
        outcome = transport.send(mail())[BOB]
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.enhanced) == (554, "5.7.1")


@pytest.mark.parametrize("kind", ["relay", "starttls", "lmtp", "lmtp+unix"])
def test_a_refused_recipient_hides_no_other(mail_rig: MailRig, to: Open, kind: str) -> None:
    message = mail(NOBODY, BOB)
    receipt = to(kind).send(message)
    refused = receipt[NOBODY]
    assert isinstance(refused, Failed)
    assert (refused.code, refused.enhanced, refused.reason) == (550, "5.1.1", "userunknown")
    assert isinstance(receipt[BOB], Accepted)
    assert mail_rig.fetch(BOB, message.message_id)


def test_a_stranger_is_no_relay(to: Open) -> None:
    outcome = to("relay").send(mail("someone@elsewhere.example"))["someone@elsewhere.example"]
    assert isinstance(outcome, Failed)
    assert (outcome.enhanced, outcome.reason) == ("5.7.1", "norelaying")


def test_all_refused_and_the_session_goes_on(mail_rig: MailRig, to: Open) -> None:
    refused, last = mail(NOBODY, f"also-{NOBODY}"), mail()
    receipts = list(to("relay").send_all([refused, last]))
    assert [type(outcome) for _, outcome in receipts[0].deliveries] == [Failed, Failed]
    assert receipts[1].accepted
    assert mail_rig.fetch(BOB, last.message_id)


def test_more_recipients_than_the_server_takes_at_once(mail_rig: MailRig, to: Open) -> None:
    """Postfix answers 452 4.5.3 from the twenty-first on; they go in transactions of their own."""
    message = mail(*(f"bob+{number}@example.test" for number in range(50)))
    assert to("relay").send(message).accepted
    mail_rig.fetch(BOB, message.message_id)
    wait_until(lambda: count_of(mail_rig, [message]) == [50])


def test_a_message_over_size_is_not_sent(to: Open) -> None:
    transport = to("relay")
    outcome = transport.send(mail(body="x" * 70 + "\r\n" + "y\r\n" * (SIZE_LIMIT // 3)))[BOB]
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.enhanced, outcome.reason) == (0, "5.3.4", "mesgtoobig")
    assert str(SIZE_LIMIT) in outcome.text


def test_smtputf8_to_a_mailbox_outside_ascii(mail_rig: MailRig, to: Open) -> None:
    message = mail(JOERG, smtputf8=True, subject="Grüße")
    assert to("starttls").send(message).accepted
    assert content_of(mail_rig.fetch("joerg@example.test", message.message_id)) == message.octets


def test_lmtp_of_dovecot_takes_no_smtputf8_and_that_is_told(to: Open) -> None:
    outcome = to("lmtp").send(mail(JOERG, smtputf8=True))[JOERG]
    assert isinstance(outcome, Failed)
    assert outcome.reason == "smtputf8"


def test_a_delivery_report_names_the_message_that_was_sent(mail_rig: MailRig, to: Open) -> None:
    """RFC 3461: NOTIFY=SUCCESS brings a report, with the ENVID that we gave."""
    message = mail()
    assert to("starttls", "notify=success&ret=hdrs").send(message).accepted
    assert message.message_id.encode() in report_to_alice(mail_rig, message)


def report_to_alice(rig: MailRig, message: Message) -> bytes:
    """The Original-Envelope-Id of the report on a message."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with rig.mailbox(ALICE) as box:
            found = box.search(None, "BODY", f'"Original-Envelope-Id: {message.message_id}"')[1][0].split()
            if found:
                part = box.fetch(found[-1].decode(), "(BODY.PEEK[])")[1][0]
                match = re.search(rb"(?m)^Original-Envelope-Id: (.*)\r$", part[1] if isinstance(part, tuple) else b"")
                assert match
                return match[1]
        time.sleep(0.1)
    raise AssertionError(rig.log())


def test_many_messages_over_one_connection_each_arrives_once(mail_rig: MailRig, to: Open) -> None:
    messages = [mail(BOB, body=f"{number}\r\n") for number in range(120)]
    assert all(receipt.accepted for receipt in to("starttls", "per_connection=50").send_all(messages))
    mail_rig.fetch(BOB, messages[-1].message_id)
    wait_until(lambda: sum(count_of(mail_rig, messages)) >= len(messages))
    assert count_of(mail_rig, messages) == [1] * len(messages)


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)


def count_of(rig: MailRig, messages: list[Message]) -> list[int]:
    """How often each message lies in bob's mailbox."""
    with rig.mailbox(BOB) as box:
        _, parts = box.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
    there = Counter(part[1].strip().decode() for part in parts if isinstance(part, tuple))
    return [there[f"Message-ID: <{message.message_id}>"] for message in messages]


def test_a_rendered_message_goes_from_the_template_to_the_mailbox_once(mail_rig: MailRig, tmp_path: Path) -> None:
    """Engine, ledger, STARTTLS, login and back over IMAP: the octets are those that were kept, and a key is one mail."""
    url = f"smtp+starttls://alice%40example.test@localhost:{mail_rig.submission}?cafile={mail_rig.cafile}"
    transport = open_transport(url, password=USERS[ALICE])
    ledger = tmp_path / "outbox.db"
    with transport, Engine(ROOT / "templates", transport=transport, ledger=ledger) as engine:
        data = engine.sample("receipt.j2")
        rendered = engine.render("receipt.j2", data, to=BOB, from_=ALICE)
        engine.queue(rendered, key="receipt-17")
        with Ledger(ledger) as kept:
            octets = kept.octets("receipt-17")
        first, again = (engine.send(rendered, key="receipt-17") for _ in range(2))
        last = mail()
        assert transport.send(last).accepted
    assert first.accepted
    assert again == first
    arrived = mail_rig.fetch(BOB, first.message_id)
    assert octets
    assert arrived.endswith(b"\r\n" + octets)
    mail_rig.fetch(BOB, last.message_id)  # what was sent before has come too
    assert count_of(mail_rig, [Message(b"", Envelope(ALICE, (BOB,)), first.message_id)]) == [1]


@pytest.mark.parametrize("password", [USERS[ALICE], "not-her-passw0rd"], ids=["right", "wrong"])
def test_the_command_sends_and_shows_no_password(mail_rig: MailRig, tmp_path: Path, password: str) -> None:
    """Standard output and error, also verbose and debugged, and the ledger's files are searched for it."""
    message = mail()
    file = tmp_path / "hello.eml"
    file.write_bytes(message.octets)
    url = f"smtps://alice%40example.test@localhost:{mail_rig.submissions}?cafile={mail_rig.cafile}"
    command = ["send", str(file), "--transport", url, "--from", ALICE, "--to", BOB, "--verbose", "--force", "ALL",
               "--output-format", "json", "--ledger", "outbox.db"]  # fmt: skip
    environment = {**os.environ, "MAILTPL_PASSWORD": password, "MAILTPL_DEBUG": "1"}
    script = Path(sys.executable).with_name("mailtpl")
    done = subprocess.run([str(script), *command], capture_output=True, cwd=tmp_path, env=environment, check=False)
    told = json.loads(done.stdout.splitlines()[0])["recipients"][0]
    right = password == USERS[ALICE]
    assert (done.returncode, told["state"]) == ((0, "accepted") if right else (1, "not_tried")), done.stderr
    if right:
        mail_rig.fetch(BOB, message.message_id)
    shown = done.stdout + done.stderr + b"".join(one.read_bytes() for one in tmp_path.glob("outbox.db*"))
    for form in (password, f"\0{ALICE}\0{password}"):
        assert form.encode() not in shown
        assert b64encode(form.encode()).rstrip(b"=") not in shown


def test_a_server_is_gone_when_its_tests_are_even_killed_ones(mail_rig: MailRig, tmp_path: Path) -> None:
    """No stray process: the servers' keeper notices when who started it is no more."""
    script = tmp_path / "killed.py"
    script.write_text(
        f"import os, sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nimport mailrig\n"
        "with mailrig.run_mail_rig() as rig:\n"
        "    print(rig.folder, rig.relay, rig.imaps, flush=True)\n    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=60)
    folder, *ports = done.stdout.split()
    assert done.returncode == -9
    wait_until(lambda: not Path(folder).exists())
    for port in ports:
        with socket.socket() as free:
            assert free.connect_ex(("127.0.0.1", int(port)))
