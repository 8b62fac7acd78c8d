"""What a server says to the final dot, and whether that is all of it.

Over SMTP the first reply is the reply (RFC 5321 §4.1.1.4). Over LMTP each recipient has one, in their order (RFC 2033
§4.2): one too many would be taken for that to the next of them. There was none when the reply to QUIT is all that comes
after them, since no dot is answered with 221.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailtemplates.delivery.outcome import Uncertain
from mailtemplates.errors import TransportError
from mailtemplates.smtp.consignment import Consignment
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.session import GOODBYES, Session


def read_dot(session: Session, consignment: Consignment, *, alone: bool) -> None:
    """The outcomes of what was sent whole.

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
        more = _more(session, whole=each and len(under_way) > 1) if alone else ()
        if any(one.ok != reply.ok for one in more for reply in replies):
            replies.clear()
            problem = f"{session.wire.endpoint} answers the final dot more than once, and not the same"
    except TransportError as error:
        problem = error.problem
    for address, reply in zip(under_way, replies if each else replies * len(under_way), strict=False):
        consignment.settle(reply.outcome(), (address,))
    if problem:
        session.broken = True
        session.tell("fault", problem, consignment.message.message_id, since=consignment.dot_at)
        consignment.settle(Uncertain("dot", problem), under_way)


def _next(session: Session) -> Reply:
    """The next reply to the final dot.

    :raises TransportError: there is none.
    """
    reply = session.wire.reply("dot")
    if reply.code < 400 and not reply.ok:
        raise session.out_of_step("dot", "the dot", reply)
    session.broken = session.broken or reply.code == 421
    return reply


def _more(session: Session, *, whole: bool) -> Sequence[Reply]:
    """What the server says besides, which may be a true reply. 421, and the end of the link, may come at any time (RFC
    5321 §3.8).

    :param whole: whether it must be sure that there is nothing; it costs the session.
    """
    if whole:
        said = session.hear_out()
        return said[:-1] if said and said[-1].code in GOODBYES else said
    if not session.wire.speaks:
        return ()
    session.broken = True
    try:
        reply = session.wire.reply("quit")
    except TransportError:
        return ()
    return (reply,) if reply.code != 421 else ()
