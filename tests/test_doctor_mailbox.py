"""Where the doctor looks for the message: folders of every spelling, and what mailbox servers say in between."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from doctorlab import Lab

from mailtemplates.doctor.folder import decode_name, read_folder
from mailtemplates.smtp.login import Login

BOB = "bob@example.test"


@pytest.mark.parametrize(
    ("line", "name", "junk"),
    [
        (rb'(\HasNoChildren) "/" "INBOX"', "INBOX", False),
        (rb'(\HasNoChildren \Junk) "/" "Bulk"', "Bulk", True),
        (rb'() NIL Junk', "Junk", True),
        (rb'() "." INBOX.Spam', "INBOX.Spam", True),
        (rb'() "\\" "a b"', "a b", False),
        (rb'() "/" "[Gmail]/Spam"', "[Gmail]/Spam", True),
        (rb'() "/" "Junk-E-Mail"', "Junk-E-Mail", True),
        (rb'() "/" "&V4NXPpCuTvY-"', "垃圾邮件", True),
        (rb'() "." "INBOX.&V4NXPnux-"', "INBOX.垃圾箱", True),
        ('() "/" "垃圾邮件"'.encode(), "垃圾邮件", True),
        (rb'(\Junk) "/" "say \"no\" \\"', 'say "no" \\', True),
        ((rb'(\Junk) "/" {7}', b"My Junk"), "My Junk", True),
        (rb'() "/" "Entw&APw-rfe &- mehr"', "Entwürfe & mehr", False),
    ],
)  # fmt: skip
def test_folders_are_read(line: object, name: str, junk: bool) -> None:
    """RFC 3501 §7.2.2: a name is an atom, a quoted string or a literal; in modified UTF-7 (§5.1.3)."""
    found = read_folder(line)
    assert found is not None
    assert (found.name, found.junk) == (name, junk)


@pytest.mark.parametrize("line", [rb'(\Noselect \Junk) "/" J', rb'(\NonExistent) "/" J', b"", b")", None, b'() "/"'])
def test_what_is_no_folder_to_look_into_is_left_out(line: object) -> None:
    assert read_folder(line) is None


@pytest.mark.parametrize("octets", [b"&V4N", b"&A-", b"&////-", b"&AAA-", b"\xff\xfe"])
def test_a_name_that_is_broken_is_shown_as_it_can_be(octets: bytes) -> None:
    assert isinstance(decode_name(octets), str)


@pytest.mark.parametrize(
    ("listed", "folder"),
    [
        (r'* LIST () "/" "&V4NXPpCuTvY-"', "&V4NXPpCuTvY-"),
        ('* LIST (\\Junk) "/" {7}\r\nMy Junk', "My Junk"),
        (r'* LIST (\Junk) "/" "a \"b\""', 'a \\"b\\'),
    ],
    ids=["modified UTF-7", "a literal", "a quoted string"],
)
def test_suspected_mail_is_found_however_its_folder_is_written(lab: Lab, listed: str, folder: str) -> None:
    server = lab.server()
    folders = {"INBOX": list, folder: lambda: [one.octets for one in server.taken]}
    imap = lab.imap(folders=folders, answers={"LIST": f"{listed}\r\nOK done"})
    answer = lab.ask(lab.url(server), "--to", BOB, "--really", "--imap", imap, "--timeout", "60")
    assert answer.failed == [("arrive", "D150")], answer.step("arrive")


def test_a_folder_of_suspected_mail_that_cannot_be_opened_does_not_hide_the_inbox(lab: Lab) -> None:
    """It is looked into again and again, and the message comes late."""
    server = lab.server()
    asked: list[int] = []

    def late() -> list[bytes]:
        asked.append(1)
        return [one.octets for one in server.taken] if len(asked) > 1 else []

    imap = lab.imap(folders={"INBOX": late}, answers={"LIST": '* LIST (\\Junk) "/" "Gone"\r\nOK done'})
    answer = lab.ask(lab.url(server), "--to", BOB, "--really", "--imap", imap)
    assert answer.code == 0, answer.step("arrive")


def test_a_server_that_knows_us_already_is_not_given_the_password(lab: Lab) -> None:
    server = lab.server()
    folders = {"INBOX": lambda: [one.octets for one in server.taken]}
    imap = lab.imap(folders=folders, answers={"GREETING": "* PREAUTH welcome back"})
    assert lab.ask(lab.url(server), "--to", BOB, "--really", "--imap", imap).code == 0
    assert not [one for one in lab.mailbox.commands if "AUTHENTICATE" in one or "LOGIN" in one]


def test_a_password_outside_ascii_is_no_matter_for_login(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOGIN takes ASCII; who cannot log in is told why, and not what Python says of its codecs."""
    monkeypatch.setenv("MAILTPL_IMAP_PASSWORD", "pässwörd")
    imap = lab.imap(password="pässwörd", capabilities="IMAP4rev1")
    answer = lab.ask(lab.url(lab.server()), "--to", BOB, "--really", "--imap", imap)
    assert answer.failed == [("arrive", "D152")]
    assert "letters of ASCII only" in answer.step("arrive")["text"]


@pytest.mark.parametrize(
    ("options", "failure"),
    [
        ({"password": "another"}, "D152"),
        ({"capabilities": "IMAP4rev1", "answers": {"LOGIN": "NO [AUTHENTICATIONFAILED] no"}}, "D152"),
        ({"answers": {"GREETING": "silence"}}, "D172"),
        ({"answers": {"GREETING": "* BYE too many connections"}}, "D172"),
        ({"answers": {"AUTHENTICATE": "silence"}}, "D172"),
        ({"answers": {"LIST": "NO not today"}}, "D153"),
        ({"answers": {"EXAMINE": "NO not today"}}, "D153"),
        ({"answers": {"EXAMINE": "silence"}}, "D172"),
    ],
    ids=["password", "login", "silent", "busy", "silent at the login", "no list", "no inbox", "silent at the inbox"],
)
def test_nothing_is_sent_where_arrival_cannot_be_seen(lab: Lab, options: dict[str, Any], failure: str) -> None:
    """A message to look for that nobody can look for helps nobody: the mailbox is opened before it goes."""
    server = lab.server()
    seconds = "3" if "silence" in options.get("answers", {}).values() else "60"
    answer = lab.ask(lab.url(server), "--to", BOB, "--really", "--imap", lab.imap(**options), "--timeout", seconds)
    assert answer.failed == [("arrive", failure)], answer.text
    assert (answer.code, answer.json["sent"], server.taken) == (1, False, [])
    assert "DATA" not in server.verbs
    assert answer.step("send")["text"].startswith("nothing is sent: ")


def test_a_mailbox_that_drips_is_given_up_and_nothing_is_sent(lab: Lab) -> None:
    """Each octet comes in time and the login never; when the time is over nothing is sent, then or later."""
    server = lab.server()
    imap = lab.imap(answers={"GREETING": "drip"})
    answer = lab.ask(lab.url(server), "--to", BOB, "--really", "--imap", imap, "--timeout", "2")
    assert answer.failed == [("arrive", "D172")]
    assert not server.taken


def test_a_secret_is_hidden_as_it_stands_in_a_url_too() -> None:
    secret = "Zq9%s/+ pass wörd&x=1"
    login = Login("alice", secret)
    said = f"535 no {quote(secret)} {quote(secret, safe='')} {quote_plus(secret)} {secret}"
    assert login.hide(said) == "535 no *** *** *** ***"
