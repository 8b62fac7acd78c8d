"""What a server offers in its answer to EHLO, and what is asked of it with each message (RFC 5321 §4.1.1.1)."""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.delivery.outcome import Failed
from mailtemplates.smtp.consignment import Consignment
from mailtemplates.smtp.session import Session


class Wishes(NamedTuple):
    """What is asked of the server for every message.

    :param notify: DSN NOTIFY, such as ``FAILURE,DELAY`` (RFC 3461); empty for the server's default.
    :param ret: DSN RET: ``HDRS`` or ``FULL``.
    :param require_tls: RFC 8689.
    """

    notify: str = ""
    ret: str = ""
    require_tls: bool = False


def check_offers(session: Session, consignment: Consignment, wishes: Wishes) -> None:
    """Settle what the server said in EHLO that it cannot take."""
    offers = session.features
    if consignment.smtputf8 and "SMTPUTF8" not in offers:
        _do_without_utf8(consignment)
    limit = session.size_limit
    if limit and consignment.size > limit:
        text = f"the message has {consignment.size} octets, and the server takes {limit}"
        consignment.settle(Failed(0, "5.3.4", "mesgtoobig", text))
    elif consignment.eight_bit and "8BITMIME" not in offers:
        text = "the message has octets over 127, and the server does not offer 8BITMIME"
        consignment.settle(Failed(0, "5.6.3", "contenterror", text))
    elif wishes.require_tls and "REQUIRETLS" not in offers:
        text = "REQUIRETLS is asked for, and the server does not offer it"
        consignment.settle(Failed(0, "5.7.30", "failedstarttls", text))


def _do_without_utf8(consignment: Consignment) -> None:
    """A header or a sender in UTF-8 reaches nobody without SMTPUTF8 (RFC 6531 §3.2); a recipient's address only keeps
    him from the message, not the others."""
    sender = consignment.message.envelope.sender
    outside = [address for address in consignment.waiting if not (sender + address).isascii()]
    what = "an address has letters outside ASCII before the @" if outside else "the header has UTF-8 in it"
    lost = Failed(0, "5.6.7", "smtputf8", f"{what}, and the server does not offer SMTPUTF8")
    consignment.settle(lost, consignment.waiting if consignment.utf8_header else outside)
    consignment.smtputf8 = False


def parameters(session: Session, consignment: Consignment, wishes: Wishes) -> tuple[str, str]:
    """What follows the addresses in MAIL and in RCPT; only what the server offers."""
    offers = session.features
    mail = ""
    if "SIZE" in offers:
        mail += f" SIZE={consignment.size}"
    if consignment.eight_bit:
        mail += " BODY=8BITMIME"
    if consignment.smtputf8:
        mail += " SMTPUTF8"
    if wishes.require_tls:
        mail += " REQUIRETLS"
    if "DSN" not in offers or not (wishes.notify or wishes.ret):
        return mail, ""
    mail += f" RET={wishes.ret}" if wishes.ret else ""
    mail += f" ENVID={_xtext(consignment.message.message_id, 100)}" if consignment.message.message_id else ""
    return mail, f" NOTIFY={wishes.notify}" if wishes.notify else ""


def _xtext(text: str, most: int) -> str:
    """RFC 3461 §4; of at most so many octets (§4.4)."""
    said = ""
    for octet in text.encode("ascii", "replace"):
        one = chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        if len(said) + len(one) > most:
            break
        said += one
    return said
