"""Sending over SMTP, against servers that misbehave: each recipient's outcome, and no secret in any text."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smtpserver import (
    Answer,
    Certificates,
    CloseError,
    Link,
    Server,
    SilenceError,
    Taken,
    close,
    decoded,
    silence,
)

from mailtemplates import Envelope, Message
from mailtemplates.delivery.event import Event
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried, Outcome, Receipt, Uncertain
from mailtemplates.delivery.transport import Transport
from mailtemplates.errors import AddressError, SettingsError
from mailtemplates.smtp.endpoint import LIMITS, Endpoint, make_context
from mailtemplates.transports import open_transport

PASSWORD = "pässwörd-s3cret"
BOB, CAROL, DAVE = "bob@example.test", "carol@example.test", "dave@example.test"
LOGIN_FEATURES = ("PIPELINING", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES")


def mail(*recipients: str, octets: bytes = b"Subject: hi\r\n\r\nHello\r\n", number: int = 1, **more: Any) -> Message:
    return Message(octets, Envelope("alice@example.test", recipients or (BOB,), **more), f"{number}@example.test")


Open = Callable[..., Transport]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def to(certificates: Certificates, events: list[Event]) -> Iterator[Open]:
    """A transport to a server: ``to(server, "timeout=1", password=…)``; everything said is without the password."""
    opened = []

    def open_to(server: Server, options: str = "", *, user: str = "", scheme: str = "", **access: Any) -> Transport:
        schemes = {"": "lmtp" if server.lmtp else "smtp", "starttls": "smtp+starttls", "implicit": "smtps"}
        scheme = scheme or schemes[server.tls]
        trust = f"&cafile={certificates.cafile}" if scheme in ("smtp+starttls", "smtps") else ""
        url = f"{scheme}://{user and user + '@'}localhost:{server.port}?timeout=2&{options}{trust}".replace("&&", "&")
        if "timeout" in options:
            url = url.replace("timeout=2&", "", 1)
        opened.append(open_transport(url, watch=events.append, **access))
        return opened[-1]

    yield open_to
    for transport in opened:
        transport.close()
    secrets = (PASSWORD, b64encode(PASSWORD.encode()).decode(), b64encode(f"\0alice\0{PASSWORD}".encode()).decode())
    shown = f"{events}{opened}"
    assert not any(secret in shown for secret in secrets)


def one(transport: Transport, message: Message | None = None) -> Outcome:
    """The outcome for a message to one recipient; no text of it holds the password."""
    receipt = transport.send(message or mail())
    assert len(receipt.deliveries) == 1
    assert PASSWORD not in repr(receipt)
    assert b64encode(PASSWORD.encode()).decode() not in repr(receipt)
    return receipt.deliveries[0].outcome


def no_password_left(server: Server) -> None:
    heard = b"".join(server.octets)
    assert PASSWORD.encode() not in heard
    assert b64encode(f"\0alice\0{PASSWORD}".encode()) not in heard
    assert "AUTH" not in server.verbs


# ── what goes well ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_accepted_with_the_name_that_the_server_gave_it(to: Open) -> None:
    with Server() as server:
        assert one(to(server)) == Accepted("Ok: queued as 4XYZ", "4XYZ", 250, "2.0.0")
    assert server.taken[0].octets == b"Subject: hi\r\n\r\nHello\r\n"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_is_verified_and_the_login_goes_through_it(to: Open, certificates: Certificates, tls: str) -> None:
    with Server(tls=tls, context=certificates.right, features=LOGIN_FEATURES) as server:
        outcome = one(to(server, f"pin={'0' * 64},{certificates.pin.upper()}", user="alice", password=PASSWORD))
        assert isinstance(outcome, Accepted)
        auth = next(command for command in server.commands if command.startswith("AUTH"))
        assert decoded(auth).decode() == f"\0alice\0{PASSWORD}"
        assert server.secured_at is not None
        assert server.commands.index(auth) >= server.secured_at
        greetings = [number for number, verb in enumerate(server.verbs) if verb == "EHLO"]
        assert max(greetings) < server.verbs.index("AUTH")


def test_dots_are_doubled_and_the_last_line_is_ended(to: Open) -> None:
    with Server() as server:
        one(to(server), mail(octets=b".a\r\n\r\n..b\r\n.\r\nc"))
    assert server.taken[0].octets == b"..a\r\n\r\n...b\r\n..\r\nc\r\n"


def test_a_message_of_lf_lines_goes_out_with_crlf(to: Open) -> None:
    with Server() as server:
        one(to(server), mail(octets=b"Subject: a\n\nb\n.\nc\n"))
    assert server.taken[0].octets == b"Subject: a\r\n\r\nb\r\n..\r\nc\r\n"


@pytest.mark.parametrize(
    "octets", [b"a\r\n\r\nb\n.\nMAIL\r\n", b"a\r\n\r\nb\r.\r\n", b"a\n\nb\rc\n", b"a\r\n\r\nb\n.\r\n"]
)
def test_a_bare_cr_or_lf_is_refused_before_anything_is_opened(to: Open, octets: bytes) -> None:
    """It is how a second message is smuggled into one (CVE-2023-51764)."""
    with Server() as server:
        outcome = one(to(server), mail(octets=octets))
    assert isinstance(outcome, Failed)
    assert outcome.reason == "notcompliantrfc"
    assert not server.commands


def test_messages_share_a_connection_and_each_costs_one_round_trip(to: Open) -> None:
    """The group of the next message is with the server before it answers the dot of this one (RFC 2920)."""
    ahead: list[bool] = []

    def dot(link: Link) -> str:
        link.sock.settimeout(1)
        if len(ahead) < 4:
            while b"DATA\r\n" not in link.buffer:
                link.fill()
        ahead.append(b"MAIL" in link.buffer)
        return "250 2.0.0 ok"

    with Server(answers={"DOT": dot}) as server:
        receipts = list(to(server).send_all(mail(BOB, CAROL, number=number) for number in range(5)))
    assert ahead == [True] * 4 + [False]
    assert [receipt.message_id for receipt in receipts] == [f"{number}@example.test" for number in range(5)]
    assert all(receipt.accepted for receipt in receipts)
    assert len(server.links) == 1


def test_without_pipelining_each_command_waits_for_its_reply(to: Open) -> None:
    def alone(link: Link) -> str:
        link.sock.setblocking(False)
        try:
            assert not link.buffer and not link.sock.recv(10)
        except BlockingIOError:
            pass
        finally:
            link.sock.setblocking(True)
        return "250 2.0.0 ok"

    with Server(answers={"MAIL": alone, "RCPT": alone, "DOT": alone}, features=("SIZE",)) as server:
        receipts = list(to(server).send_all(mail(BOB, CAROL, number=number) for number in range(3)))
    assert all(receipt.accepted for receipt in receipts)
    assert len(server.taken) == 3


def test_a_thousand_recipients_do_not_stop_both_sides(to: Open) -> None:
    names = tuple(f"user{number}@example.test" for number in range(1000))
    with Server(answers={"RCPT": "250 2.1.5 " + "x" * 400}) as server:
        receipt = to(server).send(mail(*names))
    assert receipt.accepted
    assert tuple(delivery.address for delivery in receipt.deliveries) == names


def test_a_server_without_ehlo_is_greeted_with_helo(to: Open) -> None:
    with Server(answers={"EHLO": "502 what"}) as server:
        assert isinstance(one(to(server)), Accepted)
    assert "HELO" in server.verbs


def test_our_name_is_our_address_or_what_the_url_says(to: Open) -> None:
    with Server() as server:
        one(to(server))
        one(to(server, "ehlo=app.example.test"))
    assert [command for command in server.commands if command.startswith("EHLO")] == [
        "EHLO [127.0.0.1]",
        "EHLO app.example.test",
    ]


def test_size_dsn_8bitmime_and_smtputf8_are_asked_for(to: Open) -> None:
    with Server() as server:
        one(
            to(server, "notify=failure,delay&ret=hdrs"),
            mail("jörg@example.test", octets="a\r\n\r\nö\r\n".encode(), smtputf8=True),
        )
    assert server.commands[1] == (
        "MAIL FROM:<alice@example.test> SIZE=9 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=1@example.test"
    )
    assert server.commands[2] == "RCPT TO:<jörg@example.test> NOTIFY=FAILURE,DELAY"


def test_a_header_in_utf_8_is_asked_for_with_smtputf8(to: Open) -> None:
    """RFC 6531 §3.4: not only an address needs it. Older octets in a header are 8-bit content and no more."""
    with Server() as server:
        transport = to(server)
        one(transport, mail(octets="Subject: Grüße\r\n\r\nHello\r\n".encode()))
        one(transport, mail(octets=b"Subject: Gr\xfc\xdfe\r\n\r\nHello\r\n"))
        one(transport, mail(octets="Subject: hi\r\n\r\nGrüße\r\n".encode()))
    asked = [command.partition("> ")[2] for command in server.commands if command.startswith("MAIL")]
    assert asked == ["SIZE=27 BODY=8BITMIME SMTPUTF8", "SIZE=25 BODY=8BITMIME", "SIZE=24 BODY=8BITMIME"]
    with Server(features=("8BITMIME",)) as server:
        outcome = one(to(server), mail(octets="Subject: Grüße\r\n\r\nHello\r\n".encode()))
    assert isinstance(outcome, Failed)
    assert "header" in outcome.text
    assert not server.taken


def test_an_envelope_id_is_xtext_and_never_cut_within_a_character(to: Open) -> None:
    """RFC 3461 §4 and §4.4: at most a hundred octets, `+` and `=` as hexadecimal."""
    long = "a+b=" + "x" * 92 + "+@example.test"
    with Server() as server:
        to(server, "notify=failure").send(Message(b"a: b\r\n", Envelope("alice@example.test", (BOB,)), long))
    envid = server.commands[1].rpartition("ENVID=")[2]
    assert envid == "a+2Bb+3D" + "x" * 92


def test_the_null_sender_is_asked_for_by_name(to: Open) -> None:
    with Server() as server:
        one(to(server), Message(b"a: b\r\n", Envelope("<>", (BOB,)), "1"))
    assert server.commands[1].startswith("MAIL FROM:<> ")


# ── the envelope ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope("alice@example.test", ()),
        Envelope("", (BOB,)),
        Envelope("alice@example.test", ("<bob@example.test>",)),
        Envelope("alice@example.test", ("bob@example.test, eve@example.test",)),
        Envelope("alice@example.test", ("bob@example.test>\r\nRCPT TO:<eve@example.test",)),
        Envelope("alice@example.test", ("joe@x, <evil@y>",)),
        Envelope("alice@example.test", ("Bob <bob@example.test>",)),
        Envelope("alice@example.test", ("jörg@example.test",)),
        Envelope("alice@example.test", ("<>",)),
        Envelope("alice@example.test> SIZE=1", (BOB,)),
        Envelope("alice@example.test", "bob@example.test"),  # type: ignore[arg-type]
    ],
    ids=lambda envelope: repr(envelope)[:50],
)
def test_an_envelope_that_nobody_means_is_refused_before_anything_is_opened(to: Open, envelope: Envelope) -> None:
    with Server() as server, pytest.raises(AddressError):
        to(server).send(Message(b"a: b\r\n", envelope, "1"))
    assert not server.links


# ── TLS ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(("which", "words"), [("unsigned", "not trusted"), ("other_name", "mismatch")])
def test_a_certificate_that_is_not_right_stops_everything(
    to: Open, certificates: Certificates, tls: str, which: str, words: str
) -> None:
    with Server(tls=tls, context=getattr(certificates, which), features=LOGIN_FEATURES) as server:
        outcome = one(to(server, user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert (outcome.phase, outcome.temporary) == ("tls", False)
    assert words in outcome.text
    assert outcome.cure
    no_password_left(server)


def test_another_certificate_than_the_pinned_one_stops_everything(to: Open, certificates: Certificates) -> None:
    with Server(tls="starttls", context=certificates.right, features=LOGIN_FEATURES) as server:
        outcome = one(to(server, f"pin={'0' * 64}", user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert certificates.pin in outcome.text
    no_password_left(server)


def test_tls_is_1_2_or_newer_and_verified(to: Open, certificates: Certificates) -> None:
    for context in (make_context(), make_context(str(certificates.cafile))):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname


def test_one_context_is_made_for_all_and_anew_when_the_file_of_the_cas_has_changed(
    certificates: Certificates, tmp_path: Path
) -> None:
    """To read the CAs of the system takes longer than to send a message."""
    assert make_context() is make_context()
    cafile = tmp_path / "ca.pem"
    cafile.write_bytes(certificates.cafile.read_bytes())
    kept = make_context(str(cafile))
    assert make_context(str(cafile)) is kept
    assert make_context() is not kept
    cafile.write_bytes(certificates.cafile.read_bytes() * 2)
    assert make_context(str(cafile)) is not kept


def test_starttls_that_is_not_offered_is_never_done_without(to: Open) -> None:
    with Server(features=LOGIN_FEATURES) as server:
        outcome = one(to(server, scheme="smtp+starttls", user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert "does not offer STARTTLS" in outcome.text
    assert server.verbs == ["EHLO", "QUIT"][: len(server.verbs)]
    no_password_left(server)


def test_starttls_that_is_refused_is_never_done_without(to: Open, certificates: Certificates) -> None:
    answers: dict[str, Answer | list[Answer]] = {"STARTTLS": "454 4.7.0 TLS not available"}
    with Server(answers, LOGIN_FEATURES, "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert (outcome.code, outcome.temporary) == (454, True)
    no_password_left(server)


@pytest.mark.parametrize("together", [True, False], ids=["in one packet", "a moment later"])
def test_what_is_said_before_the_handshake_is_never_believed(
    to: Open, certificates: Certificates, together: bool
) -> None:
    """A middleman can put replies behind the one to STARTTLS, to be read as if TLS had brought them (CVE-2021-38371)."""

    def inject(link: Link) -> str:
        injected = b"250-mx\r\n250 AUTH PLAIN\r\n235 ok\r\n"
        if together:
            link.sock.sendall(b"220 go\r\n" + injected)
        else:
            link.sock.sendall(b"220 go\r\n")
            link.sock.sendall(injected)
        link.buffer = b""
        link._handshake()
        return "250 never"

    with Server({"STARTTLS": inject}, LOGIN_FEATURES, "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert outcome.phase == "tls"
    no_password_left(server)


def test_a_tls_port_that_is_spoken_to_in_clear(to: Open, certificates: Certificates) -> None:
    with Server(tls="implicit", context=certificates.right) as server:
        began = time.monotonic()
        outcome = one(to(server, "timeout=0.3", scheme="smtp+starttls"))
    assert isinstance(outcome, NotTried)
    assert outcome.phase == "greeting"
    assert "smtps://" in outcome.cure
    assert time.monotonic() - began < 2


def test_a_clear_port_that_is_spoken_to_in_tls(to: Open) -> None:
    with Server() as server:
        outcome = one(to(server, scheme="smtps"))
    assert isinstance(outcome, NotTried)
    assert (outcome.phase, outcome.temporary) == ("tls", False)
    assert "smtp+starttls://" in outcome.cure


def test_a_handshake_that_never_ends(to: Open) -> None:
    with Server({"STARTTLS": [stall_handshake]}, (*LOGIN_FEATURES, "STARTTLS")) as server:
        outcome = one(to(server, "timeout=0.3", scheme="smtp+starttls", user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert outcome.phase == "tls"
    no_password_left(server)


def stall_handshake(link: Link) -> str:
    link.sock.sendall(b"220 go\r\n")
    raise SilenceError


# ── greeting ────────────────────────────────────────────────────────────────────────────────────────────────────────

GREETINGS: dict[str, tuple[Answer, int, bool, str]] = {
    "421": ("421 4.3.2 too many connections", 421, True, "too many"),
    "554": ("554 5.7.1 you are on a list", 554, False, "on a list"),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", 0, False, "HTTP"),
    "closed": (close, 0, True, "closed the link"),
    "silent": (silence, 0, True, "silent"),
    "a line without end": (b"220-" + b"x" * 20000, 0, False, "without end"),
    "a reply without end": (b"220-x\r\n" * 20000, 0, False, "without end"),
    "octets": (b"\xff\xfe\x00\r\n", 0, False, "does not speak SMTP"),
    "no number": (b"abc hello\r\n", 0, False, "does not speak SMTP"),
}


@pytest.mark.parametrize(("answer", "code", "temporary", "words"), GREETINGS.values(), ids=GREETINGS)
def test_a_greeting_that_is_none(to: Open, answer: Answer, code: int, temporary: bool, words: str) -> None:
    with Server({"GREETING": answer}) as server:
        outcome = one(to(server, "timeout=0.4"))
    assert isinstance(outcome, NotTried)
    assert (outcome.code, outcome.temporary, outcome.phase) == (code, temporary, "greeting")
    assert words in outcome.text


def test_a_greeting_that_is_late_but_in_time(to: Open) -> None:
    def late(link: Link) -> str:
        time.sleep(0.3)
        return "220 here I am"

    with Server({"GREETING": late}) as server:
        assert isinstance(one(to(server)), Accepted)


def test_octets_that_drip_do_not_stretch_the_time(to: Open) -> None:
    def drip(link: Link) -> str:
        for _ in range(50):
            link.sock.sendall(b"2")
            time.sleep(0.1)
        return "220 ok"

    with Server({"GREETING": drip}) as server:
        began = time.monotonic()
        outcome = one(to(server, "timeout=0.5"))
        assert time.monotonic() - began < 1.5
    assert isinstance(outcome, NotTried)


def test_nobody_listens(to: Open) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outcome = one(open_transport(f"smtp://127.0.0.1:{free.getsockname()[1]}"))
    assert isinstance(outcome, NotTried)
    assert outcome.temporary
    assert "refused" in outcome.text


def test_a_host_that_is_not_there() -> None:
    outcome = one(open_transport("smtp://no-such-host.invalid"))
    assert isinstance(outcome, NotTried)
    assert outcome.phase == "connect"
    assert "no-such-host.invalid" in outcome.text


def test_a_resolver_that_says_nothing_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver knows no time limit."""
    asked = threading.Event()
    over = threading.Event()

    def ask(host: str, *rest: Any, **more: Any) -> list[Any]:
        asked.set()
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    try:
        outcome = one(open_transport("smtp://mx.example.test?timeout=0.2"))
    finally:
        over.set()
    assert asked.is_set()
    assert isinstance(outcome, NotTried)
    assert (outcome.phase, outcome.temporary) == ("connect", True)
    assert "no answer in time" in outcome.text


