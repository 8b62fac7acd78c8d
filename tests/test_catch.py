"""``mailtpl catch`` and ``mail_server``: what programs send arrives octet for octet, or goes wrong as it was asked to."""

from __future__ import annotations

import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, STAMP
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smtplab import Brief

from mailtemplates import Engine, Message, SettingsError, open_transport
from mailtemplates.catching.chaos import Chaos, Fault, parse_fault
from mailtemplates.catching.mailserver import MailServer
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried, Uncertain
from mailtemplates.message.envelope import Envelope
from mailtemplates.testing import assert_mail

HEADER = b"From: Acme <hello@acme-shop.com>\r\nTo: ann@reader.example\r\nSubject: Hello\r\n"
needs_swaks = pytest.mark.skipif(not shutil.which("swaks"), reason="swaks is not installed (Debian: swaks)")


def message(octets: bytes = HEADER + b"\r\nHi\r\n", *recipients: str, sender: str = "hello@acme-shop.com") -> Message:
    return Message(octets, Envelope(sender, recipients or ("ann@reader.example",)), "")


def deliver(server: MailServer, one: Message, options: str = "") -> list[Any]:
    """The outcomes of one message over our own transport."""
    with open_transport(server.url + options) as transport:
        return [delivery.outcome for delivery in transport.send(one).deliveries]


# What arrives.


def test_a_rendered_message_arrives_with_its_envelope(mail_server: MailServer) -> None:
    engine = Engine(ROOT / "templates")
    sent = engine.render("receipt.j2", engine.sample("receipt.j2"), bcc="hidden@x.example").message(STAMP)
    assert all(isinstance(one, Accepted) for one in deliver(mail_server, sent))
    (caught,) = mail_server.messages
    assert (caught.octets, caught.envelope, caught.message_id) == (sent.octets, sent.envelope, sent.message_id)
    assert_mail(caught).bcc("hidden@x.example").has_text("Total")
    assert mail_server.caught[0].client == "[127.0.0.1]"
    assert not mail_server.caught[0].secure


