"""The doctor on servers that are well and on planted faults: each fault ends in the one right row of the table."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from doctorlab import OFFERS, PASSWORD, Answer, Lab, made_certificate, shown_ids, validator
from hypothesis import given, settings
from hypothesis import strategies as st
from smtpserver import CloseError, Link, Server, close, silence

from mailtemplates.cli.shell import main
from mailtemplates.delivery.outcome import Phase
from mailtemplates.doctor.answer import as_object, row_lines
from mailtemplates.doctor.causes import OWN_FAULT, failure_of
from mailtemplates.doctor.checkup import Checkup
from mailtemplates.doctor.providers import hint
from mailtemplates.doctor.request import Request
from mailtemplates.doctor.steps import all_steps
from mailtemplates.errors import TransportError
from mailtemplates.failures.table import find_failure

BOB = "bob@example.test"
STEPS = [
    "config", "dns", "tcp", "greeting", "ehlo", "tls", "cert", "capabilities", "auth", "sender", "recipient",
    "message", "identity", "send", "arrive", "runtime",
]  # fmt: skip
LETTER = (
    b"Date: Sat, 28 Nov 2026 12:00:00 +0000\r\nFrom: Alice <alice@example.test>\r\nTo: bob@example.test\r\n"
    b"Subject: Hello\r\nMessage-ID: <1@example.test>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello Bob\r\n"
)


# --- what is well


@pytest.mark.parametrize("tls", ["", "starttls", "implicit"])
@pytest.mark.parametrize("login", [False, True], ids=["nobody", "login"])
def test_a_healthy_server_passes_every_step_and_gets_no_message(lab: Lab, tls: str, login: bool) -> None:
    server = lab.server(tls=tls)
    answer = lab.ask(lab.url(server, login=login), "--to", BOB)
    assert answer.code == 0
    assert answer.json["passed"] and not answer.json["sent"]
    assert sorted(one["step"] for one in answer.json["steps"]) == sorted(STEPS)
    assert server.taken == []
    assert "DATA" not in server.verbs
    assert server.verbs[-2:] == ["RSET", "QUIT"]


def test_steps_stand_in_the_order_of_the_link(lab: Lab) -> None:
    """With TLS from the first octet the handshake and the certificate come before the greeting."""
    starttls = lab.ask(lab.url(lab.server(tls="starttls")), "--to", BOB).json["steps"]
    assert [one["step"] for one in starttls] == STEPS == [one.name for one in all_steps()]
    implicit = lab.ask(lab.url(lab.server(tls="implicit")), "--to", BOB).json["steps"]
    assert [one["step"] for one in implicit[:7]] == ["config", "dns", "tcp", "tls", "cert", "greeting", "ehlo"]
    assert [one["number"] for one in implicit] == list(range(16))


def test_lmtp_over_tcp_and_over_a_socket(lab: Lab) -> None:
    tcp = lab.server(lmtp=True)
    assert lab.ask(lab.url(tcp), "--to", BOB).code == 0
    assert "LHLO" in tcp.verbs
    path = lab.folder / "socket"
    unix = lab.server(lmtp=True, unix=path)
    answer = lab.ask(f"lmtp+unix:{path}", "--to", BOB, "--really")
    assert answer.code == 0
    assert answer.step("dns")["status"] == "skip"
    assert len(unix.taken) == 1


@pytest.mark.parametrize("scheme", ["file", "maildir", "mbox"])
def test_a_place_on_this_machine_is_looked_at_and_not_written(lab: Lab, scheme: str) -> None:
    place = lab.folder / "deep" / "box"
    answer = lab.ask(f"{scheme}:{place}", "--to", BOB)
    assert answer.code == 0
    assert "will be made" in answer.step("config")["text"]
    assert not place.exists()
    assert lab.ask(f"{scheme}:{place}", "--to", BOB, "--really").code == 0
    assert place.exists()


def test_text_for_people_names_the_steps_and_concludes(lab: Lab) -> None:
    server = lab.server(tls="starttls")
    answer = lab.doctor(lab.url(server, login=True), "--to", BOB, "--transcript")
    assert "  8 ok   auth         alice@example.test via PLAIN" in answer.text
    assert "  C: AUTH PLAIN ***" in answer.text
    assert answer.text.endswith("\n=> would be accepted (nothing was sent)\n")


@pytest.mark.parametrize("word", ["x" * 900, "ü" * 900, "用户" * 300, "e\u0301" * 200, "x" * 500 + " 用户"])
def test_a_word_that_is_too_long_is_broken(lab: Lab, word: str) -> None:
    """The lab looks at the width of every line; the transcript is cut with an ellipsis, which is no ASCII."""
    server = lab.server(answers={"RCPT": f"550 5.1.1 {word}"})
    assert lab.doctor(lab.url(server), "--to", BOB, "--transcript").code == 1


def test_the_message_is_measured_against_what_the_server_offers(lab: Lab) -> None:
    server = lab.server()
    answer = lab.ask(lab.url(server), "--message", lab.message(LETTER))
    assert answer.code == 0
    assert f"MAIL FROM:<alice@example.test> SIZE={len(LETTER)}" in server.commands
    assert f"RCPT TO:<{BOB}>" in server.commands
    assert answer.step("message")["status"] == "ok"


def test_a_template_is_rendered_and_looked_at(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent)
    server = lab.server()
    answer = lab.ask(lab.url(server), "--template", "templates/welcome.j2")
    assert answer.code == 0, answer.text
    assert any("SIZE=" in command for command in server.commands)


def test_a_server_that_makes_strangers_wait_is_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for TLS meanwhile, and for a web page, on other connections."""
    asked = threading.Event()

    def late(link: Link) -> str:
        if link is not link.server.links[0]:
            if len(link.server.links) == 3:
                asked.set()
            return silence(link)
        asked.wait(60)
        return "220 mx.example.test ESMTP"

    monkeypatch.setattr("mailtemplates.doctor.steps.greeting._PATIENCE", 0.5)
    answer = lab.ask(lab.url(lab.server(answers={"GREETING": late})), "--to", BOB, "--timeout", "60")
    assert answer.code == 0, answer.step("greeting")
    assert asked.is_set()


