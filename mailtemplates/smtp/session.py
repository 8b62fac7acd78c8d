"""A session with a mail server, ready for messages: greeting, EHLO, TLS and login are behind it."""

from __future__ import annotations

import time
from itertools import count

from mailtemplates.delivery.event import Event, Kind, Watcher, is_heard, publish
from mailtemplates.delivery.outcome import Mishap, Phase
from mailtemplates.errors import TransportError
from mailtemplates.failures.decoding import decode_said
from mailtemplates.message.message import read_size_limit
from mailtemplates.smtp.endpoint import PHASE_NAMES, Endpoint
from mailtemplates.smtp.login import Login
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.sasl import Mechanism, choose, decode_challenge, encode_answer
from mailtemplates.smtp.wire import Wire

_LONGEST_COMMAND = 510
_MOST_CHALLENGES = 4

_BUSY = "the server is busy or going down: try again later, or with fewer connections (?pool=)"
_WHOLE = ("no-starttls", "no-login", "no-mechanism")
"""Mishaps after which the link is as it was, so that we part with QUIT (RFC 5321 §4.1.1.10)."""

GOODBYES = (221, 421, 500, 501, 502, 503, 504)
"""How servers answer QUIT: as they should, or that they do not know it (x0z, RFC 5321 §4.2.1)."""

_ENDS: tuple[Mishap, ...] = ("silent", "closed", "broken")
"""How a server ends a session that says nothing more."""

_MOST_STRAYS = 4
"""Replies too many that are read before the goodbye."""

_numbers = count(1)


class Session:
    """A session that :func:`open_session` made. Not safe between threads: a pool gives it to one at a time.

    :ivar number: of the connection, for events.
    :ivar features: what the server offers, in upper case, with its parameters.
    :ivar served: messages that went through.
    :ivar used: whether a transaction was begun: a reply too many may be to that one.
    :ivar in_step: whether each reply is known to be that to its command.
    :ivar broken: whether it must not be used again.
    :ivar dirty: whether a transaction stands open, so that RSET must come first.
    """

    def __init__(self, wire: Wire, watch: Watcher | None = None) -> None:
        self.wire = wire
        self.number = next(_numbers)
        self.features: dict[str, str] = {}
        self.served = 0
        self.used = False
        self.in_step = True
        self.broken = False
        self.dirty = False
        self.idle_since = time.monotonic()
        self._watch = watch

    def tell(
        self, kind: Kind, text: Reply | str = "", message_id: str = "", *, since: float = 0.0, code: int = 0
    ) -> None:
        """Give an event to who watches.

        :param since: when what it tells of began, of :func:`time.monotonic`; 0 when that took no time.
        """
        code = text.code if isinstance(text, Reply) else code
        if is_heard(kind, code, self._watch):
            now = time.monotonic()
            took = now - since if since else 0.0
            server = str(self.wire.endpoint)
            publish(Event(kind, server, str(text), message_id, now, took, code, self.number), self._watch)

    def command(self, line: str, phase: Phase) -> Reply:
        """Send one line and read its reply."""
        self.wire.write(f"{line}\r\n".encode(), phase)
        return self.wire.reply(phase)

    @property
    def pipelines(self) -> bool:
        """Whether commands may go together (RFC 2920)."""
        return "PIPELINING" in self.features

    @property
    def size_limit(self) -> int:
        """The most octets of a message (RFC 1870); 0 when the server names none."""
        return read_size_limit(self.features.get("SIZE", ""))

    def alive(self, after: float) -> bool:
        """Whether the session still works; one that was idle for ``after`` seconds is asked (NOOP)."""
        if self.broken or self.wire.readable:
            return False
        if time.monotonic() - self.idle_since < after:
            return True
        try:
            return self.command("NOOP", "quit").ok
        except TransportError:
            return False

    def out_of_step(self, phase: Phase, command: str, reply: Reply) -> TransportError:
        """The reply to a command is none that it can have: nobody knows what it answers."""
        self.in_step = False
        problem = f"{self.wire.endpoint} answers {command} out of step: {reply}"
        return TransportError(problem, phase=phase, kind="out-of-step")

    def not_asked(self, phase: Phase, reply: Reply) -> TransportError:
        """The server speaks though nothing was asked: what it said before may have been out of step too."""
        self.in_step = False
        problem = f"{self.wire.endpoint} answers what it was not asked: {reply}"
        return TransportError(problem, phase=phase, kind="out-of-step")

    def hear_out(self) -> list[Reply]:
        """Say QUIT, and take in what the server says up to its goodbye, or until it is gone. The session is over.

        :raises TransportError: what it says is no reply.
        """
        said: list[Reply] = []
        try:
            if not self.broken:
                self.wire.write(b"QUIT\r\n", "quit")
            while len(said) <= _MOST_STRAYS and not (said and said[-1].code in GOODBYES):
                said.append(self.wire.reply("quit"))
        except TransportError as error:
            if error.kind not in _ENDS:
                raise
        finally:
            self.broken = True
        return said

    def close(self) -> None:
        """Say QUIT when the link is whole; whatever the server answers, the session ends."""
        try:
            if not self.broken:
                self.wire.write(b"QUIT\r\n", "quit")
                self.wire.reply("quit")
        except TransportError:
            pass
        finally:
            self.broken = True
            self.wire.close()
            self.tell("close")


