"""Logging in: one mechanism, one try, and no password in any text."""

from __future__ import annotations

from base64 import b64encode

import pytest
from smtplab import BOB, LOGIN_FEATURES, PASSWORD, Brief, Open, mail, one
from smtpserver import Answer, Certificates, Link, Server, decoded, silence

from mailtemplates.delivery.outcome import Accepted, NotTried
from mailtemplates.errors import SettingsError
from mailtemplates.transports import open_transport

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


def test_xoauth2_that_hangs_ends_in_time_and_keeps_the_json(to: Open, brief: Brief, certificates: Certificates) -> None:
    def challenge(link: Link) -> str:
        brief("auth")
        return "334 " + b64encode(b'{"status":"400"}').decode()

    answers: dict[str, Answer | list[Answer]] = {"AUTH": challenge, "AUTH2": [silence]}
    with Server(answers, ("AUTH XOAUTH2",), "starttls", certificates.right) as server:
        outcome = one(to(server, user="alice", token=lambda: "t0ken"))
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
