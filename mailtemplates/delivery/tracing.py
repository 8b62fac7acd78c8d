"""Events as spans of OpenTelemetry: ``mailtpl.connect``, ``mailtpl.auth`` and ``mailtpl.transaction``."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from mailtemplates.delivery.event import Event, Watcher
from mailtemplates.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


def trace_events(tracer: Tracer | None = None) -> Watcher:
    """A watcher that makes spans, children of the span that is current where the message is sent.

    ``mailtpl.connect`` ends with the greeting, or with TLS where there is any; ``mailtpl.auth`` is the login;
    ``mailtpl.transaction`` reaches from MAIL to what became of the message, with an event for each step between;
    ``mailtpl.retry`` says that a message was put off and is tried again later.

    :param tracer: where spans are made; the one of the global provider when not given.
    :raises SettingsError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry import trace
    except ImportError:
        raise SettingsError("OpenTelemetry is not installed", cure="pip install 'mailtemplates[otel]'") from None
    return _Spans(tracer or trace.get_tracer("mailtemplates.delivery")).watch


class _Transaction(NamedTuple):
    span: Span
    last: Event


class _Spans:
    """The spans that are open. A connection has at most one transaction at a time."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._open: dict[int, _Transaction] = {}
        self._lock = threading.Lock()

    def watch(self, event: Event) -> None:
        """Make a span of an event, or add the event to that of its transaction."""
        if event.kind in ("connect", "tls", "auth"):
            self._end(event.connection)
            self._step("mailtpl.auth" if event.kind == "auth" else "mailtpl.connect", event)
        elif event.kind == "mail":
            self._end(event.connection)
            self._begin(event)
        elif event.kind in ("fault", "retry") and event.connection not in self._open:
            self._step("mailtpl.connect" if event.kind == "fault" else "mailtpl.retry", event)
        else:
            self._go_on(event)

    def _step(self, name: str, event: Event) -> None:
        span = self._start(name, event)
        span.set_attribute("mailtpl.step", event.kind)
        self._judge(span, event)
        span.end(_nanoseconds(event.at))

    def _start(self, name: str, event: Event) -> Span:
        from opentelemetry.trace import SpanKind

        host, _, port = event.server.rpartition(":")
        server: dict[str, str | int] = {
            "server.address": host.strip("[]") or event.server,
            "mailtpl.connection": event.connection,
        }
        if port.isdigit():
            server["server.port"] = int(port)
        start = _nanoseconds(event.at - event.seconds)
        return self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=server, start_time=start)

    def _begin(self, event: Event) -> None:
        span = self._start("mailtpl.transaction", event)
        span.set_attribute("mailtpl.message_id", event.message_id)
        with self._lock:
            self._open[event.connection] = _Transaction(span, event)
        self._go_on(event)

    def _go_on(self, event: Event) -> None:
        with self._lock:
            transaction = self._open.get(event.connection)
            if transaction is None:
                return
            self._open[event.connection] = _Transaction(transaction.span, event)
        span = transaction.span
        if event.kind != "close":
            span.add_event(event.kind, {"mailtpl.reply": event.text}, _nanoseconds(event.at))
            self._judge(span, event)
        if event.kind in ("done", "retry", "close"):
            self._end(event.connection)

    def _judge(self, span: Span, event: Event) -> None:
        """Refusals and faults make a span one of errors."""
        from opentelemetry.trace import Status, StatusCode

        if event.code:
            span.set_attribute("mailtpl.reply.code", event.code)
        if event.code >= 400 or event.kind in ("fault", "retry"):
            span.set_status(Status(StatusCode.ERROR, event.text))

    def _end(self, connection: int) -> None:
        with self._lock:
            transaction = self._open.pop(connection, None)
        if transaction:
            transaction.span.end(_nanoseconds(transaction.last.at))


def _nanoseconds(at: float) -> int:
    """A moment of the monotonic clock as OpenTelemetry counts: nanoseconds since 1970."""
    return time.time_ns() - round((time.monotonic() - at) * 1e9)
