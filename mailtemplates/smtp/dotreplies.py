"""What a server says to the final dot, and whether that is all of it.

Over SMTP the first reply is the reply (RFC 5321 §4.1.1.4). Over LMTP each recipient has one, in their order (RFC 2033
§4.2): one too many would be taken for that to the next of them. There was none when the reply to QUIT is all that comes
after them, since no dot is answered with 221.

A no over SMTP is looked at in the same way: something that nobody asked for may have come before the reply, and whoever
is sent a message again that was taken has it twice. Where the next message was announced already, its 354 shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailtemplates.delivery.outcome import Uncertain
from mailtemplates.errors import TransportError
from mailtemplates.smtp.consignment import Consignment
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.session import GOODBYES, Session


def read_dot(session: Session, consignment: Consignment, *, alone: bool) -> Sequence[str]:
    """Settle what was sent whole. Gives back of whom the server says no and it is not sure yet: since the next message
    was announced, it is known to be in step when that is answered.

    :param alone: whether nothing else was asked.
    """
    under_way, consignment.under_way = consignment.under_way, []
    each = session.wire.endpoint.lmtp
    replies: list[Reply] = []
    problem = ""
    try:
        for _ in under_way if each else under_way[:1]:
            reply = _next(session)
            session.tell("reply", reply, consignment.message.message_id, since=consignment.dot_at)
            replies.append(reply)
        refused = not all(reply.ok for reply in replies)
        more = _more(session, whole=len(replies) > 1 or (refused and not session.broken)) if alone else ()
        if more is None or any(one.ok != reply.ok for one in more for reply in replies):
            replies.clear()
            problem = f"{session.wire.endpoint} answers the final dot more than once, and not the same"
            consignment.outcomes.update(dict.fromkeys(consignment.believed, Uncertain("dot", problem)))
    except TransportError as error:
        problem = error.problem
    for address, reply in zip(under_way, replies if each else replies * len(under_way), strict=False):
        consignment.settle(reply.outcome(), (address,))
    if problem:
        session.broken = True
        session.tell("fault", problem, consignment.message.message_id, since=consignment.dot_at)
        consignment.settle(Uncertain("dot", problem), under_way)
    return () if alone or all(reply.ok for reply in replies) else under_way


def doubt(session: Session, consignment: Consignment, addresses: Sequence[str]) -> None:
    """The server was out of step: what it said of these may have been said of something else."""
    problem = f"{session.wire.endpoint} says more than it is asked, and the final dot may have had another answer"
    session.tell("fault", problem, consignment.message.message_id, since=consignment.dot_at)
    consignment.outcomes.update(dict.fromkeys(addresses, Uncertain("dot", problem)))


def _next(session: Session) -> Reply:
    """The next reply to the final dot.

    :raises TransportError: there is none.
    """
    reply = session.wire.reply("dot")
    if reply.code < 400 and not reply.ok:
        raise session.out_of_step("dot", "the dot", reply)
    session.broken = session.broken or reply.code == 421
    return reply


def _more(session: Session, *, whole: bool) -> Sequence[Reply] | None:
    """What the server says besides, which may be a true reply; None when it cannot be read. 421, and the end of the
    link, may come at any time (RFC 5321 §3.8).

    :param whole: whether it must be sure that there is nothing; it costs the session.
    """
    if whole:
        try:
            said = session.hear_out()
        except TransportError:
            return None
        return said[:-1] if said and said[-1].code in GOODBYES else said
    if not session.wire.speaks:
        return ()
    session.broken = True
    try:
        reply = session.wire.reply("quit")
    except TransportError:
        return ()
    return (reply,) if reply.code != 421 else ()
