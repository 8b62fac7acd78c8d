"""A message from a file: its envelope comes from its header, and what names hidden recipients is taken out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtemplates.errors import AddressError
from mailtemplates.headers.address import Mailbox, mailbox, mailboxes
from mailtemplates.message.envelope import NULL_SENDER, Envelope
from mailtemplates.message.message import Message
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage, read_message
from mailtemplates.source import Location

_RECIPIENTS = ("To", "Cc", "Bcc")
_HIDDEN = ("Bcc", "Resent-Bcc", "Return-Path")


def read_written(octets: bytes, path: str, *, sender: str = "", to: str = "") -> Message:
    """The message in a file's octets, with CRLF line ends.

    Bcc and Return-Path are taken out of it (RFC 5322 §3.6.3, RFC 5321 §4.4).

    :param path: what the file is called in errors.
    :param sender: the reverse-path; else it is that of Return-Path, Sender or From, the first that there is.
    :param to: the recipients; else they are those of To, Cc and Bcc.
    :raises AddressError: there is nobody to send to, or an address cannot be read.
    """
    if b"\r" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    raw = read_message(octets)
    try:
        recipients = mailboxes(to) if to else [box for name in _RECIPIENTS for box in _boxes(raw.fields_named(name))]
        if not recipients:
            raise AddressError("no field names a recipient", cure="give --to")
        envelope = _envelope(sender, raw, recipients)
    except AddressError as error:
        raise error.at(Location(path)) from None
    return Message(without_hidden(raw), envelope, message_id_of(raw))


def _envelope(given: str, raw: RawMessage, recipients: Sequence[Mailbox]) -> Envelope:
    """The envelope; one with raw UTF-8 in a header needs SMTPUTF8 (RFC 6531 §3.1).

    :raises AddressError: there is no sender.
    """
    header = raw.octets[: raw.header_end.end]
    named = given or next((field.value for field in raw.fields_named("Return-Path")), "")
    if named == NULL_SENDER:
        envelope = Envelope(NULL_SENDER, Envelope.of(recipients[0], recipients).recipients)
    else:
        senders = [mailbox(named if given else named.strip("<> "))] if named else []
        senders = senders or _boxes(raw.fields_named("Sender")) or _boxes(raw.fields_named("From"))
        if not senders:
            raise AddressError("no field names the sender", cure="give --from")
        envelope = Envelope.of(senders[0], recipients)
    everybody = (envelope.sender, *envelope.recipients)
    return Envelope(envelope.sender, envelope.recipients, not (header.isascii() and all(map(str.isascii, everybody))))


def _boxes(fields: Sequence[RawField]) -> list[Mailbox]:
    return [box for field in fields for box in _mailboxes(field)]


def _mailboxes(field: RawField) -> Iterator[Mailbox]:
    """The mailboxes of a field.

    :raises AddressError: something in it is no address; nobody may miss a message for that.
    """
    read = read_addresses(field)
    if not read.is_sound and any(fault.kind != "empty" for fault in read.faults):
        raise AddressError(f"{field.name}: {read.faults[0].problem}", cure="mailtpl lint shows the place; or give --to")
    for box in read.mailboxes:
        if box.spec:
            yield Mailbox("", _utf8(box.spec.local), _utf8(box.spec.domain))


def _utf8(octets: str) -> str:
    """Text of one character an octet as the UTF-8 that it stands for."""
    return octets.encode("latin-1").decode("utf-8", "replace")


def message_id_of(raw: RawMessage) -> str:
    """The Message-ID without its angle brackets; empty when there is none."""
    found = raw.fields_named("Message-ID")
    return found[0].value.strip("<>") if found else ""


def without_hidden(raw: RawMessage) -> bytes:
    """The octets without the fields that name hidden recipients, and without Return-Path."""
    octets = raw.octets
    spans = [field.span for name in _HIDDEN for field in raw.fields_named(name)]
    for start, end in sorted(spans, reverse=True):
        octets = octets[:start] + octets[end:]
    return octets
