"""What happens on the way to a mail server, told step by step to who wants to know."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from logging import Logger

LOGGER = "mailtemplates.delivery"
"""The logger's name, to which every event goes. Nothing is printed unless the program asks for it."""

_DEBUG, _INFO, _WARNING = 10, 20, 30

Kind = Literal[
    "connect",  # there is a connection, and the server has greeted
    "tls",  # TLS is verified
    "auth",  # the login was taken
    "mail",  # the reply to MAIL: the begin of a transaction
    "rcpt",  # the reply to RCPT
    "data",  # the reply to DATA
    "dot",  # the content and its final dot go out next
    "reply",  # the reply to the final dot; over LMTP one for each recipient
    "done",  # every recipient of the message has an outcome
    "retry",  # the message goes over a new connection, or was put off and comes again later
    "fault",  # no session, or a link that broke
    "close",  # the session is over
]


class Event(NamedTuple):
    """One step. No body, password, token or recipient's address of ours is ever in it; a server's reply may name one.

    :param server: the server's host and port.
    :param text: the reply, or what was done.
    :param message_id: of the message without angle brackets, when it is about one.
    :param at: seconds, of :func:`time.monotonic`: when it was known.
    :param seconds: how long it took, from what was sent to what was answered.
    :param code: the reply's code, 0 where there is none.
    :param connection: a number that the events of one connection share, new in each process.
    """

    kind: Kind
    server: str
    text: str
    message_id: str
    at: float
    seconds: float = 0.0
    code: int = 0
    connection: int = 0


Watcher = Callable[[Event], None]
"""Is told of every event, in the thread that sends. What it raises is logged, and changes nothing of what is sent."""


def is_heard(kind: Kind, code: int, watch: Watcher | None) -> bool:
    """Whether anybody wants an event of this kind, so that it is made at all."""
    if watch is not None:
        return True
    logger = _logger()
    return logger is not None and logger.isEnabledFor(_level(kind, code))


def _logger() -> Logger | None:
    """The logger; None where the program never imported logging (2 ms), so that nobody can listen."""
    logging = sys.modules.get("logging")
    if logging is None:
        return None
    logger: Logger = logging.getLogger(LOGGER)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


def publish(event: Event, watch: Watcher | None) -> None:
    """Log an event, and tell the watcher.

    Connections and what became of messages are logged as INFO, refusals and faults as WARNING, the steps between as
    DEBUG. A record has its event as the attribute ``delivery``.
    """
    level = _level(event.kind, event.code)
    logger = _logger()
    if logger and logger.isEnabledFor(level):
        logger.log(level, "%s", describe(event), extra={"delivery": event})
    if watch:
        tell_all((watch,))(event)


def _imported() -> Logger:
    """The logger, for what must be told."""
    import logging

    return _logger() or logging.getLogger(LOGGER)


def _level(kind: Kind, code: int) -> int:
    if code >= 400 or kind in ("retry", "fault"):
        return _WARNING
    return _INFO if kind in ("connect", "done") else _DEBUG


def describe(event: Event) -> str:
    """An event in one line.

    >>> describe(Event("rcpt", "mx.example:25", "250 2.1.5 Ok", "1@a.example", 12.5, 0.0042, 250, 3))
    'mx.example:25 #3 rcpt <1@a.example> 4 ms: 250 2.1.5 Ok'
    """
    about = f" <{event.message_id}>" if event.message_id else ""
    took = f" {event.seconds * 1000:.0f} ms" if event.seconds else ""
    return f"{event.server} #{event.connection} {event.kind}{about}{took}" + (f": {event.text}" if event.text else "")


def tell_all(watchers: Iterable[Watcher]) -> Watcher:
    """One watcher that tells several; none of them can keep another from hearing, or a message from being sent."""
    told = tuple(watchers)

    def watch(event: Event) -> None:
        for one in told:
            try:
                one(event)
            except Exception:
                _imported().exception("a watcher failed at %s", event.kind)

    return watch
