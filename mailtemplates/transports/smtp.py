"""SMTP in clear, for a relay on this machine or in a network that is safe. A login needs ``?insecure=1``."""

from __future__ import annotations

from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.smtp.transport import OPTIONS as SECURE
from mailtemplates.smtp.transport import open_smtp
from mailtemplates.transports import Access

OPTIONS = (*(name for name in SECURE if name not in ("cafile", "pin", "requiretls")), "insecure")


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    return open_smtp(url, "none", 25, access.login(url), access.watch)
