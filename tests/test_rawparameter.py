"""Parameters as they stand: what a lenient reader takes from them, and what is wrong at which octets."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.parameter import Kind, read_disposition, read_parametric, read_token, read_type


@pytest.mark.parametrize(
    ("written", "media_type", "values"),
    [
        # RFC 2045 §5.1: the quoted and the unquoted form are the same, and a comment may stand
        ("text/plain; charset=us-ascii (Plain text)", "text/plain", {"charset": "us-ascii"}),
        ('text/plain; charset="us-ascii"', "text/plain", {"charset": "us-ascii"}),
        ("text/plain (a (b) c); (d) charset=us-ascii", "text/plain", {"charset": "us-ascii"}),
        # RFC 2231 §3
        (
            'message/external-body; access-type=URL;\r\n URL*0="ftp://";\r\n URL*1="cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"',
            "message/external-body",
            {"access-type": "URL", "url": "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"},
        ),
        # RFC 2231 §4, §4.1
        (
            "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
            "application/x-stuff",
            {"title": "This is ***fun***"},
        ),
        (
            "application/x-stuff\r\n ; title*0*=us-ascii'en'This%20is%20even%20more%20\r\n ; title*1*=%2A%2A%2Afun%2A%2A%2A%20\r\n ; title*2=\"isn't it!\"",
            "application/x-stuff",
            {"title": "This is even more ***fun*** isn't it!"},
        ),
        # tolerated
        ("TEXT/HTML;charset = UTF-8 ; ", "text/html", {"charset": "UTF-8"}),
        ("text/html charset=utf-8", "text/html", {"charset": "utf-8"}),
        ('multipart/mixed; boundary="a \\"b\\\\c"', "multipart/mixed", {"boundary": 'a "b\\c'}),
        ('multipart/mixed; boundary="abc', "multipart/mixed", {"boundary": "abc"}),
        ("multipart/mixed; boundary=----=_Part_1", "multipart/mixed", {"boundary": "----=_Part_1"}),
        ("application/pdf; name=a(1).pdf", "application/pdf", {"name": "a(1).pdf"}),
        ("application/pdf; name=Gr\xc3\xb6\xc3\x9fe.pdf", "application/pdf", {"name": "Größe.pdf"}),
        ("application/pdf; name*1=b; name*0=a; name*3=d", "application/pdf", {"name": "ab"}),
        ("application/pdf; name*=utf-8''%E4%", "application/pdf", {"name": "\udce4%"}),
        ("text; charset=utf-8", "", {}),
        ("", "", {}),
    ],
)
def test_what_a_lenient_reader_takes(written: str, media_type: str, values: dict[str, str]) -> None:
    assert read_type(written) == (media_type, values)


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("text/plain; charset=us-ascii (Plain text)", []),
        ("text/plain", []),
        ("text/plain ; charset = utf-8", []),
        ("application/x-a; title*=us-ascii'en-us'This%20is", []),
        ("application/x-a; title*=''This%20is", []),
        ("application/x-a; title*0*=us-ascii'en'a%20; title*1=\"b c\"", []),
        ("application/x-a; filename=a.pdf; filename*=utf-8''a.pdf", []),
        ("text", ["bad-type 0 4 text"]),
        ("text/; charset=utf-8", ["bad-type 0 5 text/"]),
        ("text/plain/x", ["bad-type 0 12 text/plain/x"]),
        ("text/plain charset=utf-8", ["missing-semicolon 11 18 charset"]),
        ("text/plain, charset=utf-8", ["missing-semicolon 10 11 ,"]),
        ('text/plain; charset="utf-8" format=flowed', ["missing-semicolon 28 34 format"]),
        ("text/plain; charset=utf-8;", ["empty-parameter 25 26 ;"]),
        ("text/plain;; charset=utf-8", ["empty-parameter 10 11 ;"]),
        ("text/plain; charset=utf-8; CHARSET=x", ["repeated-parameter 27 36 CHARSET=x"]),
        ("text/plain; charset", ["bad-parameter 12 19 charset"]),
        ("text/plain; charset=; a=b", ["bad-parameter 12 20 charset="]),
        ("text/plain foo", ["bad-parameter 11 14 foo"]),
        ('text/plain; a="b" c d; e=f', ["bad-parameter 18 21 c d"]),
        ('a/b; boundary="abc', ['unclosed-quote 14 18 "abc']),
        ("a/b; name=my file.pdf; x=y", ["unquoted 10 21 my file.pdf"]),
        ("a/b; name=a(1).pdf", ["unquoted 10 18 a(1).pdf"]),
        ("a/b; name=a(1) b.pdf", ["unquoted 10 20 a(1) b.pdf"]),
        ("a/b; boundary=a=b", ["unquoted 14 17 a=b"]),
        ("a/b; name=\xc3\xa9", ["non-ascii 5 12 name=\xc3\xa9"]),
        ("a/b; name*=\"utf-8''a\"", ["quoted-extended 5 21 name*=\"utf-8''a\""]),
        ("a/b; name*1=a; name*2=b", ["no-first-section 5 13 name*1=a"]),
        ("a/b; name*0=a; name*2=b", ["gap 15 23 name*2=b"]),
        ("a/b; name*=a.pdf", ["no-charset 5 16 name*=a.pdf"]),
        ("a/b; name*=klingon''a.pdf", ["unknown-charset 11 18 klingon"]),
        ("a/b; name*=utf-8''100%", ["bad-percent 11 22 utf-8''100%"]),
        ("a/b; name*=utf-8''a b.pdf", ["bad-percent 11 25 utf-8''a b.pdf"]),
        ("a/b; name*=utf-8''a%E4b", ["undecodable 5 23 name*=utf-8''a%E4b"]),
        ("a/b; name*0*=utf-8''%C3; name*1*=%A9", []),
    ],
)
def test_faults(written: str, kinds: list[str]) -> None:
    faults = read_parametric(written, "type").faults
    assert [f"{one.kind} {one.start} {one.end} {written[one.start : one.end]}" for one in faults] == kinds


def test_a_disposition_and_a_token() -> None:
    assert read_disposition("Attachment (as a file); filename=a.txt") == ("attachment", {"filename": "a.txt"})
    assert read_disposition('filename="a b.txt"; size=1') == ("", {"filename": "a b.txt", "size": "1"})
    (fault,) = read_parametric('filename="a b.txt"', "disposition").faults
    assert (fault.kind, fault.start, fault.end) == ("bad-type", 0, 9)
    assert read_token(" 7bit (said (twice))") == "7bit"


PIECES = [
    "text/plain",
    ";",
    "=",
    '"',
    "\\",
    "(",
    ")",
    " ",
    "\r\n ",
    "*",
    "*0",
    "*1*",
    "'",
    "%",
    "%C3",
    "é",
    "a",
    "name",
    ",",
]


@given(st.lists(st.sampled_from(PIECES)) | st.text(), st.sampled_from(["type", "disposition"]))
def test_any_text_is_read(pieces: list[str] | str, kind: Kind) -> None:
    text = "".join(pieces)
    for fault in read_parametric(text, kind).faults:
        assert 0 <= fault.start <= fault.end <= len(text)


@pytest.mark.parametrize(
    "piece", ["(", "a=b;", 'a="b;', 'a="\\";', ";", "a", "a=b c ", "x*1=a;", "(a)", "a=(", "a=b(", "a=(b) ", "a=( ;"]
)
def test_time_is_linear(piece: str) -> None:
    start = time.process_time()
    read_parametric("text/plain;" + piece * 20_000, "type")
    assert time.process_time() - start < 60


@pytest.mark.parametrize("piece", ["(", "(\\", "((a)", "(a) "])
def test_a_token_is_read_in_linear_time(piece: str) -> None:
    start = time.process_time()
    read_token(piece * 20_000)
    assert time.process_time() - start < 60
