"""Who logs in at a mail server, and with which secret. The secret is never shown."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.errors import SettingsError

Token = Callable[[], str]
"""Gives an OAuth 2 access token, fresh enough to log in with; it is called once a connection."""

_HIDDEN = "***"


class Login(NamedTuple):
    """A user's name with a password, or with what gives tokens.

    :param mechanism: the SASL mechanism to use, in upper case; empty to choose by what the server offers.
    """

    user: str
    password: str = ""
    token: Token | None = None
    mechanism: str = ""

    def __repr__(self) -> str:
        return f"Login({self.user!r}, ***)"

    def hide(self, text: str, *secrets: str) -> str:
        """The text without the password, as it is, in base64 or as in a URL; ``secrets`` too."""
        return hide(text, self.forms(*secrets))

    def forms(self, *secrets: str) -> tuple[str, ...]:
        """How the password and ``secrets`` may stand in what a server says, for :func:`hide`."""
        return tuple(form for one in filter(None, (self.password, *secrets)) for form in _forms(self.user, one))


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text


def _forms(user: str, secret: str) -> list[str]:
    """How a secret may stand in what a server says, the longest forms first."""
    plain = (f"\0{user}\0{secret}", f"{user}\0{user}\0{secret}", secret)
    encoded = [b64encode(form.encode()).decode() for form in plain]
    in_urls = (quote(secret, safe=""), quote(secret), quote_plus(secret))
    return [*encoded, *(form.rstrip("=") for form in encoded), *in_urls, secret]


def find_login(url: TransportUrl, password: str | None = None, token: Token | None = None) -> Login | None:
    """The login of a URL, or None when it names no user.

    The password is the one that the URL names (written in it, ``password_file`` or ``keyring``), else ``password``.

    :raises SettingsError: there is a user and no password, or the named place has none.
    """
    if not url.user:
        return None
    mechanism = url.text("auth").upper()
    if token is not None:
        return Login(url.user, token=token, mechanism=mechanism)
    found = url.password
    if found is None and "password_file" in url.options:
        found = _from_file(url)
    if found is None and "keyring" in url.options:
        found = _from_keyring(url)
    found = password if found is None else found
    if not found:
        raise SettingsError(
            f"{url}: no password for {url.user!r}",
            cure="set MAILTPL_PASSWORD, or add ?password_file=FILE or ?keyring=SERVICE to the URL",
        )
    if "\0" in url.user + found:  # it stands between the fields of PLAIN (RFC 4616 §2)
        raise SettingsError(f"{url}: a user's name and a password have no NUL in them", cure="check both")
    return Login(url.user, found, mechanism=mechanism)


def _from_file(url: TransportUrl) -> str:
    path = Path(url.options["password_file"])
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise SettingsError(f"{url}: the password file {path} cannot be read: {what}", cure="check the path") from None


def _from_keyring(url: TransportUrl) -> str:
    try:
        import keyring
    except ImportError:
        raise SettingsError(f"{url}: keyring is not installed", cure="pip install 'mailtemplates[keyring]'") from None
    service = url.options["keyring"]
    service = service if service not in ("", "1") else url.host
    try:
        found: str | None = keyring.get_password(service, url.user)
    except Exception as error:  # a backend may raise anything
        raise SettingsError(f"{url}: the keyring cannot be asked: {type(error).__name__}", cure="unlock it") from None
    if found is None:
        raise SettingsError(
            f"{url}: the keyring has no password of {url.user!r} for {service!r}",
            cure=f"run: keyring set {service} {url.user}",
        )
    return found
