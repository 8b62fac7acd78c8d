"""What is said of a message before it is sent: by its envelope, and by what the server takes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from smtpserver import Server

from mailtemplates import Envelope, Message
from mailtemplates.linting.linter import Linter, lint
from mailtemplates.octets.submission import Submission, read_submission_example
from mailtemplates.settings import Settings
from mailtemplates.transports import open_transport

SENDER, BEN = "hello@acme-shop.com", "ben@reader.example"
LINTER = Linter(Settings(select=("SND", "CTE007", "ATT009")))


def mail(
    *recipients: str, sender: str = SENDER, to: str = BEN, from_: str = SENDER, body: str = "Hello\r\n"
) -> Message:
    octets = f"From: {from_}\r\nTo: {to}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}".encode()
    named = (sender, *(recipients or (BEN,)))
    return Message(octets, Envelope(sender, named[1:], not "".join(named).isascii()), "1@acme-shop.com")


def found(message: Message, extensions: Mapping[str, str] | None = None) -> dict[str, str]:
    """The codes with their severities."""
    return {one.code: one.severity for one in LINTER.lint_submission(message, extensions=extensions)}


CASES: dict[str, tuple[Message, Mapping[str, str] | None, dict[str, str]]] = {
    "all is right": (mail(), {"SIZE": "1000"}, {}),
    "smtputf8, nobody asked": (mail("jörg@reader.example", to="jörg@reader.example"), None, {}),
    "smtputf8 lacks": (mail("jörg@reader.example", to="jörg@reader.example"), {}, {"SND001": "error"}),
    "smtputf8 offered": (mail("jörg@reader.example", to="jörg@reader.example"), {"SMTPUTF8": ""}, {}),
    "smtputf8 of the sender": (mail(sender="jörg@acme-shop.com"), {}, {"SND001": "error"}),
    "a line end": (mail(BEN, "a@b.example\r\nRCPT TO:<c@d.example"), None, {"SND002": "error"}),
    "a space": (mail(BEN, "a b@c.example"), None, {"SND002": "error"}),
    "a name": (mail(BEN, "Ben <ben@c.example>"), None, {"SND002": "error"}),
    "a control": (mail(BEN, "a\x00b@c.example"), None, {"SND002": "error"}),
    "two": (mail(BEN, "a@c.example,b@c.example"), None, {"SND002": "error"}),
    "a sender with parameters": (mail(sender=f"{SENDER}> SIZE=1"), None, {"SND002": "error"}),
    "the null sender": (mail(sender="<>"), None, {}),
    "no recipient": (Message(mail().octets, Envelope(SENDER, ()), "1"), None, {}),
    "blind copies": (mail(BEN, "carl@reader.example"), None, {}),
    "somebody is left out": (mail(to=f"{BEN}, carl@reader.example"), None, {"SND003": "info"}),
    "others altogether": (mail("test@acme-shop.com"), None, {"SND003": "info"}),
    "the domain in another form": (mail("ben@xn--strae-oqa.example", to="ben@straße.example"), None, {}),
    "the domain in another case": (mail("ben@READER.example"), None, {}),
    "the local part in another case": (mail("Ben@reader.example"), None, {"SND003": "info"}),
    "a group without members": (mail(to="undisclosed-recipients:;"), None, {}),
    "a subdomain bounces": (mail(sender="b@bounces.acme-shop.com"), None, {}),
    "another organization bounces": (mail(sender="b@mailer.example"), None, {"SND003": "info"}),
    "8 bits, nobody asked": (mail(body="Grüße\r\n"), None, {"CTE007": "info"}),
    "8 bits, refused": (mail(body="Grüße\r\n"), {"SIZE": ""}, {"CTE007": "error"}),
    "8 bits, taken": (mail(body="Grüße\r\n"), {"8BITMIME": ""}, {"CTE007": "info"}),
    "too large for the server": (mail(body="x" * 900), {"SIZE": "500"}, {"ATT009": "error"}),
    "too large, counted with CRLF": (mail(body="\n" * 300), {"SIZE": "600"}, {"ATT009": "error"}),
    "no limit": (mail(body="x" * 900), {"SIZE": "0"}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("message", "extensions", "codes"), CASES.values(), ids=CASES)
def test_what_is_found_before_sending(
    message: Message, extensions: Mapping[str, str] | None, codes: dict[str, str]
) -> None:
    assert found(message, extensions) == codes


def test_the_sender_of_the_envelope_aligns_bulk_mail() -> None:
    bulk = Linter(Settings(profile="bulk", select=("BLK007",)))
    assert [one.code for one in bulk.lint_submission(mail(sender="b@mailer.example"))] == ["BLK007"]
    assert bulk.lint_submission(mail(sender="b@bounces.acme-shop.com")) == []
    assert bulk.lint_submission(mail(sender="<>")) == []


def test_a_finding_names_what_is_wrong_and_its_place() -> None:
    (one,) = LINTER.lint_submission(mail("jörg@reader.example", to="jörg@reader.example"), "t.j2", extensions={})
    assert (one.path, one.line, one.column) == ("t.j2", 2, 5)
    assert "`jörg@reader.example` needs SMTPUTF8" in one.message
    (one,) = LINTER.lint_submission(mail(to=f"{BEN}, carl@reader.example, dora@reader.example"))
    assert "`carl@reader.example` and 1 more in To" in one.message


def test_a_message_that_is_not_being_sent_has_no_findings_of_sending() -> None:
    message = mail("test@acme-shop.com", sender="b@mailer.example")
    assert not [one for one in lint(message) if one.code.startswith("SND")]


def test_the_server_is_asked_over_the_connection_that_then_sends() -> None:
    with Server(features=("SIZE 1000", "PIPELINING")) as server:
        with open_transport(f"smtp://localhost:{server.port}?timeout=60") as transport:
            extensions = transport.extensions()
            assert extensions == {"SIZE": "1000", "PIPELINING": ""}
            assert found(mail(body="Grüße\r\n" + "x" * 1000), extensions) == {"CTE007": "error", "ATT009": "error"}
            assert transport.send(mail()).accepted
        assert len(server.links) == 1
    with open_transport(f"smtp://localhost:{server.port}?timeout=60") as transport:
        assert transport.extensions() is None
    assert open_transport("null:").extensions() is None


def test_an_example_of_the_send_step_is_read_as_it_is_written() -> None:
    text = "S: 250-SIZE 10\nS: 250 8BITMIME\nC: MAIL FROM:<>\nC: RCPT TO:<a@b.example>␍␊x>\n\n…\n"
    read = read_submission_example(text)
    assert isinstance(read, Submission)
    assert read.extensions == {"SIZE": "10", "8BITMIME": ""}
    assert read.envelope == Envelope("<>", ("a@b.example>\r\nx",))
    assert read.size_limit == 10
