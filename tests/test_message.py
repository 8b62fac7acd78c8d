"""A message as octets and as the standard library reads it; parts by name."""

from __future__ import annotations

import subprocess
import sys
from email.message import EmailMessage

import pytest

from mailtemplates.headers.address import Mailbox
from mailtemplates.headers.headerblocks import make_field
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message
from mailtemplates.message.parts import Parts

MESSAGE = Message(b"Subject: a\r\n\r\nb\r\n", Envelope("a@x.test", ("b@x.test",)), "id@x.test")


def test_octets_and_size() -> None:
    assert MESSAGE.as_bytes() == bytes(MESSAGE) == MESSAGE.octets
    assert MESSAGE.size == 17


def test_the_standard_library_reads_it_and_writes_the_same() -> None:
    read = MESSAGE.as_email()
    assert isinstance(read, EmailMessage)
    assert read["subject"] == "a"
    assert read.as_bytes() == MESSAGE.octets


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError):
        MESSAGE.octets = b""  # type: ignore[misc]


def test_the_standard_library_is_not_loaded_to_write() -> None:
    """Its writer is never what is sent, and importing it costs a short command its time."""
    code = "import sys, mailtemplates.message.composer; print('email' in sys.modules, 'idna' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_parts_are_found_by_name() -> None:
    subject, to = make_field("SUBJECT", "Hi"), make_field("To", "T: a@x.test;, b@x.test")
    parts = Parts((subject, to))
    assert parts.field("subject") is subject
    assert parts.field("Cc") is None
    assert parts.subject == "Hi"
    assert Parts().subject == ""
    assert parts.mailboxes("to") == (Mailbox("", "a", "x.test"), Mailbox("", "b", "x.test"))
    assert parts.mailboxes("subject") == parts.mailboxes("cc") == ()


def test_an_envelope_is_addresses_only() -> None:
    boxes = [Mailbox("A", "a b", "x.test"), Mailbox("B", "a b", "X.TEST"), Mailbox("", "A b", "x.test")]
    assert Envelope.of(boxes[0], boxes) == Envelope('"a b"@x.test', ('"a b"@x.test', '"A b"@x.test'))
    assert Envelope.of(Mailbox("", "ö", "x.test"), ()).smtputf8
