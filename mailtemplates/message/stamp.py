"""The stamp: what makes one message differ from another of the same content.

Date, Message-ID and boundaries come from a stamp that is given to the composer and never made there. A stamp
without a token takes one from the content, so that the same parts at the same time give the same octets.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailtemplates.errors import AddressError, SettingsError
from mailtemplates.headers.domain import check_domain
from mailtemplates.pattern import pattern

_TOKEN = pattern(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment, a token and a host.

    :param date: for the Date field; has a time zone.
    :param token: the left side of the Message-ID: letters, digits, ``-``, ``_`` and single dots, at most 60. Empty:
        the composer derives it from the date and the content.
    :param host: the right side, a domain. Empty: the domain of From.

    Raises :class:`SettingsError` when one of them cannot be.
    """

    date: datetime
    token: str = ""
    host: str = ""

    def __post_init__(self) -> None:
        if self.date.utcoffset() is None:
            raise SettingsError("the date of a stamp has no time zone", cure="give datetime.now(timezone.utc)")
        if self.token and not (_TOKEN.fullmatch(self.token) and len(self.token) <= 60):
            raise SettingsError(
                f"the token {self.token[:80]!r} cannot stand in a Message-ID",
                cure="use at most 60 ASCII letters, digits, - and _, with single dots between them",
            )
        if self.host:
            try:
                object.__setattr__(self, "host", check_domain(self.host))
            except AddressError as error:
                raise SettingsError(f"the host of a stamp: {error.problem}", cure=error.cure) from None

    @classmethod
    def now(cls, *, host: str | None = None) -> Stamp:
        """A stamp for this moment with a random token.

        When ``SOURCE_DATE_EPOCH`` is set (seconds since 1970) it is that moment with no token, so the message is the
        same whenever it is made. Raises :class:`SettingsError` when the variable is no such number.
        """
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        if epoch:
            return cls(_from_epoch(epoch), "", host or "")
        moment = datetime.now(UTC).replace(microsecond=0)
        return cls(moment, f"{moment:%Y%m%d%H%M%S}.{os.urandom(12).hex()}", host or "")

    @classmethod
    def parse(cls, text: str, *, host: str | None = None) -> Stamp:
        """A stamp from ``DATE`` or ``DATE,TOKEN``, the date in ISO 8601 with a zone: ``2026-01-02T03:04:05Z,abc``.

        Raises :class:`SettingsError`.
        """
        date, _, token = text.partition(",")
        try:
            moment = datetime.fromisoformat(date.strip())
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise SettingsError(
                f"{date[:60]!r} is not a date with a time zone", cure="write 2026-01-02T03:04:05Z or …Z,token"
            )
        return cls(moment.replace(microsecond=0), token.strip(), host or "")


def _from_epoch(text: str) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        raise SettingsError(
            f"SOURCE_DATE_EPOCH is {text[:40]!r}, not a number of seconds", cure="set it to digits, or unset it"
        ) from None
