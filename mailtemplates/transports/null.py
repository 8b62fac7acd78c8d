"""Nowhere: every message is accepted and thrown away."""

from __future__ import annotations

from mailtemplates.delivery.outcome import Accepted
from mailtemplates.delivery.storing import StoringTransport
from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.transports import Access

OPTIONS = ()


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return StoringTransport(str(url), lambda message: Accepted("thrown away"))
