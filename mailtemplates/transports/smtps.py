"""Submission with TLS from the first octet (RFC 8314)."""

from __future__ import annotations

from mailtemplates.smtptransport import OPTIONS as SECURE
from mailtemplates.smtptransport import open_smtp
from mailtemplates.transport import Transport
from mailtemplates.transports import Access
from mailtemplates.transporturl import TransportUrl

OPTIONS = SECURE


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return open_smtp(url, "implicit", 465, access.login(url), access.watch)
