"""The public names as a user's type checker sees them. Not run: mypy --strict reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from typing import assert_type

from mailtemplates import (
    Attachment,
    Backoff,
    Diagnostic,
    Dispatch,
    Engine,
    Envelope,
    Ledger,
    Letter,
    Linter,
    Mail,
    Message,
    Outbox,
    Parts,
    Receipt,
    Settings,
    Stamp,
    Transport,
    inline_css,
    open_transport,
    read_settings,
    to_text,
)
from mailtemplates.delivery.event import Event, tell_all
from mailtemplates.delivery.tracing import trace_events


def usage(engine: Engine) -> None:
    mail = engine.render(
        "welcome.j2",
        {"user": {"name": "Ann"}},
        to="Ann <ann@reader.example>",
        cc=[{"name": "Bob", "email": "bob@reader.example"}, "c@reader.example"],
        headers={"X-Tag": "a"},
        attachments=["terms.pdf", Attachment.from_bytes(b"", filename="a.bin")],
        locale="de",
    )
    assert_type(mail, Mail)
    assert_type(mail.parts, Parts)
    assert_type(mail.html, str | None)
    assert_type(mail.text, str | None)
    assert_type(mail.subject, str)
    message = mail.message(stamp=Stamp.parse("2026-01-31T12:00:00Z"))
    assert_type(message, Message)
    assert_type(message.as_bytes(), bytes)
    assert_type(message.as_email(), EmailMessage)
    assert_type(message.envelope, Envelope)
    assert_type(message.envelope.recipients, tuple[str, ...])
    assert_type(engine.render_many("welcome.j2", [{}]), Iterator[Mail])
    assert_type(inline_css("<p>", "p { color: red }"), str)
    assert_type(to_text("<p>"), str)


def sending(message: Message) -> None:
    with open_transport("smtps://user@host.example", password="…", watch=print) as transport:
        assert_type(transport, Transport)
        receipt = transport.send(message)
        assert_type(receipt, Receipt)
        assert_type(receipt.accepted, bool)
        assert_type(transport.send_all([message]), Iterator[Receipt])
        for address, outcome in receipt.deliveries:
            assert_type(address, str)
            if outcome.state == "failed" and outcome.code:
                assert_type(outcome.text, str)
        offers = transport.extensions()
        assert_type(offers, Mapping[str, str] | None)
        assert_type(Linter().lint_submission(message, extensions=offers), list[Diagnostic])


def watching(watcher: Callable[[Event], None]) -> Transport:
    return open_transport("smtps://user@host.example", password="…", watch=tell_all((watcher, trace_events())))


def outbox(engine: Engine, message: Message) -> None:
    assert_type(engine.send("welcome.j2", {"user": {"name": "Ann"}}, key="welcome-1", lint="error"), Receipt)
    assert_type(engine.send(message), Receipt)
    assert_type(engine.queue(engine.render("welcome.j2")), str)
    with engine, Outbox(open_transport("null:"), Ledger("outbox.db"), backoff=Backoff(first=60), patience=3600) as own:
        for dispatch in own.send([("a", message), Letter("b", message)]):
            assert_type(dispatch, Dispatch)
            assert_type(dispatch.receipt, Receipt)
        for dispatch in (*engine.resume("a"), *own.resume(limit=10)):
            assert_type(dispatch.known, bool)
        for entry in own.ledger.entries("uncertain"):
            for recipient in entry.recipients:
                assert_type(recipient.address, str)
        assert_type(own.ledger.resolve("a", "sent"), int)


async def awaited(engine: Engine) -> None:
    assert_type(await engine.asend("welcome.j2", key="welcome-1"), Receipt)


def settings() -> Settings:
    from pathlib import Path

    return read_settings(Path())
