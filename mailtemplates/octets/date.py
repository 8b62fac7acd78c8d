"""Dates as they stand in a header (RFC 5322 §3.3, §4.3).

A tolerant reader: it never raises, takes what can be meant by one date only, and says as :class:`DateFault`
what is not so by the grammar. Comments and folds may stand where the obsolete syntax allows them; a comment at the end
and a time without seconds are right.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal, NamedTuple, NoReturn

from mailtemplates.characters import shorten
from mailtemplates.headers.moment import DAYS, MONTHS, ZONES, make_moment, read_foreign, write_moment
from mailtemplates.pattern import pattern

DateFaultKind = Literal[
    "empty", "syntax", "range", "name", "digits", "no-zone", "foreign", "day-name",
    "obsolete-zone", "obsolete-year", "obsolete-space", "unlikely-zone",
]  # fmt: skip


class DateFault(NamedTuple):
    """What is wrong in a date, where, what to do, and what to write there when only one thing can be meant."""

    kind: DateFaultKind
    problem: str
    start: int
    end: int
    cure: str
    text: str | None = None

    @property
    def is_obsolete(self) -> bool:
        """Whether readers must still take it (§4), or the grammar allows it though nobody can mean it."""
        return self.kind in ("obsolete-zone", "obsolete-year", "obsolete-space", "unlikely-zone")


@dataclass(frozen=True, slots=True)
class RawDate:
    """A date: the moment when it can be read, and the faults in the order of the text."""

    moment: datetime | None
    faults: tuple[DateFault, ...]


def read_date(text: str) -> RawDate:
    """Read the body of a date field, folds and comments in it. Never raises.

    :param text: one character an octet, so that the faults' offsets are octets.
    """
    return _remembered(text) if len(text) <= _REMEMBERED else _read(text)


_REMEMBERED = 200


@lru_cache(maxsize=64)
def _remembered(text: str) -> RawDate:
    return _read(text)


def _read(text: str) -> RawDate:
    masked, comments, open_at = _mask_comments(text)
    if open_at >= 0:
        return RawDate(None, (DateFault("syntax", "a comment is not closed", open_at, len(text), "close it with `)`"),))
    foreign = read_foreign(masked)
    if foreign is None:
        return _Reader(masked, comments).read()
    sure = write_moment(foreign.moment) if foreign.moment else None
    problem = f"`{shorten(text[foreign.start : foreign.end], 40)}` is a date in another format"
    fault = DateFault("foreign", problem, foreign.start, foreign.end, f"write {sure}" if sure else _LIKE, sure)
    return RawDate(foreign.moment, (fault,))


_LIKE = "write it so: Mon, 02 Nov 2026 12:00:00 +0000"


_COMMENT_EDGE = pattern(r"[()]|\\.", re.DOTALL)


def _mask_comments(text: str) -> tuple[str, list[int], int]:
    """The text with spaces for comments and folds, where the comments start, and where one is not closed, or -1."""
    text = text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
    if "(" not in text:
        return text, [], -1
    pieces, starts = [], []
    depth = at = 0
    for match in _COMMENT_EDGE.finditer(text):
        if match[0] == "(":
            if not depth:
                pieces.append(text[at : match.start()])
                starts.append(match.start())
            depth += 1
        elif match[0] == ")" and depth:
            depth -= 1
            if not depth:
                at = match.end()
                pieces.append(" " * (at - starts[-1]))
    return "".join([*pieces, text[at:]]), starts, starts[-1] if depth else -1


_WHITE = pattern(r" *+")
_WORD = pattern(r"[A-Za-z]++\.?")
_DIGITS = pattern(r"[0-9]++")
_ZONE = pattern(r"([A-Za-z]++)?([+-][0-9:]++)?")
_ZONE_DIGITS = pattern(r"[+-][0-9]{2}:?[0-9]{2}")
_NAMED = pattern(r"[A-Za-z][A-Za-z ]{0,40}")
_DASHED = pattern(r"-([A-Za-z]{3})-(?=[0-9])")
_COLON = pattern(r" *+: *+")
_LONG_NAME = pattern(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tues|thurs?|january|february|march|april|june|july|august|"
    r"sept(?:ember)?|october|november|december)\.?|[a-z]{3}\.",
    re.IGNORECASE,
)


class _StopError(Exception):
    """The text cannot be read any further."""


class _Reader:
    """The text with its comments masked, how far it is read, and what is wrong so far."""

    def __init__(self, text: str, comments: list[int]) -> None:
        self.text = text
        self.comments = comments
        self.at = 0
        self.faults: list[DateFault] = []

    def read(self) -> RawDate:
        try:
            moment = self._date()
        except _StopError:
            moment = None
        return RawDate(moment, tuple(sorted(self.faults, key=lambda fault: fault.start)))

    def _date(self) -> datetime | None:
        self._skip()
        if self.at == len(self.text):
            self._stop("empty", "the date is empty", 0)
        start, name = self.at, self._day_name()
        day_at = self.at
        day, month, year = self._day(), self._month(), self._year()
        date_end = self.at
        time = self._time()
        zone = self._zone()
        self._rest(start)
        in_range = self._check_range(day, month, year, (day_at, date_end))
        if name and in_range:
            self._check_name(name, date(year, month, day))
        return make_moment(year, month, day, time, zone) if in_range else None

    def _day_name(self) -> tuple[str, int, int] | None:
        match = _WORD.match(self.text, self.at)
        if not match:
            return None
        name, end = self._name(match, DAYS, "day"), match.end()
        self.at = end
        space = self._skip()
        if self.text[self.at : self.at + 1] == ",":
            if space and not self._holds_comment(end, self.at):
                self._add("obsolete-space", "white space before the comma", end, self.at, "remove it", "")
            self.at += 1
            self._skip()
        else:
            problem = f"no comma after the day name `{match[0]}`"
            self._add("syntax", problem, match.start(), end, f"write `{name},`", f"{name},")
        return name, match.start(), end

    def _name(self, match: re.Match[str], names: tuple[str, ...], what: str) -> str:
        """The short name that a word stands for."""
        word, short = match[0], match[0][:3].title()
        known = short in names
        if known and len(word) == 3:
            return word
        if not known or not _LONG_NAME.fullmatch(word):
            self._stop("syntax", f"`{shorten(word, 20)}` is no {what} name", match.start(), match.end())
        self._add("name", f"the {what} name `{word}` is not of three letters", *match.span(), f"write `{short}`", short)
        return short

    def _day(self) -> int:
        digits = self._digits("the day of the month", 2)
        if match := _DASHED.match(self.text, self.at):
            problem = f"`{match[0]}` stands with dashes in the date"
            self._add("syntax", problem, *match.span(), f"write spaces: ` {match[1]} `", f" {match[1]} ")
            self.at += 1
        else:
            self._skip_separator()
        return int(digits)

    def _month(self) -> int:
        match = _WORD.match(self.text, self.at)
        if not match:
            self._stop("syntax", f"{self._here()} stands where the month's name should be", self.at)
        short = self._name(match, MONTHS, "month").title()
        self.at = match.end()
        self._skip_separator()
        return MONTHS.index(short) + 1

    def _year(self) -> int:
        start = self.at
        digits = self._digits("the year", 9)
        year = int(digits)
        if len(digits) < 4:
            year += 0 if len(digits) == 1 else 2000 if len(digits) == 2 and year < 50 else 1900
            if len(digits) == 1:
                self._stop("syntax", f"the year `{digits}` has one digit", start, self.at)
            problem = f"the year `{digits}` has {('two', 'three')[len(digits) - 2]} digits"
            self._add("obsolete-year", problem, start, self.at, f"write {year}", str(year))
        return year

    def _time(self) -> tuple[int, int, int]:
        before = self.at
        if self.text[self.at : self.at + 1] == ",":
            self._add("syntax", "a comma stands after the year", self.at, self.at + 1, "remove it", "")
            self.at += 1
        if not self._skip():
            self._stop("syntax", f"{self._here()} stands after the year, where the time should be", before)
        start = self.at
        numbers = [self._number("hour", 23), *self._after_colon("minute", 59)]
        if len(numbers) < 2:
            self._stop("syntax", f"{self._here()} stands where `:` and the minutes should be", self.at)
        numbers += self._after_colon("second", 60)
        second = numbers[2] if len(numbers) > 2 else 0
        if self.text[self.at : self.at + 1] == "." and (match := _DIGITS.match(self.text, self.at + 1)):
            self._add("syntax", "a fraction of a second", self.at, match.end(), "remove it", "")
            self.at = match.end()
        held = self.text[start : self.at]
        if " " in held and not self._holds_comment(start, self.at):
            text = held.replace(" ", "")
            self._add("obsolete-space", "white space inside the time", start, self.at, f"write {text}", text)
        return numbers[0], numbers[1], second

    def _after_colon(self, what: str, most: int) -> list[int]:
        match = _COLON.match(self.text, self.at)
        if not match:
            return []
        self.at = match.end()
        return [self._number(what, most)]

    def _number(self, what: str, most: int) -> int:
        start = self.at
        digits = self._digits(f"the {what}", 2)
        if int(digits) > most:
            self._stop("range", f"the {what} is {digits}", start, self.at)
        if len(digits) == 1:
            self._add(
                "digits", f"the {what} `{digits}` has one digit", start, self.at, f"write 0{digits}", f"0{digits}"
            )
        return int(digits)

    def _zone(self) -> str:
        end = self.at
        spaced = self._skip()
        match = _ZONE.match(self.text, self.at)
        word, digits = (match[1] or "", match[2] or "") if match else ("", "")
        if not match or not match[0]:
            if self.at < len(self.text):
                self._stop("syntax", f"{self._here()} stands where the zone should be", self.at)
            self._stop("no-zone", "the date has no zone", end, end, "add the offset to UTC, such as +0000")
        start, self.at = self.at, match.end()
        if not digits:
            return self._named_zone(word, start)
        if not _ZONE_DIGITS.fullmatch(digits) or (word and word.upper() not in ("GMT", "UTC", "UT")):
            self._stop("syntax", f"`{shorten(match[0], 20)}` is no zone", start, self.at)
        plain = digits.replace(":", "")
        if plain != match[0] or not spaced:
            text = plain if spaced else f" {plain}"
            problem = f"the zone is written `{match[0]}`" if spaced else f"no white space before the zone `{match[0]}`"
            self._add("syntax", problem, start, self.at, f"write `{text}`", text)
        self._check_zone(plain, self.at - len(digits))
        return plain

    def _check_zone(self, zone: str, start: int) -> None:
        if zone[3:] > "59":
            self._stop("range", f"the zone {zone} has {zone[3:]} minutes", start, self.at)
        if zone[1:3] > "14":
            cure = "write the offset to UTC; there is none beyond 14 hours"
            self._add("unlikely-zone", f"no place is {int(zone[1:3])} hours from UTC", start, self.at, cure)

    def _named_zone(self, word: str, start: int) -> str:
        plain = ZONES.get(word.upper())
        if word.upper() in ("AM", "PM"):
            self.faults.clear()
            self._stop("syntax", f"`{word}` stands after the time", start, self.at, "write the hour of 24")
        if plain:
            problem = f"the zone `{word}` is a name, not an offset"
            self._add("obsolete-zone", problem, start, self.at, f"write {plain}", plain)
        elif len(word) == 1 and word not in "jJ":
            problem = f"the military zone `{word}` means no certain time"
            self._add("obsolete-zone", problem, start, self.at, "write the offset to UTC, such as +0000")
        else:
            cure = "write the offset to UTC, such as +0100"
            self._add("syntax", f"readers do not know the zone `{shorten(word, 20)}`", start, self.at, cure)
        return word

    def _rest(self, start: int) -> None:
        """Nothing but comments may follow; comments before the end of the zone are obsolete."""
        end = self.at
        self._skip()
        rest = self.text[self.at :].rstrip(" ")
        if rest:
            text = f"({rest})" if _NAMED.fullmatch(rest) else None
            cure = f"put it in a comment: {text}" if text else "remove it"
            self._add(
                "syntax", f"`{shorten(rest, 30)}` stands after the zone", self.at, self.at + len(rest), cure, text
            )
        inner = [at for at in self.comments if at < end]
        if inner:
            close = len(self.text[inner[0] :]) - len(self.text[inner[0] :].lstrip(" "))
            cure = "put it after the zone, or remove it"
            self._add("obsolete-space", "a comment inside the date", inner[0], inner[0] + close, cure)

    def _check_range(self, day: int, month: int, year: int, where: tuple[int, int]) -> bool:
        if not 1900 <= year <= 9999:
            if year < 1900:
                self._add("range", f"the year is {year}", *where, "write the year of the message")
            return False
        if not 1 <= day <= monthrange(year, month)[1]:
            problem = f"there is no {day} {MONTHS[month - 1]} {year}"
            self._add("range", problem, *where, "write a day that the month has")
            return False
        return True

    def _check_name(self, name: tuple[str, int, int], day: date) -> None:
        right = DAYS[day.weekday()]
        if name[0].title() != right:
            problem = f"{day.day} {MONTHS[day.month - 1]} {day.year} is a {day:%A}, not `{name[0]}`"
            self._add("day-name", problem, name[1], name[2], f"write {right}", right)

    def _digits(self, what: str, most: int) -> str:
        match = _DIGITS.match(self.text, self.at)
        if not match:
            self._stop("syntax", f"{self._here()} stands where {what} should be", self.at)
        if len(match[0]) > most:
            self._stop("syntax", f"{what} `{shorten(match[0], 20)}` has {len(match[0])} digits", *match.span())
        self.at = match.end()
        return match[0]

    def _skip(self) -> bool:
        """Go past white space; whether there is any."""
        if self.text[self.at : self.at + 1] != " ":
            return False
        match = _WHITE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return True

    def _skip_separator(self) -> None:
        """White space after the day and the month, or a dash that has been told of."""
        start = self.at
        if not self._skip() and self.text[start : start + 1] == "-" and self.faults:
            self.at += 1
        elif start == self.at < len(self.text) and self.text[start].isalnum():
            problem = "no white space between the parts of the date"
            self._add("obsolete-space", problem, start - 1, start + 1, "put a space between them")

    def _holds_comment(self, start: int, end: int) -> bool:
        return any(start <= at < end for at in self.comments)

    def _here(self) -> str:
        word = self.text[self.at : self.at + 30].split(" ")[0] if self.at < len(self.text) else ""
        return f"`{shorten(word, 20)}`" if word else "nothing"

    def _add(self, kind: DateFaultKind, problem: str, start: int, end: int, cure: str, text: str | None = None) -> None:
        self.faults.append(DateFault(kind, problem, start, end, cure, text))

    def _stop(self, kind: DateFaultKind, problem: str, start: int, end: int = -1, cure: str = "") -> NoReturn:
        """Say what cannot be read, up to the end unless told.

        :raises _StopError: always.
        """
        end = max(start, len(self.text.rstrip(" "))) if end < 0 else end
        self._add(kind, problem, start, end, cure or _LIKE)
        raise _StopError
