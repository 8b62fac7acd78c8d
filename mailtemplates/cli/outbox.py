"""``mailtpl outbox``: what the ledger knows, and what to do about it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from textwrap import wrap
from typing import Annotated, cast, get_args

import typer

from mailtemplates.cli.delivering import (
    Format,
    Interrupted,
    Patience,
    Waiting,
    breaking_off,
    patience_of,
    print_json,
    transport_of,
)
from mailtemplates.cli.output import warn, write_lines, write_octets
from mailtemplates.errors import FileError, SettingsError
from mailtemplates.ledger.entry import Entry, State
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.page import HEADING, entry_object, page_lines, recipient_objects, table_lines
from mailtemplates.linting.report import plural
from mailtemplates.merging.result import Result
from mailtemplates.merging.tally import Tally
from mailtemplates.outbox.outbox import Outbox
from mailtemplates.settings import read_settings
from mailtemplates.transports import open_transport

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="See and settle what was sent.")

_UNSETTLED = frozenset({"queued", "claimed", "dot", "deferred", "uncertain", "not_tried"})
_BATCH = 500
_WIDTH = 80

_LedgerFile = Annotated[str, typer.Option("--ledger", help="The file that remembers what was sent.")]
_Keys = Annotated[list[str], typer.Argument(help="Keys of messages.")]
_Key = Annotated[str, typer.Argument(help="The key of a message.")]
_States = StrEnum("_States", {state: state for state in get_args(State)})  # type: ignore[misc]
_StateOption = Annotated[
    list[_States] | None, typer.Option("--state", help="Recipients in this state; may be given more than once.")
]
_FormatOption = Annotated[Format, typer.Option(help="json prints an object on each line.")]


@contextmanager
def _opened(file: str) -> Iterator[Ledger]:
    """The ledger, with what processes that have ended left in it.

    :raises FileError: there is none; none is made.
    """
    path = Path(file) if file else read_settings(Path.cwd()).ledger_file
    if not path.exists():
        raise FileError(f"there is no ledger {str(path)!r}", cure="name it with --ledger FILE")
    with Ledger(path) as ledger:
        ledger.recover()
        yield ledger


def _entry(ledger: Ledger, key: str) -> Entry:
    found = ledger.entry(key)
    if found is None:
        raise SettingsError(f"the ledger {ledger.path} has no key {key!r}", cure="mailtpl outbox list shows them")
    return found


@group.command("list")
def list_(
    state: _StateOption = None,
    ledger: _LedgerFile = "",
    output_format: _FormatOption = Format.TEXT,
) -> None:
    """List recipients: those of whom something is still to come, or those in a --state."""
    states = frozenset(map(str, state)) if state else _UNSETTLED
    with _opened(ledger) as opened:
        entries = opened.entries(*cast("list[State]", sorted(states)))
        if output_format is Format.JSON:
            objects = (one for entry in entries for one in recipient_objects(entry, states))
            _write(json.dumps(one, ensure_ascii=False) for one in objects)
            return
        if _write(line for entry in entries for line in table_lines(entry, states)):
            write_lines([""])
        counts = [f"{number:,} {name.replace('_', ' ')}" for name, number in opened.counts().items()]
        write_lines(wrap(f"recipients in all: {', '.join(counts) or '0'}", _WIDTH))


def _write(lines: Iterator[str]) -> int:
    """Write lines as they come; how many there were. The heading stands before the first of a table."""
    number = 0
    batch: list[str] = []
    for number, line in enumerate(lines, 1):
        if number == 1 and not line.startswith("{"):
            batch.append(HEADING)
        batch.append(line)
        if len(batch) >= _BATCH:
            write_lines(batch)
            batch.clear()
    write_lines(batch)
    return number


@group.command("show")
def show(
    key: _Key,
    ledger: _LedgerFile = "",
    octets: Annotated[bool, typer.Option("--octets", help="Print the message itself, while it is kept.")] = False,
    output_format: _FormatOption = Format.TEXT,
) -> None:
    """Show what is known of one message."""
    with _opened(ledger) as opened:
        entry = _entry(opened, key)
        if octets:
            content = opened.octets(key)
            if content is None:
                raise SettingsError(
                    f"the octets of {key!r} are not kept any more: nobody waits for them",
                    cure="leave out --octets; the SHA-256 is still known",
                )
            write_octets(content)
        elif output_format is Format.JSON:
            write_lines([json.dumps(entry_object(entry), ensure_ascii=False)])
        else:
            write_lines(page_lines(entry))


@group.command("resume")
def resume(
    keys: Annotated[list[str] | None, typer.Argument(help="Keys, due or not; else all that is due.")] = None,
    transport: Annotated[str, typer.Option(help="Where to: smtp+starttls://user@host:587, …")] = "",
    ledger: _LedgerFile = "",
    limit: Annotated[int, typer.Option(min=0, help="Messages at most; 0 for all.")] = 0,
    patience: Patience = "0",
    output_format: _FormatOption = Format.TEXT,
) -> None:
    """Send what waits: what was queued, put off, or left by a process that ended.

    Exit code 0: all accepted; 1: some not; 2: wrong usage or settings; 3: our own fault; 4: of some nobody knows.
    """
    seconds = patience_of(patience)
    with _opened(ledger) as opened:
        for key in keys or ():
            _entry(opened, key)
        path = opened.path
    url = transport_of(read_settings(Path.cwd()), transport)
    tally = Tally()
    transport_ = open_transport(url, password=os.environ.get("MAILTPL_PASSWORD"))
    with breaking_off(tally), Outbox(transport_, Ledger(path), patience=seconds, resting=Waiting(seconds)) as outbox:
        dispatches = outbox.resume(keys or None, limit=limit or None)
        with closing(dispatches), Interrupted(outbox.stop) as interrupted:
            for number, dispatch in enumerate(dispatches, 1):
                result = Result(number, (), dispatch.key, dispatch.receipt)
                tally.add(result, dispatch.key)
                if output_format is Format.JSON:
                    print_json(result)
    if output_format is Format.TEXT and not tally.messages:
        write_lines(["nothing is due; the keys of messages that wait send them now"])
    elif output_format is Format.TEXT:
        write_lines([*tally.troubles(), *tally.summary()])
    raise typer.Exit(interrupted.exit_code(tally.exit_code))


@group.command("resolve")
def resolve(
    keys: _Keys,
    sent: Annotated[bool, typer.Option("--sent", help="They have the message.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="They have it not: it waits to be sent again.")] = False,
    to: Annotated[list[str] | None, typer.Option("--to", help="This recipient only.")] = None,
    ledger: _LedgerFile = "",
) -> None:
    """Say what became of uncertain recipients, as the server's log or they themselves tell."""
    if sent == resend:
        raise SettingsError("it is not said what became of them", cure="give --sent or --resend")
    settled = 0
    with _opened(ledger) as opened:
        for key in keys:
            number = opened.resolve(key, "sent" if sent else "resend", to)
            settled += number
            if not number:
                warn(f"{key}: nobody of whom it was asked is uncertain")
    write_lines([f"{plural(settled, 'recipient')}: {'sent' if sent else 'waits to be sent again'}"])
    raise typer.Exit(0 if settled else 1)


@group.command("export")
def export(
    state: _StateOption = None,
    ledger: _LedgerFile = "",
) -> None:
    """Write the whole ledger as JSON Lines: one object for each message, with all its recipients."""
    with _opened(ledger) as opened:
        entries = opened.entries(*cast("list[State]", [str(one) for one in state or ()]))
        _write(json.dumps(entry_object(entry), ensure_ascii=False) for entry in entries)