def test_each_phase_has_the_time_of_rfc_5321_and_the_cap_holds_for_all() -> None:
    """A final dot that is cut short makes doubles: RFC 5321 §4.5.3.2.6 gives it ten minutes."""
    assert {phase: LIMITS[phase] for phase in ("greeting", "mail", "rcpt", "data", "content", "dot")} == {
        "greeting": 300, "mail": 300, "rcpt": 300, "data": 120, "content": 180, "dot": 600,
    }  # fmt: skip
    assert Endpoint(cap=20).limit("dot") == 20
    assert Endpoint(cap=1000).limit("dot") == 600


# ── login ───────────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED: dict[str, tuple[str, bool, str]] = {
    "535": ("535 5.7.8 Authentication failed", False, "check user and password"),
    "534": ("534 5.7.9 Application-specific password required", False, "app password"),
    "454": ("454 4.7.0 Temporary authentication failure", True, "later"),
    "basic": ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled", False, "token"),
    "echo": (f"535 5.7.8 wrong password {PASSWORD}", False, "check"),
    "echo64": ("535 bad " + b64encode(f"\0alice\0{PASSWORD}".encode()).decode(), False, "check"),
}


@pytest.mark.parametrize(("answer", "temporary", "cure"), REFUSED.values(), ids=REFUSED)
def test_a_login_that_is_refused_is_tried_once(
    to: Open, certificates: Certificates, answer: str, temporary: bool, cure: str
) -> None:
    with Server({"AUTH": answer}, LOGIN_FEATURES, "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert (outcome.code, outcome.temporary, outcome.phase) == (int(answer[:3]), temporary, "auth")
    assert cure in outcome.cure
    assert server.verbs.count("AUTH") == 1
    assert "MAIL" not in server.verbs
    assert server.verbs[-1] == "QUIT"  # RFC 5321 §4.1.1.10


def test_a_wrong_password_is_not_tried_for_every_message(to: Open, certificates: Certificates) -> None:
    """Servers lock accounts, and slow addresses down, for logins that fail again and again."""
    with Server({"AUTH": "535 5.7.8 no"}, LOGIN_FEATURES, "starttls", certificates.right) as server:
        receipts = list(to(server, user="alice", password=PASSWORD).send_all(mail(number=n) for n in range(20)))
    assert all(isinstance(receipt[BOB], NotTried) for receipt in receipts)
    assert server.verbs.count("AUTH") == 1


def test_login_and_cram_md5_answer_their_challenges(to: Open, certificates: Certificates) -> None:
    def ask(text: str) -> str:
        return "334 " + b64encode(text.encode()).decode()

    answers: dict[str, Answer | list[Answer]] = {
        "AUTH": [ask("Username:"), ask("<1896.697170952@postoffice.reston.mci.net>")],
        "AUTH2": [ask("Password:"), "235 ok"],
    }
    with Server(answers, ("AUTH LOGIN",), "starttls", certificates.right) as server:
        assert isinstance(one(to(server, user="alice", password=PASSWORD)), Accepted)
    assert [decoded(command).decode() for command in server.commands if command.startswith("AUTH2")] == [
        "alice",
        PASSWORD,
    ]
    answers = {"AUTH": ask("<1896.697170952@postoffice.reston.mci.net>"), "AUTH2": ["235 ok"]}
    with Server(answers, ("AUTH CRAM-MD5",), "starttls", certificates.right) as server:
        assert isinstance(one(to(server, user="tim", password="tanstaaftanstaaf")), Accepted)
    # RFC 2195 §2
    assert decoded(server.commands[4]) == b"tim b913a602c7eda7a495b4e6e7334d3890"


def test_xoauth2_says_what_the_json_of_the_server_says(to: Open, certificates: Certificates) -> None:
    answers: dict[str, Answer | list[Answer]] = {
        "AUTH": "334 " + b64encode(b'{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}').decode(),
        "AUTH2": ["535 5.7.8 Username and Password not accepted"],
    }
    with Server(answers, ("AUTH XOAUTH2",), "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", token=lambda: "t0ken"))
    assert isinstance(outcome, NotTried)
    assert '"scope":"https://mail.google.com/"' in outcome.text
    assert "t0ken" not in repr(outcome)
    assert decoded(server.commands[3]) == b"user=alice\x01auth=Bearer t0ken\x01\x01"
    assert server.commands[4] == "AUTH2 "


