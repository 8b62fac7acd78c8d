"""A mailbox's server and who logs in there, from a URL."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from mailtemplates.delivery.transporturl import TransportUrl, parse_transport
from mailtemplates.errors import SettingsError
from mailtemplates.smtp.endpoint import make_context, words_of
from mailtemplates.smtp.login import Login, find_login

_OPTIONS = {"imaps": ("auth", "cafile", "keyring", "password_file"),
            "imap": ("auth", "cafile", "insecure", "keyring", "password_file")}  # fmt: skip


@dataclass(frozen=True)
class ImapAccount:
    """A mailbox's server and who logs in there.

    :param tls: ``implicit``, ``starttls``, or ``none`` where the URL waives it.
    """

    host: str
    port: int
    tls: str
    context: ssl.SSLContext = field(repr=False)
    login: Login

    @classmethod
    def read(cls, text: str, password: str | None) -> ImapAccount:
        """The account of ``imaps://user@host:993`` or ``imap://user@host:143`` (STARTTLS).

        :raises SettingsError: the URL cannot be right, or there is no password.
        """
        url = parse_transport(text)
        if url.scheme not in _OPTIONS or not url.host or not url.user:
            raise SettingsError(f"{url} is no mailbox", cure="write imaps://user@host:993, or imap:// for STARTTLS")
        url.check_options(_OPTIONS[url.scheme])
        login = find_login(url, password)
        assert login is not None
        return cls(url.host, url.port or (993 if url.scheme == "imaps" else 143), _tls(url), _context(url), login)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _tls(url: TransportUrl) -> str:
    return "implicit" if url.scheme == "imaps" else "none" if url.flag("insecure") else "starttls"


def _context(url: TransportUrl) -> ssl.SSLContext:
    try:
        return make_context(url.text("cafile"))
    except OSError as error:
        raise SettingsError(f"{url}: the CA file {url.text('cafile')} cannot be used: {words_of(error)}") from None
