"""A moment as dates of a header write it: names of days, months and zones, and the formats of other systems.

RFC 5322 §3.3 and §4.3; ISO 8601, C's asctime, Unix' date and JavaScript's Date for what stands there by
mistake.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from mailtemplates.pattern import pattern

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Obsolete zones whose meaning is known (§4.3), and UTC, which is written as often. The other letters of the military
#: zones were used with both signs, and mean nothing.
ZONES = {
    **dict.fromkeys(("UT", "GMT", "UTC", "Z"), "+0000"),
    "EDT": "-0400",
    **dict.fromkeys(("EST", "CDT"), "-0500"),
    **dict.fromkeys(("CST", "MDT"), "-0600"),
    **dict.fromkeys(("MST", "PDT"), "-0700"),
    "PST": "-0800",
}


def write_moment(moment: datetime) -> str:
    """A moment as a date field's body (RFC 5322 §3.3), whatever the locale; without a zone it is taken for UTC."""
    offset = moment.utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return (
        f"{DAYS[moment.weekday()]}, {moment.day:02} {MONTHS[moment.month - 1]} {moment.year:04} "
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} {'-' if minutes < 0 else '+'}{hours:02}{rest:02}"
    )


def make_moment(year: int, month: int, day: int, time: tuple[int, int, int], zone: str) -> datetime | None:
    """The moment of a date; None when there is none such.

    :param time: hour, minute, second; a leap second counts as the one before it.
    :param zone: digits, or a name; a name that is not in :data:`ZONES` counts as UTC (RFC 5322 §4.3).
    """
    sign = ZONES.get(zone.upper(), zone)
    minutes = int(sign[1:3]) * 60 + int(sign[3:]) if sign[:1] in ("+", "-") else 0
    hour, minute, second = time
    try:
        offset = timezone(timedelta(minutes=-minutes if sign[:1] == "-" else minutes))
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=offset)
    except (ValueError, OverflowError):
        return None


class Foreign(NamedTuple):
    """A date in another format: where it stands, and its moment when the zone is told."""

    start: int
    end: int
    moment: datetime | None


_START = pattern(r" *+(?:\d{4}-|[A-Za-z]{3},? ++[A-Za-z]{3} )")
_ISO = pattern(
    r" *+((\d{4})-(\d\d)-(\d\d)(?:T| ++)(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)? *+(Z|[A-Z]{3}|[+-]\d\d:?\d\d)?) *+$",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = pattern(
    r" *+([A-Za-z]{3},? ++([A-Za-z]{3}) ++(\d\d?) ++(?:(\d{4}) ++)?(\d\d):(\d\d):(\d\d)"
    r"(?: ++(?:GMT|UTC)?([+-]\d{4}|[A-Z]{2,4}))?(?: ++(\d{4}))?) *+$",
    re.ASCII,
)


def read_foreign(text: str) -> Foreign | None:
    """A whole text that is a date of ISO 8601, of C's asctime, of Unix' date or of JavaScript; None for all else."""
    if not _START.match(text):
        return None
    if match := _ISO.match(text):
        _, year, month, day, hour, minute, second, zone = match.groups()
        number = int(month)
    elif match := _CLOCK.match(text):
        _, name, day, early, hour, minute, second, zone, late = match.groups()
        number = MONTHS.index(name.title()) + 1 if name.title() in MONTHS else 0
        year = early or late
    else:
        return None
    moment = None
    if zone and (zone[0] in "+-" or zone.upper() in ZONES):
        time = (int(hour), int(minute), int(second or 0))
        moment = make_moment(int(year or 0), number, int(day), time, zone.replace(":", ""))
    return Foreign(match.start(1), match.end(1), moment)