def test_xoauth2_that_hangs_ends_in_time_and_keeps_the_json(to: Open, certificates: Certificates) -> None:
    answers: dict[str, Answer | list[Answer]] = {
        "AUTH": "334 " + b64encode(b'{"status":"400"}').decode(),
        "AUTH2": [silence],
    }
    with Server(answers, ("AUTH XOAUTH2",), "starttls", certificates.right) as server:
        outcome = one(to(server, "timeout=0.4", user="alice", token=lambda: "t0ken"))
    assert isinstance(outcome, NotTried)
    assert '{"status":"400"}' in outcome.text
    assert outcome.temporary


def test_oauthbearer_and_a_token_that_is_too_long_for_the_command(to: Open, certificates: Certificates) -> None:
    answers: dict[str, Answer | list[Answer]] = {"AUTH": "334 ", "AUTH2": ["235 ok"]}
    token = "x" * 2000
    with Server(answers, ("AUTH OAUTHBEARER",), "implicit", certificates.right) as server:
        assert isinstance(one(to(server, user="a,b=c", token=lambda: token)), Accepted)
    assert server.commands[1] == "AUTH OAUTHBEARER"
    said = decoded(server.commands[2]).decode()
    assert said == f"n,a=a=2Cb=3Dc,\x01host=localhost\x01port={server.port}\x01auth=Bearer {token}\x01\x01"