def test_secrets_that_a_server_says_are_in_no_answer(lab: Lab) -> None:
    """The lab looks for the password in every answer; here the server says it wherever it can."""
    said = f"250 2.1.0 {PASSWORD} {base64.b64encode(PASSWORD.encode()).decode()} {'x' * 330} {PASSWORD} ok"
    server = lab.server(tls="starttls", answers={"MAIL": said, "RCPT": said, "RSET": said, "DOT": said})
    assert lab.ask(lab.url(server, login=True), "--to", BOB, "--really").code == 0
    assert lab.doctor(lab.url(server, login=True), "--to", BOB, "--transcript").code == 0
    greeted = lab.server(answers={"GREETING": f"220 {PASSWORD}"}, features=(*OFFERS, f"X-{PASSWORD}"))
    assert lab.ask(lab.url(greeted, login=True), "--to", BOB).code == 0
    assert lab.doctor(f"smtp+starttls://alice:{PASSWORD}@localhost:99999").code == 2


# --- planted faults: how it is planted, the step where it shows, its row

Plant = Callable[[Lab], list[str]]
FAULTS: dict[str, tuple[Plant, str, str]] = {}


def fault(step: str, failure: str) -> Callable[[Plant], Plant]:
    def plant(function: Plant) -> Plant:
        FAULTS[function.__name__.replace("_", " ").strip()] = (function, step, failure)
        return function

    return plant


def at(step: str, failure: str, name: str, *, silent: Phase | None = None, **options: Any) -> None:
    """A server with scripted answers.

    :param silent: the phase in which it says nothing, and which is left little time therefore.
    """

    def plant(lab: Lab) -> list[str]:
        if silent:
            lab.brief(silent)
        return [lab.url(lab.server(**options)), "--to", BOB]

    FAULTS[name] = plant, step, failure


def slowly(text: bytes, pause: float = 0.1) -> Callable[[Link], str]:
    """An octet at a time."""

    def answer(link: Link) -> str:
        for octet in text:
            link.sock.sendall(bytes([octet]))
            time.sleep(pause)
        return "250 done"

    return answer


def endlessly(piece: bytes) -> Callable[[Link], str]:
    def answer(link: Link) -> str:
        for _ in range(9000):
            link.sock.sendall(piece)
        return "250 done"

    return answer


def refuse_and_go(link: Link) -> str:
    link.sock.sendall(b"550 5.1.1 User unknown\r\n")
    raise CloseError


def close_after_yes(link: Link) -> str:
    link.sock.sendall(b"220 go\r\n")
    raise CloseError


def no_handshake(link: Link) -> str:
    """Says that TLS may begin, and then goes on in clear."""
    link.sock.sendall(b"220 go\r\n")
    link.sock.recv(4096)
    link.sock.sendall(b"250 what was that?\r\n")
    raise CloseError


@fault("config", "D35")
def a_url_that_is_none(lab: Lab) -> list[str]:
    return ["smtp.example.test:587"]


@fault("config", "D35")
def a_scheme_that_is_none(lab: Lab) -> list[str]:
    return ["smtpx://localhost"]


@fault("config", "D35")
def a_parameter_that_is_none(lab: Lab) -> list[str]:
    return ["smtps://localhost?cafil=x"]


@fault("config", "D35")
def a_password_in_clear(lab: Lab) -> list[str]:
    return [f"smtp://alice:{PASSWORD}@localhost"]


@fault("config", "D34")
def a_password_file_that_is_not_there(lab: Lab) -> list[str]:
    return [f"smtps://alice@localhost?password_file={lab.folder}/none"]


@fault("config", "D84")
def a_recipient_that_is_none(lab: Lab) -> list[str]:
    return ["smtp://localhost", "--to", "bob@@example.test"]


@fault("config", "D73")
def a_sender_that_is_none(lab: Lab) -> list[str]:
    return ["smtp://localhost", "--from", "alice"]


@fault("config", "D165")
def a_message_that_is_not_there(lab: Lab) -> list[str]:
    return ["smtp://localhost", "--message", str(lab.folder / "none.eml")]


@fault("config", "D166")
def a_folder_that_is_a_file(lab: Lab) -> list[str]:
    (lab.folder / "file").write_text("")
    return [f"file:{lab.folder}/file/box"]


@fault("dns", "D01")
def a_host_without_address(lab: Lab) -> list[str]:
    return ["smtp://no-such-host.invalid", "--to", BOB]


@fault("tcp", "D02")
def a_port_where_nothing_listens(lab: Lab) -> list[str]:
    return [f"smtp://127.0.0.1:{lab.closed_port()}", "--to", BOB]


@fault("tcp", "D03")
def a_port_that_never_answers(lab: Lab) -> list[str]:
    """A listener whose queue is full: more connections are neither taken nor refused."""
    lab.brief("connect")
    listener = lab.stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        waiting = lab.stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
    return [f"smtp://127.0.0.1:{listener.getsockname()[1]}", "--to", BOB]


@fault("tcp", "D02")
def a_socket_that_is_not_there(lab: Lab) -> list[str]:
    return [f"lmtp+unix:{lab.folder}/none", "--to", BOB]


