"""A message that a server took, with what its session was like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailtemplates.message.message import Message


@dataclass(frozen=True, slots=True)
class Caught:
    """One message.

    :param message: its octets as they came, without the dots that SMTP adds (RFC 5321 §4.5.2), and its envelope: the
        addresses of MAIL and RCPT, ``<>`` for the null sender.
    :param at: when the final dot came.
    :param client: the name that the client gave with EHLO or HELO.
    :param user: whom the client logged in as; empty when it did not.
    :param secure: whether the session was encrypted.
    """

    message: Message
    at: datetime
    client: str = ""
    user: str = ""
    secure: bool = False
