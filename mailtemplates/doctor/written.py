"""A message file as a message to send: its octets as they are, the envelope that its header tells."""

from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.delivery.writtenmail import message_id_of, without_hidden
from mailtemplates.errors import AddressError
from mailtemplates.headers.domain import check_domain
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.message import RawMessage, read_message


def written_message(octets: bytes) -> Message:
    """The message of these octets, with CRLF line ends, as it would be sent. What is wrong is for the linter to say.

    The sender is the first of Sender, or From (RFC 5322 §3.6.2); the recipients are To, Cc and Bcc.
    """
    raw = read_message(octets if b"\r" in octets else octets.replace(b"\n", b"\r\n"))
    senders = [*_addresses(raw, "Sender"), *_addresses(raw, "From")]
    recipients = tuple(dict.fromkeys(box for name in ("To", "Cc", "Bcc") for box in _addresses(raw, name)))
    sender = senders[0] if senders else ""
    plain = all(map(str.isascii, (sender, *recipients))) and raw.octets[: raw.header_end.end].isascii()
    return Message(without_hidden(raw), Envelope(sender, recipients, not plain), message_id_of(raw))


def _addresses(raw: RawMessage, name: str) -> Iterator[str]:
    for field in raw.fields_named(name):
        for box in read_addresses(field).mailboxes:
            if box.spec:
                yield f"{_text(box.spec.local)}@{_domain(_text(box.spec.domain))}"


def _text(latin: str) -> str:
    return latin if latin.isascii() else latin.encode("latin-1", "replace").decode("utf-8", "replace")


def _domain(text: str) -> str:
    try:
        return check_domain(text)
    except AddressError:
        return text
