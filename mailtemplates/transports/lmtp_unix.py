"""LMTP over a socket of this machine (RFC 2033): ``lmtp+unix:/run/dovecot/lmtp``."""

from __future__ import annotations

import socket

from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.errors import SettingsError
from mailtemplates.smtp.endpoint import Endpoint
from mailtemplates.smtp.transport import SmtpTransport, ehlo_name
from mailtemplates.transports import Access

OPTIONS = ("ehlo", "notify", "per_connection", "pool", "rate", "ret", "timeout")


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    if url.host or not url.path.strip("/"):
        raise SettingsError(f"{url}: the path of a socket is needed", cure="write lmtp+unix:/run/dovecot/lmtp")
    if not hasattr(socket, "AF_UNIX"):
        raise SettingsError(f"{url}: this system has no such sockets", cure="use lmtp://HOST:PORT")
    endpoint = Endpoint(path=url.path, port=0, cap=url.seconds("timeout"), ehlo=ehlo_name(url), lmtp=True)
    return SmtpTransport(url, endpoint, None, access.watch)
