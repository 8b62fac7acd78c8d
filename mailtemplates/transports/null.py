"""Nowhere: every message is accepted and thrown away."""

from __future__ import annotations

from mailtemplates.outcome import Accepted
from mailtemplates.storing import StoringTransport
from mailtemplates.transport import Transport
from mailtemplates.transports import Access
from mailtemplates.transporturl import TransportUrl

OPTIONS = ()


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return StoringTransport(str(url), lambda message: Accepted("thrown away"))
