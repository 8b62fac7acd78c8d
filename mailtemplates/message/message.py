"""A message: the octets that are sent, and their envelope (RFC 5322, RFC 2045)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtemplates.message.envelope import Envelope

if TYPE_CHECKING:
    from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Message:
    """One composed message.

    :param octets: the whole message with CRLF line ends; ASCII unless ``envelope.smtputf8``.
    :param envelope: sender and recipients, Bcc too.
    :param message_id: its Message-ID without angle brackets.
    """

    octets: bytes
    envelope: Envelope
    message_id: str

    def as_bytes(self) -> bytes:
        """The octets, with CRLF line ends."""
        return self.octets

    def __bytes__(self) -> bytes:
        return self.octets

    @property
    def size(self) -> int:
        """Octets of the message, as the SMTP SIZE extension counts them (RFC 1870)."""
        return len(self.octets)

    def as_email(self) -> EmailMessage:
        """The message as the standard library reads it. To send, take :meth:`as_bytes`: they are what was made."""
        import email.message
        import email.policy

        read = email.message_from_bytes(self.octets, policy=email.policy.SMTP)
        assert isinstance(read, email.message.EmailMessage)
        return read


def read_size_limit(parameters: str) -> int:
    """The most octets that a server takes, by the parameter of SIZE in its EHLO reply; 0 for no limit (RFC 1870 §4)."""
    return int(parameters[:18]) if parameters.isascii() and parameters.isdigit() else 0
