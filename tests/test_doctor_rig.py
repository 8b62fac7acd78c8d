"""The doctor on a real Postfix and a real Dovecot."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dnsserver import DnsServer
from doctorlab import Answer, Lab
from mailrig import SIZE_LIMIT, USERS, MailRig

from mailtemplates import Envelope, Message
from mailtemplates.failures.failure import STEPS
from mailtemplates.settings import DkimSettings
from mailtemplates.signing.dkim import DkimSigner, sign_dkim

ALICE, BOB = "alice@example.test", "bob@example.test"
LETTER = (
    "Date: Mon, 02 Nov 2026 12:00:00 +0000\r\nFrom: Alice <alice@example.test>\r\nTo: bob@example.test\r\n"
    "Subject: hi\r\nMessage-ID: <{number}@example.test>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Grüße\r\n.\r\n..\r\n.dot\r\n\r\ntab\t\r\nFrom here\r\n{long}\r\n"
)


@pytest.fixture
def lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab with the passwords of the rig."""
    monkeypatch.setenv("MAILTPL_PASSWORD", USERS[ALICE])
    monkeypatch.setenv("MAILTPL_IMAP_PASSWORD", USERS[BOB])
    return lab


def url(rig: MailRig, kind: str) -> str:
    return {
        "relay": f"smtp://localhost:{rig.relay}",
        "starttls": f"smtp+starttls://alice%40example.test@localhost:{rig.submission}",
        "implicit": f"smtps://alice%40example.test@localhost:{rig.submissions}",
        "lmtp": f"lmtp://127.0.0.1:{rig.lmtp}",
        "lmtp+unix": f"lmtp+unix:{rig.lmtp_socket}",
    }[kind]


def ask(lab: Lab, rig: MailRig, kind: str, *more: str) -> Answer:
    answer = lab.ask(url(rig, kind), "--cafile", str(rig.cafile), "--timeout", "20", *more)
    assert USERS[ALICE] not in answer.text
    assert USERS[BOB] not in answer.text
    return answer


KINDS = ("relay", "starttls", "implicit", "lmtp", "lmtp+unix")


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_well(lab: Lab, mail_rig: MailRig, kind: str) -> None:
    letter = lab.message(LETTER.format(number=1, long="x" * 900).encode())
    answer = ask(lab, mail_rig, kind, "--to", BOB, "--message", letter)
    assert answer.code == 0, answer.text
    assert answer.json["conclusion"] == "would be accepted (nothing was sent)"
    wanted = {"config", "tcp", "greeting", "ehlo", "capabilities", "sender", "recipient", "message", "runtime"}
    wanted |= {"tls", "cert", "auth"} if kind in ("starttls", "implicit") else set()
    assert {one["step"] for one in answer.json["steps"] if one["status"] == "ok"} >= wanted


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_sent_and_read_back_over_imaps_octet_for_octet(lab: Lab, mail_rig: MailRig, kind: str) -> None:
    letter = lab.message(LETTER.format(number=time.time_ns(), long="x" * 900).encode())
    imap = f"imaps://bob%40example.test@localhost:{mail_rig.imaps}?cafile={mail_rig.cafile}"
    answer = ask(lab, mail_rig, kind, "--to", BOB, "--message", letter, "--really", "--imap", imap)
    assert answer.code == 0, answer.text
    facts = answer.step("arrive")["facts"]
    assert facts["identical"]
    assert facts["folder"] == "INBOX"
    assert answer.json["conclusion"] == "sent, and arrived"


