"""Mail transactions over one session, pipelined (RFC 5321 §3.3, RFC 2920).

A group is MAIL, RCPT… and DATA. The group of the next message is written right behind the content of this one,
so a message costs one round trip. DATA and the final dot are the points where both sides meet: everything that was
asked before is answered before anything more is sent.

One thing too many from the server would have every reply after it taken for that to another command. 354 answers
nothing but DATA, so what came before it was in step. What is refused without it is believed of the first transaction of
a session, and of a later one when RSET is answered as it should be.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from mailtemplates.delivery.outcome import Deferred, NotTried, Outcome, Phase
from mailtemplates.delivery.transport import WITHHELD
from mailtemplates.errors import TransportError
from mailtemplates.message.envelope import NULL_SENDER
from mailtemplates.smtp.consignment import Consignment, Queue
from mailtemplates.smtp.dotreplies import doubt, read_dot
from mailtemplates.smtp.offers import Wishes, check_offers, parameters
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.session import Session
from mailtemplates.smtp.wire import BLOCK

_WINDOW = 100
"""Commands that wait for their reply at once; more could fill the buffers of both sides and stop them for ever."""


class _Group:
    """The commands of one transaction, at most a window of them unanswered.

    :ivar fresh: whether it is the session's first.
    :ivar reset: whether RSET stands before MAIL.
    """

    def __init__(self, session: Session, consignment: Consignment, wishes: Wishes) -> None:
        self.session = session
        self.began = time.monotonic()
        self.fresh = not session.used
        session.used = True
        self.reset = session.dirty
        self.recipients = consignment.waiting
        mail, rcpt = parameters(session, consignment, wishes)
        sender = consignment.message.envelope.sender
        path = NULL_SENDER if sender == NULL_SENDER else f"<{sender}>"
        self._lines = [
            *(["RSET"] if self.reset else []),
            f"MAIL FROM:{path}{mail}",
            *(f"RCPT TO:<{address}>{rcpt}" for address in self.recipients),
            "DATA",
        ]
        self._written = 0
        self._answered = 0
        self._window = _WINDOW if session.pipelines else 1

    def write(self) -> None:
        """Send as many commands as may wait."""
        phase: Phase = "mail" if not self._written else "rcpt"
        upto = self._written + self._window
        octets = "".join(f"{line}\r\n" for line in self._lines[self._written : upto]).encode()
        self._written = min(upto, len(self._lines))
        self.session.wire.write(octets, phase)

    def reply(self, phase: Phase) -> Reply:
        """The reply to the next command, which is sent when it has not been.

        :raises TransportError: there is none, or the server spoke before the command was sent.
        """
        if self._answered == self._written:
            if self._written and self.session.wire.speaks:
                raise self.session.not_asked(phase, _heard(self.session, phase))
            self.write()
        self._answered += 1
        return _heard(self.session, phase)

    @property
    def said_once(self) -> bool:
        """Whether the server said one thing so far, and nothing more is to come."""
        return self._answered == self._written == 1

    @property
    def unanswered(self) -> int:
        """Commands that were sent and have no reply yet."""
        return self._written - self._answered

    @property
    def written(self) -> bool:
        """Whether something of it was sent."""
        return self._written > 0

    @property
    def data_sent(self) -> bool:
        """Whether DATA is among what was sent."""
        return self._written == len(self._lines)


def transact(session: Session, queue: Queue, wishes: Wishes, most: int) -> Iterator[Consignment]:
    """Send what the queue holds, until it or the session ends; each consignment as soon as nobody of it waits.

    When the session breaks, what was not sent goes back to the queue once, and then is deferred.
    """
    under_way: Consignment | None = None
    while True:
        pauses = under_way is not None and queue.pauses
        try:
            consignment = None if pauses or session.broken or session.served >= most else queue.next()
        except Exception:  # what the caller gave next is wrong: first tell him of what went before
            if under_way:
                read_dot(session, under_way, alone=True)
                yield under_way
            raise
        group = None
        if consignment:
            check_offers(session, consignment, wishes)
            if consignment.waiting:
                group = _Group(session, consignment, wishes)
                if _may_go(session, group, under_way):
                    _write_ahead(session, group)
        held: Consignment | None = None
        doubtful: Sequence[str] = ()
        if under_way:
            doubtful = read_dot(session, under_way, alone=not (group and group.written))
            if doubtful and under_way is not consignment:
                held = under_way  # until the server is seen to be in step
            elif under_way.done:
                yield under_way
            under_way = None
            if pauses:
                continue
        if consignment is None:
            return
        if group and not group.written and not _may_go(session, group, None):
            session.broken = True
            queue.again(consignment)  # nothing was said of it
            return
        sent = group is not None and _converse(session, queue, consignment, group)
        if held:
            if not session.in_step:
                doubt(session, held, doubtful)
            yield held
        if sent:
            under_way = consignment
        elif consignment.done:
            yield consignment


def _may_go(session: Session, group: _Group, under_way: Consignment | None) -> bool:
    """Whether a group may be written now: the server said nothing that nobody asked for, since the session's last
    message; and that one is answered, or the server takes commands together. Where each of several recipients has a
    reply, the session ends with them (see :mod:`mailtemplates.smtp.dotreplies`)."""
    if under_way is None:
        return group.fresh or not (session.broken or session.wire.speaks)
    return session.pipelines and not (session.wire.endpoint.lmtp and len(under_way.under_way) > 1)


def _write_ahead(session: Session, group: _Group) -> None:
    """Write a group; a link that is broken is told of when the group is read, after the message before it."""
    try:
        group.write()
    except TransportError:
        session.broken = True


def _converse(session: Session, queue: Queue, consignment: Consignment, group: _Group) -> bool:
    """One transaction up to the final dot; whether the dot was sent. Faults end in outcomes, or in another try."""
    try:
        return _to_the_dot(session, queue, consignment, group)
    except TransportError as error:
        session.broken = True
        consignment.taken = []
        if group.fresh and error.kind != "out-of-step":
            consignment.believe()
        consignment.refused.clear()
        words = session.wire.last_words()
        if words and error.phase == "content":
            consignment.settle(words.refused())
        elif not group.fresh and consignment.waiting and not consignment.tried_again:
            consignment.tried_again = True
            session.tell("retry", error.problem, consignment.message.message_id)
            queue.again(consignment)
        else:
            session.tell("fault", error.problem, consignment.message.message_id, code=error.code)
            consignment.settle(_deferred(error, words))
        return False


def _deferred(error: TransportError, words: Reply | None) -> Deferred:
    """The link broke before the final dot: nobody has the message."""
    if words:
        return Deferred(words.code if words.temporary else 0, words.enhanced, words.text, words.reason)
    reason = Reply(error.code, error.enhanced, error.problem).reason if error.code else "networkerror"
    return Deferred(error.code, error.enhanced or "4.4.2", error.problem, reason)


def _heard(session: Session, phase: Phase) -> Reply:
    """The next reply.

    :raises TransportError: there is none, or it ends the session (RFC 5321 §3.8).
    """
    reply = session.wire.reply(phase)
    if reply.code == 421:
        problem = f"{session.wire.endpoint} ends the session: {reply}"
        raise TransportError(problem, phase=phase, code=reply.code, enhanced=reply.enhanced)
    return reply


def _to_the_dot(session: Session, queue: Queue, consignment: Consignment, group: _Group) -> bool:
    message_id = consignment.message.message_id
    if session.broken:
        raise TransportError(f"the link to {session.wire.endpoint} broke", phase="mail")
    if group.reset and not (reset := group.reply("mail")).ok:
        raise session.out_of_step("mail", "RSET", reset)
    session.dirty = True
    mail = group.reply("mail")
    session.tell("mail", mail, message_id, since=group.began)
    if mail.code >= 400:
        consignment.refused = dict.fromkeys(group.recipients, _refused_sender(mail))
        if group.fresh:
            consignment.believe()
        elif group.said_once:
            problem = f"{session.wire.endpoint} refuses MAIL, or what went before it: {mail}"
            raise TransportError(problem, phase="mail", kind="out-of-step")
    elif not mail.ok:
        raise session.out_of_step("mail", "MAIL", mail)
    left = _recipients(consignment, group, mail) if mail.ok or group.unanswered else []
    if not (consignment.taken or group.data_sent):
        return _end_refused(session, consignment, group)
    data = group.reply("data")
    session.tell("data", data, message_id, since=group.began)
    if data.code != 354 and data.code < 400:
        raise session.out_of_step("data", "DATA", data)
    if data.code != 354:
        consignment.refused = {**dict.fromkeys(consignment.waiting, data.refused()), **consignment.refused}
        return _end_refused(session, consignment, group)
    consignment.believe()
    if early := _unasked(session):
        return _end_early(session, consignment, early)
    if not consignment.taken:
        return _end_empty(session)
    if not queue.may_go(consignment):
        return _withhold(session, consignment)
    session.tell("dot", f"{consignment.size} octets", message_id)
    consignment.dot_at = time.monotonic()
    if early := _write_content(session, consignment.content):
        return _end_early(session, consignment, early)
    consignment.under_way, consignment.taken = consignment.taken, []
    session.dirty = False
    session.served += 1
    if left:
        queue.again(consignment)
    return True


def _end_refused(session: Session, consignment: Consignment, group: _Group) -> bool:
    """Nobody gets the message. After a reply too many, RSET is answered with a refusal.

    :raises TransportError: it is so, or the link breaks.
    """
    if consignment.taken or not group.fresh:
        session.wire.write(b"RSET\r\n", "rset")
        if not (reset := _heard(session, "rset")).ok:
            raise session.out_of_step("rset", "RSET", reset)
        session.dirty = False
    consignment.taken = []
    consignment.believe()
    return False


def _write_content(session: Session, content: bytes) -> Reply | None:
    """Send the content and its final dot; without the dot when the server speaks meanwhile: its reply."""
    for start in range(0, len(content), BLOCK):
        if start and (early := _unasked(session)):
            return early
        session.wire.write(content[start : start + BLOCK], "content")
    return None


def _unasked(session: Session) -> Reply | None:
    """What the server says between its 354 and our final dot, where it has nothing to say (RFC 5321 §4.1.1.4).

    It would be taken for the reply to the dot, and that one for the reply to what comes next. Without the dot nobody
    has the message, whatever was said.
    """
    return session.wire.reply("content") if session.wire.speaks else None


def _end_early(session: Session, consignment: Consignment, early: Reply) -> bool:
    """The link ends before the final dot. A refusal counts as one.

    :raises TransportError: it is none.
    """
    if early.code < 400:
        raise session.not_asked("content", early)
    session.broken = True
    consignment.taken = []
    consignment.settle(early.refused())
    return False


def _refused_sender(reply: Reply) -> Outcome:
    """530 is no word about the message: the server wants a login, or TLS, first (RFC 4954 §6, RFC 3207 §4)."""
    if reply.code not in (530, 538):
        return reply.refused()
    needs_tls = reply.reason == "failedstarttls"
    cure = "use smtp+starttls://, or smtps:// on 465" if needs_tls else "log in: write user@ before the host in the URL"
    return NotTried(reply.text, cure, False, "mail", reply.code, reply.enhanced)


def _recipients(consignment: Consignment, group: _Group, mail: Reply) -> list[str]:
    """Read the replies to RCPT. Gives back whom the server takes in another transaction."""
    left = []
    for address in group.recipients:
        if not mail.ok and not group.unanswered:
            break
        reply = group.reply("rcpt")
        group.session.tell("rcpt", reply, consignment.message.message_id, since=group.began)
        if reply.ok and mail.ok:
            consignment.taken.append(address)
        elif reply.code < 400:
            raise group.session.out_of_step("rcpt", "RCPT", reply)
        elif reply.too_many and consignment.taken:
            left.append(address)
        elif mail.ok:
            consignment.refused[address] = reply.refused()
    return left


def _withhold(session: Session, consignment: Consignment) -> bool:
    """The server waits for content that shall not come: only closing the link tells it so."""
    session.broken = True
    consignment.taken = []
    consignment.settle(WITHHELD)
    return False


def _end_empty(session: Session) -> bool:
    """The server wants the content, though it took nobody: a lone dot ends that (RFC 2920 §3.1)."""
    session.wire.write(b".\r\n", "content")
    if session.wire.endpoint.lmtp:  # no recipient, no reply (RFC 2033 §4.2)
        return False
    session.wire.reply("dot")
    session.dirty = False
    return False
