"""The outbox: messages go over a transport, and the ledger knows of each recipient what became of it.

Its public face::

    with Outbox(transport, Ledger("outbox.db")) as outbox:
        for dispatch in outbox.send(("order-1", message), …):   # pairs, or Letter(key, message, outcomes), lazily
            dispatch.key, dispatch.receipt, dispatch.known
        for dispatch in outbox.resume():                        # what waits in the ledger, from earlier runs
            …

A dispatch comes once for each key, when its outcome is in the ledger. What was put off (4xx, no connection) is tried
again after pauses that grow (:class:`~mailtemplates.outbox.backoff.Backoff`), while others go on, as long as the
``patience`` lasts, with the recipients whom it concerns and nobody else; then it waits in the ledger for the next run.
What failed
is never tried again, and what is uncertain never by itself. After some messages in a row that found no way to the
server the rest is not tried, but queued.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from mailtemplates.closing import Closing
from mailtemplates.delivery.outcome import Receipt
from mailtemplates.delivery.transport import Transport
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.ledger.letter import Letter
from mailtemplates.message.message import Message
from mailtemplates.outbox.backoff import Backoff
from mailtemplates.outbox.mailrun import LATER, Dispatch, MailRun
from mailtemplates.outbox.mailsource import GivenLetters, WaitingLetters
from mailtemplates.outbox.retries import Resting, Retries


class Outbox(Closing):
    """Sends over a transport, by a ledger. Safe between threads; closing it closes both.

    :param backoff: the pauses before what was put off is tried again; those within a call are shorter when its patience
        is.
    :param patience: seconds in which a message that was put off is tried again within the call; 0 to leave that to the
        next run.
    :param resting: is told while a call does nothing but wait.
    """

    def __init__(
        self,
        transport: Transport,
        ledger: Ledger,
        *,
        backoff: Backoff | None = None,
        patience: float = 0.0,
        resting: Resting | None = None,
    ) -> None:
        self.transport = transport
        self.ledger = ledger
        self._backoff = backoff or Backoff()
        self._patience = patience
        self._resting = resting
        self._stopping = False

    def send(self, letters: Iterable[Letter | tuple[str, Message]]) -> Generator[Dispatch, None, None]:
        """Send messages, each once whoever else sends them; a dispatch for each, when its outcome is written down.

        A key that is in the ledger is not sent again: its dispatch tells what is known, and whoever of it still waits
        gets the octets that were queued first. Messages are taken as they are needed, some dozens ahead.

        :raises AddressError: an envelope that nobody could mean.
        :raises SettingsError: a key that cannot be one.
        :raises LedgerError: the ledger cannot be written; nothing goes out unwritten.
        """
        self.ledger.recover()
        given = (letter if isinstance(letter, Letter) else Letter(*letter) for letter in letters)
        return self._run().results(GivenLetters(self.ledger, given))

    def send_one(self, key: str, message: Message) -> Receipt:
        """Send one message; see :meth:`send`."""
        (dispatch,) = self.send([(key, message)])
        return dispatch.receipt

    def resume(self, keys: Sequence[str] | None = None, *, limit: int | None = None) -> Generator[Dispatch, None, None]:
        """Send what waits in the ledger and is due: messages that were only queued, put off, or left by a crash.

        :param keys: those, whether they are due or not, and nothing else.
        :param limit: how many at most.
        """
        self.ledger.recover()
        return self._run().results(WaitingLetters(self.ledger, keys, limit))

    def _run(self) -> MailRun:
        retries = Retries[str](self.transport, self._backoff, self._patience, LATER, self._resting)
        return MailRun(self.transport, self.ledger, retries, lambda: self._stopping)

    def stop(self) -> None:
        """Let the runs of this outbox come to an end: what is under way is answered, the rest waits in the ledger.

        It may be called in a signal handler.
        """
        self._stopping = True
        self.transport.hurry()

    def close(self) -> None:
        """Close the transport and the ledger. What is used again opens them anew."""
        self.transport.close()
        self.ledger.close()
        self._stopping = False
