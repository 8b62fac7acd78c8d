"""What is told of sending: every step with its times, to the log, a callback and OpenTelemetry, and never a secret."""

from __future__ import annotations

import asyncio
import logging
import traceback
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer
from smtplab import LONG, Brief
from smtpserver import Answer, Certificates, Server, close, silence

from mailtemplates import Engine, Envelope, Message
from mailtemplates.delivery.event import LOGGER, Event, Watcher, describe, tell_all
from mailtemplates.delivery.tracing import trace_events
from mailtemplates.errors import MailTemplatesError, SettingsError
from mailtemplates.smtp.login import Login
from mailtemplates.transports import open_transport

PASSWORD = "pässwörd-s3cret/+1"
TOKEN = "ya29.t0ken-s3cret"
BODY = "confidential-body"
FEATURES = ("PIPELINING", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES")
STEPS = ["connect", "tls", "auth", "mail", "rcpt", "data", "dot", "reply", "done"]


def mail(*recipients: str, number: int = 1) -> Message:
    octets = f"Subject: {BODY}\r\n\r\n{BODY}\r\n".encode()
    envelope = Envelope("alice@example.test", recipients or ("bob@example.test",))
    return Message(octets, envelope, f"{number}@example.test")


def url_of(server: Server, certificates: Certificates, options: str = LONG) -> str:
    return f"smtp+starttls://alice@localhost:{server.port}?cafile={certificates.cafile}&{options}"


def forms(secret: str) -> list[str]:
    """A secret as it is, and as it goes on the wire."""
    said = [f"user=alice\x01auth=Bearer {secret}\x01\x01"] if secret == TOKEN else [f"\0alice\0{secret}"]
    return [secret, *(b64encode(one.encode()).decode().rstrip("=") for one in (secret, *said))]


# ── what is told ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_step_is_told_in_order_with_its_time(certificates: Certificates) -> None:
    events: list[Event] = []
    with Server({}, FEATURES, "starttls", certificates.right, delay=0.01) as server:
        with open_transport(url_of(server, certificates), password=PASSWORD, watch=events.append) as transport:
            transport.send(mail())
        port = server.port
    assert [event.kind for event in events] == [*STEPS, "close"]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert {event.server for event in events} == {f"localhost:{port}"}
    assert len({event.connection for event in events}) == 1
    assert {event.message_id for event in events[3:-1]} == {"1@example.test"}
    took = {event.kind: event.seconds for event in events}
    assert all(took[kind] > 0.005 for kind in ("connect", "tls", "auth", "mail", "rcpt", "data", "reply"))
    assert {event.kind: event.code for event in events if event.code} == {
        "connect": 220, "auth": 235, "mail": 250, "rcpt": 250, "data": 354, "reply": 250,
    }  # fmt: skip
    assert next(event.text for event in events if event.kind == "tls").startswith("TLSv1.")
    assert next(event.text for event in events if event.kind == "done") == "1 accepted"


def deliver(server: Server, message: Message, watch: Watcher | None = None) -> bool:
    """Whether everybody was accepted."""
    with open_transport(f"smtp://localhost:{server.port}?{LONG}", watch=watch) as transport:
        return transport.send(message).accepted


def kinds(answers: dict[str, Answer | list[Answer]], *messages: Message, options: str = LONG) -> list[str]:
    """What is told when a server answers so."""
    events: list[Event] = []
    with Server(answers) as server:
        url = f"smtp://localhost:{server.port}?{options}"
        with open_transport(url, watch=events.append) as transport:
            list(transport.send_all(messages or (mail(),)))
    return [event.kind for event in events]


def test_faults_and_retries_are_told() -> None:
    assert kinds({"GREETING": "554 no"}) == ["fault", "close"]
    assert kinds({"MAIL": close}) == ["connect", "fault", "done", "close"]
    assert kinds({"RCPT": "550 no"}) == ["connect", "mail", "rcpt", "data", "done", "close"]
    assert kinds({"DOT": close}) == ["connect", "mail", "rcpt", "data", "dot", "fault", "done", "close"]
    again = kinds({"MAIL": ["250 ok", close, "250 ok"]}, mail(), mail(number=2))
    assert again[again.index("retry") :] == ["retry", "close", "connect", "mail", "rcpt", "data", "dot", "reply", "done",
                                             "close"]  # fmt: skip


def test_done_says_how_many_ended_how() -> None:
    events: list[Event] = []
    recipients = "a@example.test", "b@example.test", "c@example.test"
    with Server({"RCPT": ["250 ok", "550 5.1.1 no", "451 4.7.1 later"]}) as server:
        assert not deliver(server, mail(*recipients), events.append)
    assert [event.text for event in events if event.kind == "done"] == ["1 failed, 1 deferred, 1 accepted"]


def test_a_watcher_that_raises_changes_nothing_of_what_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    """A message that was accepted never raises, whatever the program does with its events."""
    heard: list[str] = []

    def broken(event: Event) -> None:
        raise OSError("disk full")

    with Server() as server:
        watch = tell_all((broken, lambda event: heard.append(event.kind)))
        assert deliver(server, mail(), watch)
    assert heard[-2:] == ["done", "close"]
    assert "a watcher failed at dot" in caplog.text


# ── the log ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_has_levels_and_the_event_itself(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Server({"RCPT": ["250 ok", "550 5.1.1 no such user"]}) as server:
        deliver(server, mail("a@example.test", "b@example.test"))
    assert {record.name for record in caplog.records} == {"mailtemplates.delivery"}
    told = [(record.levelname, record.__dict__["delivery"].kind) for record in caplog.records]
    assert told == [
        ("INFO", "connect"), ("DEBUG", "mail"), ("DEBUG", "rcpt"), ("WARNING", "rcpt"), ("DEBUG", "data"),
        ("DEBUG", "dot"), ("DEBUG", "reply"), ("INFO", "done"), ("DEBUG", "close"),
    ]  # fmt: skip
    assert "rcpt <1@example.test>" in caplog.text
    assert "550 5.1.1 no such user" in caplog.text


def test_a_program_that_sets_up_no_logging_sees_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger(LOGGER).handlers)
    root = logging.getLogger()
    kept, root.handlers = root.handlers, []
    try:
        kinds({"GREETING": "554 no"})
    finally:
        root.handlers = kept
    assert capfd.readouterr() == ("", "")