def test_all_sixteen_steps_are_well(lab: Lab, mail_rig: MailRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a signed message, and a name server that knows the domain."""
    key = rsa.generate_private_key(65537, 2048)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (lab.folder / "key.pem").write_bytes(secret)
    (lab.folder / "key.pem").chmod(0o600)
    (lab.folder / "mailtemplates.toml").write_text(
        '[[dkim]]\ndomain = "example.test"\nselector = "s1"\nkey = "key.pem"\n'
    )
    monkeypatch.chdir(lab.folder)
    signer = DkimSigner.of(DkimSettings("example.test", "s1", "key.pem"), lab.folder)
    octets = LETTER.format(number=time.time_ns(), long="x").replace("8bit", "7bit").replace("Grüße", "Hello").encode()
    signed = sign_dkim(Message(octets, Envelope(ALICE, (BOB,)), "1"), (signer,), datetime.now(UTC)).octets
    name, record = signer.record
    zone = {
        "example.test": ["MX 10 mx.example.test.", 'TXT "v=spf1 ip4:127.0.0.1 -all"'],
        "mx.example.test": ["A 127.0.0.1"],
        "_dmarc.example.test": ['TXT "v=DMARC1; p=reject"'],
        name: [f'TXT "{record[:200]}" "{record[200:]}"'],
        "1.0.0.127.in-addr.arpa": ["PTR mx.example.test."],
    }
    imap = f"imaps://bob%40example.test@localhost:{mail_rig.imaps}?cafile={mail_rig.cafile}"
    with DnsServer(zone) as dns:
        questions = ("--nameserver", dns.where, "--ip", "127.0.0.1")
        answer = ask(
            lab, mail_rig, "starttls", "--message", lab.message(signed), "--really", "--imap", imap, *questions
        )
    assert {one["step"]: one["status"] for one in answer.json["steps"]} == dict.fromkeys(STEPS, "ok")
    assert "aligned by SPF and DKIM" in answer.step("identity")["text"]
    assert "that of the private key" in answer.step("identity")["text"]


def test_a_message_of_the_doctor_arrives_over_starttls_for_imap_too(lab: Lab, mail_rig: MailRig) -> None:
    imap = f"imap://bob%40example.test@localhost:{mail_rig.imap}?cafile={mail_rig.cafile}"
    answer = ask(lab, mail_rig, "starttls", "--to", BOB, "--really", "--imap", imap)
    assert answer.code == 0, answer.text
    found = mail_rig.fetch(BOB, answer.step("send")["facts"]["message_id"])
    assert b"\r\nSubject: [mailtpl doctor] " in found


def test_a_wrong_password(lab: Lab, mail_rig: MailRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTPL_PASSWORD", "wrong-Pa55")
    for kind in ("starttls", "implicit"):
        assert ask(lab, mail_rig, kind, "--to", BOB).failed == [("auth", "D17")]
    assert "wrong-Pa55" not in lab.capture.readouterr()[0].decode()


@pytest.mark.parametrize(
    ("kind", "recipient", "failure"),
    [
        ("starttls", "nobody-here@example.test", "D80"),
        ("relay", "nobody-here@example.test", "D80"),
        ("relay", "somebody@elsewhere.example", "D19"),
        ("lmtp", "nobody-here@example.test", "D80"),
    ],
)
def test_a_recipient_that_is_refused(lab: Lab, mail_rig: MailRig, kind: str, recipient: str, failure: str) -> None:
    assert ask(lab, mail_rig, kind, "--to", recipient).failed == [("recipient", failure)]


def test_a_message_over_the_size_of_the_server(lab: Lab, mail_rig: MailRig) -> None:
    letter = lab.message(LETTER.format(number=1, long="x" * 900 + "\r\n" + ("y" * 900 + "\r\n") * 1200).encode())
    answer = ask(lab, mail_rig, "starttls", "--message", letter)
    assert answer.failed == [("capabilities", "D100")]
    assert str(SIZE_LIMIT) in answer.step("capabilities")["text"]


def test_ports_that_are_mixed_up(lab: Lab, mail_rig: MailRig) -> None:
    starttls_on_465 = f"smtp+starttls://alice%40example.test@localhost:{mail_rig.submissions}"
    tls_on_587 = f"smtps://alice%40example.test@localhost:{mail_rig.submission}"
    assert lab.ask(starttls_on_465, "--timeout", "2").failed == [("greeting", "D04")]
    assert lab.ask(tls_on_587).failed == [("tls", "D05")]
    assert lab.ask(f"smtp://localhost:{mail_rig.submission}", "--to", BOB).failed == [("sender", "D13")]


def test_a_mailbox_whose_password_is_wrong(lab: Lab, mail_rig: MailRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTPL_IMAP_PASSWORD", "wrong-Pa55")
    imap = f"imaps://bob%40example.test@localhost:{mail_rig.imaps}?cafile={mail_rig.cafile}"
    answer = ask(lab, mail_rig, "starttls", "--to", BOB, "--really", "--imap", imap)
    assert answer.failed == [("arrive", "D152")]
    assert not answer.json["sent"]
    assert "wrong-Pa55" not in answer.text