def test_a_server_that_asks_on_and_on_is_told_no(to: Open, certificates: Certificates) -> None:
    """RFC 4954 §4: `*` takes a login back."""
    asks: list[Answer] = ["334 ", "334 ", "334 ", "334 ", "501 5.7.0 cancelled"]
    answers: dict[str, Answer | list[Answer]] = {"AUTH": "334 ", "AUTH2": asks}
    with Server(answers, ("AUTH LOGIN",), "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert "on and on" in outcome.text
    assert server.commands[-2:] == ["AUTH2 *", "QUIT"]


@pytest.mark.parametrize("token", ["t0ken\x01auth=Bearer other", "t0ken\r\nQUIT", "töken"])
def test_a_token_is_no_more_than_a_token(to: Open, certificates: Certificates, token: str) -> None:
    with Server({}, ("AUTH XOAUTH2",), "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", token=lambda: token))
        assert isinstance(outcome, NotTried)
        assert "access token" in outcome.text
        assert token not in repr(outcome)
        assert "AUTH" not in server.verbs
        assert isinstance(one(to(server, user="alice", token=lambda: "t0ken\n")), Accepted)


def test_a_user_s_name_and_a_password_have_no_nul() -> None:
    """It is what stands between the two in PLAIN (RFC 4616)."""
    for url, password in (("smtps://alice%00bob@localhost", "x"), ("smtps://alice@localhost", "x\0y")):
        with pytest.raises(SettingsError, match="no NUL"):
            open_transport(url, password=password)


