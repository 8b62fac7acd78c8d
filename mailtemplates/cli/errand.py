"""A mailing as a command line asks for it: rows become messages, go their way, and what became of them is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import NamedTuple

from mailtemplates.cli.delivering import Format, Interrupted, Waiting, Way, breaking_off, print_json, way
from mailtemplates.cli.output import warn, write_lines
from mailtemplates.cli.progress import progress
from mailtemplates.merging.failures import Failures
from mailtemplates.merging.keys import MakesKeys
from mailtemplates.merging.mailing import Mailing
from mailtemplates.merging.result import Result
from mailtemplates.merging.row import Row
from mailtemplates.merging.tally import Tally
from mailtemplates.merging.workers import Workers
from mailtemplates.outbox.staging import Staging

_STRANDED = "stopped, since there is no way to the server: mailtpl doctor finds out why. "
_GOES_ON = "The same command again goes on where this one stopped."
_BEGINS_ANEW = "The same command begins anew; with a ledger it would go on."


class Errand(NamedTuple):
    """How a mailing goes about its work.

    :param url: the transport's; empty where nothing is sent, or the workers write the messages themselves.
    :param ledger: the file that remembers; None for none.
    :param patience: seconds in which a message that was put off is tried again.
    :param limit: messages at most; 0 for all.
    :param rehearsed: whether nothing goes out.
    :param connections: how many send at once.
    """

    url: str
    ledger: Path | None
    patience: float
    limit: int
    rehearsed: bool
    form: Format
    quiet: bool
    connections: int = 1

    def run(
        self,
        rows: Iterable[Row],
        workers: Workers,
        keys: MakesKeys,
        staging: Staging,
        *,
        name: Callable[[Result], str],
        bar: tuple[float, Callable[[], float]] | None,
        failures: Failures | None = None,
    ) -> int:
        """Do the rows; the exit code.

        :param name: what a person calls a result; empty where there is no other.
        :param bar: how much there is to do, and what says how much is done; None for no bar.
        :param failures: takes the rows that fail.
        """
        tally = Tally(rehearsed=self.rehearsed)
        with breaking_off(tally), ExitStack() as stack:
            stack.enter_context(workers)
            goal = stack.enter_context(self._way())
            whole, done = bar or (0.0, float)
            piped = self.form is Format.JSON
            advance = stack.enter_context(progress(whole, done, quiet=self.quiet or bar is None, piped=piped))

            def report(result: Result) -> None:
                tally.add(result, name(result))
                if failures and result.failure:
                    failures.add(result)
                if self.form is Format.JSON:
                    print_json(result)
                advance(tally.messages)

            mailing = Mailing(
                rows,
                workers,
                keys,
                report,
                courier=goal.courier if goal else None,
                ledger=goal.ledger if goal else None,
                staging=staging,
                limit=self.limit,
            )
            stop = stack.enter_context(Interrupted(mailing.stop))
            mailing.run()
        self._conclude(tally, failures, _STRANDED if mailing.stranded else "stopped. " if stop.asked else "")
        return stop.exit_code(tally.exit_code)

    def _way(self) -> AbstractContextManager[Way | None]:
        """The way that messages go; None when the workers write them."""
        if not self.url and not self.rehearsed:
            return nullcontext()
        return way(
            self.url or "null:",
            self.ledger,
            rehearsed=self.rehearsed,
            connections=self.connections,
            patience=self.patience,
            resting=None if self.quiet else Waiting(self.patience),
        )

    def _conclude(self, tally: Tally, failures: Failures | None, stopped: str) -> None:
        """Say how it went, and how to go on.

        :param stopped: why it stopped before its end; empty when it did not.
        """
        for line in tally.troubles():
            warn(line)
        if failures and failures.count and not self.quiet:
            warn(f"rows that failed are in {failures.path}: {failures.count}")
        if self.form is Format.TEXT and not self.quiet:
            write_lines(tally.summary())
        if stopped:
            warn(stopped + (_GOES_ON if self.ledger and not self.rehearsed else _BEGINS_ANEW))