@fault("greeting", "D04")
def clear_spoken_to_a_port_with_tls(lab: Lab) -> list[str]:
    lab.brief("greeting")
    return [f"smtp://localhost:{lab.server(tls='implicit').port}", "--to", BOB]


@fault("greeting", "D04")
def starttls_wanted_of_a_port_with_tls(lab: Lab) -> list[str]:
    lab.brief("greeting")
    return [f"smtp+starttls://localhost:{lab.server(tls='implicit').port}", "--to", BOB]


@fault("tls", "D05")
def tls_spoken_to_a_port_in_clear(lab: Lab) -> list[str]:
    return [f"smtps://localhost:{lab.server(tls='starttls').port}", "--to", BOB]


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


class _WebServer(ThreadingHTTPServer):
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, Any]:
        sock, address = super().get_request()
        return (self.context.wrap_socket(sock, server_side=True) if self.context else sock), address


def web_server(lab: Lab, context: ssl.SSLContext | None = None) -> int:
    lab.brief("greeting")
    server = _WebServer(("127.0.0.1", 0), _Page)
    server.context = context
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    lab.stack.callback(server.server_close)
    lab.stack.callback(thread.join)
    lab.stack.callback(server.shutdown)
    return server.server_port


@fault("greeting", "D10")
def a_web_server_that_waits(lab: Lab) -> list[str]:
    """As real ones do: the client speaks first."""
    return [f"smtp://localhost:{web_server(lab)}", "--to", BOB]


@fault("greeting", "D10")
def a_web_server_with_tls(lab: Lab) -> list[str]:
    port = web_server(lab, lab.certificates.right)
    return [f"smtps://localhost:{port}?cafile={lab.certificates.cafile}", "--to", BOB]


at("greeting", "D160", "a greeting that never comes", answers={"GREETING": silence}, silent="greeting")
at(
    "greeting",
    "D160",
    "a greeting an octet at a time",
    answers={"GREETING": slowly(b"220 " + b"x" * 600)},
    silent="greeting",
)
at("greeting", "D09", "closed at once", answers={"GREETING": close})
at("greeting", "D10", "a web server", answers={"GREETING": b"HTTP/1.1 400 Bad Request\r\n\r\n"})
at("greeting", "D46", "another protocol", answers={"GREETING": b"SSH-2.0-OpenSSH_9.2\r\n"})
at("greeting", "D46", "octets of no text", answers={"GREETING": b"\xff\xfe\x00\x80\r\n"})
at("greeting", "D46", "a line without end", answers={"GREETING": endlessly(b"x" * 100)})
at("greeting", "D46", "a greeting without end", answers={"GREETING": endlessly(b"220-again and again\r\n")})
at("greeting", "D11", "greeted with 421", answers={"GREETING": "421 4.7.0 too many connections"})
at("greeting", "D11", "greeted with 554", answers={"GREETING": "554 5.7.1 no access from here"})
at("ehlo", "D48", "a name that is refused", answers={"EHLO": "504 5.5.2 <x>: Helo command rejected"})
at("ehlo", "D49", "neither EHLO nor HELO", answers={"EHLO": "502 no", "HELO": "502 no"})
at("ehlo", "D42", "closed at EHLO", answers={"EHLO": close})
at("ehlo", "D160", "silent at EHLO", answers={"EHLO": silence}, silent="ehlo")
at("ehlo", "D160", "slow at EHLO", answers={"EHLO": slowly(b"250-mx\r\n" * 80)}, silent="ehlo")
at("ehlo", "D46", "EHLO without end", answers={"EHLO": endlessly(b"250-AGAIN\r\n")})
at("sender", "D18", "a sender of somebody else", answers={
    "MAIL": "553 5.7.1 <bob@example.test>: Sender address rejected: not owned by user alice"})  # fmt: skip
at("sender", "D13", "TLS wanted first", answers={"MAIL": "530 5.7.0 Must issue a STARTTLS command first"})
at("sender", "D65", "a login wanted first", answers={"MAIL": "530 5.7.0 Authentication required"})
at("sender", "D160", "silent at MAIL", answers={"MAIL": silence}, silent="mail")
at("recipient", "D80", "a user that is unknown", answers={"RCPT": "550 5.1.1 User unknown in virtual mailbox table"})
at("recipient", "D19", "relay denied", answers={"RCPT": "554 5.7.1 <bob@example.test>: Relay access denied"})
at("recipient", "D85", "greylisted", answers={"RCPT": "451 4.7.1 Greylisted, please try again in 300 seconds"})
at("recipient", "D81", "a mailbox that is full", answers={"RCPT": "452 4.2.2 Mailbox full"})
at("recipient", "D42", "closed at RCPT", answers={"RCPT": close})
at("recipient", "D80", "a refusal, and then the end of the link", answers={"RCPT": refuse_and_go})
at("recipient", "D80", "a refusal without RSET", answers={"RCPT": "550 5.1.1 User unknown", "RSET": "500 what"})
at("recipient", "D42", "closed at RSET", answers={"RSET": close})
at("recipient", "D46", "octets of no text at RCPT", answers={"RCPT": b"\xe4\xb8\x00\xff\r\n"})


def secure(step: str, failure: str, name: str, *args: str, **options: Any) -> None:
    """A server with STARTTLS and a login."""
    more, silent = options.pop("more", ""), options.pop("silent", None)

    def plant(lab: Lab) -> list[str]:
        if silent:
            lab.brief(silent)
        return [lab.url(lab.server(tls="starttls", **options), login=True, more=more), "--to", BOB, *args]

    FAULTS[name] = plant, step, failure


