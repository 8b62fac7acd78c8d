"""A Maildir: ``maildir:DIR``. Lines end with LF there, as mail readers of this machine expect."""

from __future__ import annotations

import re
from functools import cache

from mailtemplates.delivery.leftovers import clear_leftovers
from mailtemplates.delivery.outcome import Accepted
from mailtemplates.delivery.storing import StoringTransport, local_path, unique_name, unique_names, write_new
from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.message.message import Message
from mailtemplates.transports import Access

OPTIONS = ()


def open_url(url: TransportUrl, access: Access) -> Transport:
    """See :mod:`mailtemplates.transports`."""
    folder = local_path(url)

    @cache
    def tidy() -> None:
        clear_leftovers(folder / "tmp", re.compile(unique_names()))

    def store(message: Message) -> Accepted:
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        tidy()
        name = unique_name()
        write_new(folder / "tmp" / name, message.octets.replace(b"\r\n", b"\n"))
        whole = (folder / "tmp" / name).rename(folder / "new" / name)
        return Accepted(str(whole), name)

    return StoringTransport(str(url), store)
