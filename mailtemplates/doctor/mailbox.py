"""A mailbox over IMAP (RFC 9051), read only: where a message is found again after it was sent."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

from mailtemplates.characters import shorten
from mailtemplates.doctor.account import ImapAccount
from mailtemplates.doctor.folder import INBOX, Folder, read_folder
from mailtemplates.doctor.steperror import StepError
from mailtemplates.failures.decoding import decode_said
from mailtemplates.pattern import pattern
from mailtemplates.smtp.endpoint import words_of

_Given = TypeVar("_Given")

_REFUSED = "imap-login-refused"
_UNREACHABLE = "imap-unreachable"
_MOST_OCTETS = 1 << 27
_MOST_FOLDERS = 8
_MOST_ALIKE = 20
_DATE = pattern(rb'INTERNALDATE "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a mailbox.

    :param arrived: when the server put it there, or None when it does not say.
    """

    folder: Folder
    octets: bytes = field(repr=False)
    arrived: datetime | None = None


class _Link(imaplib.IMAP4):
    """A session whose server cannot make us take in more than there is room for."""

    def read(self, size: int) -> bytes:
        """See :meth:`imaplib.IMAP4.read`: the octets of a literal."""
        if size > _MOST_OCTETS:
            raise self.abort(f"it announces {size:,} octets")
        return super().read(size)


class _TlsLink(_Link, imaplib.IMAP4_SSL):
    """The same with TLS from the first octet."""


class ImapMailbox:
    """A session over which nothing is changed. Use it as a context manager.

    :param seconds: that the server may take for each answer.
    """

    def __init__(self, account: ImapAccount, seconds: float) -> None:
        self._account = account
        self._seconds = seconds
        self._link: imaplib.IMAP4

    def __enter__(self) -> Self:
        self._link = self._safely(self._connected, _UNREACHABLE)
        try:
            self._log_in()
        except BaseException:
            self._link.shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.shutdown()

    def _connected(self) -> imaplib.IMAP4:
        account = self._account
        if account.tls == "implicit":
            return _TlsLink(account.host, account.port, ssl_context=account.context, timeout=self._seconds)
        link = _Link(account.host, account.port, timeout=self._seconds)
        if account.tls == "starttls":
            try:
                link.starttls(account.context)
            except BaseException:
                link.shutdown()
                raise
        return link

    def _unreachable(self, error: OSError) -> StepError:
        if isinstance(error, ssl.SSLCertVerificationError):
            problem = f"the certificate of {self._account} is not trusted: {error.verify_message}"
            return StepError(problem, _UNREACHABLE, cure="give the CA that signed it as ?cafile=FILE in --imap")
        name = "no address" if isinstance(error, socket.gaierror) else words_of(error)
        return StepError(f"{self._account} cannot be reached: {name}", _UNREACHABLE)

    def _log_in(self) -> None:
        """One try. AUTHENTICATE takes any password in UTF-8; LOGIN is for servers without it."""
        login = self._account.login
        if self._link.state != "NONAUTH":  # the server knows us already (PREAUTH)
            return
        plain = f"\0{login.user}\0{login.password}".encode()
        token = f"user={login.user}\x01auth=Bearer {login.password}\x01\x01".encode()
        if login.mechanism == "XOAUTH2":
            self._safely(
                lambda: self._link.authenticate("XOAUTH2", lambda challenge: b"" if challenge else token), _REFUSED
            )
        elif "AUTH=PLAIN" in self._link.capabilities:
            self._safely(lambda: self._link.authenticate("PLAIN", lambda challenge: plain), _REFUSED)
        elif login.user.isascii() and login.password.isascii():
            self._safely(lambda: self._link.login(login.user, login.password), _REFUSED)
        else:
            raise StepError(
                f"{self._account} has no AUTH=PLAIN, and its LOGIN takes letters of ASCII only",
                _REFUSED,
                cure="choose a password and a user's name in ASCII",
            )

    def _safely(self, work: Callable[[], _Given], failure: str) -> _Given:
        """What the work gives; whatever the server makes of imaplib is an error of ours.

        :param failure: the row for what is no fault of the link.
        """
        try:
            return work()
        except imaplib.IMAP4.abort as error:
            raise self._trouble(error, _UNREACHABLE) from None
        except imaplib.IMAP4.error as error:
            raise self._trouble(error, failure) from None
        except OSError as error:
            raise self._unreachable(error) from None
        except (ValueError, TypeError, LookupError, AttributeError, MemoryError) as error:  # of what is no IMAP
            raise self._trouble(error, failure) from None

    def _trouble(self, error: Exception, name: str) -> StepError:
        said = error.args[0] if error.args else ""
        text = decode_said(said) if isinstance(said, bytes) else str(said)
        return StepError(f"{self._account}: {shorten(self._account.login.hide(text), 200)}", name)

    def folders(self) -> list[Folder]:
        """The inbox, and where suspected mail is put."""
        read = map(read_folder, self._asked(lambda: self._link.list('""', "*")))
        return [INBOX, *islice((one for one in read if one and one.junk), _MOST_FOLDERS)]

    def enter(self, folder: Folder) -> None:
        """Open a folder to read in it. Its name is octets: imaplib sends them as they are, typeshed knows text."""
        self._asked(lambda: self._link.select(folder.quoted, readonly=True))  # type: ignore[arg-type]

    def find(self, folder: Folder, key: tuple[str, str], tag: bytes) -> Found | None:
        """The message of that Message-ID, or with that field, in a folder; only with the tag in its header."""
        try:
            self.enter(folder)
        except StepError as error:
            if folder.junk and error.failure != _UNREACHABLE:  # the inbox can still be looked into
                return None
            raise
        for line in self._asked(lambda: self._link.search(None, "HEADER", key[0], f'"{key[1]}"')):
            for number in reversed(line.split()[-_MOST_ALIKE:] if isinstance(line, bytes) else []):
                found = self._fetched(number.decode("ascii", "replace"), folder, tag)
                if found:
                    return found
        return None

    def _fetched(self, number: str, folder: Folder, tag: bytes) -> Found | None:
        for part in self._asked(lambda: self._link.fetch(number, "(INTERNALDATE BODY.PEEK[])")):
            if isinstance(part, tuple) and len(part) == 2 and tag in part[1].partition(b"\r\n\r\n")[0]:
                return Found(folder, part[1], _internal_date(part[0]))
        return None

    def _asked(self, command: Callable[[], tuple[str, Sequence[object]]]) -> Sequence[object]:
        """The lines of an answer."""
        said, lines = self._safely(command, "imap-command-fails")
        if said != "OK":
            raise self._trouble(imaplib.IMAP4.error(*lines[:1]), "imap-command-fails")
        return lines


def check_mailbox(account: ImapAccount, seconds: float) -> None:
    """See that a mailbox can be looked into: its server takes the login, and opens the inbox.

    :param seconds: as for :class:`ImapMailbox`.
    :raises StepError: it cannot.
    """
    with ImapMailbox(account, seconds) as mailbox:
        mailbox.folders()
        mailbox.enter(INBOX)


def _internal_date(head: bytes) -> datetime | None:
    read = _DATE.search(head)
    try:
        return datetime.strptime(read[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC) if read else None
    except ValueError:
        return None