LINES = st.lists(
    st.sampled_from([b"", b".", b"..", b".x", b"a", b"x" * 2500, "é漢".encode(), b"From x", b"\x00\xff", b" "]),
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_every_octet_is_kept(mail_server: MailServer, lines: list[bytes]) -> None:
    """Dots, long lines and octets over 127; by smtplib, which sends octets as they are."""
    octets = HEADER + b"\r\n" + b"".join(line + b"\r\n" for line in lines)
    mail_server.clear()
    with smtplib.SMTP("127.0.0.1", mail_server.port, local_hostname="client.example") as client:
        client.sendmail("hello@acme-shop.com", ["ann@reader.example"], octets, ["BODY=8BITMIME"])
    assert mail_server.messages[0].octets == octets
    assert mail_server.caught[0].client == "client.example"


@pytest.mark.mail_server(tls="starttls")
def test_starttls_by_smtplib(mail_server: MailServer) -> None:
    context = ssl.create_default_context(cafile=str(mail_server.cafile))
    with smtplib.SMTP("localhost", mail_server.port, local_hostname="client.example") as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
            client.sendmail("a@x.example", ["b@x.example"], b"x")
        client.starttls(context=context)
        client.login("anybody", "anything")
        client.sendmail("a@x.example", ["b@x.example"], HEADER + b"\r\nHi\r\n")
    (caught,) = mail_server.caught
    assert (caught.secure, caught.user) == (True, "anybody")


@pytest.mark.mail_server(tls="implicit")
def test_tls_from_the_first_octet_by_smtplib(mail_server: MailServer) -> None:
    context = ssl.create_default_context(cafile=str(mail_server.cafile))
    with smtplib.SMTP_SSL("localhost", mail_server.port, local_hostname="client.example", context=context) as client:
        client.sendmail("a@x.example", ["b@x.example"], HEADER + b"\r\nHi\r\n")
    assert mail_server.caught[0].secure


@pytest.mark.parametrize("tls", ["", "starttls", "implicit"])
def test_each_way_by_our_own_transport(tls: Any) -> None:
    """Its URL has all that a transport needs, the strict checks of a certificate passed."""
    with MailServer(tls=tls, login=("me@x.example", "pä:ss@/?")) as server:
        assert isinstance(deliver(server, message())[0], Accepted)
        assert server.caught[0].user == "me@x.example"
        cafile = server.cafile
        assert repr(server).startswith("<MailServer smtp")
        assert "ss" not in repr(server)
    assert cafile is None or not cafile.exists()


def test_a_login_that_is_not_the_one(mail_server: MailServer) -> None:
    """The refusal is answered: aiosmtpd says nothing to a failure that is called handled."""
    with MailServer(login=("me", "secret")) as server:
        (wrong,) = deliver(MailServerUrl(server.url.replace("secret", "other")), message())  # type: ignore[arg-type]
        assert isinstance(wrong, NotTried)
        assert (wrong.code, wrong.phase) == (535, "auth")
        (without,) = deliver(MailServerUrl(server.url.replace("me:secret@", "")), message())  # type: ignore[arg-type]
        assert (without.code, without.phase) == (530, "mail")
        assert server.messages == []


class MailServerUrl:
    """Stands for a server at another URL."""

    def __init__(self, url: str) -> None:
        self.url = url


@pytest.mark.mail_server(size_limit=1000)
def test_what_is_too_large_is_refused(mail_server: MailServer) -> None:
    (outcome,) = deliver(mail_server, message(HEADER + b"\r\n" + b"x" * 1000 + b"\r\n"))
    assert isinstance(outcome, Failed)
    with smtplib.SMTP("127.0.0.1", mail_server.port, local_hostname="client.example") as client:
        assert client.ehlo()[0] == 250
        assert client.esmtp_features["size"] == "1000"
        client.mail("a@x.example")
        client.rcpt("b@x.example")
        assert client.data(HEADER + b"\r\n" + b"x" * 1000)[0] == 552
    assert mail_server.messages == []


def test_international_addresses_and_the_null_sender(mail_server: MailServer) -> None:
    one = Message(HEADER + b"\r\nHi\r\n", Envelope("jörg@x.example", ("山田@x.example",), True), "")
    assert isinstance(deliver(mail_server, one)[0], Accepted)
    assert mail_server.messages[0].envelope == one.envelope
    assert isinstance(deliver(mail_server, message(sender="<>"))[0], Accepted)
    assert mail_server.messages[1].envelope.sender == "<>"


def test_a_quoted_local_part_stays_quoted(mail_server: MailServer) -> None:
    deliver(mail_server, message(HEADER + b"\r\nHi\r\n", '"a b"@x.example'))
    assert mail_server.messages[0].envelope.recipients == ('"a b"@x.example',)


def test_wait_is_for_programs_that_send_later(mail_server: MailServer) -> None:
    later = threading.Timer(0.05, deliver, (mail_server, message()))
    later.start()
    assert [one.octets for one in mail_server.wait(1)] == [message().octets]
    later.join()
    with pytest.raises(AssertionError, match="1 messages came"):
        mail_server.wait(2, timeout=0.01)


def test_many_sessions_at_once(mail_server: MailServer) -> None:
    threads = [threading.Thread(target=deliver, args=(mail_server, message())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail_server.messages) == 12


def test_nobody_is_asked_for_the_name_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a machine's own name is not in DNS, asking for it takes many seconds at each session."""

    def refuse(name: str = "") -> str:
        raise AssertionError("getfqdn was called")

    monkeypatch.setattr(socket, "getfqdn", refuse)
    with MailServer() as server:
        assert isinstance(deliver(server, message())[0], Accepted)


def test_a_server_that_ends_leaves_no_thread_and_no_open_session() -> None:
    server = MailServer().start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as link:
        assert link.recv(100).startswith(b"220 ")
        server.stop()
        assert link.recv(100) == b""
    assert not [one for one in threading.enumerate() if one.name == "mailtpl catch"]
    server.stop()


def test_an_address_that_cannot_be_listened_on() -> None:
    with MailServer() as server, pytest.raises(SettingsError, match=f"port {server.port}: address already in use"):
        MailServer(port=server.port).start()
    with pytest.raises(SettingsError, match="port must be 0-65535"):
        MailServer(port=70000).start()


@pytest.mark.parametrize("tls", ["", "starttls", "implicit"])
def test_strange_clients_do_no_harm_and_leave_no_traceback(tls: Any, caplog: pytest.LogCaptureFixture) -> None:
    """HTTP, garbage, lines without end, a reset amid DATA, a handshake that is none or that the client gives up."""
    with MailServer(tls=tls) as server:
        for octets in (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x00\xff\r\n\r\n" + b"A" * 100_000 + b"\r\n",
            b"EHLO x\r\nSTARTTLS\r\n" + b"no handshake\r\n" * 9,
            b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nhalf a message",
        ):
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as link:
                link.sendall(octets)
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if tls:
            with pytest.raises(ssl.SSLCertVerificationError):
                trustless(server.port, tls)
        assert isinstance(deliver(server, message())[0], Accepted)
        assert len(server.messages) == 1
    ours = [record for record in caplog.records if record.name in ("mailtemplates.catching", "asyncio")]
    assert all(record.exc_info is None and record.levelname == "WARNING" for record in ours)


def trustless(port: int, tls: str) -> None:
    context = ssl.create_default_context()
    if tls == "implicit":
        smtplib.SMTP_SSL("localhost", port, local_hostname="client.example", context=context)
    with smtplib.SMTP("localhost", port, local_hostname="client.example") as client:
        client.starttls(context=context)


# What goes wrong on purpose.


@pytest.mark.parametrize(
    ("fault", "kind", "code", "kept"),
    [
        ("greeting=421", NotTried, 421, 0),
        ("greeting=554 5.7.1 no", NotTried, 554, 0),
        ("greeting=drop", NotTried, 0, 0),
        ("greeting=silence", NotTried, 0, 0),
        ("ehlo=550", NotTried, 550, 0),
        ("ehlo=drop", NotTried, 0, 0),
        ("mail=451", Deferred, 451, 0),
        ("mail=553 5.1.8 who are you", Failed, 553, 0),
        ("rcpt=450", Deferred, 450, 0),
        ("rcpt=550 5.1.1 no such user", Failed, 550, 0),
        ("rcpt=drop", Deferred, 0, 0),
        ("rcpt=silence", Deferred, 0, 0),
        ("data=451", Deferred, 451, 0),
        ("data=554", Failed, 554, 0),
        ("data=drop", Deferred, 0, 0),
        ("dot=451", Deferred, 451, 0),
        ("dot=550", Failed, 550, 0),
        ("dot=421", Deferred, 421, 0),
        ("dot=drop", Uncertain, 0, 1),
        ("dot=silence", Uncertain, 0, 1),
        ("quit=500", Accepted, 250, 1),
        ("quit=drop", Accepted, 250, 1),
        ("mail=slow 0.05", Accepted, 250, 1),
        ("dot=slow 0.05", Accepted, 250, 1),
    ],
)
def test_each_fault_ends_as_a_sender_would_see_it(
    mail_server: MailServer, brief: Brief, fault: str, kind: type, code: int, kept: int
) -> None:
    phase, _, deed = fault.partition("=")
    if deed == "silence":
        brief(phase)
    mail_server.misbehave(fault)
    (outcome,) = deliver(mail_server, message())
    assert isinstance(outcome, kind)
    assert getattr(outcome, "code", 0) == code
    assert len(mail_server.messages) == kept
    mail_server.misbehave()
    assert isinstance(deliver(mail_server, message())[0], Accepted)


@pytest.mark.mail_server(tls="starttls")
@pytest.mark.parametrize("fault", ["starttls=454", "auth=454 4.7.0 later", "starttls=drop"])
def test_faults_of_a_session_that_is_not_open_yet(fault: str) -> None:
    with MailServer(tls="starttls", login=("me", "secret"), chaos=[fault]) as server:
        (outcome,) = deliver(server, message())
        assert isinstance(outcome, NotTried)
        assert outcome.phase in ("starttls", "tls", "auth")
        assert outcome.code in (0, 454)


def test_a_number_of_times(mail_server: MailServer) -> None:
    """Refused for now, and taken when it is tried again: greylisting."""
    mail_server.misbehave("rcpt=451 4.7.1 greylisted:1x")
    assert isinstance(deliver(mail_server, message())[0], Deferred)
    assert isinstance(deliver(mail_server, message())[0], Accepted)


def test_the_same_seed_gives_the_same_faults(mail_server: MailServer) -> None:
    def run(seed: int) -> list[bool]:
        mail_server.misbehave("rcpt=451:0.5", seed=seed)
        names = [f"u{number}@x.example" for number in range(40)]
        return [isinstance(one, Accepted) for one in deliver(mail_server, message(HEADER + b"\r\nHi\r\n", *names))]

    first = run(7)
    assert run(7) == first
    assert run(8) != first
    assert 5 < sum(first) < 35


def test_chance_is_as_often_as_it_says() -> None:
    chaos = Chaos([parse_fault("rcpt=451:0.1"), parse_fault("rcpt=550:0.25")], seed=3)
    struck = [[fault.reply[:3] for fault in chaos.strike("rcpt")] for _ in range(4000)]
    assert 300 < sum("451" in one for one in struck) < 500
    assert 850 < sum("550" in one for one in struck) < 1150
    assert not list(chaos.strike("mail"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("rcpt=451", Fault("rcpt", "reply", "451 4.0.0 refused on purpose")),
        ("rcpt=451:0.1", Fault("rcpt", "reply", "451 4.0.0 refused on purpose", probability=0.1)),
        ("rcpt=550 5.1.1 no: gone:.5", Fault("rcpt", "reply", "550 5.1.1 no: gone", probability=0.5)),
        ("rcpt=550 5.1.1 no: gone", Fault("rcpt", "reply", "550 5.1.1 no: gone")),
        ("dot=drop:2x", Fault("dot", "drop", times=2)),
        ("quit=silence", Fault("quit", "silence")),
        ("greeting=slow", Fault("greeting", "slow", seconds=5)),
        ("data=slow 0.5:1", Fault("data", "slow", seconds=0.5)),
    ],
)
def test_faults_as_they_are_written(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rctp=451", "did you mean 'rcpt'"),
        ("451", "the phases are greeting"),
        ("rcpt=250", "'250' is not what a server can do at rcpt"),
        ("rcpt", "'' is not what"),
        ("rcpt=451:often", "is not what a server can do"),
        ("rcpt=451:1.5", "more than always"),
        ("rcpt=451:0x", "is never"),
        ("rcpt=451:0", "is never"),
        ("rcpt=451 a\r\nb", "is not what a server can do"),
        ("rcpt=slow x", "write rcpt=451"),
    ],
)
def test_faults_that_cannot_be(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_fault(text)
    assert words in str(caught.value)
    assert caught.value.cure


# The command.


@contextmanager
def catching(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running ``mailtpl catch``, and the URL that it says it listens on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mailtemplates", "catch", "--port", "0", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told.startswith("listening on "), told + process.stderr.read()
        yield process, told.split()[2]
    finally:
        process.kill()
        process.communicate()


def send(url: str, one: Message, password: str | None = None) -> Any:
    with open_transport(url, password=password) as transport:
        return transport.send(one).deliveries[0].outcome


def test_the_command_shows_keeps_and_counts(tmp_path: Path) -> None:
    with catching(tmp_path, "--out", "mail", "--count", "2") as (process, url):
        good = HEADER + b"Date: Mon, 02 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@acme-shop.com>\r\n\r\nHi\r\n"
        assert isinstance(send(url, message(good, "ann@reader.example", "bob@x.example")), Accepted)
        assert isinstance(send(url, message(HEADER + b"Date: never\r\n\r\nHi\r\n")), Accepted)
        out, errors = process.communicate(timeout=120)
    lines = out.splitlines()
    assert lines[0] == f"1. hello@acme-shop.com -> ann@reader.example, bob@x.example, {len(good)} octets: Hello"
    second = next(at for at, line in enumerate(lines) if line.startswith("2. "))
    assert any(re.match(r"mail/\S+\.eml:4:\d+: error HDR", line) for line in lines[second:])
    assert "Caught 2 messages: " in errors
    assert process.returncode == 1
    kept = sorted((path.read_bytes() for path in (tmp_path / "mail").glob("*.eml")), key=len)
    assert kept == [HEADER + b"Date: never\r\n\r\nHi\r\n", good]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
def test_the_command_ends_when_it_is_told(tmp_path: Path, number: signal.Signals) -> None:
    with catching(tmp_path) as (process, _):
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
    assert errors.splitlines()[-1] == "Caught 0 messages: no findings."
    assert process.returncode == 0


def test_the_command_keeps_a_maildir_and_asks_for_a_login_over_tls(tmp_path: Path) -> None:
    with catching(tmp_path, "--out", "maildir:box", "--tls", "starttls", "--login", "me:secret", "--count", "1") as (
        process,
        url,
    ):
        assert "secret" not in url
        assert isinstance(send(url, message(), "secret"), Accepted)
        process.communicate(timeout=120)
    (kept,) = (tmp_path / "box" / "new").iterdir()
    assert kept.read_bytes() == message().octets.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("out", ["mail", "maildir:box", "mbox:box"])
def test_whoever_it_is_for_is_kept(tmp_path: Path, out: str) -> None:
    """What a client may say to a server need not be an address elsewhere (RFC 5321 §4.5.1, RFC 6531 §3.3)."""
    with catching(tmp_path, "--out", out, "--count", "2") as (process, url):
        port = int(re.findall(r":(\d+)\?", url)[0])
        with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=60) as client:
            client.sendmail("", ["postmaster", "bob@under_score.test"], b"Subject: 1\r\n\r\n1\r\n")
            client.ehlo()
            client.command_encoding = "utf-8"
            client.docmd("MAIL FROM:<jörg@bücher.test> SMTPUTF8")
            assert client.docmd("RCPT TO:<用户@例子.test>")[0] == 250
            assert client.data(b"Subject: 2\r\n\r\n2\r\n")[0] == 250
        process.wait(120)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Subject: 1" in kept and b"Subject: 2" in kept


def test_the_command_misbehaves(tmp_path: Path) -> None:
    with catching(tmp_path, "--chaos", "rcpt=451:1x", "--chaos", "dot=550:1x") as (_, url):
        assert [type(send(url, message())) for _ in range(3)] == [Deferred, Failed, Accepted]


def test_a_message_that_cannot_be_kept_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file, where a folder should be")
    with catching(tmp_path, "--out", "mail") as (_, url):
        outcome = send(url, message())
    assert isinstance(outcome, Deferred)
    assert outcome.code == 452


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--chaos", "rctp=451"], "did you mean 'rcpt'"),
        (["--login", "me"], "write it as USER:PASSWORD"),
        (["--out", "imap:x"], "there is no transport 'imap'"),
        (["--out", "smtp://localhost"], "is no place of this machine"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ],
)
def test_the_command_says_what_cannot_be(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailtemplates", "catch", "--port", "0", *arguments],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@needs_swaks
def test_swaks_over_starttls_with_a_login(tmp_path: Path) -> None:
    """A client that shares no code with the server nor with us."""
    (tmp_path / "m.eml").write_bytes(HEADER.replace(b"\r\n", b"\n") + b"\n.dot\n..\nHi\n")
    with catching(tmp_path, "--out", "mail", "--tls", "starttls", "--login", "me:secret", "--count", "1") as (
        process,
        url,
    ):
        port = re.search(r":(\d+)\?", url)
        assert port
        done = subprocess.run(
            ["swaks", "--server", "127.0.0.1", "--port", port[1], "--tls", "--auth", "PLAIN", "--auth-user", "me",
             "--auth-password", "secret", "--from", "hello@acme-shop.com", "--to", "ann@reader.example",
             "--helo", "client.example", "--data", f"@{tmp_path / 'm.eml'}"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        process.communicate(timeout=120)
    (kept,) = (tmp_path / "mail").glob("*.eml")
    assert kept.read_bytes().startswith(HEADER + b"\r\n.dot\r\n..\r\nHi\r\n")


@needs_swaks
def test_swaks_sees_the_faults(mail_server: MailServer) -> None:
    mail_server.misbehave("rcpt=550 5.1.1 nobody here")
    done = subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(mail_server.port), "--from", "a@x.example", "--to",
         "b@x.example", "--helo", "client.example"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 24  # swaks: no recipient was accepted
    assert "550 5.1.1 nobody here" in done.stdout


def test_the_fixture_works_in_a_project_of_its_own_with_warnings_as_errors(tmp_path: Path) -> None:
    """Under pytest-xdist, in two processes: each server has a port of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    (tmp_path / "test_it.py").write_text(
        "import smtplib, pytest\n"
        "from mailtemplates.testing import assert_mail\n"
        "def test_arrives(mail_server):\n"
        "    with smtplib.SMTP('127.0.0.1', mail_server.port, local_hostname='x.example') as client:\n"
        "        client.sendmail('a@x.example', ['b@x.example'], b'From: a@x.example\\r\\nTo: b@x.example\\r\\n\\r\\nHi\\r\\n')\n"
        "    assert_mail(mail_server.messages[0]).to('b@x.example').bcc()\n"
        "@pytest.mark.mail_server(chaos=['mail=451'])\n"
        "def test_refused(mail_server):\n"
        "    with smtplib.SMTP('127.0.0.1', mail_server.port, local_hostname='x.example') as client:\n"
        "        with pytest.raises(smtplib.SMTPSenderRefused):\n"
        "            client.sendmail('a@x.example', ['b@x.example'], b'')\n"
        "    assert mail_server.messages == []\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_importing_the_plugin_imports_no_server() -> None:
    program = (
        "import sys, mailtemplates.pytestplugin; print([n for n in sys.modules if 'aiosmtpd' in n or 'catching' in n])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_aiosmtpd_the_cure_is_the_command_that_installs_it() -> None:
    program = (
        "import sys; sys.modules['aiosmtpd'] = None\n"
        "from mailtemplates.catching.mailserver import MailServer\n"
        "try: MailServer().start()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SettingsError a mail server needs the package aiosmtpd")
    assert "pip install 'mailtemplates[catch]'" in done.stdout