def test_a_server_without_a_login_that_fits(to: Open, certificates: Certificates) -> None:
    with Server({}, ("AUTH XOAUTH2 NTLM",), "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert "XOAUTH2 NTLM" in outcome.text


def test_a_password_never_goes_over_a_link_in_clear(to: Open) -> None:
    with Server(features=LOGIN_FEATURES) as server:
        with pytest.raises(SettingsError, match="in clear"):
            to(server, user="alice", password=PASSWORD)
        assert isinstance(one(to(server, "insecure=1", user="alice", password=PASSWORD)), Accepted)


# ── recipients ──────────────────────────────────────────────────────────────────────────────────────────────────────

GONE = "550 5.1.1 User unknown"
PIPELINED = pytest.mark.parametrize("features", [("PIPELINING",), ()], ids=["pipelined", "one by one"])


@PIPELINED
def test_a_refused_recipient_does_not_hide(to: Open, features: tuple[str, ...]) -> None:
    with Server({"RCPT": ["250 ok", GONE, "450 4.2.1 Greylisted, come back later"]}, features) as server:
        receipt = to(server).send(mail(BOB, CAROL, DAVE))
    assert isinstance(receipt[BOB], Accepted)
    assert receipt[CAROL] == Failed(550, "5.1.1", "userunknown", "User unknown")
    assert isinstance(receipt[DAVE], Deferred)
    assert not receipt.accepted
    assert server.taken[0].recipients == [BOB]


@PIPELINED
@pytest.mark.parametrize("data", [None, "354 go on", "554 5.5.1 no valid recipients"], ids=["503", "354", "554"])
def test_when_all_are_refused_nothing_is_sent(to: Open, features: tuple[str, ...], data: str | None) -> None:
    answers: dict[str, Answer | list[Answer]] = {"RCPT": [GONE, GONE, "250 ok"]}
    if data:
        answers["DATA"] = [data, "354 go"] if features else "354 go"
    with Server(answers, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert [type(outcome) for _, outcome in receipts[0].deliveries] == [Failed, Failed]
    assert receipts[1].accepted
    assert [taken.recipients for taken in server.taken] == [[DAVE]]
    assert len(server.links) == 1


@PIPELINED
def test_recipients_over_the_server_s_number_go_in_the_next_transaction(to: Open, features: tuple[str, ...]) -> None:
    answers: list[Answer] = ["250 ok", "250 ok", "452 4.5.3 too many recipients", "250 ok", GONE]
    with Server({"RCPT": answers}, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL, DAVE), mail(BOB, number=2)]))
    assert receipts[0].accepted
    assert isinstance(receipts[1][BOB], Failed)
    assert [taken.recipients for taken in server.taken] == [[BOB, CAROL], [DAVE]]


@PIPELINED
def test_a_sender_who_is_refused(to: Open, features: tuple[str, ...]) -> None:
    mails: list[Answer] = ["553 5.7.1 Sender address rejected: not owned by user", "250 ok"]
    with Server({"MAIL": mails}, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert [outcome.reason for _, outcome in receipts[0].deliveries if isinstance(outcome, Failed)] == ["rejected"] * 2
    assert receipts[1].accepted
    assert [taken.recipients for taken in server.taken] == [[DAVE]]


@pytest.mark.parametrize(
    ("answer", "cure"),
    [("530 5.7.0 Must issue a STARTTLS command first", "starttls"), ("530 5.7.0 Authentication required", "log in")],
)
def test_a_server_that_wants_tls_or_a_login_first_said_nothing_of_the_message(to: Open, answer: str, cure: str) -> None:
    with Server({"MAIL": answer}) as server:
        outcome = one(to(server))
    assert isinstance(outcome, NotTried)
    assert outcome.code == 530
    assert cure in outcome.cure


@pytest.mark.parametrize("stray", ["550 5.7.1 no", "250 ok", "451 4.3.0 later"])
@pytest.mark.parametrize(
    "answers", [{}, {"RCPT": ["250 ok", "250 ok", "550 5.1.1 no", "250 ok"]}], ids=["", "one refused"]
)
def test_a_reply_too_many_is_not_taken_for_that_to_another_message(stray: str, answers: Any, to: Open) -> None:
    """In a pipeline every reply after it is off by one; a session that is out of step is not believed."""
    with Server({"DOT": [f"250 ok\r\n{stray}", "250 ok"], **answers}) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL) for _ in range(4)]))
        states = [[outcome.state for _, outcome in one.deliveries] for one in receipts]
        assert len(server.taken) == 4
    assert states == [["accepted"] * 2] * 4 if not answers else states.count(["accepted"] * 2) >= 3


def test_a_refusal_too_many_is_not_that_of_another_recipient(to: Open) -> None:
    with Server({"RCPT": ["250 ok\r\n550 5.1.1 no", "250 ok"]}) as server:
        receipt = to(server).send(mail(BOB, CAROL))
        assert [outcome.state for _, outcome in receipt.deliveries] == ["deferred", "deferred"]
        assert to(server).send(mail(BOB, CAROL)).accepted
        assert len(server.taken) == 1


