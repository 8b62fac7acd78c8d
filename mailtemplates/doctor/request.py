"""What the doctor is asked to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mailtemplates.message.message import Message
from mailtemplates.smtp.login import Token

SECONDS = 30.0
"""The most that a step may take, unless another time is given."""


class Request(NamedTuple):
    """One examination.

    :param url: a transport's URL, as for sending.
    :param password: of the user in the URL, as for sending; ``imap_password`` of the user in ``imap``.
    :param sender: the reverse-path, an addr-spec; empty for that of the message, or of who logs in.
    :param recipients: the forward-paths, addr-specs; empty for those of the message.
    :param message: makes the message that it is about; None for any message.
    :param seconds: the most that a step may take.
    :param really: whether one message is sent.
    :param imap: the URL of the mailbox where that message is looked for: ``imaps://user@host``; empty for none.
    :param nameserver: the name server that is asked about domains, ``HOST:PORT``; empty for that of this machine.
    :param ip: the address that mail comes from, when it is not the one of this machine.
    :param keys: gives for names of DKIM records the TXT record that a private key of the settings belongs to.
    :param go_on: whether later steps are taken after one failed, where they can.
    """

    url: str
    password: str | None = None
    token: Token | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()
    message: Callable[[], Message] | None = None
    seconds: float = SECONDS
    really: bool = False
    imap: str = ""
    imap_password: str | None = None
    nameserver: str = ""
    ip: str = ""
    go_on: bool = False
    keys: Callable[[], Mapping[str, str]] | None = None

    def __repr__(self) -> str:
        return "Request(***)"
