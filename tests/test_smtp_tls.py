"""TLS to a mail server: verified or not at all, and never gone without."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
from pathlib import Path

import pytest
from smtplab import LOGIN_FEATURES, PASSWORD, Brief, Open, no_password_left, one
from smtpserver import Answer, Certificates, Link, Server, SilenceError

from mailtemplates.delivery.outcome import NotTried
from mailtemplates.smtp.endpoint import make_context


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


def test_a_tls_port_that_is_spoken_to_in_clear(to: Open, brief: Brief, certificates: Certificates) -> None:
    brief("greeting")
    with Server(tls="implicit", context=certificates.right) as server:
        outcome = one(to(server, scheme="smtp+starttls"))
    assert isinstance(outcome, NotTried)
    assert outcome.phase == "greeting"
    assert "was silent for 0.5 s" in outcome.text
    assert "smtps://" in outcome.cure


def test_a_clear_port_that_is_spoken_to_in_tls(to: Open) -> None:
    with Server() as server:
        outcome = one(to(server, scheme="smtps"))
    assert isinstance(outcome, NotTried)
    assert (outcome.phase, outcome.temporary) == ("tls", False)
    assert "smtp+starttls://" in outcome.cure


def test_a_handshake_that_never_ends(to: Open, brief: Brief) -> None:
    brief("tls")
    with Server({"STARTTLS": [stall_handshake]}, (*LOGIN_FEATURES, "STARTTLS")) as server:
        outcome = one(to(server, scheme="smtp+starttls", user="alice", password=PASSWORD))
    assert isinstance(outcome, NotTried)
    assert outcome.phase == "tls"
    no_password_left(server)


def stall_handshake(link: Link) -> str:
    link.sock.sendall(b"220 go\r\n")
    raise SilenceError


@pytest.mark.parametrize("noticed", [False, True], ids=["unnoticed", "noticed"])
def test_a_link_that_is_reset_before_the_handshake_is_closed(noticed: bool) -> None:
    """Python 3.11 leaves the socket open, or says that it is secure when nobody is there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        number = sock.fileno()
        if noticed:
            with contextlib.suppress(ConnectionResetError):
                sock.recv(1)
        with contextlib.closing(sock), pytest.raises(ConnectionResetError):
            make_context().wrap_socket(sock, server_hostname="localhost")
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)
