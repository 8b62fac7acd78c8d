"""A message on its way: whom it still has to reach, and what is known of the others."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from mailtemplates.delivery.outcome import Failed, Outcome, Receipt
from mailtemplates.delivery.transport import Mark, check_envelope, receipt
from mailtemplates.message.message import Message
from mailtemplates.smtp.dotstuffing import canonical, stuff
from mailtemplates.smtp.throttle import Throttle


class Consignment:
    """One message, its octets as they go on the wire, and the outcomes so far.

    :ivar size: octets as SIZE counts them (RFC 1870): with CRLF, without doubled dots.
    :ivar eight_bit: whether there are octets over 127, which need 8BITMIME (RFC 6152).
    :ivar utf8_header: whether the header is UTF-8.
    :ivar smtputf8: whether an address or the header is UTF-8, which needs SMTPUTF8 (RFC 6531 §3.4, RFC 6532).
    :ivar taken: the recipients that the server took in the transaction that is open.
    :ivar refused: the recipients that it refused there, until it is known that it is in step.
    :ivar believed: those of them of whom it is told so.
    :ivar under_way: the recipients whose final dot is sent and not answered.
    :ivar dot_at: when the content and its final dot began to go out, of :func:`time.monotonic`.
    :ivar tried_again: whether it already had a second connection.
    """

    def __init__(self, message: Message) -> None:
        check_envelope(message)
        self.message = message
        self.outcomes: dict[str, Outcome] = {}
        self.taken: list[str] = []
        self.refused: dict[str, Outcome] = {}
        self.believed: list[str] = []
        self.under_way: list[str] = []
        self.dot_at = 0.0
        self.tried_again = False
        self.content = b""
        self.size = 0
        self.eight_bit = False
        self.utf8_header = False
        try:
            octets = canonical(message.octets)
        except ValueError:
            text = "the message has a CR or LF that stands alone, which servers take for different ends of lines"
            self.settle(Failed(0, "5.6.11", "notcompliantrfc", text))
        else:
            self.size = len(octets)
            self.eight_bit = not octets.isascii()
            self.utf8_header = self.eight_bit and _has_utf8_header(octets)
            self.content = stuff(octets)
        self.smtputf8 = message.envelope.smtputf8 or self.utf8_header

    @property
    def waiting(self) -> list[str]:
        """The recipients who have no outcome and are not under way, each once."""
        known = {*self.outcomes, *self.under_way}
        return [address for address in dict.fromkeys(self.message.envelope.recipients) if address not in known]

    @property
    def done(self) -> bool:
        """Whether every recipient has an outcome."""
        return not (self.under_way or self.waiting)

    def settle(self, outcome: Outcome, addresses: Iterable[str] | None = None) -> None:
        """Give these recipients, or all that wait, their outcome. The first outcome of a recipient stays."""
        for address in self.waiting if addresses is None else addresses:
            self.outcomes.setdefault(address, outcome)

    def believe(self) -> None:
        """Give those whom the server refused their outcomes."""
        for address, outcome in self.refused.items():
            self.settle(outcome, (address,))
        self.believed = list(self.refused)
        self.refused.clear()

    @property
    def summary(self) -> str:
        """How many recipients ended how: ``2 accepted, 1 failed``."""
        return ", ".join(f"{number} {state}" for state, number in Counter(map(_state, self.outcomes.values())).items())

    def receipt(self) -> Receipt:
        """The receipt, when nobody waits."""
        return receipt(self.message, (self.outcomes[address] for address in self.message.envelope.recipients))


def _has_utf8_header(octets: bytes) -> bool:
    """Whether UTF-8 stands in the header; octets of older charsets there are no reason for SMTPUTF8."""
    header = octets[: octets.find(b"\r\n\r\n") + 1] or octets
    if header.isascii():
        return False
    try:
        header.decode()
    except UnicodeDecodeError:
        return False
    return True


def _state(outcome: Outcome) -> str:
    return outcome.state


class Queue:
    """The consignments that come next: those that go again first, then the messages of the caller as he gives them."""

    def __init__(self, messages: Iterable[Message], throttle: Throttle | None = None, mark: Mark | None = None) -> None:
        self._messages = iter(messages)
        self._throttle = throttle
        self._mark = mark
        self._again: deque[Consignment] = deque()

    @property
    def pauses(self) -> bool:
        """Whether the next message has to wait for its turn."""
        return bool(self._throttle and not self._again and self._throttle.pause)

    def next(self) -> Consignment | None:
        """The next consignment, or None when there is none."""
        if self._again:
            return self._again.popleft()
        for message in self._messages:
            if self._throttle:
                self._throttle.wait()
            return Consignment(message)
        return None

    def may_go(self, consignment: Consignment) -> bool:
        """Whether the final dot may be sent for the recipients that the server took."""
        return self._mark is None or self._mark(consignment.message, consignment.taken, consignment.outcomes)

    def again(self, consignment: Consignment) -> None:
        """This one goes next."""
        self._again.appendleft(consignment)