def open_session(endpoint: Endpoint, login: Login | None = None, watch: Watcher | None = None) -> Session:
    """Connect, go over to TLS where the endpoint asks for it, and log in.

    :raises TransportError: it could not be done; no password left unless TLS was verified or the caller waived it.
    """
    wire = Wire(endpoint)
    session = Session(wire, watch)
    try:
        _set_up(session, login)
        return session
    except TransportError as error:
        session.tell("fault", error.problem, code=error.code)
        session.broken = not (error.code or error.kind in _WHOLE)
        session.close()
        raise
    except BaseException:
        wire.close()
        raise


def _set_up(session: Session, login: Login | None) -> None:
    wire = session.wire
    endpoint = wire.endpoint
    began = time.monotonic()
    greeting = wire.open()
    insist(greeting, "greeting", endpoint, "the server takes no mail from this machine's address; its words say why")
    session.tell("connect", greeting, since=began)
    greet(session)
    began = time.monotonic()
    if endpoint.tls == "starttls":
        start_tls(session)
    if endpoint.tls != "none":
        session.tell("tls", wire.tls_version, since=began if endpoint.tls == "starttls" else 0.0)
    if login:
        log_in(session, login)


def insist(reply: Reply, phase: Phase, endpoint: Endpoint, cure: str = "") -> None:
    """Go on only when the server says yes.

    :raises TransportError: it does not.
    """
    if reply.ok:
        return
    raise TransportError(
        f"{endpoint} refuses us at {PHASE_NAMES[phase]}: {reply}",
        phase=phase,
        temporary=reply.temporary,
        code=reply.code,
        enhanced=reply.enhanced,
        cure=_BUSY if reply.code == 421 else cure,
    )


def greet(session: Session) -> None:
    """EHLO, or LHLO; HELO when the server is older than that and nothing is lost by it.

    :raises TransportError: the server does not take our name.
    """
    wire = session.wire
    endpoint = wire.endpoint
    reply_lines = _hello(session, "LHLO" if endpoint.lmtp else "EHLO")
    if reply_lines is None:
        reply_lines = _hello(session, "HELO") or []
    session.features = {}
    for line in reply_lines[1:]:
        keyword, _, parameters = line.replace("AUTH=", "AUTH ", 1).partition(" ")
        name = keyword.upper()
        known = session.features.get(name)
        session.features[name] = f"{known} {parameters}".strip() if known else parameters.strip()


def _hello(session: Session, verb: str) -> list[str] | None:
    """The lines of the answer; None when a server without EHLO may be greeted with HELO."""
    wire = session.wire
    wire.write(f"{verb} {wire.own_name}\r\n".encode(), "ehlo")
    reply = wire.reply("ehlo")
    if verb == "EHLO" and reply.code in (500, 502) and wire.endpoint.tls == "none":
        return None
    insist(reply, "ehlo", wire.endpoint, "say another name of this machine with ?ehlo=, one that the server believes")
    return wire.last_lines


