"""LMTP over TCP, in clear (RFC 2033): delivery to mailboxes, with a reply for each recipient."""

from __future__ import annotations

from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.smtp.transport import OPTIONS as SECURE
from mailtemplates.smtp.transport import open_smtp
from mailtemplates.transports import Access

OPTIONS = (*(name for name in SECURE if name not in ("cafile", "pin", "requiretls")), "insecure")


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return open_smtp(url, "none", 24, access.login(url), access.watch, lmtp=True)
