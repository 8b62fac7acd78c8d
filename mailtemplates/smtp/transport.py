"""Sending over SMTP or LMTP: sessions from a pool, messages in pipelines, outcomes for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from mailtemplates.delivery.event import Watcher
from mailtemplates.delivery.outcome import Receipt
from mailtemplates.delivery.transport import Mark, Transport, not_tried
from mailtemplates.delivery.transporturl import TransportUrl
from mailtemplates.errors import AddressError, SettingsError, TransportError
from mailtemplates.headers.domain import check_domain
from mailtemplates.message.message import Message
from mailtemplates.pattern import pattern
from mailtemplates.smtp.connectionpool import ConnectionPool
from mailtemplates.smtp.consignment import Queue
from mailtemplates.smtp.endpoint import Endpoint, make_context
from mailtemplates.smtp.login import Login
from mailtemplates.smtp.offers import Wishes
from mailtemplates.smtp.sasl import MECHANISMS
from mailtemplates.smtp.session import open_session
from mailtemplates.smtp.throttle import Throttle, read_rate
from mailtemplates.smtp.transaction import transact

OPTIONS = ("auth", "cafile", "ehlo", "keyring", "notify", "password_file", "per_connection", "pin", "pool", "rate",
           "requiretls", "ret", "timeout")  # fmt: skip
"""The parameters of a URL with TLS."""

_PIN = pattern(r"[0-9a-f]{64}")
_NOTIFY = pattern(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*", re.ASCII)

POOL = 4
"""Connections at the same time, where the URL does not say."""

Tls = Literal["none", "starttls", "implicit"]


class SmtpTransport(Transport):
    """A mail server.

    :ivar endpoint: where it is.
    :ivar login: who logs in, or None for nobody.
    :ivar wishes: what is asked of it for every message.
    """

    def __init__(self, url: TransportUrl, endpoint: Endpoint, login: Login | None, watch: Watcher | None) -> None:
        super().__init__(str(url), watch)
        self.server = str(endpoint)
        rate = read_rate(url.text("rate")) if "rate" in url.options else 0.0
        if rate is None:
            raise url.wrong("rate", "messages in a time, such as 10/s, 600/m or 5000/h")
        self._throttle = Throttle(rate) if rate else None
        self.endpoint = endpoint
        self.login = login
        self.wishes = _wishes(url)
        self._pool = ConnectionPool(
            lambda: open_session(endpoint, login, watch),
            size=url.number("pool", POOL),
            most=url.number("per_connection", 100),
            cap=endpoint.cap,
        )

    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        """See :meth:`mailtemplates.delivery.transport.Transport.send_all`."""
        queue = Queue(messages, self._throttle, mark)
        while (consignment := queue.next()) is not None:
            if consignment.done:
                yield consignment.receipt()
                continue
            queue.again(consignment)
            yield from self._over_one_session(queue)

    def _over_one_session(self, queue: Queue) -> Iterator[Receipt]:
        try:
            session = self._pool.take()
        except TransportError as error:
            consignment = queue.next()
            assert consignment is not None
            consignment.settle(not_tried(error))
            yield consignment.receipt()
            return
        whole = False
        try:
            for consignment in transact(session, queue, self.wishes, self._pool.most):
                session.tell("done", consignment.summary, consignment.message.message_id)
                yield consignment.receipt()
            whole = True
        finally:
            session.broken = session.broken or not whole
            self._pool.give_back(session)

    def extensions(self) -> Mapping[str, str] | None:
        """See :meth:`mailtemplates.delivery.transport.Transport.extensions`."""
        try:
            session = self._pool.take()
        except TransportError:
            return None
        self._pool.give_back(session)
        return dict(session.features)

    def hurry(self) -> None:
        """See :meth:`mailtemplates.delivery.transport.Transport.hurry`."""
        if self._throttle:
            self._throttle.hurry(True)

    def close(self) -> None:
        """See :meth:`mailtemplates.delivery.transport.Transport.close`."""
        self._pool.close()
        if self._throttle:
            self._throttle.hurry(False)


def open_smtp(
    url: TransportUrl, tls: Tls, port: int, login: Login | None, watch: Watcher | None, *, lmtp: bool = False
) -> SmtpTransport:
    """The transport of a URL.

    :raises SettingsError: a part of the URL cannot be right, or a password would go over a link in clear.
    """
    if not url.host or url.path not in ("", "/"):
        raise SettingsError(f"{url}: a host is needed, and no path", cure=f"write {url.scheme}://HOST:{port}")
    if login and tls == "none" and not url.flag("insecure"):
        raise SettingsError(
            f"{url}: the password would go over the network in clear",
            cure="use smtp+starttls:// or smtps://, or add ?insecure=1 when the link itself is safe",
        )
    if login and login.mechanism and login.mechanism not in MECHANISMS:
        raise url.wrong("auth", f"one of {', '.join(MECHANISMS)}")
    return SmtpTransport(url, _endpoint(url, tls, port, lmtp), login, watch)


def _endpoint(url: TransportUrl, tls: Tls, port: int, lmtp: bool) -> Endpoint:
    cafile = url.text("cafile")
    try:
        context = make_context(cafile) if tls != "none" else None
    except OSError as error:
        what = "it holds no certificate" if error.errno is None or not error.strerror else error.strerror
        raise SettingsError(f"{url}: the CA file {cafile} cannot be used: {what}", cure="check cafile=") from None
    return Endpoint(
        host=url.host,
        port=url.port or port,
        tls=tls,
        context=context,
        pins=_pins(url),
        cap=url.seconds("timeout"),
        ehlo=ehlo_name(url),
        lmtp=lmtp,
    )


def ehlo_name(url: TransportUrl) -> str:
    """What we call ourselves, by the URL; empty when it says nothing."""
    name = url.text("ehlo")
    try:
        return check_domain(name) if name else ""
    except AddressError:
        raise url.wrong("ehlo", "a host's name, or an address as [192.0.2.1]") from None


def _pins(url: TransportUrl) -> frozenset[str]:
    written = url.text("pin").lower().replace(":", "")
    pins = frozenset(part.strip() for part in written.split(",") if part.strip())
    if ("pin" in url.options and not pins) or not all(_PIN.fullmatch(pin) for pin in pins):
        raise url.wrong("pin", "the SHA-256 of the certificate, 64 hexadecimal digits")
    return pins


def _wishes(url: TransportUrl) -> Wishes:
    notify, ret = url.text("notify").upper(), url.text("ret").upper()
    if notify and not _NOTIFY.fullmatch(notify):
        raise url.wrong("notify", "never, or some of success,failure,delay")
    if ret not in ("", "FULL", "HDRS"):
        raise url.wrong("ret", "full or hdrs")
    return Wishes(notify, ret, url.flag("requiretls"))
