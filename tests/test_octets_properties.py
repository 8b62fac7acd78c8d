"""Laws of the octets, over any data: the recipients, subject and fields that were asked for, and legal lines."""

from __future__ import annotations

import base64
import doctest
import os
import quopri
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtemplates import characters
from mailtemplates.characters import find_forbidden
from mailtemplates.errors import MailTemplatesError
from mailtemplates.headers import addrspec, field, parameter
from mailtemplates.headers.fragment import Data
from mailtemplates.headers.headerblocks import read_field, write_field
from mailtemplates.message import media
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.composer import compose
from mailtemplates.message.parts import Parts
from mailtemplates.message.stamp import Stamp
from mailtemplates.octets.mime import Part, parse

STAMP = Stamp.parse("2026-01-02T03:04:05Z,abc")

NASTY = [
    "=?",
    "?=",
    "=?utf-8?q?a?=",
    "<",
    ">",
    ",",
    ";",
    ":",
    '"',
    "\\",
    "@",
    "(",
    ")",
    "  ",
    "é",
    "日本",
    "😀",
    "a@b.test",
]
VALUE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120),
    st.lists(st.one_of(st.sampled_from(NASTY), st.text(st.characters(codec="utf-8"), max_size=8)), max_size=25).map(
        "".join
    ),
)
TEXT = VALUE.filter(lambda text: find_forbidden(text) < 0).map(lambda text: text.strip(" "))
LOCAL = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\.[a-z0-9]{1,5})?", fullmatch=True)


@given(TEXT)
def test_a_subject_is_read_back_equal(text: str) -> None:
    octets = write_field(read_field("Subject", [Data(text)]))
    wire.check_lines(octets)
    wire.check_folding(octets)
    assert wire.decode_words(wire.unfold(octets)) == text


@given(st.lists(st.tuples(TEXT, LOCAL), min_size=1, max_size=8))
def test_a_list_has_exactly_the_recipients_asked_for(people: list[tuple[str, str]]) -> None:
    fragments: list[str] = []
    for name, local in people:
        fragments += [Data(name), " <", Data(local), "@x.test>, "]
    octets = write_field(read_field("To", fragments))
    wire.check_lines(octets)
    wire.check_folding(octets)
    assert wire.read_boxes(wire.unfold(octets)) == [(name, f"{local}@x.test") for name, local in people]


@given(
    st.lists(
        st.sampled_from(
            ["To", "Subject", "References", "List-Unsubscribe", "List-ID", "X-A", "Keywords", "Date", "Precedence"]
        ),
        min_size=1,
        max_size=1,
    ),
    st.lists(VALUE, max_size=4),
    st.data(),
)
def test_any_data_in_any_block_is_a_legal_field_or_an_error_of_ours(
    names: list[str], values: list[str], data: st.DataObject
) -> None:
    fragments: list[str] = []
    for value in values:
        fragments += [
            data.draw(st.sampled_from(["", " ", ", ", "<", ">", "a@x.test", "https://x.test/", '"', "\n"])),
            Data(value),
        ]
    try:
        octets = write_field(read_field(names[0], fragments))
    except MailTemplatesError:
        return
    wire.check_lines(octets)
    assert len(re.findall(rb"^[^ ]", octets, re.MULTILINE)) == 1, "more than one field"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(TEXT, TEXT, LOCAL, st.text(max_size=300), st.text(max_size=300), st.binary(max_size=200), TEXT)
def test_any_message_is_legal_and_says_what_was_asked(
    name: str, subject: str, local: str, html: str, text: str, content: bytes, filename: str
) -> None:
    fields = (
        read_field("From", ["Acme <hello@acme.example>"]),
        read_field("To", [Data(name), " <", Data(local), "@x.test>"]),
        read_field("Bcc", ["secret@x.test"]),
        read_field("Subject", [Data(subject)]),
    )
    try:
        file = Attachment.from_bytes(content, filename=filename)
        message = compose(Parts(fields, html=html, text=text, attachments=(file,)), STAMP)
    except MailTemplatesError:
        assert re.search("[\ud800-\udfff]", html + text) or not is_plain_name(filename)
        return
    wire.check_lines(message.octets)
    root = parse(message.octets)
    assert message.envelope.recipients == (f"{local}@x.test", "secret@x.test")
    assert b"secret" not in message.octets.partition(b"\r\n\r\n")[0]
    assert wire.read_boxes(root.field("To")) == [(name, f"{local}@x.test")]
    assert wire.decode_words(root.field("Subject")) == subject
    assert root.media_type == "multipart/mixed"
    assert [part.media_type for part in root.children[0].children] == ["text/plain", "text/html"]
    assert [decoded(part) for part in root.children[0].children] == [canonical(text), canonical(html)]
    assert root.children[1].filename == filename
    assert not root.defects


def is_plain_name(filename: str) -> bool:
    try:
        return bool(Attachment(b"", filename, "text/plain"))
    except MailTemplatesError:
        return False


def canonical(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def decoded(part: Part) -> str:
    match part.encoding:
        case "base64":
            return base64.b64decode(part.content).decode()
        case "quoted-printable":
            return quopri.decodestring(part.content).decode()
    return part.content.decode()


SCRIPT = """
import hashlib
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.composer import compose
from mailtemplates.headers.headerblocks import make_field
from mailtemplates.message.parts import Parts
from mailtemplates.message.stamp import Stamp

fields = (
    make_field("From", "Acme <hello@acme.example>"),
    make_field("To", [("Größe, " + str(n), f"u{n}@bücher.example") for n in range(30)]),
    make_field("Subject", "日本語の件名と長い文章 " * 9),
    make_field("List-Unsubscribe", "<https://x.test/" + "u" * 200 + ">, <mailto:u@x.test>"),
)
logo = Attachment.from_bytes(b"\\x89PNG\\r\\n\\x1a\\n", filename="logo.png", disposition="inline")
file = Attachment.from_bytes("ä\\n".encode() * 99, filename="Größe und 請求書.txt")
bodies = {"html": "<p>ü</p>\\n" * 200, "text": "日本語\\n" * 50}
parts = Parts(fields, **bodies, related=(logo,), attachments=(file,), language="de")
print(hashlib.sha256(compose(parts, Stamp.parse("2026-01-02T03:04:05Z")).octets).hexdigest())
"""


#: The same on every Python and every machine. Change it when the composer is meant to write other octets.
DIGEST = "fa707a4a5164a14d3b3d2b788ee5ae5463f3d799b36ff7faf7127a3b953b6cf4"


def test_the_same_input_and_stamp_give_the_same_octets_in_every_process() -> None:
    digests = set()
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout.strip())
    assert digests == {DIGEST}


DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("page", ["octets.md", "determinism.md"])
def test_the_pages_show_what_really_happens(page: str) -> None:
    results = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize(
    "module", [addrspec, characters, field, media, parameter], ids=lambda module: str(module.__name__)
)
def test_the_docstrings_show_what_really_happens(module: ModuleType) -> None:
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed
