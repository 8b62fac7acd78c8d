"""Step 10: RCPT TO for each recipient, then RSET: nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.errors import TransportError
from mailtemplates.smtp.offers import parameters
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.session import Session, insist


@step(10, needs="session")
def recipient(case: Case) -> Passed | Skipped:
    """Each forward-path; the transaction is thrown away after the last (RFC 5321 §4.1.1.3, §4.1.1.5)."""
    session, server = case.session, case.server
    assert session is not None and server is not None
    if not case.envelope.recipients:
        return Skipped("nobody is named: give --to or a message")
    _, rcpt = parameters(session, case.consignment(), server.wishes)
    replies = _asked(session, case.envelope.recipients, rcpt)
    refused = [(address, reply) for address, reply in replies if not reply.ok]
    try:
        insist(session.command("RSET", "rset"), "rset", case.endpoint)
        session.dirty = False
    except TransportError:  # a server that refuses and goes: why it refused says more
        session.broken = True
        if not refused:
            raise
    for address, reply in refused[:1]:
        others = f" ({len(refused)} of {len(replies)} are refused)" if len(replies) > 1 else ""
        insist(_about(reply, address, others), "rcpt", case.endpoint)
    addresses = list(case.envelope.recipients)
    return Passed("\n".join(f"{address}: {reply}" for address, reply in replies), {"recipients": addresses})


def _asked(session: Session, addresses: Iterable[str], rcpt: str) -> list[tuple[str, Reply]]:
    """What the server says to each, up to where it goes after a refusal."""
    replies: list[tuple[str, Reply]] = []
    for address in addresses:
        try:
            replies.append((address, session.command(f"RCPT TO:<{address}>{rcpt}", "rcpt")))
        except TransportError:
            if all(reply.ok for _, reply in replies):
                raise
            break
    return replies


def _about(reply: Reply, address: str, others: str) -> Reply:
    """The reply with the address in it, when the server does not say it."""
    named = "" if address in reply.text else f"{address}: "
    return reply._replace(text=f"{named}{reply.text}{others}")
