"""Encoded words as they stand: what is one, what it says, where it may stand, what is wrong with it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.encodedword import decode, read_words, runs
from mailtemplates.octets.field import RawField, read_header
from mailtemplates.span import Span


def field_of(line: str | bytes) -> RawField:
    octets = line if isinstance(line, bytes) else line.encode()
    return read_header(octets, Span(0, len(octets))).fields[0]


def faults(line: str | bytes) -> list[str]:
    return [fault.kind for word in read_words(field_of(line)) for fault in word.faults]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        # RFC 2047 §8
        ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld Jørn Simonsen <keld@dkuug.dk>"),
        ("=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>", "André Pirard <PIRARD@vm1.ulg.ac.be>"),
        (
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            "If you can read this you understand the example.",
        ),
        ("(=?ISO-8859-1?Q?a?=)", "(a)"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        # RFC 2231 §5
        ("=?US-ASCII*EN?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        # cut characters, and what is no word
        ("=?utf-8?b?5Y+R5Lu2?= =?utf-8?q?=E4?= =?utf-8?q?=BA=BA?=", "发件人"),
        ("is a=?b a question? =? Or?=", "is a=?b a question? =? Or?="),
        ("=?no-such?q?=E9?=", "�"),
    ],
)
def test_text_is_shown_as_a_lenient_reader_does(written: str, shown: str) -> None:
    assert decode(written) == shown


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("Subject: =?utf-8?q?" + "a" * 63 + "?=", []),
        ("Subject: =?utf-8?q?" + "a" * 64 + "?=", ["too-long"]),
        ("Subject: =?utf-8?q?Hello World?=", ["white-space"]),
        ("Subject: =?utf-8?b?SGVs\r\n bG8=?=", ["white-space"]),
        ("Subject: =?utf-8?q?Why??=", ["question-mark"]),
        ("Subject: =?utf-8?q?Why?=20not?=", ["question-mark"]),
        ("Subject: =?utf-8?q?a=zz?=", ["bad-q"]),
        ("Subject: =?utf-8?q?=41=?=", ["bad-q"]),
        ("Subject: =?utf-8?q?=41?=", []),
        ("Subject: =?utf-8?q?=c3=a9?=", []),
        ("Subject: =?utf-8?b?SGVsbG8?=", ["bad-base64"]),
        ("Subject: =?utf-8?b?SGVsbG8=?=", []),
        ("Subject: =?utf-8?b?SGV*bG8=?=", ["bad-base64"]),
        ("Subject: =?utf-8?x?SGVsbG8=?=", ["unknown-encoding"]),
        ("Subject: =?utf-8??SGVsbG8=?=", ["unknown-encoding"]),
        ("Subject: =?utf-8?SGVsbG8?=", ["unknown-encoding"]),
        ("Subject: =?klingon?q?Qapla?=", ["unknown-charset"]),
        ("Subject: =??q?Qapla?=", ["unknown-charset"]),
        ("Subject: =?utf-8?q??=", ["empty"]),
        ("Subject: =?utf-8?q?Hello", ["no-end"]),
        ("Subject: =?utf-8?q?Hello=?utf-8?q?x?=", ["no-end"]),
        ("Subject: =?utf-8?q?=C3?=", ["undecodable"]),
        ("Subject: =?utf-8?q?=C3?= =?utf-8?q?=A9?=", ["splits-character"]),
        ("Subject: =?utf-8?q?=C3?= =?iso-8859-1?q?=A9?=", ["undecodable"]),
        ("Subject: =?iso-2022-jp?b?GyRCRnw=?= =?iso-2022-jp?b?S1wbKEI=?=", ["splits-character"]),
        ("Subject: =?iso-2022-jp?b?GyRCRnw=?=", ["not-in-ascii"]),
        ("Subject: =?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", []),
        ("Subject: =?utf-8?q?a=0D=0ABcc:_x?=", ["control"]),
        ("Subject: =?utf-8?q?a=E2=80=AEb?=", ["control"]),
        ("Subject: =?iso-8859-1?q?It=92s?=", []),
        ("Subject: x=?utf-8?q?a?=", ["touches-text"]),
        ("Subject: =?utf-8?q?a?=x", ["touches-text"]),
        ("Subject: (=?utf-8?q?a?=)", ["touches-text", "touches-text"]),
        ("Subject: =?utf-8?q?a?==?utf-8?q?b?=", ["touches-word"]),
        ("From: =?utf-8?q?a?=<a@x.test>", ["touches-special"]),
        ("From: a@x.test (=?utf-8?q?a?=)", []),
        ("From: =?utf-8?q?Doe,_Ann?= <a@x.test>", ["special"]),
        ("Subject: =?utf-8?q?Doe,_Ann?=", []),
        (b"Subject: =?utf-8?q?\xff\xfe?=", []),
        ("Subject: =?utf-8?q?a\x00b?=", []),
        ("Subject: why =? and what?=", []),
        ("Subject: a=?b?c?=d", []),
        ("DKIM-Signature: z==?utf-8?q?Hello World?=", []),
    ],
)
def test_faults(line: str | bytes, kinds: list[str]) -> None:
    assert faults(line) == kinds


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("Subject: =?utf-8?q?a?=", "text"),
        ("X-Foo: =?utf-8?q?a?=", "unknown"),
        ("From: =?utf-8?q?a?= <a@x.test>", "phrase"),
        ("To: =?utf-8?q?a?=: a@x.test;", "phrase"),
        ('From: "=?utf-8?q?a?=" <a@x.test>', "quoted"),
        ("From: =?utf-8?q?a?=@x.test", "address"),
        ("From: a@=?utf-8?q?a?=", "address"),
        ("From: Ann <=?utf-8?q?a?=>", "address"),
        ("From: a@x.test (=?utf-8?q?a?=)", "comment"),
        ("Date: Mon, 02 Nov 2026 12:00:00 +0000 (=?utf-8?q?a?=)", "comment"),
        ("Message-ID: <=?utf-8?q?a?=@x.test>", "structured"),
        ('Content-Disposition: attachment; filename="=?utf-8?q?a?="', "parameter"),
        ("Content-Type: text/plain; name==?utf-8?q?a?=", "parameter"),
        ("Content-Type: text/plain (=?utf-8?q?a?=)", "comment"),
        ('From: "Ann =?utf-8?q?a?= <a@x.test>', "broken"),
    ],
)
def test_places(line: str, place: str) -> None:
    assert [word.place for word in read_words(field_of(line))] == [place]


def test_a_word_has_its_parts_and_its_place() -> None:
    field = field_of("Subject: Hi =?US-ASCII*EN?Q?Keith_Moore?=")
    (word,) = read_words(field)
    assert (word.charset, word.language, word.encoding, word.payload) == ("US-ASCII", "EN", "q", "Keith_Moore")
    span = field.at(word.start, word.end)
    assert field.octets[span.start : span.end] == b"=?US-ASCII*EN?Q?Keith_Moore?="


def test_runs_end_where_other_text_stands() -> None:
    field = field_of("Subject: =?utf-8?q?a?= =?utf-8?q?b?= c =?utf-8?q?d?=")
    assert [len(run) for run in runs(read_words(field), field.latin)] == [2, 1]


PIECES = [
    "=?",
    "?=",
    "utf-8",
    "?",
    "q",
    "B",
    "=C3",
    "=A9",
    " ",
    "\r\n ",
    '"',
    "(",
    ")",
    "<",
    ">",
    "@",
    ",",
    "é",
    "a",
    "=",
]


@given(st.sampled_from(["Subject", "From", "Content-Type", "Received", "X-A"]), st.lists(st.sampled_from(PIECES)))
def test_any_field_is_read(name: str, pieces: list[str]) -> None:
    octets = f"{name}: {''.join(pieces)}\r\n".encode()
    for word in read_words(field_of(octets)):
        assert octets[len(name) + 1 :][word.start : word.end].startswith(b"=?")


@given(st.text())
def test_any_text_is_decoded(text: str) -> None:
    decode(text)


@pytest.mark.parametrize(
    "piece", ["=?utf-8?q?a", "=?utf-8?q?a?=", "=?", "=?utf-8?q?=C3?= ", "=?a?", "(=?utf-8?q?a?=", '"=?utf-8?q?']
)
def test_time_is_linear(piece: str) -> None:
    field = field_of("From: " + piece * 20_000)
    start = time.process_time()
    read_words(field)
    assert time.process_time() - start < 60
