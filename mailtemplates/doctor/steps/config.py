"""Step 0: the transport's URL, the secret of its user, and the message that it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mailtemplates.delivery.transport import Transport
from mailtemplates.delivery.transporturl import TransportUrl, parse_transport
from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, step
from mailtemplates.doctor.steperror import StepError
from mailtemplates.errors import AddressError, MailTemplatesError, SettingsError
from mailtemplates.message.envelope import NULL_SENDER, Envelope
from mailtemplates.message.message import Message
from mailtemplates.pattern import pattern
from mailtemplates.smtp.login import find_login
from mailtemplates.smtp.transport import SmtpTransport
from mailtemplates.transports import Access, open_read

_Found = TypeVar("_Found")

_PLAIN = pattern(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z]{2,63}")
"""Addresses that are what they seem."""


@step(0, keeps_time=False)
def config(case: Case) -> Passed:
    """The transport is opened as for sending; no connection is made."""
    request = case.request
    case.url = url = parse_transport(request.url)
    if url.inner:
        raise StepError(
            f"{url.scheme} is several transports", "server-url-malformed", cure="ask about each by itself", ends_with=2
        )
    case.transport = _open(case, url)
    if case.login:
        case.secrets += case.login.forms()
    if request.imap:
        from mailtemplates.doctor.account import ImapAccount  # only for --imap

        case.account = _secret(lambda: ImapAccount.read(request.imap, request.imap_password))
        case.secrets += case.account.login.forms()
    case.message = _made(request.message) if request.message else None
    case.envelope = _envelope(case)
    return Passed("\n".join(_words(case, url)), {"scheme": url.scheme, "transport": str(url)})


def _open(case: Case, url: TransportUrl) -> Transport:
    """The transport, with the login that sending would find."""
    request = case.request
    bounded = _bounded(url, request.seconds)
    login = _secret(lambda: find_login(url, request.password, request.token)) if url.user else None
    if login and request.token is None:
        bounded = bounded._replace(password=login.password)  # so that a keyring is not asked again
    return open_read(bounded, Access(request.password, request.token))


def _secret(find: Callable[[], _Found]) -> _Found:
    """What needs a secret; its lack has a row of its own."""
    try:
        return find()
    except SettingsError as error:
        missing = "password" in error.problem or "keyring" in error.problem
        name = "secret-missing" if missing else "server-url-malformed"
        raise StepError(error.problem, name, cure=error.cure, ends_with=error.exit_code) from None


def _made(make: Callable[[], Message]) -> Message:
    try:
        return make()
    except MailTemplatesError as error:
        where = f"{error.location}: " if error.location else ""
        problem = f"the message cannot be read or rendered: {where}{error.problem}"
        raise StepError(problem, "message-not-made", cure=error.cure, ends_with=error.exit_code) from None


def _bounded(url: TransportUrl, seconds: float) -> TransportUrl:
    """The URL with a time limit that is no longer than ours, where the transport has one."""
    if not (url.host or url.scheme == "lmtp+unix"):
        return url
    own = url.seconds("timeout")
    return url._replace(options={**url.options, "timeout": f"{min(own or seconds, seconds):f}"})


def _envelope(case: Case) -> Envelope:
    """Who sends to whom: as asked, else as the message says, else who logs in; somebody who only receives, himself."""
    written = case.message.envelope if case.message else Envelope("", ())
    own = case.url.user if case.url and "@" in case.url.user else ""
    asked = tuple(_address(text, "recipient-syntax") for text in case.request.recipients)
    recipients = asked or written.recipients or ((own,) if own else ())
    sender = case.request.sender
    if sender and sender != NULL_SENDER:
        sender = _address(sender, "sender-syntax")
    sender = sender or written.sender or own or (recipients[0] if recipients else "")
    plain = all(map(str.isascii, (sender, *recipients)))
    return Envelope(sender, recipients, written.smtputf8 or not plain)


def _address(text: str, failure: str) -> str:
    """The addr-spec that is written, with its domain as A-labels."""
    if _PLAIN.fullmatch(text):
        return text
    from mailtemplates.headers.address import parse_mailbox  # the whole grammar takes 8 ms to import

    try:
        return parse_mailbox(text).addr_spec
    except AddressError as error:
        raise StepError(error.problem, failure, cure=error.cure, ends_with=2) from None


def _words(case: Case, url: TransportUrl) -> list[str]:
    words = [str(url)]
    if case.login:
        words[0] += f"; the secret is {_source(case, url)}"
    if case.message:
        words.append(f"a message of {case.message.size:,} octets")
    if not isinstance(case.transport, SmtpTransport):
        words.append(_place(case, url))
    return words


def _source(case: Case, url: TransportUrl) -> str:
    if case.request.token:
        return "a token"
    if url.password is not None:
        return "in the URL"
    where = next((name for name in ("password_file", "keyring") if name in url.options), "")
    return f"from {where}" if where else "from the environment"


def _place(case: Case, url: TransportUrl) -> str:
    """What of a transport that writes to this machine can be seen without writing."""
    if not url.path:
        return "there is no server"
    from mailtemplates.delivery.storing import local_path  # most mail goes to a server
    from mailtemplates.doctor.place import check_place

    return check_place(local_path(url), case.message.size if case.message else 0)
