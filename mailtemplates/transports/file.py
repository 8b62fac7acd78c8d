"""A folder with one ``.eml`` file for each message: ``file:DIR``. The octets are those that would be sent."""

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
        clear_leftovers(folder, re.compile(rf"\.{unique_names()}\.part"))

    def store(message: Message) -> Accepted:
        folder.mkdir(parents=True, exist_ok=True)
        tidy()
        name = unique_name()
        part = folder / f".{name}.part"
        write_new(part, message.octets)
        whole = part.rename(folder / f"{name}.eml")
        return Accepted(str(whole), whole.name)

    return StoringTransport(str(url), store)
