"""Submission: a link that begins in clear and goes over to TLS before anything is said (RFC 3207). TLS is mandatory."""

from __future__ import annotations

from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.smtp.transport import OPTIONS as SECURE
from mailtemplates.smtp.transport import open_smtp
from mailtemplates.transports import Access

OPTIONS = SECURE


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return open_smtp(url, "starttls", 587, access.login(url), access.watch)
