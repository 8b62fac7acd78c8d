"""Where messages go: one file, one transport.

A transport's file has a function ``open_url(url, access) -> Transport``, and ``OPTIONS``, the names of the parameters
that its URL may have. To add one, put such a file here; its name, with ``+`` for ``_``, is the URL's scheme.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from mailtemplates.delivery.event import Watcher
from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl, parse_transport
from mailtemplates.errors import SettingsError
from mailtemplates.smtp.login import Login, Token, find_login
from mailtemplates.source import nearest


class Access(NamedTuple):
    """What a transport is opened with, besides its URL.

    :param password: of the user in the URL, unless the URL says where else it is.
    :param token: gives an OAuth 2 access token; called once a connection.
    :param watch: is told of every :class:`~mailtemplates.delivery.event.Event`.
    """

    password: str | None = None
    token: Token | None = None
    watch: Watcher | None = None

    def login(self, url: TransportUrl) -> Login | None:
        """The login of a URL, or None when it names no user."""
        return find_login(url, self.password, self.token)

    def __repr__(self) -> str:
        return "Access(***)"


def transport_names() -> list[str]:
    """The schemes there are, sorted."""
    files = (file for folder in __path__ for file in Path(folder).glob("[!_]*.py"))
    return sorted(file.stem.replace("_", "+") for file in files)


def open_transport(
    url: str, *, password: str | None = None, token: Token | None = None, watch: Watcher | None = None
) -> Transport:
    """The transport of a URL. No connection is made before the first message.

    :param url: such as ``smtp+starttls://user@host:587?cafile=ca.pem``.
    :param password: of the user in the URL.
    :param token: a function that gives an OAuth 2 access token, instead of a password; what it raises goes through.
    :param watch: a function that is told of every :class:`~mailtemplates.delivery.event.Event`; they are logged too, as
        ``mailtemplates.delivery``.
    :raises SettingsError: the URL cannot be right; no password is in the error.
    """
    return open_read(parse_transport(url), Access(password, token, watch))


def open_read(url: TransportUrl, access: Access) -> Transport:
    """The transport of a URL that is read already."""
    if not any(Path(folder, f"{url.scheme.replace('+', '_')}.py").is_file() for folder in __path__):
        names = transport_names()
        near = nearest(url.scheme, names)
        cure = f"did you mean {near!r}?" if near else f"the transports are {', '.join(names)}"
        raise SettingsError(f"there is no transport {url.scheme!r}", cure=cure)
    home = import_module(f"{__name__}.{url.scheme.replace('+', '_')}")
    if (url.scheme == "failover") != bool(url.inner):
        raise SettingsError(f"{url}: only failover has others in it", cure="write failover(URL URL)")
    url.check_options(home.OPTIONS)
    opened: Transport = home.open_url(url, access)
    return opened
