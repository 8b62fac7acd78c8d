"""What ``mailtpl send`` and ``mailtpl merge`` have in common: where messages go, who stops them, what is printed."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, NamedTuple

import typer

from mailtemplates.cli.output import warn, warn_at_once, write_lines
from mailtemplates.delivery.transporturl import parse_transport
from mailtemplates.errors import LedgerError, SettingsError
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.linting.report import plural
from mailtemplates.merging.courier import Courier, Rehearsal, Several
from mailtemplates.merging.result import Result, as_object
from mailtemplates.merging.tally import Tally
from mailtemplates.outbox.direct import Direct
from mailtemplates.outbox.outbox import Outbox
from mailtemplates.outbox.retries import Rest, Resting
from mailtemplates.pattern import pattern
from mailtemplates.settings import Settings
from mailtemplates.smtp.transport import POOL
from mailtemplates.transports import open_transport

_ALL = "ALL"
_INTERRUPTED = 130
_DURATION = pattern(r"(\d{1,9}(?:\.\d{1,3})?)([smhd]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


# The options that both commands have.
LedgerFile = Annotated[str, typer.Option(help="The file that remembers what was sent.")]
NoLedger = Annotated[bool, typer.Option("--no-ledger", help="Remember nothing.")]
Patience = Annotated[str, typer.Option(help="How long to try again what is put off: 90s, 15m, 2h; 0 for not at all.")]
Limit = Annotated[int, typer.Option(min=0, help="Messages at most; 0 for all.")]
Force = Annotated[list[str] | None, typer.Option(help="A lint rule that may be broken; ALL for no lint.")]
Allow = Annotated[list[str] | None, typer.Option(help="Send only to addresses like this regular expression.")]
RedirectTo = Annotated[str, typer.Option(help="Send to this address instead.")]
OutputFormat = Annotated[Format, typer.Option(help="json prints an object for each message.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell every step of sending.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no summary.")]


class Way(NamedTuple):
    """How letters go: by whom, and the ledger that knows of them, when there is one."""

    courier: Courier
    ledger: Ledger | None


def transport_of(settings: Settings, given: str) -> str:
    """The URL of the transport: what is given, the environment's, the settings'.

    :raises SettingsError: there is none.
    """
    url = given or os.environ.get("MAILTPL_TRANSPORT", "") or settings.transport
    if not url:
        raise SettingsError(
            "it is not said where messages go",
            cure="give --transport smtp+starttls://user@host:587, or set MAILTPL_TRANSPORT or the setting `transport`",
        )
    return url


def remembers(ledger: str, no_ledger: bool, otherwise: bool) -> bool:
    """Whether a ledger is kept.

    :raises SettingsError: one is named, and none is wanted.
    """
    if ledger and no_ledger:
        raise SettingsError("--ledger and --no-ledger exclude each other", cure="choose one")
    return bool(ledger) or (otherwise and not no_ledger)


def patience_of(text: str) -> float:
    """The seconds of ``--patience``.

    :raises SettingsError: it is no time.
    """
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise SettingsError(f"--patience {text!r} is no time", cure="write it as 90s, 15m or 2h")
    return float(match[1]) * _SECONDS[match[2]]


class Waiting:
    """Tells a person that a run waits, and for what: at its begin, and then once a minute.

    :param patience: seconds that it may wait.
    """

    _AGAIN = 60.0

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._told_at = -math.inf

    def __call__(self, rest: Rest) -> None:
        """See :data:`~mailtemplates.outbox.retries.Resting`."""
        now = time.monotonic()
        if now - self._told_at < self._AGAIN:
            return
        self._told_at = now
        what = f"{plural(rest.messages, 'message')} put off ({rest.reason})"
        most = f"{self._patience / 60:.3g} min" if self._patience > 90 else f"{self._patience:g} s"
        warn(f"{what}; tried again for {most} at most, next in {rest.seconds:.0f} s; Ctrl-C ends that")


@contextmanager
def way(
    url: str, ledger: Path | None, *, rehearsed: bool, connections: int = 1, patience: float, resting: Resting | None
) -> Iterator[Way]:
    """The way over a transport; for a rehearsal its URL is only read.

    :param connections: how many send at once.
    :param patience: seconds in which a message that was put off is tried again.
    :param resting: is told while nothing is done but waiting.
    :raises SettingsError: the URL cannot be right, or its transport has not so many connections.
    """
    size = parse_transport(url).number("pool", POOL)
    if connections > size:
        raise SettingsError(f"the transport has {size} connections at most", cure=f"add pool={connections} to its URL")
    if rehearsed:
        yield Way(Rehearsal(), None)
        return
    with ExitStack() as stack:
        transport = stack.enter_context(open_transport(url, password=os.environ.get("MAILTPL_PASSWORD")))
        if ledger is None:
            direct = Direct(transport, patience=patience, resting=resting)
            yield Way(_shared(direct, connections), None)
        else:
            kept = stack.enter_context(Ledger(ledger))
            outbox = Outbox(transport, kept, patience=patience, resting=resting)
            yield Way(_shared(outbox, connections), kept)


def _shared(courier: Courier, connections: int) -> Courier:
    return Several(courier, connections) if connections > 1 else courier


def with_force(settings: Settings, rules: Sequence[str]) -> tuple[Settings, bool]:
    """The settings without the rules that may be broken, and whether any are left that a message is judged by."""
    left = [rule for rule in rules if rule.upper() != _ALL]
    return settings._replace(ignore=(*settings.ignore, *left)), len(left) == len(rules)


def log_steps() -> None:
    """Write each step of sending to standard error."""
    import logging

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("mailtemplates.delivery").setLevel(logging.DEBUG)


def print_json(result: Result) -> None:
    """Print a message's result."""
    if result.receipt is not None:
        write_lines([json.dumps(as_object(result.key, result.receipt), ensure_ascii=False)])


@contextmanager
def breaking_off(tally: Tally) -> Iterator[None]:
    """When the ledger fails and messages are out already, that is no wrong usage, and what became of them is told."""
    try:
        yield
    except LedgerError as error:
        if not tally.messages:
            raise
        warn(f"error: {error}")
        tally.break_off()


class Interrupted:
    """Whether somebody wants the run to end. Ctrl-C, or SIGTERM, once: it comes to a clean end; twice: at once."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self.asked = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._stop()
        warn_at_once("\nstopping: what is under way comes to its end; once more stops at once")

    def __enter__(self) -> Interrupted:
        self._before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def exit_code(self, otherwise: int) -> int:
        """130 when the run was stopped, as shells have it."""
        return _INTERRUPTED if self.asked else otherwise
