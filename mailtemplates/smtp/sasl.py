"""Logging in (RFC 4954): one mechanism, one try. Texts are UTF-8.

A mechanism is a pair: what the client says first, or None, and what it answers to a challenge.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mailtemplates.errors import TransportError
from mailtemplates.smtp.login import Login

Answer = Callable[[bytes], bytes]


class Mechanism(NamedTuple):
    """A SASL mechanism with a login filled in.

    :param first: what is said with the command already, or None when the server speaks first.
    :param answer: what is said to a challenge.
    :param secrets: what must not be shown.
    """

    name: str
    first: bytes | None
    answer: Answer
    secrets: tuple[str, ...]


def _plain(login: Login, host: str, port: int) -> Mechanism:
    """RFC 4616."""
    said = f"\0{login.user}\0{login.password}".encode()
    return Mechanism("PLAIN", said, lambda challenge: said, ())


def _login(login: Login, host: str, port: int) -> Mechanism:
    """The old LOGIN: two questions, whose words differ from server to server."""
    parts = iter((login.user.encode(), login.password.encode()))
    return Mechanism("LOGIN", None, lambda challenge: next(parts, b""), ())


def _cram_md5(login: Login, host: str, port: int) -> Mechanism:
    """RFC 2195."""

    def answer(challenge: bytes) -> bytes:
        digest = hmac.new(login.password.encode(), challenge, "md5").hexdigest()
        return f"{login.user} {digest}".encode()

    return Mechanism("CRAM-MD5", None, answer, ())


def _xoauth2(login: Login, host: str, port: int) -> Mechanism:
    """Google's and Microsoft's; a challenge is the error in JSON, and an empty answer brings the refusal."""
    token = _token(login)
    first = f"user={login.user}\x01auth=Bearer {token}\x01\x01".encode()
    return Mechanism("XOAUTH2", first, _once(first, b""), (token, b64encode(first).decode()))


def _oauthbearer(login: Login, host: str, port: int) -> Mechanism:
    """RFC 7628; a challenge is the error in JSON, and one ^A brings the refusal."""
    token = _token(login)
    user = login.user.replace("=", "=3D").replace(",", "=2C")
    first = f"n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01".encode()
    return Mechanism("OAUTHBEARER", first, _once(first, b"\x01"), (token, b64encode(first).decode()))


def _token(login: Login) -> str:
    """The access token of a login: visible ASCII (RFC 6750 §2.1), for ^A would begin another field of the answer.

    :raises TransportError: it is none.
    """
    token = (login.token() if login.token else login.password).strip()
    if not token.isascii() or not token.isprintable():
        problem = "the access token has characters that no token can have"
        raise TransportError(problem, phase="auth", temporary=False, cure="check what gives the token")
    return token


def _once(first: bytes, then: bytes) -> Answer:
    """Says ``first`` to an empty challenge, which asks for it, and ``then`` to another."""
    return lambda challenge: then if challenge.strip() else first


_WITH_PASSWORD = {"PLAIN": _plain, "LOGIN": _login, "CRAM-MD5": _cram_md5}
_WITH_TOKEN = {"XOAUTH2": _xoauth2, "OAUTHBEARER": _oauthbearer}
MECHANISMS = (*_WITH_PASSWORD, *_WITH_TOKEN)
"""Their names, the one that is tried rather than the next first."""


def choose(login: Login, offered: Iterable[str], host: str, port: int) -> Mechanism | None:
    """The one mechanism to try, or None when the server offers none that fits the login."""
    known = _WITH_TOKEN if login.token else {**_WITH_PASSWORD, **_WITH_TOKEN} if login.mechanism else _WITH_PASSWORD
    offers = {name.upper() for name in offered}
    for name, make in known.items():
        if name in offers and login.mechanism in ("", name):
            return make(login, host, port)
    return None


def decode_challenge(text: str) -> bytes:
    """The octets of a 334 reply; empty when they are no base64, as some servers' first question is."""
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return b""


def encode_answer(octets: bytes) -> str:
    """An answer as it goes on the wire."""
    return b64encode(octets).decode()
