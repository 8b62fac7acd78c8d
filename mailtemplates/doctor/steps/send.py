"""Step 13: one message, tagged so that it is found again. Only when it is asked for, and can be looked for."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING

from mailtemplates.delivery.outcome import Accepted, Deferred, NotTried, Outcome, Receipt, Suppressed, Uncertain
from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.doctor.steperror import StepError
from mailtemplates.doctor.timelimit import within
from mailtemplates.errors import TransportError
from mailtemplates.message.message import Message
from mailtemplates.smtp.consignment import Queue
from mailtemplates.smtp.transaction import transact

if TYPE_CHECKING:
    from mailtemplates.doctor.account import ImapAccount

TAG = "X-Mailtpl-Doctor"
"""The field that tells the message from others with the same Message-ID."""

_MOST = 100
"""Transactions, when the server takes few recipients in one."""


@step(13, needs="health")
def send(case: Case) -> Passed | Skipped:
    """Over the session that stands, up to the final dot and its reply."""
    if not case.request.really:
        return Skipped("--really was not given: nothing is sent")
    if not case.envelope.recipients:
        return Skipped("nobody is named: give --to or a message")
    if case.account and (fault := _fault_of(case, case.account)):
        case.mailbox_fault = fault  # it is the next step's
        return Skipped("nothing is sent: the mailbox where it should arrive cannot be looked into")
    sent = _tagged(case)
    case.sent, case.sent_at = sent, time()
    receipt = _send(case, sent)
    for delivery in receipt.deliveries:
        _insist(delivery.address, delivery.outcome)
    words = [
        f"{delivery.address}: {getattr(delivery.outcome, 'text', '')}".rstrip(": ") for delivery in receipt.deliveries
    ]
    facts = {"message_id": sent.message_id, "recipients": [delivery.address for delivery in receipt.deliveries]}
    return Passed("\n".join([*words, f"Message-ID <{sent.message_id}>"]), facts)


def _fault_of(case: Case, account: ImapAccount) -> Exception | None:
    """Why the mailbox cannot be looked into. It is asked before anything is sent, and sending has its whole time."""
    from mailtemplates.doctor.mailbox import check_mailbox  # imaplib, only for --imap

    fault = within(case.seconds_left, lambda: check_mailbox(account, case.seconds_left))
    case.start(case.request.seconds)
    return fault


def _tagged(case: Case) -> Message:
    """The message with the tag, which is put before everything else so that no signature is broken."""
    token = os.urandom(8).hex()
    message = case.message or _letter(case, token)
    end = b"\r\n" if b"\r" in message.octets else b"\n"
    return replace(message, octets=f"{TAG}: {token}".encode() + end + message.octets, envelope=case.envelope)


def _letter(case: Case, token: str) -> Message:
    """A message to try with, where none is given."""
    from mailtemplates.headers.address import parse_addresses, parse_mailbox  # composing is for --really only
    from mailtemplates.headers.field import AddressList, Field, Text
    from mailtemplates.message.composer import compose
    from mailtemplates.message.parts import Parts
    from mailtemplates.message.stamp import Stamp

    sender, recipients = case.envelope.sender, case.envelope.recipients
    author = sender if "@" in sender else recipients[0]
    fields = (
        Field("From", AddressList((parse_mailbox(author),))),
        Field("To", AddressList(parse_addresses(", ".join(recipients)))),
        Field("Subject", Text(f"[mailtpl doctor] {token}")),
    )
    text = "mailtpl doctor sent this message to see whether it arrives.\n"
    return compose(Parts(fields, text=text), Stamp(datetime.now(UTC).replace(microsecond=0), token), smtputf8=True)


def _send(case: Case, message: Message) -> Receipt:
    if case.server is None:
        assert case.transport is not None
        return case.transport.send(message)
    assert case.session is not None
    queue = Queue([message])
    for done in transact(case.session, queue, case.server.wishes, _MOST):
        return done.receipt()
    rest = queue.next()  # it would go over another session, and there is none
    assert rest is not None
    rest.settle(Deferred(0, "4.4.2", "the session ended before the server was told of all recipients", "networkerror"))
    return rest.receipt()


def _insist(address: str, outcome: Outcome) -> None:
    """Go on only when the message is accepted for everybody."""
    if isinstance(outcome, Accepted):
        return
    if isinstance(outcome, Uncertain):
        raise StepError(f"{address}: {outcome.text}; it may have been delivered", "lost-after-the-dot")
    if isinstance(outcome, NotTried | Suppressed):
        raise StepError(f"{address}: {outcome.text}", "place-not-writable", cure=getattr(outcome, "cure", ""))
    if not outcome.code and "out of step" in outcome.text:
        raise StepError(f"{address}: {outcome.text}", "reply-not-smtp")
    said = " ".join(filter(None, (str(outcome.code or ""), outcome.enhanced, outcome.text)))
    raise TransportError(
        f"refused for {address}: {said}",
        phase="dot",
        code=outcome.code or 554,
        enhanced=outcome.enhanced,
    )
