"""A case: what the doctor was asked, and what the steps found out so far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.doctor.request import Request
from mailtemplates.doctor.transcript import RecordedWire, Transcript
from mailtemplates.errors import TransportError
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message
from mailtemplates.smtp.consignment import Consignment
from mailtemplates.smtp.endpoint import Address, Endpoint
from mailtemplates.smtp.login import Login, hide
from mailtemplates.smtp.session import Session
from mailtemplates.smtp.transport import SmtpTransport

if TYPE_CHECKING:
    from mailtemplates.doctor.account import ImapAccount


class Case:
    """What is known. Each attribute is empty until the step that finds it has been taken.

    :ivar url: the transport's URL, read.
    :ivar message: the message that it is about, when there is one.
    :ivar envelope: who sends to whom; both may be empty.
    :ivar account: the mailbox where it should arrive.
    :ivar address: the one of the server's addresses that took the connection.
    :ivar mailbox_fault: why that mailbox cannot be looked into.
    :ivar secrets: what must not be shown, in every form.
    :ivar distrust: why the certificate is not trusted.
    :ivar certificate: the server's, as :meth:`ssl.SSLSocket.getpeercert` tells it, or what could be read of it.
    :ivar deadline: when the step must be over, of :func:`time.monotonic`.
    :ivar sent: the message that was sent, as it left.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.transcript = Transcript(self.hide)
        self.url: TransportUrl | None = None
        self.transport: Transport | None = None
        self.message: Message | None = None
        self.envelope = Envelope("", ())
        self.account: ImapAccount | None = None
        self.mailbox_fault: Exception | None = None
        self.secrets: list[str] = []
        self.addresses: Sequence[Address] = ()
        self.address: Address | None = None
        self.wire: RecordedWire | None = None
        self.session: Session | None = None
        self.distrust: TransportError | None = None
        self.certificate: dict[str, Any] = {}
        self.deadline = 0.0
        self.sent: Message | None = None
        self.sent_at = 0.0

    @property
    def server(self) -> SmtpTransport | None:
        """The transport when it is a mail server."""
        return self.transport if isinstance(self.transport, SmtpTransport) else None

    @property
    def endpoint(self) -> Endpoint:
        """Where the server is."""
        assert self.server is not None
        return self.server.endpoint

    @property
    def login(self) -> Login | None:
        """Who logs in there."""
        return self.server.login if self.server else None

    @property
    def seconds_left(self) -> float:
        """Until the step must be over."""
        return max(0.001, self.deadline - time.monotonic())

    def consignment(self) -> Consignment:
        """The message with its envelope, as it would go; one without content stands for any message.

        :raises AddressError: the envelope cannot be.
        """
        message = self.message
        return Consignment(Message(message.octets if message else b"", self.envelope, ""))

    def start(self, seconds: float) -> None:
        """A step begins that may take so long."""
        self.deadline = time.monotonic() + seconds
        if self.wire:
            self.wire.deadline = self.deadline

    def hide(self, text: str) -> str:
        """The text without secrets."""
        return hide(text, self.secrets)

    def close(self) -> None:
        """End the session."""
        if self.session:
            self.session.close()
        elif self.wire:
            self.wire.close()