def start_tls(session: Session) -> None:
    """STARTTLS, the handshake, and EHLO again (RFC 3207 §4.2).

    :raises TransportError: the server offers none, or is not to be trusted.
    """
    endpoint = session.wire.endpoint
    if "STARTTLS" not in session.features:
        raise TransportError(
            f"{endpoint} does not offer STARTTLS",
            phase="tls",
            temporary=False,
            cure="use the submission port 587, or smtps:// on 465; mail is never sent in clear instead",
            kind="no-starttls",
        )
    reply = session.command("STARTTLS", "tls")
    if reply.code != 220:
        refused = reply if reply.code >= 400 else reply._replace(code=502)
        insist(refused, "tls", endpoint, "the server's TLS is broken or busy; mail is never sent in clear instead")
    session.wire.secure()
    greet(session)


def log_in(session: Session, login: Login) -> str:
    """One mechanism, one try. Gives back the mechanism's name.

    :raises TransportError: the server offers none that fits, or refuses the login. No secret is in it.
    """
    endpoint = session.wire.endpoint
    offered = session.features.get("AUTH", "").split()
    mechanism = choose(login, offered, endpoint.host, endpoint.port)
    if mechanism is None:
        wanted = login.mechanism or ("a token login" if login.token else "a password login")
        offers = f"{' '.join(offered)}, and not {wanted}" if offered else "no login"
        raise TransportError(
            f"{endpoint} offers {offers}",
            phase="auth",
            temporary=False,
            cure="a server that takes tokens only needs token=; one that offers none here needs TLS or another port",
            kind="no-mechanism" if offered else "no-login",
        )
    began = time.monotonic()
    session.wire.secrets = login.forms(*mechanism.secrets)
    try:
        reply, explained = _exchange(session, mechanism)
    except TransportError as error:
        error.problem = login.hide(error.problem, *mechanism.secrets)
        raise
    hidden = Reply(reply.code, reply.enhanced, login.hide(f"{reply.text} {explained}".strip(), *mechanism.secrets))
    insist(hidden, "auth", endpoint, _login_cure(hidden, mechanism))
    session.tell("auth", f"{mechanism.name}: {hidden}", since=began, code=hidden.code)
    return mechanism.name


def _exchange(session: Session, mechanism: Mechanism) -> tuple[Reply, str]:
    """The last reply, and what the server explained in a challenge (the JSON of XOAUTH2)."""
    line = f"AUTH {mechanism.name}"
    if mechanism.first is not None:
        said = encode_answer(mechanism.first) or "="
        line = f"{line} {said}" if len(line) + len(said) < _LONGEST_COMMAND else line
    reply = session.command(line, "auth")
    explained = ""
    for _ in range(_MOST_CHALLENGES):
        if reply.code != 334:
            return reply, explained
        challenge = decode_challenge(session.wire.last_lines[0].strip())
        if challenge.startswith(b"{"):
            explained = " ".join(decode_said(challenge).split())
        try:
            reply = session.command(encode_answer(mechanism.answer(challenge)), "auth")
        except TransportError as error:
            error.problem += f" ({explained})" if explained else ""
            raise
    session.command("*", "auth")  # takes the login back (RFC 4954 §4)
    return Reply(504, "", "the server asks on and on"), explained


def _login_cure(reply: Reply, mechanism: Mechanism) -> str:
    if reply.temporary:
        return "the server cannot check logins now; try again later"
    text = f"{reply.enhanced} {reply.text}".lower()
    if "application-specific" in text or reply.code == 534:
        return "the account needs an app password, or a token (XOAUTH2)"
    if "basic auth" in text or reply.enhanced in ("5.7.139", "5.7.30"):
        return "the provider takes no passwords any more: log in with a token (XOAUTH2)"
    if mechanism.name in ("XOAUTH2", "OAUTHBEARER"):
        return "check that the token is fresh and has the scope for SMTP"
    return "check user and password; some providers want an app password here"
