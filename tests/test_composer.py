"""Parts to octets: the tree, the order of the header, the envelope, and what cannot be composed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import wire

from mailtemplates.errors import AddressError, AttachmentError, ComposeError, SettingsError
from mailtemplates.headers.field import Field, Text
from mailtemplates.headers.headerblocks import make_field
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.composer import compose
from mailtemplates.message.entity import Branch, text_leaf, write_entity
from mailtemplates.message.message import Message
from mailtemplates.message.parts import Parts
from mailtemplates.message.stamp import Stamp
from mailtemplates.octets.mime import Part, parse

STAMP = Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "20260102.abc")
FROM = make_field("From", "Acme <hello@acme.example>")
TO = make_field("To", "Ann <ann@x.test>")
SUBJECT = make_field("Subject", "Hello")
HTML = "<!doctype html>\n<p>Grüße</p>\n"
LOGO = Attachment.from_bytes(b"\x89PNG\r\n\x1a\n", filename="logo.png", disposition="inline")
BILL = Attachment.from_bytes(b"%PDF-1.7", filename="bill.pdf")
ICS = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n"


def made(*fields: Field, **parts: Any) -> Message:
    bodies = {"text": "Hello\n"} if not parts.keys() & {"html", "text", "calendar", "amp"} else {}
    message = compose(Parts(fields or (FROM, TO, SUBJECT), **{**bodies, **parts}), STAMP)
    wire.check_lines(message.octets)
    assert not list(defects(parse(message.octets)))
    return message


def defects(part: Part) -> Iterator[Any]:
    yield from part.defects
    for child in part.children:
        yield from defects(child)


def tree(part: Part) -> Any:
    return (part.media_type, [tree(child) for child in part.children]) if part.children else part.media_type


PLAIN, RICH = "text/plain", "text/html"
TREES: dict[str, tuple[dict[str, Any], Any]] = {
    "text": ({"text": "a"}, PLAIN),
    "html": ({"html": HTML}, RICH),
    "both": ({"text": "a", "html": HTML}, ("multipart/alternative", [PLAIN, RICH])),
    "html with an image": ({"html": HTML, "related": (LOGO,)}, ("multipart/related", [RICH, "image/png"])),
    "amp": (
        {"text": "a", "html": HTML, "amp": "<html amp4email>"},
        ("multipart/alternative", [PLAIN, "text/x-amp-html", RICH]),
    ),
    "text with a file": ({"text": "a", "attachments": (BILL,)}, ("multipart/mixed", [PLAIN, "application/pdf"])),
    "text with an image": ({"text": "a", "related": (LOGO,)}, ("multipart/mixed", [PLAIN, "image/png"])),
    "invitation": (
        {"text": "a", "calendar": ICS},
        ("multipart/mixed", [("multipart/alternative", [PLAIN, "text/calendar"]), "application/ics"]),
    ),
    "everything": (
        {"text": "a", "html": HTML, "amp": "b", "calendar": ICS, "related": (LOGO,), "attachments": (BILL,)},
        (
            "multipart/mixed",
            [
                (
                    "multipart/alternative",
                    [PLAIN, "text/x-amp-html", ("multipart/related", [RICH, "image/png"]), "text/calendar"],
                ),
                "application/pdf",
                "application/ics",
            ],
        ),
    ),
}


@pytest.mark.parametrize(("parts", "expected"), TREES.values(), ids=TREES)
def test_the_tree_has_no_wrapper_with_one_child(parts: dict[str, Any], expected: Any) -> None:
    assert tree(parse(made(**parts).octets)) == expected


def test_the_standard_library_reads_the_same_tree_and_bodies() -> None:
    message = made(text="Grüße\n", html=HTML, calendar=ICS, related=(LOGO,), attachments=(BILL,)).as_email()
    assert [part.defects for part in message.walk()] == [[]] * 9
    body = message.get_body(("html",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == HTML
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert files["bill.pdf"] == BILL.content
    assert files["invite.ics"] == ICS.replace("\n", "\r\n").encode()


def test_the_header_is_in_the_usual_order_with_bcc_left_out() -> None:
    given = [
        make_field("X-Custom", "1"),
        make_field("References", "<r@x.test>"),
        SUBJECT,
        make_field("Bcc", "secret@x.test"),
        make_field("Resent-Bcc", "secret2@x.test"),
        make_field("Cc", "cc@x.test"),
        TO,
        make_field("Reply-To", "help@acme.example"),
        FROM,
        make_field("List-Unsubscribe", "<https://x.test/u>"),
    ]
    message = made(*given, text="a", language="de_AT")
    names = [field.name for field in parse(message.octets).fields]
    assert names == [
        "Date",
        "From",
        "Reply-To",
        "To",
        "Cc",
        "Subject",
        "Message-ID",
        "References",
        "X-Custom",
        "List-Unsubscribe",
        "Content-Language",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ]
    assert b"secret" not in message.octets
    assert parse(message.octets).field("Content-Language") == "de-AT"
    assert message.envelope.recipients == ("ann@x.test", "cc@x.test", "secret@x.test")


def test_date_message_id_and_boundaries_come_from_the_stamp() -> None:
    root = parse(made(text="a", html=HTML).octets)
    assert root.field("Date") == "Fri, 02 Jan 2026 03:04:05 +0000"
    assert root.field("Message-ID") == "<20260102.abc@acme.example>"
    assert root.parameters["boundary"] == "=_a_20260102.abc"
    hosted = compose(Parts((FROM,), text="a"), Stamp(STAMP.date, "t", "mail.example"))
    assert hosted.message_id == "t@mail.example"


def test_a_stamp_without_a_token_takes_one_from_date_and_content() -> None:
    def token(date: datetime, **parts: Any) -> str:
        return compose(Parts((FROM, TO), **parts), Stamp(date)).message_id

    first = token(STAMP.date, text="a")
    assert token(STAMP.date, text="a") == first
    assert token(STAMP.date, text="b") != first
    assert token(datetime(2027, 1, 1, tzinfo=UTC), text="a") != first


def test_the_parts_own_date_and_message_id_win() -> None:
    fields = (FROM, make_field("Message-ID", "<own@x.test>"), make_field("Date", "2020-01-01T00:00:00Z"))
    message = made(*fields, text="a")
    assert message.message_id == "own@x.test"
    assert message.octets.count(b"Message-ID:") == message.octets.count(b"Date:") == 1
    assert b"Date: Wed, 01 Jan 2020 00:00:00 +0000\r\n" in message.octets


def test_the_envelope_names_each_recipient_once_and_the_sender() -> None:
    fields = (
        make_field("From", "a@x.test, b@x.test"),
        make_field("Sender", "bounce@bücher.example"),
        make_field("To", "One <one@X.test>, Team: two@x.test, one@x.TEST;"),
        make_field("Cc", "ONE@x.test"),
    )
    envelope = made(*fields, text="a").envelope
    assert envelope.sender == "bounce@xn--bcher-kva.example"
    assert envelope.recipients == ("one@X.test", "two@x.test", "ONE@x.test")
    assert made(FROM, text="a").envelope.recipients == ()


def test_an_empty_field_of_addresses_is_not_written() -> None:
    octets = made(FROM, TO, make_field("Cc", ""), make_field("Subject", ""), text="a").octets
    assert b"Cc:" not in octets
    assert b"\r\nSubject:\r\n" in octets


WRONG: dict[str, tuple[Parts, type[Exception], str]] = {
    "no from": (Parts((TO,), text="a"), ComposeError, "no From"),
    "empty from": (Parts((make_field("From", ""),), text="a"), ComposeError, "no From"),
    "no body": (Parts((FROM,)), ComposeError, "no body"),
    "only a calendar": (Parts((FROM,), calendar=ICS), ComposeError, "no body"),
    "many authors": (Parts((make_field("From", "a@x.test, b@x.test"),), text="a"), ComposeError, "no Sender"),
    "group in from": (Parts((make_field("From", "T: a@x.test;"),), text="a"), ComposeError, "group"),
    "many senders": (
        Parts((FROM, make_field("Sender", "a@x.test, b@x.test")), text="a"),
        ComposeError,
        "more than one",
    ),
    "to twice": (Parts((FROM, TO, TO), text="a"), ComposeError, "twice"),
    "content type": (Parts((FROM, Field("Content-Type", Text("a"))), text="a"), ComposeError, "composer's"),
    "two ids": (
        Parts((FROM, make_field("Message-ID", "<a@x.test> <b@x.test>")), text="a"),
        ComposeError,
        "more than one",
    ),
    "calendar without method": (Parts((FROM,), text="a", calendar="BEGIN:VCALENDAR\n"), ComposeError, "METHOD"),
    "lone surrogate": (Parts((FROM,), text="a\nbc\ud83d"), ComposeError, "line 2, column 3"),
    "same image twice": (Parts((FROM,), html="a", related=(LOGO, LOGO)), AttachmentError, "twice"),
    "utf-8 recipient": (Parts((FROM, make_field("Bcc", "jörg@x.test")), text="a"), AddressError, "outside ASCII"),
    "utf-8 reply-to": (Parts((FROM, make_field("Reply-To", "jörg@x.test")), text="a"), AddressError, "outside ASCII"),
}


@pytest.mark.parametrize(("parts", "error", "problem"), WRONG.values(), ids=WRONG)
def test_what_makes_no_message_is_refused_with_a_cure(parts: Parts, error: type[Exception], problem: str) -> None:
    with pytest.raises(error, match=problem) as caught:
        compose(parts, STAMP)
    assert getattr(caught.value, "cure", "")


@pytest.mark.parametrize("name", ["To", "Bcc", "Reply-To", "From"])
def test_a_local_part_outside_ascii_needs_smtputf8_and_says_so(name: str) -> None:
    fields = [FROM, TO] if name != "From" else [TO]
    fields = [field for field in fields if field.name != name]
    message = compose(Parts((*fields, make_field(name, "Jörg <jörg@x.test>")), text="a"), STAMP, smtputf8=True)
    assert message.envelope.smtputf8
    assert ("jörg@x.test".encode() in message.octets) is (name != "Bcc")
    assert not compose(Parts((FROM, TO), text="a"), STAMP, smtputf8=True).envelope.smtputf8


def test_a_boundary_never_stands_in_the_content() -> None:
    """An attached or quoted message of the same stamp holds the very boundary that the stamp gives."""
    inner = made(text="a", html="b")
    text = inner.octets.decode().replace("\r\n", "\n") + "--=_m_20260102.abc\n--=_a_20260102.abc--\n"
    outer = made(text=text, html=text, attachments=(Attachment.from_bytes(inner.octets, filename="a.eml"),))
    root = parse(outer.octets)
    assert tree(root) == (
        "multipart/mixed",
        [
            ("multipart/alternative", [PLAIN, RICH]),
            ("message/rfc822", [("multipart/alternative", [PLAIN, RICH])]),
        ],
    )
    assert root.children[0].children[0].content == text.replace("\n", "\r\n").encode()


def test_a_long_token_makes_a_legal_boundary() -> None:
    pieces = b"".join(write_entity(Branch("related", (text_leaf("html", "a"), text_leaf("plain", "b"))), "x" * 60))
    assert len(parse(pieces).parameters["boundary"]) <= 70
    assert max(map(len, pieces.split(b"\r\n"))) <= 78


def test_files_keep_their_octets_and_names() -> None:
    files = (
        Attachment.from_bytes("naïve\r\ntext\r\n".encode(), filename="Größe.txt"),
        Attachment.from_bytes("naïve\n".encode("latin-1") * 9, filename="latin.txt", charset="iso-8859-1"),
        Attachment.from_bytes(bytes(range(256)), filename="請求書.bin"),
        Attachment.from_bytes(b"Subject: x\n\nbody\n", filename="old.eml"),
        Attachment.from_bytes(b"a", media_type="text/plain"),
    )
    octets = made(text="a", attachments=files).octets
    parts = parse(octets).children[1:]
    assert [part.filename for part in parts] == ["Größe.txt", "latin.txt", "請求書.bin", "old.eml", ""]
    assert [part.encoding for part in parts] == ["quoted-printable", "base64", "base64", "7bit", "7bit"]
    assert parts[3].content == b"Subject: x\r\n\r\nbody\r\n"
    read = list(made(text="a", attachments=files).as_email().iter_attachments())
    assert [part.get_filename() for part in read] == ["Größe.txt", "latin.txt", "請求書.bin", "old.eml", None]
    assert read[2].get_content() == bytes(range(256))
    assert read[1].get_content() == "naïve\r\n" * 9


def test_a_byte_order_mark_is_not_sent() -> None:
    assert parse(made(text="\ufeffa").octets).content == b"a\r\n"


def test_old_clients_find_a_name_in_content_type() -> None:
    octets = made(text="a", attachments=(Attachment.from_bytes(b"\x00", filename="Größe.bin"),)).octets
    assert b"name=Grosse.bin\r\n" in octets
    assert b"filename*=utf-8''Gr%C3%B6%C3%9Fe.bin\r\n" in octets


def test_an_invitation_that_is_attached_already_is_not_attached_twice() -> None:
    own = Attachment.from_bytes(ICS.encode(), filename="party.ics")
    root = parse(made(text="a", calendar=ICS, attachments=(own,)).octets)
    assert [part.filename for part in root.children] == ["", "party.ics"]


def test_a_single_body_ends_in_a_line_end() -> None:
    for text in ("", "a", "a\n", "ä", "日本" * 50):
        assert made(text=text).octets.endswith(b"\r\n")


@pytest.mark.parametrize("language", ["", "not a tag", "x" * 9, "de\r\nBcc: a", "ö"])
def test_what_is_no_language_tag_is_left_out(language: str) -> None:
    assert b"Content-Language" not in made(text="a", language=language).octets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))),
        ("2026-01-02T03:04:05+00:00,abc", Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "abc")),
    ],
)
def test_stamps_are_read(text: str, expected: Stamp) -> None:
    assert Stamp.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05Z,a b",
        "2026-01-02T03:04:05Z,a..b",
        "2026-01-02T03:04:05Z," + "x" * 61,
        "2026-01-02T03:04:05Z,é",
    ],
)
def test_stamps_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        Stamp.parse(text)


def test_now_is_random_unless_the_epoch_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert Stamp.now().token != Stamp.now().token
    assert Stamp.now(host="bücher.example").host == "xn--bcher-kva.example"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767323045")
    assert Stamp.now() == Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    for wrong in ("soon", "1e9", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(SettingsError, match="SOURCE_DATE_EPOCH"):
            Stamp.now()
    with pytest.raises(SettingsError, match="host"):
        Stamp(STAMP.date, "a", "no host")
