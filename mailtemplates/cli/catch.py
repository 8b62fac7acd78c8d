"""``mailtpl catch``: a mail server that takes every message, shows what the linter finds in it, and delivers none."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Annotated

import typer

from mailtemplates.catching.caught import Caught
from mailtemplates.catching.mailserver import SIZE_LIMIT, MailServer, Tls
from mailtemplates.characters import ascii_controls, shorten
from mailtemplates.cli.output import warn, write_lines
from mailtemplates.delivery.outcome import Accepted
from mailtemplates.delivery.storing import StoringTransport
from mailtemplates.delivery.transport import Transport
from mailtemplates.errors import MailTemplatesError, SettingsError
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.linter import Linter
from mailtemplates.linting.report import Report, any_at, plural
from mailtemplates.message.envelope import NULL_SENDER, Envelope, is_path
from mailtemplates.message.message import Message
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.mime import parse
from mailtemplates.reports import concise
from mailtemplates.settings import read_settings
from mailtemplates.severity import SEVERITIES
from mailtemplates.transports import open_transport

_KEEPER = "postmaster@localhost"
_PATIENCE = 2.0
_STEP = 0.5


class Mode(StrEnum):
    """How sessions are encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


_TLS: dict[Mode, Tls] = {Mode.NONE: "", Mode.STARTTLS: "starttls", Mode.IMPLICIT: "implicit"}


def command(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes any that is free.")] = 1025,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    out: Annotated[str, typer.Option(help="Where to keep messages: a folder, or maildir:DIR, mbox:FILE.")] = "",
    chaos: Annotated[
        list[str] | None, typer.Option(help="What to do wrong: rcpt=451:0.1, dot=drop, mail=slow 2. May be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of the chance that decides when that happens.")] = 0,
    tls: Annotated[Mode, typer.Option(help="Encrypt, with a certificate that is made now.")] = Mode.NONE,
    login: Annotated[str, typer.Option(help="USER:PASSWORD that clients must give; without it anything is fine.")] = "",
    size_limit: Annotated[int, typer.Option(help="Octets of a message at most.", min=1)] = SIZE_LIMIT,
    count: Annotated[int, typer.Option(help="End after that many messages.", min=0)] = 0,
) -> None:
    """Catch messages that programs send to this machine: show, lint and keep them, and deliver none."""
    settings = read_settings(Path.cwd())
    linter = Linter(settings)
    arrived: SimpleQueue[tuple[Caught, str]] = SimpleQueue()
    store = _store(out) if out else None
    signal.signal(signal.SIGTERM, _interrupt)
    server = MailServer(
        host,
        port,
        tls=_TLS[tls],
        login=_login(login),
        chaos=chaos or (),
        seed=seed,
        size_limit=size_limit,
        take=lambda caught: _take(caught, store, arrived),
    )
    found: list[Diagnostic] = []
    number = 0
    with server:
        try:
            warn(f"listening on {_shown(server)} (Ctrl-C ends)")
            for number, (caught, place) in enumerate(_each(arrived), 1):
                diagnostics = linter.lint(caught.message, place or f"message-{number}")
                found += diagnostics
                write_lines([_line(number, caught), *concise.write(Report(diagnostics, total=False))])
                if number == count:
                    break
        except KeyboardInterrupt:
            warn("")
        else:
            server.stop(_PATIENCE)
    warn(_summary(number, found))
    if any_at(found, settings.fail_on):
        raise typer.Exit(1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _login(text: str) -> tuple[str, str] | None:
    user, colon, password = text.partition(":")
    if text and not (user and colon):
        raise SettingsError("--login has no user and password", cure="write it as USER:PASSWORD")
    return (user, password) if text else None


def _store(out: str) -> Transport:
    """Where messages are kept, on this machine: what is caught goes no further."""
    store = open_transport(out if ":" in out else f"file:{out}")
    if not isinstance(store, StoringTransport):
        raise SettingsError(
            f"--out {store.shown} is no place of this machine", cure="write FOLDER, maildir:DIR or mbox:FILE"
        )
    return store


def _storable(message: Message) -> Message:
    """The message with an envelope for storing, which asks for one sender only.

    A client may say what is no address elsewhere: ``<postmaster>`` (RFC 5321 §4.5.1), a domain in its own letters.
    """
    sender = message.envelope.sender
    return replace(message, envelope=Envelope(sender if is_path(sender) else NULL_SENDER, (_KEEPER,), True))


def _take(caught: Caught, store: Transport | None, arrived: SimpleQueue[tuple[Caught, str]]) -> str:
    """Keep a message, and hand it to the thread that shows it; the reply."""
    place = ""
    if store is not None:
        try:
            outcome = store.send(_storable(caught.message)).deliveries[0].outcome
        except MailTemplatesError as error:
            return f"451 4.3.0 {error.problem}"
        if not isinstance(outcome, Accepted):
            return f"452 4.3.1 {outcome.text}"
        place = outcome.text
    arrived.put((caught, place))
    return ""


def _each(arrived: SimpleQueue[tuple[Caught, str]]) -> Iterator[tuple[Caught, str]]:
    """Messages as they come; waiting in steps, so that Ctrl-C is heard on every system."""
    while True:
        try:
            yield arrived.get(timeout=_STEP)
        except Empty:
            continue


def _shown(server: MailServer) -> str:
    """The URL for who wants to send, without the password."""
    if not server.login:
        return server.url
    scheme, _, rest = server.url.partition("://")
    return f"{scheme}://{server.login[0]}@{rest.rpartition('@')[2]}"


def _line(number: int, caught: Caught) -> str:
    """The line of a message: its number, envelope, size and subject."""
    message = caught.message
    recipients = list(message.envelope.recipients)
    more = f" and {len(recipients) - 3} more" if len(recipients) > 3 else ""
    subject = parse(message.octets).first("Subject")
    title = shorten(decode(subject.value), 60) if subject else "(no subject)"
    to = f"{', '.join(recipients[:3])}{more}"
    return ascii_controls(f"{number}. {message.envelope.sender} -> {to}, {message.size:,} octets: {title}")


def _summary(number: int, found: list[Diagnostic]) -> str:
    counts = Counter(one.severity for one in found)
    told = ", ".join(plural(counts[one], one) for one in reversed(SEVERITIES) if counts[one])
    return f"Caught {plural(number, 'message')}: {told or 'no findings'}."
