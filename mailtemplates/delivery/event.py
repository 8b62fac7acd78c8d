"""What happens on the way to a mail server, told step by step to who wants to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Event(NamedTuple):
    """One step. No body, password or token is ever in it.

    :param kind: ``connect``, ``tls``, ``auth``, ``mail``, ``rcpt``, ``data``, ``dot`` (before it is sent), ``reply``,
        ``retry`` (over a new connection) or ``close``.
    :param server: the server's host and port.
    :param text: the reply, or what was done.
    :param message_id: of the message, when it is about one.
    :param at: seconds, of :func:`time.monotonic`.
    """

    kind: str
    server: str
    text: str
    message_id: str
    at: float


Watcher = Callable[[Event], None]
"""Is told of every event, in the thread that sends. What it raises stops the message, at ``dot`` before it is sent."""
