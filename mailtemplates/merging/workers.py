"""Processes that make messages. Rows go to them in small batches and come back in their order; what is under way is
bounded, whatever the number of rows.

A process that hears no more from the one that began it ends by itself.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Literal, NamedTuple

from mailtemplates.closing import Closing
from mailtemplates.errors import MailTemplatesError, RuleError, WorkerError
from mailtemplates.message.message import Message

BATCH = 32
"""Rows that go to a process at once."""
_LOOK = 16
_PATIENCE = 5.0


Fault = Literal["", "row", "ours", "place"]


class Task(NamedTuple):
    """What a message is made of.

    :param data: None where nothing is to be made.
    """

    number: int
    key: str
    data: Mapping[str, Any] | None


class Written(NamedTuple):
    """A message that lies where the process that made it wrote it; its octets are not brought back.

    :param message_id: without angle brackets.
    """

    place: str
    message_id: str
    recipients: tuple[str, ...]


class Made(NamedTuple):
    """A message, or why there is none.

    :param fault: whose the problem is: the row's, our own, or that of the place to write to.
    """

    message: Message | Written | None
    problem: str = ""
    fault: Fault = ""


Make = Callable[[Task], Made]
"""Makes one message, and may write it; it can be sent to another process."""


def attempt(make: Make, task: Task) -> Made:
    """What is made of a task, or the error as a value."""
    if task.data is None:
        return Made(None)
    try:
        return make(task)
    except MailTemplatesError as error:
        return Made(None, problem=reason(error), fault="ours" if isinstance(error, RuleError) else "row")
    except OSError as error:
        return Made(None, problem=f"cannot write: {error.filename or ''}: {error.strerror or error}", fault="place")
    except Exception as error:
        return Made(None, problem=f"a fault of mailtpl itself: {type(error).__name__}: {error}", fault="ours")


def reason(error: MailTemplatesError) -> str:
    """An error in one line; of a list with a heading the list alone."""
    head, *points = error.problem.split("\n")
    place = f"{error.location}: " if error.location else ""
    return place + ("; ".join(point.strip() for point in points) if points else head)


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Batch:
    """Tasks that a process has, and what it made of them."""

    link: Connection
    made: Sequence[Made] | None = None


class Workers(Closing):
    """So many processes, or this one alone.

    :param make: what is done with each task.
    :param jobs: the number of processes; 1 for no other than this one.
    """

    def __init__(self, make: Make, jobs: int) -> None:
        self._make = make
        self._links: list[Connection] = []
        self._processes: list[BaseProcess] = []
        self._idle: list[Connection] = []
        self._under_way: deque[_Batch] = deque()
        self._ready: deque[Sequence[Task]] = deque()
        for _ in range(jobs if jobs > 1 else 0):
            self._begin()

    def _begin(self) -> None:
        """Begin a process. By fork, where that is safe, it has everything that is loaded here."""
        forks = sys.platform == "linux" and threading.active_count() == 1
        context = multiprocessing.get_context("fork" if forks else "spawn")
        ours, theirs = context.Pipe()
        sys.stdout.flush()
        strange = [*self._links, ours] if forks else []
        process: Any = context.Process(target=_serve, args=(theirs, strange, self._make), daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        self._links.append(ours)
        self._idle.append(ours)
        self._processes.append(process)

    @property
    def most(self) -> int:
        """Tasks that are under way at once, at most."""
        return (2 * len(self._links) + 1) * BATCH if self._links else 1

    def run(self, tasks: Iterable[Task]) -> Iterator[Made]:
        """What is made of each task, in their order; tasks are taken as there is room for them.

        :raises WorkerError: a process ended.
        """
        if not self._links:
            for task in tasks:
                yield attempt(self._make, task)
            return
        source = iter(tasks)
        self._feed(source)
        while self._under_way:
            batch = self._under_way[0]
            while batch.made is None:
                self._collect(None)
                self._feed(source)
            self._under_way.popleft()
            for number, made in enumerate(batch.made):
                if number % _LOOK == 0:
                    self._collect(0)
                    self._feed(source)
                yield made

    def _feed(self, source: Iterator[Task]) -> None:
        """Give work to the idle, then have work ready for those who will be, as long as not too much is waiting to be
        taken."""
        self._give()
        links = len(self._links)
        while len(self._ready) < links and len(self._ready) + len(self._under_way) < 2 * links:
            tasks = list(islice(source, BATCH))
            if not tasks:
                return
            self._ready.append(tasks)
            self._give()

    def _give(self) -> None:
        """Give what is ready to the idle.

        :raises WorkerError: a process ended.
        """
        while self._idle and self._ready:
            link = self._idle.pop()
            self._under_way.append(_Batch(link))
            try:
                link.send(self._ready.popleft())
            except OSError:
                raise _ended() from None

    def _collect(self, timeout: float | None) -> None:
        """Take what is ready from the busy, waiting for it when nothing is.

        :raises WorkerError: a process ended.
        """
        busy = {batch.link: batch for batch in self._under_way if batch.made is None}
        for link in wait(list(busy), timeout) if busy else ():
            assert isinstance(link, Connection)
            try:
                busy[link].made = link.recv()
            except (EOFError, OSError):
                raise _ended() from None
            self._idle.append(link)
            self._give()

    def close(self) -> None:
        """End the processes; what they are at is finished, or left when it takes long."""
        for link in self._links:
            link.close()
        for process in self._processes:
            process.join(_PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()
        self._links.clear()
        self._processes.clear()


def _ended() -> WorkerError:
    return WorkerError(
        "a process that made messages ended before its work was done",
        cure="was it killed, for want of memory? --jobs 1 needs least; the same command goes on",
    )


def _serve(link: Connection, strange: Sequence[Connection], make: Make) -> None:
    """The life of a process: batches in, what was made of them out, until the link is closed.

    :param strange: other processes' links, which a fork brought along: while they are open nobody sees them closed.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # they reach every process; the parent says when to stop
        signal.signal(number, signal.SIG_IGN)
    for other in strange:
        other.close()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    with suppress(EOFError, OSError), link:
        while True:
            link.send([attempt(make, task) for task in link.recv()])
