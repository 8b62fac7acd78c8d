"""Header fields with typed values (RFC 5322 §3.6, RFC 2369, RFC 2919, RFC 8058).

A field is a name and a value; the value's type says how it is read and written. ``str(value)`` is the value
as a person reads it: never folded, never encoded. A value checks itself when it is made, so no field can hold a
control character, whoever made it: it raises :class:`HeaderError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.characters import describe, find_forbidden, shorten
from mailtemplates.errors import HeaderError
from mailtemplates.headers.address import Group, Mailbox
from mailtemplates.headers.moment import DAYS, MONTHS, write_moment
from mailtemplates.pattern import pattern

_FTEXT = pattern(r"[!-9;-~]{1,997}")
_VISIBLE = pattern(r"[!-~]+")


@lru_cache(maxsize=256)
def _is_name(text: str) -> bool:
    return _FTEXT.fullmatch(text) is not None


def _check(*texts: str, ascii_only: bool = False) -> None:
    """Refuse what no field may hold, whoever makes the value: controls, and text outside ASCII where it may not be."""
    for text in texts:
        at = find_forbidden(text)
        if at >= 0:
            raise HeaderError(
                f'"{shorten(text)}" holds {describe(text[at])} at character {at + 1}', cure="remove the character"
            )
        if ascii_only and not text.isascii():
            raise HeaderError(f'"{shorten(text)}" is not ASCII', cure="this is for programs: use ASCII only")


def _check_words(*texts: str) -> None:
    """Refuse what is not one word of visible ASCII without angle brackets: no identifier and no URL."""
    for text in texts:
        if not _VISIBLE.fullmatch(text) or "<" in text or ">" in text:
            raise HeaderError(
                f'"{shorten(text)}" cannot stand between angle brackets', cure="use visible ASCII without < and >"
            )


@dataclass(frozen=True, slots=True)
class Text:
    """Unstructured text (RFC 5322 §3.2.5): a subject, a comment. Written with encoded words where needed."""

    text: str

    def __post_init__(self) -> None:
        _check(self.text)
        if self.text[:1] == " " or self.text[-1:] == " ":
            object.__setattr__(self, "text", self.text.strip(" "))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class AddressList:
    """Mailboxes and groups in order (RFC 5322 §3.4); empty when nobody is named."""

    addresses: tuple[Mailbox | Group, ...]

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        """Every mailbox, those of groups too."""
        addresses = self.addresses
        if len(addresses) == 1 and isinstance(addresses[0], Mailbox):
            return (addresses[0],)
        return tuple(
            box for item in self.addresses for box in ((item,) if isinstance(item, Mailbox) else item.mailboxes)
        )

    def __str__(self) -> str:
        return ", ".join(map(str, self.addresses))


@dataclass(frozen=True, slots=True)
class MessageIds:
    """Message identifiers, each without its angle brackets (RFC 5322 §3.6.4)."""

    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_words(*self.ids)

    def __str__(self) -> str:
        return " ".join(f"<{one}>" for one in self.ids)


class Url(NamedTuple):
    """A URL of a list field and the author's comment on it, without parentheses (RFC 2369 §2)."""

    url: str
    comment: str = ""

    def __str__(self) -> str:
        return f"<{self.url}> ({self.comment})" if self.comment else f"<{self.url}>"


@dataclass(frozen=True, slots=True)
class UrlList:
    """The URLs of a ``List-…`` field, the preferred one first (RFC 2369 §2)."""

    urls: tuple[Url, ...]

    def __post_init__(self) -> None:
        _check_words(*(one.url for one in self.urls))
        _check(*(one.comment for one in self.urls), ascii_only=True)

    def __str__(self) -> str:
        return ", ".join(map(str, self.urls))


@dataclass(frozen=True, slots=True)
class ListId:
    """The identity of a list (RFC 2919 §2): a name for people, perhaps empty, and a dotted identifier."""

    name: str
    identifier: str

    def __post_init__(self) -> None:
        _check(self.name)
        _check_words(self.identifier)

    def __str__(self) -> str:
        return f"{self.name} <{self.identifier}>" if self.name else f"<{self.identifier}>"


@dataclass(frozen=True, slots=True)
class Date:
    """A date and time with a zone (RFC 5322 §3.3)."""

    moment: datetime

    def __str__(self) -> str:
        return format_date(self.moment)


