"""The envelope: whom a message goes to and who answers for it (RFC 5321 §2.3.1).

It is made of addr-specs with domains as A-labels, and of nothing else: no names, no brackets, no spaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mailtemplates.pattern import pattern

if TYPE_CHECKING:
    from mailtemplates.headers.address import Mailbox

NULL_SENDER = "<>"
"""The sender of a message that nobody shall answer with a bounce (RFC 5321 §4.5.5), where it is asked for by name."""

_LOCAL = r'(?:"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\[ -~])*"|[^\x00-\x20\x7f-\xa0<>"@,;:\\]+)'
_PATH = pattern(_LOCAL + r"@(?:\[[A-Za-z0-9.:]+\]|[A-Za-z0-9.-]+)")


class Envelope(NamedTuple):
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


def is_path(address: str) -> bool:
    """Whether an address may stand between the brackets of MAIL FROM and RCPT TO (RFC 5321 §4.1.2, RFC 6531 §3.3).

    It is a bare addr-spec: nothing in it ends the path, the line, or begins another address.
    """
    return bool(_PATH.fullmatch(address))