@fault("tls", "D12")
def no_starttls(lab: Lab) -> list[str]:
    server = lab.server()
    return [f"smtp+starttls://localhost:{server.port}", "--to", BOB]


@fault("tls", "D160")
def silent_at_the_handshake(lab: Lab) -> list[str]:
    lab.brief("tls")
    return [f"smtps://localhost:{lab.server(answers={'GREETING': silence}).port}", "--to", BOB]


@fault("greeting", "D54")
def a_certificate_of_ours_is_wanted(lab: Lab) -> list[str]:
    """With TLS 1.3 the server says so only after the handshake."""
    context, cafile = made_certificate(lab.folder, "client-wanted")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cafile)
    server = lab.server(tls="implicit", context=context)
    return [f"smtps://localhost:{server.port}?cafile={cafile}", "--to", BOB]


secure("tls", "D51", "no TLS for now", answers={"STARTTLS": "454 4.7.0 TLS not available due to local problem"})
secure("tls", "D162", "octets before the handshake", answers={"STARTTLS": b"220 go\r\n250 injected\r\n"})
secure("tls", "D06", "closed after STARTTLS", answers={"STARTTLS": close_after_yes})
secure("tls", "D05", "no handshake after STARTTLS", answers={"STARTTLS": no_handshake})
secure("auth", "D17", "a wrong password", answers={"AUTH": "535 5.7.8 Error: authentication failed"})
secure("auth", "D17", "a server that says the password", answers={"AUTH": f"535 5.7.8 {PASSWORD} is wrong"})
secure("auth", "D66", "logins that fail for now", answers={"AUTH": "454 4.7.0 Temporary authentication failure"})
secure("auth", "D64", "passwords turned off", answers={
    "AUTH": "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."})  # fmt: skip
secure("auth", "D15", "no login offered", features=OFFERS[:-1])
secure("auth", "D16", "no shared mechanism", features=(*OFFERS[:-1], "AUTH NTLM GSSAPI"))
secure("auth", "D160", "silent at AUTH", answers={"AUTH": silence}, silent="auth")
secure("auth", "D42", "closed at AUTH", answers={"AUTH": close})
_JSON = base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}').decode()
_TOKENS = (*OFFERS[:-1], "AUTH XOAUTH2")
secure("auth", "D67", "a token that is refused", features=_TOKENS, more="auth=xoauth2", answers={
    "AUTH": f"334 {_JSON}", "AUTH2": "535 5.7.8 Username and Password not accepted"})  # fmt: skip


@fault("auth", "D67")
def hangs_in_xoauth2(lab: Lab) -> list[str]:
    def challenge(link: Link) -> str:
        lab.brief("auth")
        return f"334 {_JSON}"

    server = lab.server(tls="starttls", features=_TOKENS, answers={"AUTH": challenge, "AUTH2": silence})
    return [lab.url(server, login=True, more="auth=xoauth2"), "--to", BOB]


@fault("cert", "D53")
def a_certificate_that_has_expired(lab: Lab) -> list[str]:
    context, cafile = made_certificate(lab.folder, "expired")
    server = lab.server(tls="starttls", context=context)
    return [f"smtp+starttls://localhost:{server.port}?cafile={cafile}", "--to", BOB]


@fault("cert", "D53")
def a_certificate_of_tomorrow(lab: Lab) -> list[str]:
    context, cafile = made_certificate(lab.folder, "not-yet-valid")
    server = lab.server(tls="implicit", context=context)
    return [f"smtps://localhost:{server.port}?cafile={cafile}", "--to", BOB]


@fault("cert", "D08")
def a_certificate_of_a_foreign_ca(lab: Lab) -> list[str]:
    server = lab.server(tls="implicit")
    return [f"smtps://alice@localhost:{server.port}", "--to", BOB]


@fault("cert", "D08")
def a_certificate_that_signs_itself(lab: Lab) -> list[str]:
    context, _ = made_certificate(lab.folder, "self-signed")
    server = lab.server(tls="starttls", context=context)
    return [f"smtp+starttls://alice@localhost:{server.port}", "--to", BOB]


@fault("cert", "D07")
def a_certificate_for_another_name(lab: Lab) -> list[str]:
    return [lab.url(lab.server(tls="starttls", context=lab.certificates.other_name), login=True), "--to", BOB]


@fault("cert", "D161")
def a_certificate_that_is_not_the_pinned_one(lab: Lab) -> list[str]:
    return [lab.url(lab.server(tls="implicit"), login=True, more=f"pin={'00' * 32}"), "--to", BOB]


@fault("capabilities", "D100")
def a_message_over_the_size(lab: Lab) -> list[str]:
    return [lab.url(lab.server(features=("SIZE 100",))), "--message", lab.message(LETTER)]


@fault("capabilities", "D55")
def an_address_that_needs_smtputf8(lab: Lab) -> list[str]:
    return [lab.url(lab.server(features=("8BITMIME",))), "--to", "jörg@example.test"]


@fault("capabilities", "D104")
def a_message_that_needs_8bitmime(lab: Lab) -> list[str]:
    octets = LETTER.replace(b"7bit", b"8bit").replace(b"Hello Bob", "Grüße".encode())
    return [lab.url(lab.server(features=("SMTPUTF8",))), "--message", lab.message(octets)]


@fault("capabilities", "D52")
def requiretls_that_is_not_offered(lab: Lab) -> list[str]:
    return [lab.url(lab.server(tls="starttls"), more="requiretls=1"), "--to", BOB]