@dataclass(frozen=True, slots=True)
class Token:
    """ASCII for programs: tokens and parameters. Folded at its spaces, never encoded."""

    text: str

    def __post_init__(self) -> None:
        _check(self.text, ascii_only=True)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases with commas between them (RFC 5322 §3.6.5, Keywords)."""

    phrases: tuple[str, ...]

    def __post_init__(self) -> None:
        _check(*self.phrases)

    def __str__(self) -> str:
        return ", ".join(self.phrases)


Value = Text | AddressList | MessageIds | UrlList | ListId | Date | Token | Phrases


@dataclass(frozen=True, slots=True)
class Field:
    """One header field. ``name`` is ASCII without spaces or colon (RFC 5322 §2.2); its case is kept.

    Raises :class:`HeaderError` when the name cannot be one.
    """

    name: str
    value: Value

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise HeaderError(
                f"`{self.name[:60]!r}` is not a field name",
                cure="a field name is printable ASCII without spaces or a colon, such as X-Campaign",
            )

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


def _kinds() -> dict[str, type[Value]]:
    kinds: dict[str, type[Value]] = {}
    by_type: dict[type[Value], str] = {
        AddressList: "From Sender To Cc Bcc Reply-To Resent-From Resent-Sender Resent-To Resent-Cc Resent-Bcc "
        "Resent-Reply-To Disposition-Notification-To Mail-Followup-To Mail-Reply-To Errors-To Return-Receipt-To",
        MessageIds: "Message-ID In-Reply-To References Content-ID Resent-Message-ID Original-Message-ID Supersedes",
        Date: "Date Resent-Date Expires Expiry-Date Deferred-Delivery Reply-By",
        UrlList: "List-Unsubscribe List-Help List-Subscribe List-Post List-Owner List-Archive",
        ListId: "List-ID",
        Token: "List-Unsubscribe-Post Auto-Submitted Precedence Importance Priority Sensitivity X-Priority "
        "X-MSMail-Priority X-Auto-Response-Suppress MIME-Version Content-Language Accept-Language Feedback-ID",
        Phrases: "Keywords",
    }
    for kind, names in by_type.items():
        kinds.update(dict.fromkeys(names.lower().split(), kind))
    return kinds


_KINDS = _kinds()
_PROSE = frozenset(("subject", "comments", "content-description", "thread-topic", "organization"))


def kind_of(name: str) -> type[Value]:
    """The type of value that a field of this name has; :class:`Text` for a field that is not known."""
    return _KINDS.get(name.lower(), Text)


def is_prose(name: str) -> bool:
    """Whether the field is written for people, so that any word of it may become an encoded word."""
    return name.lower() in _PROSE


def format_date(moment: datetime) -> str:
    """A date as RFC 5322 §3.3 writes it, whatever the locale. ``moment`` has a zone.

    >>> from datetime import timezone
    >>> format_date(datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc))
    'Fri, 02 Jan 2026 03:04:05 +0000'
    """
    if moment.utcoffset() is None:
        raise HeaderError("a date has no time zone", cure="give a datetime with tzinfo, such as timezone.utc")
    return write_moment(moment)


_RFC_DATE = pattern(
    r"(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun), *)?(\d{1,2}) +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{4}) +"
    r"(\d\d):(\d\d)(?::(\d\d))? +([+-])(\d\d)([0-5]\d)",
    re.ASCII,
)


def parse_date(text: str) -> datetime:
    """Read a date: RFC 5322 §3.3 without its obsolete forms, or ISO 8601 with a zone.

    Raises :class:`HeaderError`, also when the day name does not match the date.
    """
    match = _RFC_DATE.fullmatch(text)
    try:
        moment = datetime.fromisoformat(_to_iso(match) if match else text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise HeaderError(
            f'"{text[:60]}" is not a date with a time zone',
            cure="write 2026-01-02T03:04:05+00:00, or Fri, 02 Jan 2026 03:04:05 +0000",
        )
    if match and match[1] and match[1] != DAYS[moment.weekday()]:
        raise HeaderError(f'"{text[:60]}" names the wrong day', cure=f"that date is a {DAYS[moment.weekday()]}")
    return moment


def _to_iso(match: re.Match[str]) -> str:
    _, day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    number = MONTHS.index(month) + 1
    return f"{year}-{number:02}-{int(day):02}T{hour}:{minute}:{second or '00'}{sign}{zone_hours}:{zone_minutes}"
