"""A message as it is handed to a server: what the rules of the send step look at (RFC 5321 §2.3.1, RFC 6409)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailtemplates.message.envelope import NULL_SENDER, Envelope
from mailtemplates.message.message import Message, read_size_limit
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.addrspec import RawAddrSpec
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import parse
from mailtemplates.octets.notation import read_examples, split_dialogue
from mailtemplates.octets.once import once


@dataclass(frozen=True)
class Submission(RawMessage):
    """One message on its way to a server.

    :param envelope: whom it goes to, and who answers for it.
    :param extensions: the keywords of the server's EHLO reply in upper case, each with its parameters; None when no
        server was asked.
    """

    envelope: Envelope = field(default=Envelope("", ()))
    extensions: Mapping[str, str] | None = None

    def lacks_extension(self, keyword: str) -> bool:
        """Whether the server was asked and does not offer an extension."""
        return self.extensions is not None and keyword not in self.extensions

    @once
    def size_limit(self) -> int:
        """The most octets that the server takes (RFC 1870 §3); 0 when it was not asked or names none."""
        return read_size_limit((self.extensions or {}).get("SIZE", ""))

    @once
    def addressed(self) -> tuple[tuple[RawField, RawAddrSpec], ...]:
        """The addresses of To and Cc, each with its field."""
        fields = [*self.fields_named("To"), *self.fields_named("Cc")]
        return tuple((one, box.spec) for one in fields for box in read_addresses(one).mailboxes if box.spec)


def read_submission(message: Message, extensions: Mapping[str, str] | None = None) -> Submission:
    """A message with its tree, its envelope, and what the server offers when it is known. Never raises."""
    envelope = message.envelope
    return Submission(message.octets, parse(message.octets), envelope.smtputf8, envelope, extensions)


def read_submission_example(text: str) -> Submission:
    """The submission of an example in the notation of :mod:`mailtemplates.octets.notation`."""
    lines, rest = split_dialogue(text)
    said = [line[3:].partition(":<")[2].removesuffix(">") for line in lines if line.startswith("C: ")]
    offers = [line[7:].partition(" ") for line in lines if line.startswith("S: 250")]
    envelope = Envelope(said[0] or NULL_SENDER, tuple(said[1:]), not "".join(said).isascii())
    extensions = {keyword: parameters for keyword, _, parameters in offers} if offers else None
    return read_submission(Message(read_examples(rest)[0], envelope, ""), extensions)