def letter(step: str, failure: str, name: str, octets: bytes) -> None:
    FAULTS[name] = (lambda lab: [lab.url(lab.server()), "--message", lab.message(octets), "--to", BOB], step, failure)


letter("capabilities", "D101", "a line feed that stands alone", LETTER + b"a\nb\r\n")
letter("message", "D102", "a line of 1200 octets", LETTER + b"x" * 1200 + b"\r\n")
letter("message", "D103", "no From", LETTER.replace(b"From: Alice <alice@example.test>\r\n", b""))
letter("message", "D103", "no Date", LETTER.partition(b"\r\n")[2])
letter("message", "D103", "two subjects", b"Subject: Twice\r\n" + LETTER)
letter("message", "D104", "octets over 127 that are not declared", LETTER + "Grüße\r\n".encode())


@fault("send", "D107")
def content_taken_for_spam(lab: Lab) -> list[str]:
    server = lab.server(answers={"DOT": "554 5.7.1 Message rejected as spam"})
    return [lab.url(server), "--to", BOB, "--really"]


@fault("send", "D46")
def a_yes_where_the_content_should_begin(lab: Lab) -> list[str]:
    return [lab.url(lab.server(answers={"DATA": "250 2.0.0 fine"})), "--to", BOB, "--really"]


@fault("send", "D139")
def closed_after_the_final_dot(lab: Lab) -> list[str]:
    return [lab.url(lab.server(answers={"DOT": close})), "--to", BOB, "--really"]


@fault("send", "D160")
def silent_at_the_final_dot(lab: Lab) -> list[str]:
    lab.brief("data")
    return [lab.url(lab.server(answers={"DATA": silence})), "--to", BOB, "--really"]


WAITING = ("--timeout", "3")
"""Of what is waited for as long as a step may take."""


def sent(lab: Lab, **imap: Any) -> list[str]:
    server = lab.server()
    imap.setdefault("folders", {"INBOX": lambda: [one.octets for one in server.taken]})
    return [lab.url(server), "--to", BOB, "--really", "--imap", lab.imap(**imap)]


@fault("arrive", "D152")
def a_mailbox_that_refuses_the_login(lab: Lab) -> list[str]:
    return sent(lab, password="another")


@fault("arrive", "D173")
def a_mailbox_that_never_shows_the_message(lab: Lab) -> list[str]:
    return [*sent(lab, folders={"INBOX": list, "Junk": list}), *WAITING]


@fault("arrive", "D150")
def a_message_in_the_junk_folder(lab: Lab) -> list[str]:
    server = lab.server()
    folders = {"INBOX": list, "Bulk": lambda: [one.octets for one in server.taken]}
    imap = lab.imap(folders=folders, flags={"Bulk": "\\Junk \\HasNoChildren"})
    return [lab.url(server), "--to", BOB, "--really", "--imap", imap]


@fault("arrive", "D174")
def a_message_that_was_changed(lab: Lab) -> list[str]:
    server = lab.server()
    folders = {"INBOX": lambda: [one.octets + b"-- \r\nScanned\r\n" for one in server.taken]}
    return [lab.url(server), "--to", BOB, "--really", "--imap", lab.imap(folders=folders)]


@fault("arrive", "D172")
def a_mailbox_that_is_silent(lab: Lab) -> list[str]:
    return [*sent(lab, answers={"GREETING": "silence"}), *WAITING]


@fault("arrive", "D172")
def a_mailbox_that_is_not_there(lab: Lab) -> list[str]:
    server = lab.server()
    imap = f"imap://bob@localhost:{lab.closed_port()}?insecure=1"
    return [lab.url(server), "--to", BOB, "--really", "--imap", imap]


@fault("arrive", "D172")
def a_mailbox_that_hangs_up(lab: Lab) -> list[str]:
    return sent(lab, answers={"LIST": "BYE"})


@fault("arrive", "D172")
def a_mailbox_that_is_a_web_server(lab: Lab) -> list[str]:
    return sent(lab, answers={"GREETING": "HTTP/1.1 400 Bad Request"})


@fault("arrive", "D172")
def a_mailbox_that_announces_more_than_there_is_room_for(lab: Lab) -> list[str]:
    return sent(lab, answers={"FETCH": f"* 1 FETCH (BODY[] {{{10**18}}}\r\nOK"})


@fault("arrive", "D172")
def a_mailbox_that_announces_more_than_a_number_can_be(lab: Lab) -> list[str]:
    return sent(lab, answers={"FETCH": f"* 1 FETCH (BODY[] {{{10**30}}}\r\nOK"})


@fault("arrive", "D172")
def a_mailbox_that_is_busy(lab: Lab) -> list[str]:
    return sent(lab, answers={"GREETING": "* BYE too many connections"})


@fault("arrive", "D153")
def a_mailbox_without_an_inbox(lab: Lab) -> list[str]:
    return sent(lab, answers={"EXAMINE": "NO not today"})


TIMEOUT = 60.0
"""Seconds for a step; what ends by itself, or by the time that is left to a silent phase, needs none of them."""


def ended(answer: Answer) -> tuple[str, str]:
    found, *others = answer.failed or [("", "")]
    assert not others
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_in_its_row(lab: Lab, name: str) -> None:
    """In JSON by the schema; with a cause and a cure; nothing after it; within its time; nothing delivered."""
    plant, step, failure = FAULTS[name]
    arguments = plant(lab)
    start = time.monotonic()
    answer = lab.ask("--timeout", str(TIMEOUT), *arguments)
    took = time.monotonic() - start
    assert ended(answer) == (step, failure), [
        one.get("text") for one in answer.json["steps"] if one["status"] == "fail"
    ]
    assert answer.code == (2 if step == "config" and failure != "D166" else 1)
    after = [one for one in answer.json["steps"] if one["number"] > answer.step(step)["number"]]
    assert {one["status"] for one in after} <= {"not_reached"}
    row = answer.step(step)["failure"]
    known = find_failure(failure)
    assert known is not None and row["name"] == known.name
    assert row["cause"] and row["fix"]
    assert took < TIMEOUT, "no phase was waited for longer than it may take"
    if step not in ("send", "arrive"):
        assert [one for server in lab.servers for one in server.taken] == []


