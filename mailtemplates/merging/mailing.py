"""A mailing: rows become messages, messages go out or lie in a folder, and of every row it is said what became of it.

Everything is taken as it is needed, so a mailing of any length needs the memory of a short one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from threading import Lock
from typing import NamedTuple

from mailtemplates.delivery.outcome import Accepted, Delivery, Receipt
from mailtemplates.errors import DataError, SettingsError
from mailtemplates.ledger.entry import Entry
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.letter import Letter
from mailtemplates.merging.courier import Courier, Rehearsal
from mailtemplates.merging.keyregister import KeyRegister
from mailtemplates.merging.keys import MakesKeys
from mailtemplates.merging.result import Result
from mailtemplates.merging.row import Row
from mailtemplates.merging.workers import Made, Task, Workers, Written, reason
from mailtemplates.message.message import Message
from mailtemplates.outbox.direct import whole
from mailtemplates.outbox.mailrun import Dispatch
from mailtemplates.outbox.staging import Staging

_MISSES = 10
"""Messages in a row that find no way to the server, before a run stops."""

_FINAL = frozenset(("accepted", "failed", "uncertain", "suppressed"))


class _Place(NamedTuple):
    """A row on its way through the workers, and what is known of it before."""

    row: Row
    key: str
    result: Result | None


class Mailing:
    """One run.

    :param workers: they write the messages where there is no courier, and bring them back where there is one.
    :param report: is told what became of each row, soon after it did, of one at a time, perhaps in another thread; rows
        that fail come before those under way.
    :param ledger: rows whose fate it knows are not rendered again.
    :param limit: rows to do at most, not counting those that the ledger knows and those that cannot be read; 0 for all.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        workers: Workers,
        keys: MakesKeys,
        report: Callable[[Result], None],
        *,
        courier: Courier | None = None,
        ledger: Ledger | None = None,
        staging: Staging | None = None,
        limit: int = 0,
    ) -> None:
        self._rows = rows
        self._workers = workers
        self._keys = keys
        self._report = report
        self._lock = Lock()
        self._courier = courier
        self._ledger = ledger
        self._staging = staging or Staging()
        self._limit = limit
        self._line: deque[_Place] = deque()
        self._sent: dict[str, deque[Row]] = {}
        self._register: KeyRegister | None = None
        self._misses = 0
        self.stopped = False

    @property
    def stranded(self) -> bool:
        """Whether the run stopped because there is no way to the server."""
        return self._misses >= _MISSES

    def stop(self) -> None:
        """Begin nothing more, and wait for nothing; what is under way comes to its end."""
        self.stopped = True
        if self._courier:
            self._courier.stop()

    def run(self) -> None:
        """Do all rows.

        :raises MailTemplatesError: the work cannot go on: a ledger or a folder that cannot be written, a broken file.
        """
        with ExitStack() as stack:
            if self._keys.chosen:
                self._register = stack.enter_context(KeyRegister())
            if self._courier is None:
                self._write()
            else:
                self._send(stack.enter_context(closing(self._courier.send(self._letters()))))

    def _write(self) -> None:
        for row, key, made in self._made():
            assert isinstance(made.message, Written)
            self._tell(Result(row.number, row.cells, key, _receipt(made.message)))

    def _send(self, dispatches: Iterable[Dispatch]) -> None:
        for dispatch in dispatches:
            for row, twin in self._back(dispatch.key):
                known = dispatch.known or twin
                self._tell(Result(row.number, row.cells, dispatch.key, dispatch.receipt, known=known))
            self._notice(dispatch)

    def _tell(self, result: Result) -> None:
        """Report, one result at a time: couriers may ask for letters in threads of their own."""
        with self._lock:
            self._report(result)

    def _away(self, key: str, row: Row) -> bool:
        """Note that a row's letter goes away; False when one with its key is away already and must not be twice."""
        with self._lock:
            rows = self._sent.setdefault(key, deque())
            rows.append(row._replace(data={}))
            return len(rows) == 1 or self._ledger is None

    def _back(self, key: str) -> list[tuple[Row, bool]]:
        """The rows of a letter that is done, and of each whether it only had the same key and data."""
        with self._lock:
            rows = self._sent[key]
            number = 1 if self._ledger is None else len(rows)
            back = [(rows.popleft(), bool(twin)) for twin in range(number)]
            if not rows:
                del self._sent[key]
            return back

    def _notice(self, dispatch: Dispatch) -> None:
        """Stop when one message after the other finds no way: thousands more would not either."""
        if dispatch.known or isinstance(self._courier, Rehearsal):
            return
        states = {delivery.outcome.state for delivery in dispatch.receipt.deliveries}
        self._misses = self._misses + 1 if "not_tried" in states and states <= {"not_tried", "suppressed"} else 0
        if self.stranded:
            self.stop()

    def _letters(self) -> Iterator[Letter]:
        """The letters that somebody is to get; the others are settled here."""
        for row, key, made in self._made():
            assert isinstance(made.message, Message)
            letter = self._staging.letter(key, made.message)
            if len(letter.outcomes) == len(set(letter.message.envelope.recipients)):
                self._tell(Result(row.number, row.cells, letter.key, whole(letter, {})))
            elif self._away(letter.key, row):
                yield letter
            if self.stopped:
                return

    def _made(self) -> Iterator[tuple[Row, str, Made]]:
        """What the workers made, in the order of the rows; rows that came to nothing are reported here.

        :raises SettingsError: the folder cannot be written.
        """
        for made in self._workers.run(self._tasks()):
            row, key, result = self._line.popleft()
            if result is not None:
                self._tell(result)
            elif made.fault == "place":
                raise SettingsError(
                    made.problem, cure="name a place that can be written, with room; then the same again"
                )
            elif made.message is None:
                self._tell(Result(row.number, row.cells, key, problem=made.problem, fault=made.fault))
            else:
                yield row, key, made

    def _tasks(self) -> Iterator[Task]:
        """A task for each row; one without data for a row that needs no work, so that rows stay in their order and a
        thousand of those are not more under way than others."""
        left = self._limit or -1
        for row in self._rows:
            if self.stopped or left == 0:
                return
            place = self._place(row)
            self._line.append(place)
            if place.result is None:
                left -= 1
                yield Task(row.number, place.key, row.data)
            else:
                yield Task(row.number, place.key, None)

    def _place(self, row: Row) -> _Place:
        if row.problem:
            return _Place(row, "", Result(row.number, row.cells, problem=row.problem, fault="row"))
        try:
            key = self._keys.of(row.data)
        except DataError as error:
            return _Place(row, "", Result(row.number, row.cells, problem=reason(error), fault="row"))
        first = self._register.other(key, row.number, row.data) if self._register else None
        if first is not None:
            problem = f"row {first} has the key {key!r} too, with other data"
            return _Place(row, key, Result(row.number, row.cells, key, problem=problem, fault="row"))
        entry = self._ledger.entry(key) if self._ledger is not None and self._staging == Staging() else None
        if entry is not None and _is_final(entry):
            return _Place(row, key, Result(row.number, row.cells, key, entry.receipt(), known=True))
        return _Place(row, key, None)


def _is_final(entry: Entry) -> bool:
    """Whether a message needs nothing more: nobody of it waits and no process has it."""
    return all(one.state in _FINAL for one in entry.recipients)


def _receipt(written: Written) -> Receipt:
    """The receipt of a message that lies in a folder."""
    accepted = Accepted(written.place)
    return Receipt(written.message_id, tuple([Delivery(address, accepted) for address in written.recipients]))
