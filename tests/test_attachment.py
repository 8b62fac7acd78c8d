"""Attachments: names that are refused, files that cannot be read, types and charsets, parameters by RFC 2231."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.errors import AttachmentError
from mailtemplates.headers.parameter import ascii_fallback, write_parameter
from mailtemplates.message.attachment import Attachment, check_filename
from mailtemplates.octets.parameter import read_disposition

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "a/b",
        "../a",
        "a\\b",
        "C:\\a",
        "a\nb",
        "a\x00",
        "a\u202egnp.exe",
        "a\u200f.txt",
        "\u200b",
        "a\u200dé",
        "é\u200c.txt",
        "\udc80",
        "x" * 256,
        "é" * 128,
    ],
    ids=ascii,
)
def test_file_names_with_paths_or_hidden_characters_are_refused(name: str) -> None:
    with pytest.raises(AttachmentError, match="file name"):
        Attachment.from_bytes(b"x", filename=name)


@pytest.mark.parametrize("name", ["می\u200cخواهم.pdf", "👨\u200d👩\u200d👧.png", "क्\u200dष"], ids=ascii)
def test_a_joiner_between_letters_or_emoji_is_a_part_of_a_file_name(name: str) -> None:
    assert Attachment.from_bytes(b"x", filename=name).filename == name


def test_a_file_is_attached_with_its_name_and_type(tmp_path: Path) -> None:
    path = tmp_path / "Größe.png"
    path.write_bytes(PNG)
    assert Attachment.from_path(path) == Attachment(PNG, "Größe.png", "image/png")
    given = Attachment.from_path(str(path), filename="logo.bin", media_type="application/x-logo")
    assert given == Attachment(PNG, "logo.bin", "application/x-logo")
    assert given.size == len(PNG)


def test_files_that_cannot_be_read_are_an_error_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(AttachmentError, match=r"nowhere\.pdf does not exist"):
        Attachment.from_path(tmp_path / "nowhere.pdf")
    with pytest.raises(AttachmentError, match="is a folder"):
        Attachment.from_path(tmp_path)
    with pytest.raises(AttachmentError, match="cannot be read"):
        Attachment.from_path("a\x00b")
    with pytest.raises(AttachmentError):
        Attachment.from_path(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AttachmentError, match="no regular file"):
        Attachment.from_path(tmp_path / "pipe")


def test_text_gets_its_charset_or_goes_as_octets() -> None:
    assert Attachment.from_bytes(b"a", filename="a.txt").charset == "us-ascii"
    assert Attachment.from_bytes("ä".encode(), filename="a.txt").charset == "utf-8"
    latin = Attachment.from_bytes("ä".encode("latin-1"), filename="a.txt", charset="iso-8859-1")
    assert (latin.media_type, latin.charset) == ("text/plain", "iso-8859-1")
    typed = Attachment.from_bytes(b"a", filename="a.txt", media_type='text/csv; charset="utf-8"; header=present')
    assert (typed.media_type, typed.charset, typed.parameters) == ("text/csv", "utf-8", (("header", "present"),))
    wide = Attachment.from_bytes("ä".encode("utf-16"), filename="a.txt")
    assert (wide.media_type, wide.charset) == ("application/octet-stream", None)
    for charset in ("utf-16", "no-such", "ascii"):
        with pytest.raises(AttachmentError):
            Attachment.from_bytes("ä".encode(), filename="a.txt", charset=charset)


def test_a_calendar_takes_its_method_from_its_content() -> None:
    file = Attachment.from_bytes(b"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n", filename="a.ics")
    assert (file.media_type, file.parameters) == ("text/calendar", (("method", "CANCEL"),))


def test_a_message_that_is_not_7bit_goes_as_octets() -> None:
    assert Attachment.from_bytes(b"A: b\n\nhi", filename="a.eml").media_type == "message/rfc822"
    assert Attachment.from_bytes(b"A: b\n\n\xff", filename="a.eml").media_type == "application/octet-stream"
    assert Attachment.from_bytes(b"A: b\n\n" + b"x" * 999, filename="a.eml").media_type == "application/octet-stream"


def test_content_ids_follow_name_and_content() -> None:
    def cid(content: bytes, name: str | None) -> str:
        return Attachment.from_bytes(content, filename=name, disposition="inline").content_id or ""

    assert cid(PNG, "logo.png") == cid(PNG, "logo.png")
    assert cid(PNG, "logo.png") != cid(PNG + b"x", "logo.png")
    assert cid(PNG, "logo.png") != cid(PNG, "icon.png")
    assert cid(PNG, "logo.png").startswith("logo.")
    for name in (None, "請求書.png", "a b (1).png", "..png", ".png"):
        assert Attachment(PNG, None, "image/png", content_id=cid(PNG, name))
    file = Attachment.from_bytes(PNG, filename="logo.png")
    assert file.content_id is None
    assert file.inlined().inlined() == Attachment.from_bytes(PNG, filename="logo.png", disposition="inline")


@pytest.mark.parametrize(
    "wrong",
    [
        {"media_type": "png"},
        {"media_type": "text/plain; charset=x"},
        {"media_type": "multipart/mixed"},
        {"media_type": "text/plain\r\nX: y"},
        {"disposition": "form-data"},
        {"content_id": "no-at"},
        {"content_id": "<a@b>"},
        {"content_id": "a b@c"},
        {"charset": "utf-8\r\nX: y"},
        {"parameters": (("a b", "c"),)},
        {"parameters": (("a", "b\nc"),)},
    ],
    ids=str,
)
def test_an_attachment_cannot_be_made_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(AttachmentError):
        Attachment(**{"content": b"", "filename": None, "media_type": "text/plain", **wrong})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("a.pdf", ("filename=a.pdf",), id="token"),
        pytest.param("a b.pdf", ('filename="a b.pdf"',), id="space"),
        pytest.param('a"b\\c.pdf', ('filename="a\\"b\\\\c.pdf"',), id="quotes"),
        pytest.param("", ('filename=""',), id="empty"),
        pytest.param("ä.pdf", ("filename*=utf-8''%C3%A4.pdf",), id="umlaut"),
        pytest.param("=?utf-8?q?a?=", ("filename*=utf-8''%3D%3Futf-8%3Fq%3Fa%3F%3D",), id="looks encoded"),
        pytest.param(
            "日本語の長い名前.pdf",
            (
                "filename*0*=utf-8''%E6%97%A5%E6%9C%AC%E8%AA%9E%E3%81%AE%E9%95%B7%E3%81%84",
                "filename*1*=%E5%90%8D%E5%89%8D.pdf",
            ),
            id="sections",
        ),
    ],
)
def test_parameters(value: str, expected: tuple[str, ...]) -> None:
    assert write_parameter("filename", value) == expected


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80))
def test_any_file_name_is_read_back_by_two_readers(name: str) -> None:
    """Ours, and the standard library's where it reads rightly; no section holds half a character."""
    chunks = write_parameter("filename", name)
    assert all(len(chunk) <= 76 or '="' in chunk for chunk in chunks)
    value = "attachment; " + "; ".join(chunks)
    assert value.isascii()
    assert "=?" not in value
    assert read_disposition(value) == ("attachment", {"filename": name})
    message = EmailMessage()
    message["Content-Disposition"] = value
    if not set(name) & set('"\\<>') and name == " ".join(name.split()):
        assert message.get_filename() == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("invoice 7.pdf", "invoice 7.pdf"),
        ("Größe über alles.pdf", "Grosse uber alles.pdf"),
        ("Señor.pdf", "Senor.pdf"),
        ("請求書.pdf", "attachment.pdf"),
        ("報告 Q3.pdf", "Q3.pdf"),
        ("请求书", "attachment"),
    ],
)
def test_old_clients_get_a_name_in_ascii(name: str, expected: str) -> None:
    assert ascii_fallback(name) == expected


@given(st.text(max_size=80))
def test_the_name_for_old_clients_is_always_a_plain_name(name: str) -> None:
    try:
        check_filename(name)
    except AttachmentError:
        return
    plain = ascii_fallback(name)
    assert plain.isascii()
    assert "=?" not in plain
    check_filename(plain)
