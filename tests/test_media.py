"""Media types by name and content, charsets of text, methods of calendars."""

from __future__ import annotations

import pytest

from mailtemplates.message.media import calendar_method, find_charset, guess_media_type, mail_charset

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
ZIP = b"PK\x03\x04" + bytes(20)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20)
OCTETS = "application/octet-stream"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("filename", "content", "expected"),
    [
        pytest.param("logo.png", PNG, "image/png", id="png"),
        pytest.param("logo.jpg", PNG, "image/png", id="content wins over a wrong name"),
        pytest.param(None, PNG, "image/png", id="png without a name"),
        pytest.param("logo.png", b"hello", OCTETS, id="png that is none"),
        pytest.param("logo.png", b"", "image/png", id="empty"),
        pytest.param("a.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg", id="jpeg"),
        pytest.param("a", b"GIF89a", "image/gif", id="gif"),
        pytest.param("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", id="webp"),
        pytest.param("a.svg", b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "image/svg+xml", id="svg"),
        pytest.param(None, b"<!-- c -->\n<svg xmlns='x'/>", "image/svg+xml", id="svg without a name"),
        pytest.param("a.svg", b"\x00\x01", OCTETS, id="svg that is binary"),
        pytest.param("a.pdf", b"%PDF-1.7", "application/pdf", id="pdf"),
        pytest.param("a.txt", b"%PDF-1.7", "application/pdf", id="pdf named txt"),
        pytest.param("a.docx", ZIP, WORD, id="docx is a zip"),
        pytest.param("A.DOCX", ZIP, WORD, id="upper case"),
        pytest.param("a.docx", b"hello", OCTETS, id="docx that is none"),
        pytest.param("a.zip", ZIP, "application/zip", id="zip"),
        pytest.param("a.bin", ZIP, "application/zip", id="zip by content"),
        pytest.param("a.xls", OLE, "application/vnd.ms-excel", id="xls"),
        pytest.param("a", OLE, OCTETS, id="ole without a name"),
        pytest.param("a.tar.gz", b"\x1f\x8b\x08\x00", "application/gzip", id="tar.gz"),
        pytest.param("a.mp4", b"\x00\x00\x00\x18ftypmp42", "video/mp4", id="mp4"),
        pytest.param("a.m4a", b"\x00\x00\x00\x18ftypM4A ", "audio/mp4", id="m4a"),
        pytest.param("a.mp3", b"ID3\x03", "audio/mpeg", id="mp3"),
        pytest.param("a.mp3", b"\xff\xfa\x90", "audio/mpeg", id="mp3 frame"),
        pytest.param("a.ics", b"BEGIN:VCALENDAR\r\n", "text/calendar", id="ics"),
        pytest.param(None, b"BEGIN:VCALENDAR\r\n", "text/calendar", id="ics without a name"),
        pytest.param("a.eml", b"From: a@b\r\n\r\nhi", "message/rfc822", id="eml"),
        pytest.param("a.html", b"<p>", "text/html", id="html"),
        pytest.param(None, b"  <!DOCTYPE html><html>", "text/html", id="html without a name"),
        pytest.param("a.csv", b"a,b\n", "text/csv", id="csv"),
        pytest.param("a.csv", b"a\x00b", OCTETS, id="csv that is binary"),
        pytest.param("README", b"hello", "text/plain", id="text without a suffix"),
        pytest.param("a.unknown", b"\x00\x01", OCTETS, id="unknown binary"),
        pytest.param(None, b"", OCTETS, id="nothing"),
        pytest.param("a.json", b"{}", "application/json", id="json"),
    ],
)
def test_media_types(filename: str | None, content: bytes, expected: str) -> None:
    assert guess_media_type(filename, content) == expected


GERMAN = "Sehr geehrte Damen und Herren, die Größe der Straße ist für die Häuser schön genug. " * 5
JAPANESE = "日本語の文章です。これはメールの添付ファイルの本文であり、十分な長さがあります。" * 5
RUSSIAN = "Здравствуйте, это обычное письмо на русском языке с достаточным количеством текста. " * 5


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"plain", {"us-ascii"}, id="ascii"),
        pytest.param(GERMAN.encode(), {"utf-8"}, id="utf-8"),
        pytest.param(b"\xef\xbb\xbfa,b", {"utf-8"}, id="bom"),
        pytest.param(GERMAN.encode("cp1252"), {"windows-1252", "iso-8859-1", "iso-8859-15"}, id="latin"),
        pytest.param(JAPANESE.encode("shift_jis"), {"shift_jis"}, id="shift_jis"),
        pytest.param(RUSSIAN.encode("koi8-r"), {"koi8-r"}, id="koi8-r"),
        pytest.param(JAPANESE.encode("euc-jp"), {"euc-jp"}, id="euc-jp"),
        pytest.param(JAPANESE.encode("iso-2022-jp"), {"iso-2022-jp"}, id="iso-2022-jp is ascii too"),
        pytest.param(b"\x1b[31m$1\x1b$2", {"us-ascii"}, id="escapes of a terminal"),
        pytest.param(GERMAN.encode("utf-16"), {None}, id="utf-16 is no mail text"),
        pytest.param(bytes(range(256)), {None}, id="binary"),
    ],
)
def test_charsets(content: bytes, expected: set[str | None]) -> None:
    assert find_charset(content) in expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("utf8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("ASCII", "us-ascii"),
        ("latin1", "iso-8859-1"),
        ("ISO_8859-15", "iso-8859-15"),
        ("cp1252", "windows-1252"),
        ("Shift_JIS", "shift_jis"),
        ("eucjp", "euc-jp"),
        ("koi8_r", "koi8-r"),
        *((name, None) for name in ("utf-16", "UTF-7", "utf-32le", "no-such", "base64", "hex", "idna", "", "a\x00b")),
    ],
)
def test_charsets_that_text_may_have(name: str, expected: str | None) -> None:
    assert mail_charset(name) == expected


def test_methods_of_calendars() -> None:
    assert calendar_method("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n") == "REQUEST"
    assert calendar_method("BEGIN:VCALENDAR\nmethod:cancel\n") == "CANCEL"
    assert calendar_method("BEGIN:VCALENDAR\nDESCRIPTION:METHOD:REQUEST\n") is None
