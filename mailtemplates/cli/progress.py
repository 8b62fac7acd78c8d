"""A bar on a terminal that shows how far a long run is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
"""Is told how many messages are done."""


@contextmanager
def progress(whole: float, done: Callable[[], float], *, quiet: bool, piped: bool) -> Iterator[Advance]:
    """The bar; none when it is not wanted, when nobody would see it, or where it would run into what is printed.

    :param whole: of what the run is through in the end; 0 when that is not known.
    :param done: says how far it is, in the same unit; asked only where there is a bar.
    :param piped: whether results are printed while the bar stands.
    """
    if quiet or not sys.stderr.isatty() or (piped and sys.stdout.isatty()):
        yield lambda messages: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[messages]:,} messages"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=5) as bar:
        task = bar.add_task("", total=whole or None, messages=0)
        yield lambda messages: bar.update(task, completed=done(), messages=messages)
