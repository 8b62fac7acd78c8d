"""A mailbox over IMAP (RFC 9051), read only: where a message is found again after it was sent."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

from mailtemplates.characters import shorten
from mailtemplates.doctor.account import ImapAccount
from mailtemplates.doctor.steperror import StepError
from mailtemplates.pattern import pattern
from mailtemplates.smtp.endpoint import words_of

_Given = TypeVar("_Given")

_REFUSED = "imap-login-refused"
_JUNK = ("junk", "spam", "bulk mail", "垃圾邮件", "垃圾箱")
_FOLDER = pattern(rb'\(([^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (.+)')
_MOST_ALIKE = 20
_DATE = pattern(rb'INTERNALDATE "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a mailbox.

    :param folder: as the server names it.
    :param junk: whether that is where suspected mail is put.
    :param arrived: when the server put it there, or None when it does not say.
    """

    folder: str
    junk: bool
    octets: bytes = field(repr=False)
    arrived: datetime | None = None


class ImapMailbox:
    """A session over which nothing is changed. Use it as a context manager.

    :param seconds: that the server may take for each answer.
    """

    def __init__(self, account: ImapAccount, seconds: float) -> None:
        self._account = account
        self._seconds = seconds
        self._link: imaplib.IMAP4

    def __enter__(self) -> Self:
        self._link = self._safely(self._connected, "imap-command-fails")
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
            return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=account.context, timeout=self._seconds)
        link = imaplib.IMAP4(account.host, account.port, timeout=self._seconds)
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
            return StepError(problem, "imap-unreachable", cure="give the CA that signed it as ?cafile=FILE in --imap")
        name = "no address" if isinstance(error, socket.gaierror) else words_of(error)
        return StepError(f"{self._account} cannot be reached: {name}", "imap-unreachable")

    def _log_in(self) -> None:
        """One try. AUTHENTICATE takes any password in UTF-8; LOGIN is for servers without it."""
        login = self._account.login
        plain = f"\0{login.user}\0{login.password}".encode()
        token = f"user={login.user}\x01auth=Bearer {login.password}\x01\x01".encode()
        if login.mechanism == "XOAUTH2":
            self._safely(
                lambda: self._link.authenticate("XOAUTH2", lambda challenge: b"" if challenge else token), _REFUSED
            )
        elif "AUTH=PLAIN" in self._link.capabilities:
            self._safely(lambda: self._link.authenticate("PLAIN", lambda challenge: plain), _REFUSED)
        else:
            self._safely(lambda: self._link.login(login.user, login.password), _REFUSED)

    def _safely(self, work: Callable[[], _Given], failure: str) -> _Given:
        """What the work gives; whatever the server makes of imaplib is an error of ours.

        :param failure: the row for what is no fault of the link.
        """
        try:
            return work()
        except imaplib.IMAP4.abort as error:
            raise self._trouble(error, "imap-unreachable") from None
        except imaplib.IMAP4.error as error:
            raise self._trouble(error, failure) from None
        except OSError as error:
            raise self._unreachable(error) from None
        except (ValueError, TypeError, LookupError, AttributeError) as error:  # of answers that are no IMAP
            raise self._trouble(error, failure) from None

    def _trouble(self, error: Exception, name: str) -> StepError:
        said = error.args[0] if error.args else ""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return StepError(f"{self._account}: {shorten(self._account.login.hide(text), 200)}", name)

    def folders(self) -> list[tuple[str, bool]]:
        """The inbox, and where suspected mail is put (RFC 6154 ``\\Junk``, or by name); whether it is that."""
        found = [("INBOX", False)]
        for line in self._asked(lambda: self._link.list('""', "*")):
            read = _FOLDER.fullmatch(line) if isinstance(line, bytes) else None
            if read:
                name = read[2].decode("utf-8", "replace").strip('"')
                last = name.replace(".", "/").rpartition("/")[2].lower()
                if b"\\junk" in read[1].lower() or last in _JUNK:
                    found.append((name, True))
        return found

    def find(self, folder: str, junk: bool, key: tuple[str, str], tag: bytes) -> Found | None:
        """The message of that Message-ID, or with that field, in a folder; only with the tag in its header."""
        quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
        self._asked(lambda: self._link.select(quoted, readonly=True))
        for line in self._asked(lambda: self._link.search(None, "HEADER", key[0], f'"{key[1]}"')):
            for number in reversed(line.split()[-_MOST_ALIKE:] if isinstance(line, bytes) else []):
                found = self._fetched(number.decode("ascii", "replace"), folder, junk, tag)
                if found:
                    return found
        return None

    def _fetched(self, number: str, folder: str, junk: bool, tag: bytes) -> Found | None:
        for part in self._asked(lambda: self._link.fetch(number, "(INTERNALDATE BODY.PEEK[])")):
            if isinstance(part, tuple) and len(part) == 2 and tag in part[1].partition(b"\r\n\r\n")[0]:
                return Found(folder, junk, part[1], _internal_date(part[0]))
        return None

    def _asked(self, command: Callable[[], tuple[str, Sequence[object]]]) -> Sequence[object]:
        """The lines of an answer."""
        said, lines = self._safely(command, "imap-command-fails")
        if said != "OK":
            raise self._trouble(imaplib.IMAP4.error(*lines[:1]), "imap-command-fails")
        return lines


def _internal_date(head: bytes) -> datetime | None:
    read = _DATE.search(head)
    try:
        return datetime.strptime(read[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC) if read else None
    except ValueError:
        return None