@pytest.mark.parametrize("answer", ["250 ok\r\n550 no", "250 ok\r\n421 bye", "450 later\r\n250 ok"])
def test_over_lmtp_a_reply_too_many_is_not_that_of_another_recipient(answer: str, to: Open) -> None:
    """It is seen in the end, and then nobody knows who has the message."""
    with Server({"DOT": [answer, "250 ok"]}, lmtp=True) as server:
        receipts = list(to(server, scheme="lmtp").send_all([mail(BOB, CAROL, DAVE), mail(BOB, CAROL)]))
    states = [[outcome.state for _, outcome in receipt.deliveries] for receipt in receipts]
    assert states == [["uncertain"] * 3, ["accepted"] * 2]


def test_a_server_that_takes_recipients_of_a_refused_sender_gets_no_empty_message(to: Open) -> None:
    with Server({"MAIL": "550 5.7.1 no"}, strict=False) as server:
        receipt = to(server).send(mail(BOB, CAROL))
    assert [type(outcome) for _, outcome in receipt.deliveries] == [Failed, Failed]
    assert not server.taken


@PIPELINED
def test_a_transaction_that_is_not_reset_is_no_refusal_of_the_next_message(to: Open, features: tuple[str, ...]) -> None:
    """A server that refuses RSET is out of step: what it says to the MAIL after it is about the one before."""
    with Server({"MAIL": ["250 ok"], "RCPT": [GONE, "250 ok"], "RSET": "500 what"}, features) as server:
        receipts = list(to(server).send_all([mail(BOB), mail(CAROL, number=2)]))
    assert isinstance(receipts[0][BOB], Failed)
    second = receipts[1][CAROL]
    assert isinstance(second, Deferred)
    assert second.reason == "networkerror"
    assert not server.taken


@PIPELINED
def test_greylisting_defers(to: Open, features: tuple[str, ...]) -> None:
    with Server({"RCPT": "451 4.7.1 Greylisting in action, try again in 5 minutes"}, features) as server:
        outcome = one(to(server))
    assert outcome == Deferred(451, "4.7.1", "Greylisting in action, try again in 5 minutes", "greylisted")


@PIPELINED
def test_421_at_the_second_recipient_means_that_nobody_has_it(to: Open, features: tuple[str, ...]) -> None:
    with Server({"RCPT": ["250 ok", "421 4.3.2 shutting down"]}, features) as server:
        receipt = to(server).send(mail(BOB, CAROL))
    assert [outcome.code for _, outcome in receipt.deliveries if isinstance(outcome, Deferred)] == [421, 421]
    assert not server.taken


@PIPELINED
def test_data_that_is_refused(to: Open, features: tuple[str, ...]) -> None:
    with Server({"DATA": ["451 4.3.0 no", "354 go"], "RCPT": [GONE, "250 ok"]}, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert isinstance(receipts[0][BOB], Failed)
    assert isinstance(receipts[0][CAROL], Deferred)
    assert receipts[1].accepted


# ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_over_the_server_s_size_is_not_sent(to: Open) -> None:
    with Server(features=("PIPELINING", "SIZE 1000")) as server:
        receipts = list(to(server).send_all([mail(octets=b"a: b\r\n\r\n" + b"x" * 1000), mail(number=2)]))
    outcome = receipts[0][BOB]
    assert isinstance(outcome, Failed)
    assert (outcome.enhanced, outcome.reason) == ("5.3.4", "mesgtoobig")
    assert receipts[1].accepted
    assert server.verbs.count("MAIL") == 1


def test_letters_outside_ascii_need_a_server_that_takes_them(to: Open) -> None:
    with Server(features=("PIPELINING",)) as server:
        utf8 = one(to(server), mail("jörg@example.test", smtputf8=True))
        header = one(to(server), mail(octets="Subject: ö\r\n\r\nhi\r\n".encode(), smtputf8=True))
        eight = one(to(server), mail(octets="a: b\r\n\r\nö\r\n".encode()))
    assert isinstance(utf8, Failed)
    assert utf8.reason == "smtputf8"
    assert utf8.text.startswith("an address has letters outside ASCII")
    assert isinstance(header, Failed)
    assert header.text.startswith("the header has UTF-8")
    assert isinstance(eight, Failed)
    assert eight.reason == "contenterror"


def test_an_address_outside_ascii_keeps_nobody_else_from_the_message(to: Open) -> None:
    with Server(features=("PIPELINING",)) as server:
        receipt = to(server).send(mail("jörg@example.test", BOB, smtputf8=True))
    assert [outcome.state for _, outcome in receipt.deliveries] == ["failed", "accepted"]
    assert [taken.recipients for taken in server.taken] == [[BOB]]
    assert not any("SMTPUTF8" in command for command in server.commands)


def test_requiretls_needs_a_server_that_keeps_it(to: Open, certificates: Certificates) -> None:
    with Server(tls="starttls", context=certificates.right) as server:
        outcome = one(to(server, "requiretls=1"))
    assert isinstance(outcome, Failed)
    with Server(tls="starttls", context=certificates.right, features=("REQUIRETLS",)) as server:
        assert isinstance(one(to(server, "requiretls=1")), Accepted)
    assert any(command.endswith(" REQUIRETLS") for command in server.commands)


def test_content_that_is_refused(to: Open) -> None:
    with Server({"DOT": ["554 5.7.1 This is spam", "250 2.0.0 ok"]}) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(number=2)]))
    assert receipts[0][CAROL] == Failed(554, "5.7.1", "spamdetected", "This is spam")
    assert receipts[1].accepted


# ── loss ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@PIPELINED
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", [close, silence])
def test_a_loss_before_the_final_dot_defers(
    to: Open, features: tuple[str, ...], verb: str, fault: Callable[[Link], str]
) -> None:
    with Server({verb: fault}, features) as server:
        outcome = one(to(server, "timeout=0.4"))
    assert isinstance(outcome, Deferred)
    assert (outcome.code, outcome.reason) == (0, "networkerror")
    assert not server.taken
    assert len(server.links) == 1