def test_there_are_faults_of_every_kind() -> None:
    assert len(FAULTS) >= 30
    assert {step for _, step, _ in FAULTS.values()} >= set(STEPS) - {"identity", "runtime"}


TOLD = (
    "clear spoken to a port with tls", "a wrong password", "a user that is unknown", "a certificate that has expired",
    "a mailbox that never shows the message", "a url that is none",
)  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_a_fault_is_told_to_people(lab: Lab, name: str) -> None:
    plant, step, failure = FAULTS[name]
    answer = lab.doctor("--timeout", str(TIMEOUT), *plant(lab))
    assert shown_ids(answer.text) == [failure]
    assert f"=> stopped at {step}: {failure}" in answer.text
    assert "               cause: " in answer.text and "                 fix: " in answer.text
    if step != "arrive":
        assert "not reached" in answer.text


def test_a_certificate_without_key_identifier_is_named_where_python_is_strict(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.13 made strict verification the default; older ones are made strict here."""
    from mailtemplates.smtp import endpoint

    def strict(cafile: str = "") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=cafile)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr("mailtemplates.smtp.transport.make_context", strict)
    assert endpoint.make_context is not strict
    context, cafile = made_certificate(lab.folder, "without-key-id")
    server = lab.server(tls="starttls", context=context)
    answer = lab.ask(f"smtp+starttls://localhost:{server.port}?cafile={cafile}", "--to", BOB)
    assert ended(answer) == ("cert", "D14")


VERBS = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "RSET", "DATA", "DOT", "QUIT")
ODD = ("250 ok", "220 mx", "354 go", "334 ", "334 eyJ4Ijoi", "235 in", "421 4.3.0 later", "450 4.2.0 busy", "502 what?", "530 5.7.0 no",
       "550 5.1.1 gone", "250-half", "999 x", "25", "", b"\xff\xfe\r\n", b"250 \x1b[31mred\r\n", b"250-a\r\n550 b\r\n", close, silence)  # fmt: skip


@settings(max_examples=60)
@given(
    script=st.dictionaries(st.sampled_from(VERBS), st.sampled_from(ODD), max_size=4),
    lmtp=st.booleans(),
    really=st.booleans(),
)
def test_whatever_a_server_says_is_a_row(script: dict[str, Any], lmtp: bool, really: bool) -> None:
    """Never a fault of the doctor's own; nothing is delivered without --really; no control character is shown."""
    with Server(script, lmtp=lmtp, features=OFFERS) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("mailtemplates.doctor.timelimit._GRACE", 60)  # each step ends by itself, and none is left behind
        url = f"{'lmtp' if lmtp else 'smtp'}://alice:{PASSWORD}@localhost:{server.port}?insecure=1"
        checkup = Checkup(Request(url, recipients=(BOB,), seconds=0.4, really=really, go_on=True))
        lines = list(row_lines(checkup.run()))
    validator().validate(json.loads(json.dumps(as_object(checkup, with_transcript=True))))
    assert OWN_FAULT not in [row.failure.name for row in checkup.failed if row.failure]
    assert PASSWORD not in "".join(lines) and "\x1b" not in "".join(lines)
    assert really or server.taken == []


# --- what goes on after a failure


def test_all_goes_on_where_it_can(lab: Lab) -> None:
    server = lab.server(tls="starttls", answers={"AUTH": "535 5.7.8 no", "RCPT": "550 5.1.1 no such user"})
    answer = lab.ask(lab.url(server, login=True), "--to", BOB, "--all", "--really")
    assert answer.failed == [("auth", "D17"), ("recipient", "D80")]
    assert answer.json["failure"] == "D17"
    assert answer.step("runtime")["status"] == "ok"
    assert answer.step("send")["status"] == "not_reached"
    assert server.taken == []


def test_all_says_nothing_more_on_a_link_that_is_not_trusted(lab: Lab) -> None:
    server = lab.server(tls="starttls", context=lab.certificates.other_name)
    answer = lab.ask(lab.url(server, login=True), "--to", BOB, "--all")
    assert answer.failed == [("cert", "D07")]
    assert answer.step("auth")["status"] == "not_reached"
    assert "AUTH" not in server.verbs and "MAIL" not in server.verbs


def test_each_recipient_is_asked(lab: Lab) -> None:
    server = lab.server(answers={"RCPT": ["250 ok", "550 5.1.1 no such user", "250 ok"]})
    answer = lab.ask(lab.url(server), *(word for name in "abc" for word in ("--to", f"{name}@example.test")))
    assert ended(answer) == ("recipient", "D80")
    assert "b@example.test" in answer.step("recipient")["text"]
    assert "1 of 3" in answer.step("recipient")["text"]
    assert server.verbs[-2:] == ["RSET", "QUIT"]


# --- really, and arrive


def test_one_message_is_sent_and_found_octet_for_octet(lab: Lab) -> None:
    server = lab.server()
    trace = b"Return-Path: <x@example.test>\r\nAuthentication-Results: mx.example.test;\r\n spf=pass\r\n"
    folders = {"INBOX": lambda: [trace + one.octets for one in server.taken]}
    answer = lab.ask(lab.url(server), "--to", BOB, "--really", "--imap", lab.imap(folders=folders))
    assert answer.code == 0
    assert answer.json["sent"]
    assert len(server.taken) == 1
    facts = answer.step("arrive")["facts"]
    assert facts["identical"] and facts["folder"] == "INBOX"
    assert facts["authentication_results"] == ["Authentication-Results: mx.example.test; spf=pass"]
    assert not [one for one in lab.mailbox.commands if " SELECT" in one or " STORE" in one]


def test_a_message_of_ones_own_is_sent_with_the_tag_before_it(lab: Lab) -> None:
    server = lab.server()
    old = b"X-Mailtpl-Doctor: an older one\r\n" + LETTER
    folders = {"INBOX": lambda: [*(one.octets for one in server.taken), old, LETTER]}
    imap = lab.imap(folders=folders)
    answer = lab.ask(lab.url(server), "--message", lab.message(LETTER), "--really", "--imap", imap)
    assert answer.code == 0, answer.text
    (taken,) = server.taken
    assert taken.octets.startswith(b"X-Mailtpl-Doctor: ")
    assert taken.octets.endswith(LETTER)
    assert answer.step("send")["facts"]["message_id"] == "1@example.test"


def test_a_message_file_with_the_line_ends_of_unix_is_sent_with_crlf(lab: Lab) -> None:
    server = lab.server()
    imap = lab.imap(folders={"INBOX": lambda: [one.octets for one in server.taken]})
    message = lab.message(LETTER.replace(b"\r\n", b"\n"))
    answer = lab.ask(lab.url(server), "--message", message, "--really", "--imap", imap)
    assert answer.code == 0, answer.text
    assert server.taken[0].octets.endswith(LETTER)


def test_a_header_in_utf_8_is_said_to_be_so(lab: Lab) -> None:
    server = lab.server()
    message = lab.message(LETTER.replace(b"Subject: Hello", "Subject: Grüße".encode()))
    assert lab.ask(lab.url(server), "--message", message).code == 0
    assert any("SMTPUTF8" in command for command in server.commands)


def test_hidden_recipients_are_asked_and_not_named(lab: Lab) -> None:
    """As in sending: Bcc is for the envelope and leaves the message."""
    server = lab.server()
    message = lab.message(b"Bcc: carol@example.test\r\n" + LETTER)
    answer = lab.ask(lab.url(server), "--message", message, "--really")
    assert answer.code == 0, answer.text
    assert server.taken[0].recipients == [BOB, "carol@example.test"]
    assert b"Bcc" not in server.taken[0].octets


def test_without_a_url_it_is_that_of_sending(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    server = lab.server()
    monkeypatch.setenv("MAILTPL_TRANSPORT", lab.url(server))
    assert lab.ask("--to", BOB).code == 0
    assert "RCPT" in server.verbs


def test_addresses_are_tried_in_their_order_and_each_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with ``::1`` refused before 127.0.0.1."""
    server, closed = lab.server(), lab.closed_port()
    found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    both = [(*found[0][:4], ("127.0.0.1", closed)), *found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: both)
    answer = lab.ask(lab.url(server), "--to", BOB)
    assert answer.code == 0
    assert answer.step("tcp")["text"] == f"127.0.0.1:{closed} refused, 127.0.0.1:{server.port} open"


@pytest.mark.parametrize(("scheme", "failure"), [("smtp", ("greeting", "D04")), ("smtps", ("cert", "D08"))])
def test_what_the_server_is_asked_again_is_asked_at_the_address_that_took_the_connection(
    scheme: str, failure: tuple[str, str], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with ``localhost`` that is ``::1`` first, while the server is at 127.0.0.1 only."""
    lab.brief("greeting")
    server, closed = lab.server(tls="implicit"), lab.closed_port()
    found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    both = [(*found[0][:4], ("127.0.0.1", closed)), *found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: both)
    answer = lab.ask(f"{scheme}://localhost:{server.port}", "--to", BOB)
    assert ended(answer) == failure
    assert scheme == "smtp" or "until" in answer.step("cert")["text"]


def test_the_mailbox_has_a_password_of_its_own(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTPL_IMAP_PASSWORD", "hünter2")
    assert lab.ask(*sent(lab, password="hünter2")).code == 0
    monkeypatch.delenv("MAILTPL_IMAP_PASSWORD")
    monkeypatch.setenv("MAILTPL_PASSWORD", "hunter2")
    assert lab.ask(*sent(lab, password="hunter2", capabilities="IMAP4rev1")).code == 0


def test_a_mailbox_is_looked_at_over_verified_tls(lab: Lab) -> None:
    server = lab.server()
    lab.imap(folders={"INBOX": lambda: [one.octets for one in server.taken]}, context=lab.certificates.right)
    url = f"imaps://bob%40example.test@localhost:{lab.mailbox.port}"
    arguments = [lab.url(server), "--to", BOB, "--really", "--imap"]
    assert lab.ask(*arguments, f"{url}?cafile={lab.certificates.cafile}").code == 0
    assert ended(lab.ask(*arguments, url)) == ("arrive", "D172")


# --- usage


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["smtp://localhost", "--timeout", "0"],
        ["smtp://localhost", "--data", "x.json"],
        ["smtp://localhost", "--message", "a.eml", "--template", "b.j2"],
        ["smtp://localhost", "--imap", "imaps://a@b"],
        ["smtp://localhost", "--ip", "here"],
        ["smtp://localhost", "--nameserver", "dns.example:53"],
        ["smtp://localhost", "--nameserver", "127.0.0.1:99999"],
        ["smtp://localhost", "--language", "fr"],
    ],
    ids=" ".join,
)
def test_usage_that_cannot_be_is_said(lab: Lab, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lab.capture.readouterr()
    monkeypatch.delenv("MAILTPL_TRANSPORT", raising=False)
    assert main(["doctor", *arguments]) == 2
    assert b"error: " in lab.capture.readouterr()[1]


def test_a_traceback_is_explained_without_any_server(lab: Lab) -> None:
    path = lab.message(
        b'Traceback (most recent call last):\n  File "send.py", line 3, in <module>\n'
        b"smtplib.SMTPRecipientsRefused: {'x@b.test': (554, b'5.7.1 <x@b.test>: Relay access denied')}\n"
    )
    assert "D19 relay-denied" in lab.doctor("--from-exception", path).text
    lab.capture.readouterr()
    assert main(["doctor", "--from-exception", path, "--json"]) == 0
    assert json.loads(lab.capture.readouterr()[0])["causes"][0]["id"] == "D19"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_traceback_of_any_terminal_is_read(lab: Lab, encoding: str) -> None:
    text = "smtplib.SMTPAuthenticationError: (535, b'Login Fail. 请使用授权码登录')\n"
    assert "D62 authorization-code-wanted" in lab.doctor("--from-exception", lab.message(text.encode(encoding))).text


@pytest.mark.parametrize(
    ("host", "code", "words"),
    [
        ("smtp.gmail.com", 535, "app password"),
        ("smtp.qq.com", 535, "授权码"),
        ("smtp.office365.com", 535, "XOAUTH2"),
        ("email-smtp.eu-west-1.amazonaws.com", 535, "SMTP credentials"),
        ("smtp.gmail.com", 454, ""),
        ("notgmail.com", 535, ""),
    ],
)
def test_what_a_provider_wants_of_a_login_is_told(host: str, code: int, words: str) -> None:
    told = hint(host, TransportError("no", phase="auth", code=code))
    assert words in told
    assert bool(words) == bool(told)


def test_causes_and_cures_are_told_in_chinese(lab: Lab) -> None:
    plant, step, failure = FAULTS["a wrong password"]
    answer = lab.doctor(*plant(lab), "--language", "zh")
    assert "原因：" in answer.text and "办法：" in answer.text
    assert f"=> stopped at {step}: {failure}" in answer.text


def test_a_token_that_cannot_be_one_is_a_fault_of_the_token() -> None:
    """Nothing was said to the server: its replies are not to blame."""
    error = TransportError("the access token has characters that no token can have", phase="auth", temporary=False)
    assert failure_of(error).id == "D67"


def test_a_step_that_crashes_is_a_row_and_the_fault_is_ours(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtemplates.doctor.steps.tcp.RecordedWire", None)
    answer = lab.ask("smtp://localhost", "--to", BOB)
    assert ended(answer) == ("tcp", "D167")
    assert answer.code == 3


def test_a_resolver_that_never_answers_is_not_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver takes no time limit."""
    over = threading.Event()

    def ask(*arguments: Any, **options: Any) -> list[Any]:
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    lab.brief("connect")
    start = time.monotonic()
    try:
        answer = lab.ask("smtp://mx.example.test", "--to", BOB, "--timeout", "60")
    finally:
        over.set()
    assert time.monotonic() - start < 50
    assert ended(answer) == ("dns", "D36")


def test_a_step_that_never_ends_is_given_up(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password file that is a pipe, say: whatever a step waits for, the whole of it has a time."""
    monkeypatch.setattr("mailtemplates.doctor.steps.config.find_login", lambda *arguments: time.sleep(30))
    start = time.monotonic()
    answer = lab.ask("smtps://alice@localhost", "--to", BOB, "--timeout", "0.2")
    assert time.monotonic() - start < 10
    assert ended(answer) == ("config", "D160")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_the_process_ends_though_a_step_hangs(lab: Lab) -> None:
    """A password file that is a pipe nobody writes to; the thread that waits for it is left behind."""
    os.mkfifo(lab.folder / "pipe")
    url = f"smtps://alice@localhost?password_file={lab.folder}/pipe"
    command = [sys.executable, "-m", "mailtemplates", "doctor", url, "--to", BOB, "--timeout", "0.5"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stdout.endswith("=> stopped at config: D160 server-silent\n")
    assert ended.stderr == ""


def test_the_process_writes_all_before_it_ends(lab: Lab) -> None:
    command = [sys.executable, "-m", "mailtemplates", "doctor", lab.url(lab.server()), "--to", BOB, "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0
    validator().validate(json.loads(ended.stdout))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes streams")
@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_are_no_traceback(lab: Lab, streams: str) -> None:
    command = f'"{sys.executable}" -m mailtemplates doctor null: --to {BOB} {streams}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == (0 if streams == "2>&-" else 2)
    assert "Traceback" not in done.stdout + done.stderr


def test_the_page_names_every_step_and_ids_that_there_are() -> None:
    page = (Path(__file__).parent.parent / "docs" / "doctor.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \d+ \| `(\w+)` \|", page, re.M) == STEPS
    told = re.findall(r"\b(D\d{2,3}) ([a-z-]+)", page)
    assert told
    for failure, name in told:
        row = find_failure(failure)
        assert row is not None and row.name == name


def test_no_template_has_the_name_of_the_schema() -> None:
    """``schemas/doctor.json`` would be taken for the data contract of a template ``doctor.j2``."""
    root = Path(__file__).parent.parent
    assert not list(root.glob("templates/**/doctor.*"))
    assert json.loads((root / "schemas" / "doctor.json").read_text())["title"] == "mailtpl doctor --json"
