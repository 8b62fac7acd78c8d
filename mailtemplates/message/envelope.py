"""The envelope: whom a message goes to and who answers for it (RFC 5321 §2.3.1).

It is made of addr-specs with domains as A-labels, and of nothing else: no names, no brackets, no spaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailtemplates.headers.address import Mailbox


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and recipients of a message.

    :param sender: the reverse-path, an addr-spec.
    :param recipients: the forward-paths, each once, in order; may be empty.
    :param smtputf8: whether an address needs the SMTPUTF8 extension (RFC 6531).
    """

    sender: str
    recipients: tuple[str, ...]
    smtputf8: bool = False

    @classmethod
    def of(cls, sender: Mailbox, recipients: Iterable[Mailbox]) -> Envelope:
        """The envelope for these mailboxes. The same address twice, its domain in any case, is one recipient."""
        unique: dict[tuple[str, str], str] = {}
        for box in recipients:
            unique.setdefault((box.local, box.domain.lower()), box.addr_spec)
        addresses = tuple(unique.values())
        return cls(sender.addr_spec, addresses, not (sender.local.isascii() and all(map(str.isascii, addresses))))
