"""Where mail goes, as a URL: ``smtp+starttls://user@host:587?cafile=ca.pem``.

What is shown of it never holds a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError, SettingsError
from mailtemplates.headers.domain import check_domain
from mailtemplates.pattern import pattern
from mailtemplates.source import nearest

_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+-]*)(:|\()")
_SECRET = pattern(r"//.*@", re.DOTALL)
_LOST_SECRET = pattern(r".*:.*@", re.DOTALL)
_OCTETS = pattern(r"%(?![0-9A-Fa-f]{2})|[\x00-\x20\x7f]")


class TransportUrl(NamedTuple):
    """A transport's URL, read.

    :param scheme: which transport, in lower case.
    :param user: who logs in, decoded; empty for nobody.
    :param password: as written in the URL, decoded, or None.
    :param host: a name or an IP address without brackets; empty for transports on this machine.
    :param port: 0 when none is written.
    :param path: a folder, file or socket.
    :param options: the parameters after ``?``, decoded.
    :param inner: the URLs between the parentheses of ``failover(…)``.
    """

    scheme: str
    user: str = ""
    password: str | None = None
    host: str = ""
    port: int = 0
    path: str = ""
    options: Mapping[str, str] = MappingProxyType({})
    inner: tuple[TransportUrl, ...] = ()

    def __str__(self) -> str:
        if self.inner:
            return f"{self.scheme}({' '.join(map(str, self.inner))})"
        if not self.host:
            return f"{self.scheme}:{_LOST_SECRET.sub('***@', self.path)}"  # where // was forgotten
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{self.user + ':***@' if self.user else ''}{host}{f':{self.port}' if self.port else ''}"

    def __repr__(self) -> str:
        return f"<TransportUrl {self}>"

    def check_options(self, known: Iterable[str]) -> None:
        """Refuse parameters that the transport does not have.

        :raises SettingsError: with the nearest name.
        """
        names = sorted(known)
        for name in self.options:
            if name not in names:
                near = nearest(name, names)
                cure = f"did you mean {near!r}?" if near else f"the parameters are {', '.join(names) or 'none'}"
                raise SettingsError(f"{self}: {self.scheme!r} has no parameter {shorten(name)!r}", cure=cure)

    def text(self, name: str, default: str = "") -> str:
        """A parameter as written."""
        return self.options.get(name, default)

    def flag(self, name: str) -> bool:
        """A parameter that is ``1`` or ``0``."""
        written = self.options.get(name, "0")
        if written not in ("0", "1"):
            raise self.wrong(name, "0 or 1")
        return written == "1"

    def number(self, name: str, default: int) -> int:
        """A parameter that is a whole number from 1."""
        written = self.options.get(name, str(default))
        if not (written.isascii() and written.isdigit() and int(written[:9]) >= 1 and len(written) < 10):
            raise self.wrong(name, "a whole number from 1")
        return int(written)

    def seconds(self, name: str) -> float | None:
        """A parameter that is a number of seconds over 0, or None when it is not written."""
        if name not in self.options:
            return None
        written = self.options[name].removesuffix("s")
        try:
            value = float(written)
        except ValueError:
            value = 0.0
        if not 0 < value < 1e6:
            raise self.wrong(name, "seconds, such as 30")
        return value

    def wrong(self, name: str, expected: str) -> SettingsError:
        """The error for a parameter of the wrong kind."""
        return SettingsError(f"{self}: the parameter {name!r} must be {expected}", cure="mend the transport's URL")


def parse_transport(text: str) -> TransportUrl:
    """Read a transport's URL.

    :raises SettingsError: it is none. The error shows no user and no password.
    """
    text = text.strip()
    match = _SCHEME.match(text)
    if not match:
        raise _malformed(text, "it does not begin with a transport's name and a colon")
    scheme = match[1].lower()
    if match[2] == "(":
        return TransportUrl(scheme, inner=_inner(text, text[match.end() :]))
    rest, _, query = text[match.end() :].partition("?")
    wrong = _OCTETS.search(rest if rest.startswith("//") else "") or _OCTETS.search(query)
    if wrong:
        raise _malformed(text, f"{wrong[0]!r} cannot stand in it; write it as %{ord(wrong[0]):02X}")
    options = _options(text, query)
    if not rest.startswith("//"):
        return TransportUrl(scheme, path=unquote(rest), options=options)
    login, at, place = rest[2:].rpartition("@")
    user, colon, password = login.partition(":")
    authority, slash, path = place.partition("/")
    host, port = _host_and_port(text, authority)
    if at and not user:
        raise _malformed(text, "a user's name is missing before the `@`")
    secret = unquote(password) if colon else None
    return TransportUrl(scheme, unquote(user), secret, host, port, unquote(slash + path), options)


def _inner(text: str, rest: str) -> tuple[TransportUrl, ...]:
    if not rest.endswith(")"):
        raise _malformed(text, "the parenthesis is not closed")
    urls = tuple(parse_transport(part) for part in rest[:-1].split())
    if not urls:
        raise _malformed(text, "no transport stands between the parentheses")
    return urls


def _options(text: str, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if name in options:
            raise _malformed(text, f"the parameter {shorten(name)!r} stands there twice")
        options[unquote(name)] = unquote(value)
    return options


def _host_and_port(text: str, authority: str) -> tuple[str, int]:
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        literal = f"[IPv6:{host}]"
    else:
        host, colon, digits = authority.partition(":")
        closed, rest, literal = "]", colon + digits, ""
    if not closed or (rest and not (rest[0] == ":" and rest[1:].isascii() and rest[1:].isdigit())):
        raise _malformed(text, "after the host stands no port number")
    digits = rest[1:].lstrip("0")
    port = int(digits) if 0 < len(digits) <= 5 else 0
    if rest and not 1 <= port <= 65535:
        raise _malformed(text, "a port is a number from 1 to 65535")
    if not host:
        return "", port
    if not literal and host.replace(".", "").isdigit():
        literal = f"[{host}]"
    try:
        name = check_domain(literal or host)
        return host if literal else name, port
    except AddressError as error:
        raise _malformed(text, error.problem) from None


def _malformed(text: str, problem: str) -> SettingsError:
    return SettingsError(
        f'"{shorten(_SECRET.sub("//user:***@", text), 120)}" is not a transport: {problem}',
        cure="write it as smtp+starttls://user@host:587, smtps://user@host:465, maildir:FOLDER or file:FOLDER",
    )