@PIPELINED
@pytest.mark.parametrize(
    "fault",
    [close, silence, b"\xff\xff\r\n", b"250-x\r\n" * 20000, "354 what"],
    ids=["close", "silence", "octets", "endless", "354"],
)
def test_a_loss_after_the_final_dot_is_uncertain_and_never_sent_again(
    to: Open, features: tuple[str, ...], fault: Answer
) -> None:
    with Server({"DOT": [fault, "250 ok"]}, features) as server:
        receipts = list(to(server, "timeout=0.5").send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert [
        outcome for _, outcome in receipts[0].deliveries if isinstance(outcome, Uncertain) and outcome.phase == "dot"
    ]
    assert [type(outcome) for _, outcome in receipts[0].deliveries] == [Uncertain] * 2
    assert receipts[0].uncertain
    sent = [taken.recipients for taken in server.taken]
    assert sent.count([BOB, CAROL]) <= 1
    # the message after it was only announced, so it goes over a new connection
    assert isinstance(receipts[1][DAVE], Accepted)
    assert sent.count([DAVE]) == 1


def test_a_link_that_breaks_within_the_content_defers_with_what_the_server_said(to: Open) -> None:
    def refuse(link: Link) -> str:
        link.sock.sendall(b"552 5.3.4 too big for me\r\n")
        time.sleep(0.2)
        link.sock.shutdown(socket.SHUT_RD)
        time.sleep(0.5)
        return close(link)

    with Server({"CONTENT": refuse}) as server:
        outcome = one(to(server, "timeout=5"), mail(octets=b"a: b\r\n\r\n" + b"x" * 9_000_000 + b"\r\n"))
    assert isinstance(outcome, Failed | Deferred)
    assert not server.taken


def test_a_server_that_refuses_within_the_content_and_reads_no_more_is_heard(to: Open) -> None:
    def refuse(link: Link) -> str:
        link.sock.sendall(b"552 5.3.4 too big for me\r\n")
        time.sleep(3)
        return close(link)

    with Server({"CONTENT": refuse}, ("PIPELINING",)) as server:
        outcome = one(to(server, "timeout=1"), mail(octets=b"a: b\r\n\r\n" + b"x" * 30_000_000 + b"\r\n"))
    assert outcome == Failed(552, "5.3.4", "mesgtoobig", "too big for me")
    assert not server.taken


def test_a_kept_connection_that_died_is_not_an_outcome(to: Open) -> None:
    """The server closed an idle connection: the next message goes over a new one, whenever we learn of it."""
    with Server({"MAIL": ["250 ok", close, "250 ok", "421 4.4.2 idle too long", "250 ok"]}) as server:
        transport = to(server)
        for number in range(3):
            assert isinstance(one(transport, mail(number=number)), Accepted)
    assert len(server.links) == 3
    assert len(server.taken) == 3


def test_a_kept_connection_is_looked_at_before_it_is_used(
    to: Open, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was closed, or that a firewall forgot, costs neither a message's second try nor its minutes."""

    def say_and_close(link: Link) -> str:
        link.sock.sendall(b"250 2.0.0 ok\r\n")
        raise CloseError

    with Server({"DOT": [say_and_close, "250 ok"], "NOOP": ["250 ok", silence]}) as server:
        transport = to(server, "timeout=0.5")
        one(transport)
        time.sleep(0.1)
        monkeypatch.setattr("mailtemplates.smtp.connectionpool._ASK_AFTER", 0.0)
        for number in range(3):
            assert isinstance(one(transport, mail(number=number)), Accepted)
    assert "retry" not in [event.kind for event in events]
    assert server.verbs.count("MAIL") == 4
    assert len(server.links) == 3


def test_a_connection_is_given_up_after_its_messages(to: Open) -> None:
    with Server() as server:
        transport = to(server, "per_connection=2")
        assert all(receipt.accepted for receipt in transport.send_all(mail(number=number) for number in range(5)))
    assert len(server.links) == 3
    assert server.verbs.count("QUIT") >= 2


@pytest.mark.parametrize("fault", ["502 what", "451 no", close, silence], ids=["502", "451", "close", "silence"])
def test_an_odd_goodbye_is_no_error(to: Open, fault: Answer) -> None:
    with Server({"QUIT": fault}) as server:
        transport = to(server, "timeout=0.3")
        outcome = one(transport)
        transport.close()
    assert isinstance(outcome, Accepted)


def test_421_after_the_dot_defers_and_the_next_goes_over_a_new_connection(to: Open) -> None:
    with Server({"DOT": ["421 4.3.2 shutting down", "250 ok"]}) as server:
        receipts = list(to(server).send_all([mail(), mail(CAROL, number=2)]))
    assert isinstance(receipts[0][BOB], Deferred)
    assert receipts[1].accepted
    assert len(server.links) == 2


def test_a_reader_who_stops_early_leaves_no_message_half_way(to: Open) -> None:
    """A session with replies on their way must not be given to the next message, which would take them for its own."""
    with Server(delay=0.02) as server:
        transport = to(server)
        for _ in transport.send_all(mail(number=number) for number in range(5)):
            break
        assert isinstance(one(transport, mail(CAROL, octets=b"a: for Carol\r\n")), Accepted)
    assert [taken.recipients for taken in server.taken] == [[BOB], [CAROL]]
    assert server.taken[1].octets == b"a: for Carol\r\n"


ODD: list[Answer] = ["250 2.0.0 ok", "354 go", "450 4.2.1 later", "421 4.3.2 bye", "550 5.1.1 no", "452 4.5.3 too many",
       close, b"what\r\n"]  # fmt: skip


SCRIPTS = st.dictionaries(
    st.sampled_from(["MAIL", "RCPT", "DATA", "DOT", "RSET", "QUIT", "EHLO", "GREETING"]),
    st.lists(st.one_of(st.none(), st.sampled_from(ODD)), min_size=1, max_size=5),
    max_size=4,
)


def server_of(script: dict[str, list[Answer | None]], pipelined: bool, lmtp: bool = False) -> Server:
    """A server that behaves so for a while, and then as it should."""
    answers: dict[str, Any] = {verb: [*turns, None] for verb, turns in script.items()}
    return Server(answers, ("PIPELINING",) if pipelined else (), lmtp=lmtp)


def check_law(messages: list[Message], receipts: list[Receipt], taken: list[Taken]) -> None:
    """The law of the house: accepted means there, deferred and failed mean not there, and the rest is uncertain."""
    assert [receipt.message_id for receipt in receipts] == [message.message_id for message in messages]
    for message, receipt in zip(messages, receipts, strict=True):
        for address, outcome in receipt.deliveries:
            there = sum(address in one.recipients and one.octets == message.octets for one in taken)
            assert there <= 1, "doubled"
            if isinstance(outcome, Accepted):
                assert there == 1, "accepted and not there"
            elif not isinstance(outcome, Uncertain):
                assert there == 0, f"{outcome} and there"
    assert not any(one.octets == b"" for one in taken)


def numbered(count: int) -> list[Message]:
    return [mail(BOB, CAROL, DAVE, number=number, octets=b"Subject: %d\r\n" % number) for number in range(count)]


@settings(max_examples=150)
@given(script=SCRIPTS, pipelined=st.booleans(), lmtp=st.booleans())
def test_whatever_a_server_does_nothing_is_doubled_and_nothing_is_said_wrongly(
    script: dict[str, list[Answer | None]], pipelined: bool, lmtp: bool
) -> None:
    with server_of(script, pipelined, lmtp) as server:
        scheme = "lmtp" if lmtp else "smtp"
        with open_transport(f"{scheme}://localhost:{server.port}?timeout=0.3&per_connection=3") as transport:
            receipts = list(transport.send_all(numbered(4)))
    check_law(numbered(4), receipts, server.taken)


@settings(max_examples=75)
@given(script=SCRIPTS, other=SCRIPTS, pipelined=st.booleans())
def test_whatever_two_servers_do_failover_doubles_nothing(
    script: dict[str, list[Answer | None]], other: dict[str, list[Answer | None]], pipelined: bool
) -> None:
    with server_of(script, pipelined) as one, server_of(other, pipelined) as two:
        urls = " ".join(f"smtp://localhost:{server.port}?timeout=0.3&per_connection=3" for server in (one, two))
        with open_transport(f"failover({urls})") as transport:
            receipts = list(transport.send_all(numbered(4)))
    check_law(numbered(4), receipts, [*one.taken, *two.taken])


def test_what_is_wrong_with_the_next_message_does_not_hide_what_became_of_this_one(to: Open) -> None:
    """A message that was accepted never raises."""
    with Server() as server:
        receipts = to(server).send_all([mail(), Message(b"a: b\r\n", Envelope("a@example.test", ()), "2")])
        assert next(receipts).accepted
        with pytest.raises(AddressError):
            next(receipts)
        receipts.close()  # type: ignore[attr-defined]
    assert len(server.taken) == 1


# ── LMTP ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lmtp_answers_for_each_recipient(to: Open) -> None:
    dots: list[Answer] = ["250 2.1.5 delivered", "452 4.2.2 mailbox full", "250 2.1.5 delivered"]
    with Server({"RCPT": ["250 ok", "250 ok", GONE, "250 ok"], "DOT": dots}, lmtp=True) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL, DAVE), mail(number=2)]))
    assert isinstance(receipts[0][BOB], Accepted)
    assert receipts[0][CAROL] == Deferred(452, "4.2.2", "mailbox full", "mailboxfull")
    assert isinstance(receipts[0][DAVE], Failed)
    assert receipts[1].accepted
    assert server.verbs[0] == "LHLO"


