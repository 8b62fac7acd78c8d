"""What takes messages and says what became of them.

A transport never raises for what a server does: that is an outcome of each recipient. It raises for what the
caller did: an envelope that nobody could mean.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from mailtemplates.closing import Closing
from mailtemplates.delivery.event import Watcher
from mailtemplates.delivery.outcome import Delivery, NotTried, Outcome, Receipt
from mailtemplates.errors import AddressError, TransportError
from mailtemplates.message.envelope import NULL_SENDER, is_path
from mailtemplates.message.message import Message

Mark = Callable[[Message, Sequence[str], Mapping[str, Outcome]], bool]
"""Is asked right before a message may be taken (over SMTP: before its final dot): the message, for whom it goes,
and what is known of its other recipients. When it says False, the message does not go out."""

WITHHELD = NotTried("the message was withdrawn before it went out", "somebody else sends it", temporary=True)
"""The outcome where a :data:`Mark` said no."""


class Transport(Closing, ABC):
    """Safe between threads. Use it as a context manager, or close it.

    :param shown: its URL as a person may see it, without a password.
    :param watch: is told of every event, see :mod:`mailtemplates.delivery.event`.
    :ivar server: what it is called in events: the server's host and port, where there is one.
    """

    def __init__(self, shown: str, watch: Watcher | None = None) -> None:
        self.shown = shown
        self.watch = watch
        self.server = shown

    def send(self, message: Message, mark: Mark | None = None) -> Receipt:
        """Send one message. The receipt has an outcome for each recipient, in the order of the envelope.

        :param mark: is asked before the message goes out for good, see :data:`Mark`; what it raises goes through.
        :raises AddressError: the envelope has no recipient, or an address that is none.
        """
        (made,) = self.send_all((message,), mark)
        return made

    @abstractmethod
    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        """Send messages one after the other, as the receipts are taken; one for each, in their order.

        The receipt of a message may come when the next has been asked for: so the link is never idle.

        :raises AddressError: as :meth:`send`, at the message that is wrong.
        """

    def extensions(self) -> Mapping[str, str] | None:
        """What the server offers: the keywords of its EHLO reply in upper case, each with its parameters.

        It connects when there is no connection, which then serves the next message. None where there is no one server,
        or it cannot be reached; sending tells why.
        """
        return None

    def hurry(self) -> None:
        """Its caller gives no more messages: let the last ones wait for no rate, until it is closed.

        It may be called in a signal handler.
        """
        return

    def close(self) -> None:
        """Let go of connections. A transport that is used again opens them anew."""
        return

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.shown}>"


def check_envelope(message: Message) -> None:
    """Refuse an envelope that would go to the wrong place, before anything is opened.

    :raises AddressError: no recipient; an empty sender; an address with a name, a bracket, a space or a control in it.
    """
    envelope = message.envelope
    if isinstance(envelope.recipients, str) or not envelope.recipients:
        raise AddressError("the message has no recipient", cure="give it to, cc or bcc")
    if not envelope.sender:
        raise AddressError("the message has no sender", cure=f"give it from; {NULL_SENDER!r} is the null sender")
    for address in (*envelope.recipients, envelope.sender):
        wrong = not is_path(address) or not (address.isascii() or envelope.smtputf8)
        if wrong and not (address == NULL_SENDER and address is envelope.sender):
            raise AddressError(
                f"{address!r} cannot stand in an envelope", cure="make the envelope with Envelope.of and mailboxes"
            )


def not_tried(error: TransportError) -> NotTried:
    """The outcome for everybody when there was no way to the server."""
    return NotTried(error.problem, error.cure, error.temporary, error.phase, error.code, error.enhanced)


def receipt(message: Message, outcomes: Iterable[Outcome]) -> Receipt:
    """The receipt of a message from the outcomes in the order of its envelope."""
    pairs = zip(message.envelope.recipients, outcomes, strict=True)
    return Receipt(message.message_id, tuple(Delivery(address, outcome) for address, outcome in pairs))
