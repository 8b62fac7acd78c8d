"""Amounts, codes and dates in a text: what two versions of one message must both say, however it is written.

Numbers are compared by value, with either separator; codes by their letters and digits; dates by day and year.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from mailtemplates.pattern import pattern

Kind = Literal["amount", "code", "date"]

_NUMBER = r"\d{1,3}(?:[.,'’ \u00a0\u202f\u2009]\d{3}){1,5}(?!\d)(?:[.,]\d{1,2}(?!\d))?"
_NUMBER += r"|\d{1,15}(?!\d)(?:[.,]\d{1,2}(?!\d))?"
_SIGN = r"[$€£¥₹₽₺₩₪₫₴₦฿]|\b(?:USD|EUR|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL"
_SIGN += r"|AUD|CAD|NZD|MXN|ZAR|TRY|RUB)\b"
_AMOUNT = pattern(
    rf"(?:{_SIGN})[ \u00a0\u202f]?(?P<after>{_NUMBER})"
    rf"|(?<![\w.,])(?P<before>{_NUMBER})[ \u00a0\u202f]?(?:{_SIGN}|(?:kr|zł|Kč|Ft|lei|лв|руб|грн)(?!\w))"
)
_MONTHLY = r"\d{1,2}(?:st|nd|rd|th|\.)? (?:de )?[^\W\d_]{3,10}\.?,? (?:de )?\d{4}"
_MONTHLY += r"|[^\W\d_]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?, \d{4}"
_DATE = pattern(rf"(?<![\w/.-])(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}([./])\d{{1,2}}\1\d{{4}}|{_MONTHLY})(?![\w/])")
_TOKEN = pattern(r"(?<![\w@#.+/-])[A-Za-z0-9](?:[A-Za-z0-9]|[-_](?=[A-Za-z0-9]))*+(?![\w@]|[.:/][\w])")
_URL = pattern(r"(?i)<?(?:https?://|mailto:|tel:|www\.|cid:)\S++|(?<!\S)[^\s@]++@\S++")
_PHONE = pattern(r"(?:\+|\(|(?<!\w)0)[\d][\d ().\u00a0/-]{6,20}\d|(?<!\w)\d{3}[-. ]\d{3}[-. ]\d{4}(?!\w)")
_TIME = pattern(r"\d{1,2}:\d{2}(?::\d{2})?")
_STATE = pattern(r"\b[A-Z]{2},?\s+\Z|\b[A-Z]{1,3}-\Z")
_UNIT = pattern(r"\d+(?:x\d+)?[a-z]{1,3}|\d+(?:-\d+)?|\d{1,4}-[a-z]+")
_DIGITS = pattern(r"\d+")
_ANY_NUMBER = pattern(_NUMBER)
_ALPHABET = pattern(r"[\W_]+")


class Figure(NamedTuple):
    """One amount, code or date as it stands, and its offset."""

    kind: Kind
    text: str
    start: int


class Told(NamedTuple):
    """What a text tells, to look figures up in: values of its numbers, its letters and digits in one row."""

    values: frozenset[str]
    numbers: frozenset[int]
    row: str


def read_figures(text: str) -> tuple[Figure, ...]:
    """The amounts, codes and dates of a text, without those in URLs and addresses, telephone numbers and times."""
    text = _blank(_URL, text)
    found = [Figure("date", match[0], match.start()) for match in _DATE.finditer(text)]
    text = _blank(_DATE, text)
    found += [Figure("amount", match[0].strip(), match.start()) for match in _AMOUNT.finditer(text)]
    text = _blank(_TIME, _blank(_PHONE, _blank(_AMOUNT, text)))
    found += [
        Figure("code", match[0], match.start())
        for match in _TOKEN.finditer(text)
        if _is_code(match[0])
        and not (match[0].isdigit() and _STATE.search(text[max(match.start() - 6, 0) : match.start()]))
    ]
    return tuple(sorted(found, key=lambda one: one.start))


def read_told(text: str) -> Told:
    """A text as figures are looked up in it, URLs and addresses too."""
    values = {value for match in _ANY_NUMBER.finditer(text) for value in _values(match[0])}
    # Groups of digits with spaces between them are also so many numbers.
    runs = _DIGITS.findall(text)
    values.update(_plain(run) for run in runs)
    return Told(frozenset(values), frozenset(int(run[:9]) for run in runs), _row(text))


def is_told(figure: Figure, told: Told) -> bool:
    """Whether a text tells a figure too, in whatever form."""
    if figure.kind == "code":
        return _row(figure.text) in told.row
    if figure.kind == "amount":
        match = _AMOUNT.search(figure.text)
        number = (match["after"] or match["before"]) if match else figure.text
        return not told.values.isdisjoint(_values(number))
    numbers = [int(run[:9]) for run in _DIGITS.findall(figure.text)]
    year = max(numbers)
    if year not in told.numbers and year % 100 not in told.numbers:
        return False
    days = numbers[2:] if numbers[0] == year and len(numbers) == 3 else [one for one in numbers if one <= 31]
    return any(one in told.numbers for one in days)


def _values(number: str) -> set[str]:
    """What a number may be worth: its last mark is a decimal separator, or sets groups apart."""
    digits = "".join(_DIGITS.findall(number))
    found = {_plain(digits)}
    tail = _DIGITS.findall(number)[-1]
    if len(tail) < len(digits) and number[-len(tail) - 1] in ".,":
        whole = _plain(digits[: -len(tail)])
        part = tail.rstrip("0")
        exact = f"{whole}.{_western(part)}" if part else whole
        return {exact} if len(tail) < 3 else found | {exact}
    return found


def _plain(digits: str) -> str:
    return _western(digits).lstrip("0") or "0"


def _western(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(int(one)) for one in digits)


def _is_code(token: str) -> bool:
    """Whether a token is one that a reader copies: an order number, a voucher, a one-time code."""
    if not any(char.isdigit() for char in token):
        return False
    size = sum(char.isalnum() for char in token)
    if token.isdigit():
        return size >= 4 and not (size == 4 and token[:2] in ("19", "20"))
    if _UNIT.fullmatch(token):
        parts = token.split("-")
        return len(parts) == 2 and all(part.isdigit() for part in parts) and size >= 6 and len(parts[0]) != 4
    digits = sum(char.isdigit() for char in token)
    upper = sum("A" <= char <= "Z" for char in token)
    lower = size - digits - upper
    return (size >= 5 and upper > 0 and not lower and digits >= 2) or (size >= 8 and digits >= 3 and lower + upper >= 1)


def _blank(kind: re.Pattern[str], text: str) -> str:
    """A text with spaces instead of what a pattern finds, as long as before."""
    return kind.sub(lambda match: " " * len(match[0]), text)


def _row(text: str) -> str:
    return _ALPHABET.sub("", text).casefold()