def test_lmtp_that_breaks_between_the_answers_keeps_those_that_came(to: Open) -> None:
    with Server({"DOT": ["250 2.1.5 delivered", close]}, lmtp=True) as server:
        receipt = to(server).send(mail(BOB, CAROL))
    assert isinstance(receipt[BOB], Accepted)
    assert isinstance(receipt[CAROL], Uncertain)


def test_lmtp_over_a_socket_of_this_machine(tmp_path: Path) -> None:
    url = f"lmtp+unix:{tmp_path}/lmtp?timeout=2"
    with Server(lmtp=True, unix=tmp_path / "lmtp") as server, open_transport(url) as transport:
        assert isinstance(one(transport), Accepted)
    assert server.commands[0] == "LHLO localhost"


# ── the pool ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_threads_share_the_connections_of_the_pool(to: Open) -> None:
    with Server() as server:
        transport = to(server, "pool=3")
        outcomes: list[Outcome] = []
        threads = [threading.Thread(target=lambda: outcomes.append(one(transport))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == 20
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len(server.links) <= 3
    assert len(server.taken) == 20


def test_when_all_connections_are_in_use_the_others_wait_and_then_give_up(to: Open) -> None:
    with Server({"DOT": silence}) as server:
        transport = to(server, "pool=1&timeout=0.5")
        outcomes: list[Outcome] = []
        threads = [threading.Thread(target=lambda: outcomes.append(one(transport))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {type(outcome) for outcome in outcomes} == {Uncertain, NotTried}
    assert any("in use" in outcome.text for outcome in outcomes if isinstance(outcome, NotTried))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_process_makes_its_own_connections(to: Open) -> None:
    """As under gunicorn --preload: two processes that speak in one session would mix their messages."""
    with Server() as server:
        transport = to(server)
        one(transport)
        child = os.fork()
        if not child:
            os._exit(0 if transport.send(mail(CAROL)).accepted else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert isinstance(one(transport, mail(DAVE)), Accepted)
    assert len(server.links) == 2
    assert [taken.recipients for taken in server.taken] == [[BOB], [CAROL], [DAVE]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_is_forked_within_a_session_leaves_it_to_its_parent(to: Open) -> None:
    """As with multiprocessing amid a run: the child says nothing in the parent's session, not even QUIT."""
    with Server() as server:
        transport = to(server, "pool=1")
        receipts = transport.send_all(mail(number=number) for number in range(4))
        assert next(receipts).accepted
        child = os.fork()
        if not child:
            receipts.close()  # type: ignore[attr-defined]
            os._exit(0 if transport.send(mail(CAROL)).accepted else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert all(receipt.accepted for receipt in receipts)
    assert len(server.links) == 2
    assert sorted(taken.recipients[0] for taken in server.taken) == [BOB] * 4 + [CAROL]


def test_the_rate_is_kept(to: Open) -> None:
    with Server() as server:
        began = time.monotonic()
        assert all(receipt.accepted for receipt in to(server, "rate=10/s").send_all(mail() for _ in range(15)))
        assert 0.4 < time.monotonic() - began < 2