def test_an_event_in_one_line() -> None:
    event = Event("rcpt", "mx.example:25", "250 2.1.5 Ok", "1@a.example", 12.5, 0.0042, 250, 3)
    assert describe(event) == "mx.example:25 #3 rcpt <1@a.example> 4 ms: 250 2.1.5 Ok"


# ── OpenTelemetry ───────────────────────────────────────────────────────────────────────────────────────────────────


class Spans:
    """A tracer, and the spans that it made, by name."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = provider.get_tracer("test")

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]


@pytest.fixture
def spans() -> Iterator[Spans]:
    yield Spans()


def test_spans_of_a_connection_a_login_and_transactions(certificates: Certificates, spans: Spans) -> None:
    with Server({}, FEATURES, "starttls", certificates.right, delay=0.01) as server:
        port = server.port
        transport = open_transport(url_of(server, certificates), password=PASSWORD, watch=trace_events(spans.tracer))
        with transport, spans.tracer.start_as_current_span("request"):
            assert all(receipt.accepted for receipt in transport.send_all([mail(number=1), mail(number=2)]))
    (request,) = spans.named("request")
    assert [dict(span.attributes or {})["mailtpl.step"] for span in spans.named("mailtpl.connect")] == [
        "connect",
        "tls",
    ]
    (auth,) = spans.named("mailtpl.auth")
    assert (auth.end_time or 0) - (auth.start_time or 0) > 5_000_000
    first, second = spans.named("mailtpl.transaction")
    for span, message_id in ((first, "1@example.test"), (second, "2@example.test")):
        attributes = dict(span.attributes or {})
        assert attributes["mailtpl.message_id"] == message_id
        assert (attributes["server.address"], attributes["server.port"]) == ("localhost", port)
        assert [event.name for event in span.events] == ["mail", "rcpt", "data", "dot", "reply", "done"]
        assert span.status.status_code is not StatusCode.ERROR
        assert (span.end_time or 0) > (span.start_time or 0)
        assert request.context is not None and span.parent is not None
        assert span.parent.span_id == request.context.span_id


def test_a_mail_of_an_event_loop_is_below_the_span_of_its_request(tmp_path: Path, spans: Spans) -> None:
    """``asend`` works in a thread, and takes the context of the task along."""
    with Server() as server:
        transport = open_transport(f"smtp://localhost:{server.port}?{LONG}", watch=trace_events(spans.tracer))

        async def request() -> bool:
            with spans.tracer.start_as_current_span("request"):
                return (await engine.asend(mail(), key="1")).accepted

        with Engine(tmp_path, transport=transport) as engine:
            assert asyncio.run(request())
    (parent,), (child,) = spans.named("request"), spans.named("mailtpl.transaction")
    assert parent.context is not None and child.parent is not None
    assert child.parent.span_id == parent.context.span_id


def test_a_message_that_is_put_off_has_a_span_of_the_retry(tmp_path: Path, spans: Spans) -> None:
    with Server({"RCPT": ["451 4.7.1 Greylisted", "250 ok"]}) as server:
        transport = open_transport(f"smtp://localhost:{server.port}?{LONG}", watch=trace_events(spans.tracer))
        with Engine(tmp_path, transport=transport, patience=30) as engine:
            assert engine.send(mail()).accepted
    (retry,) = spans.named("mailtpl.retry")
    assert retry.attributes is not None
    assert retry.attributes["server.address"] == "localhost"
    assert len(spans.named("mailtpl.transaction")) == 2


@pytest.mark.parametrize(
    ("answers", "failed"),
    [
        ({"GREETING": "554 no"}, ["mailtpl.connect"]),
        ({"RCPT": "550 5.1.1 no"}, ["mailtpl.transaction"]),
        ({"DOT": close}, ["mailtpl.transaction"]),
        ({"DATA": silence}, ["mailtpl.transaction"]),
        ({}, []),
    ],
    ids=["greeting", "rcpt", "dot", "data", "all well"],
)
def test_what_goes_wrong_makes_a_span_of_an_error(
    answers: dict[str, Answer | list[Answer]], failed: list[str], spans: Spans, brief: Brief
) -> None:
    if silence in answers.values():
        brief("data")
    with Server(answers) as server:
        url = f"smtp://localhost:{server.port}?{LONG}"
        with open_transport(url, watch=trace_events(spans.tracer)) as transport:
            transport.send(mail())
    every = [*spans.named("mailtpl.connect"), *spans.named("mailtpl.transaction")]
    assert [span.name for span in every if span.status.status_code is StatusCode.ERROR] == failed


def test_opentelemetry_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry", None)
    with pytest.raises(SettingsError, match="not installed") as caught:
        trace_events()
    assert "mailtemplates[otel]" in str(caught.value)


# ── no secret ───────────────────────────────────────────────────────────────────────────────────────────────────────


def echo(secret: str) -> str:
    """A server that repeats what it should not, as it was said and as it went on the wire."""
    return " ".join(forms(secret))


ECHOES = {
    "auth accepted": {"AUTH": "235 2.7.0 welcome {0}"},
    "auth refused": {"AUTH": "535 5.7.8 wrong: {0}"},
    "auth deferred": {"AUTH": "454 4.7.0 later: {0}"},
    "auth is no SMTP": {"AUTH": "wrong {0}"},
    "mail": {"MAIL": "250 2.1.0 hello {0}"},
    "mail refused": {"MAIL": "550 5.7.1 {0}"},
    "rcpt refused": {"RCPT": "550 5.1.1 {0}"},
    "data refused": {"DATA": "451 {0}"},
    "dot": {"DOT": "250 2.0.0 {0}"},
    "dot refused": {"DOT": "554 5.7.1 {0}"},
    "dot is no SMTP": {"DOT": "{0}"},
    "quit": {"QUIT": "500 {0}"},
}


@pytest.mark.parametrize("token", [False, True], ids=["password", "token"])
@pytest.mark.parametrize("script", ECHOES.values(), ids=ECHOES)
def test_no_secret_and_no_body_is_in_anything_that_is_shown(
    script: dict[str, str],
    token: bool,
    certificates: Certificates,
    spans: Spans,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whatever a server says: logs, events, spans, receipts and reprs are searched for the secret in all its forms."""
    secret = TOKEN if token else PASSWORD
    events: list[Event] = []
    answers: dict[str, Answer | list[Answer]] = {
        verb: answer.format(echo(secret)).encode() + b"\r\n" for verb, answer in script.items()
    }
    features = ("PIPELINING", "AUTH XOAUTH2") if token else FEATURES
    access = {"token": lambda: TOKEN} if token else {"password": PASSWORD}
    with caplog.at_level(logging.DEBUG), Server(answers, features, "starttls", certificates.right) as server:
        watch = tell_all((events.append, trace_events(spans.tracer)))
        with open_transport(url_of(server, certificates, LONG), watch=watch, **access) as transport:
            receipts = list(transport.send_all([mail(), mail(number=2)]))
            shown = [repr(transport), repr(receipts), repr(events), caplog.text, *capfd.readouterr()]
    shown += [span.to_json() for name in ("connect", "auth", "transaction") for span in spans.named(f"mailtpl.{name}")]
    text = "\n".join(shown)
    assert events
    assert spans.named("mailtpl.connect")
    for form in (*forms(secret), BODY):
        assert form not in text


def test_no_secret_is_in_an_error_or_a_repr(certificates: Certificates) -> None:
    login = Login("alice", PASSWORD)
    urls = [
        f"smtp://alice:{PASSWORD}@localhost:25",
        f"smtps://alice:{PASSWORD}@localhost:99999",
        f"smtps://alice:{PASSWORD}@localhost?pool=many",
        f"smtps://alice:{PASSWORD}@localhost?no-such=1",
        f"smtp:alice:{PASSWORD}@localhost:25",
        f"smtps://alice:{PASSWORD}?x@localhost",
        f"smtps://alice:{PASSWORD} x@localhost",
        f"no-such://alice:{PASSWORD}@localhost",
        f"failover(smtp://alice:{PASSWORD}@localhost null:)",
    ]
    texts = [repr(login), str(login)]
    for url in urls:
        with pytest.raises(MailTemplatesError) as caught:
            open_transport(url)
        texts.append("".join(traceback.format_exception_only(caught.value)) + repr(caught.value))
    assert not [text for text in texts if PASSWORD in text or "s3cret" in text]
