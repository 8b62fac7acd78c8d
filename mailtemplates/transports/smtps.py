"""Submission with TLS from the first octet (RFC 8314)."""

from __future__ import annotations

from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.smtp.transport import OPTIONS as SECURE
from mailtemplates.smtp.transport import open_smtp
from mailtemplates.transports import Access

OPTIONS = SECURE


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return open_smtp(url, "implicit", 465, access.login(url), access.watch)
