"""Address lists as they stand: mailboxes, groups, and what is wrong with them (RFC 5322 §3.4, §4.4; RFC 6854).

Nothing here raises. Each field is read once, whoever asks. The strict reader, for addresses that are to be
written, is :mod:`mailtemplates.headers.addresslist`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mailtemplates.octets.addresslist import Element, RawGroup, RawMailbox, read_list
from mailtemplates.octets.addrspec import OBSOLETE, Fault
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.field import RawField
from mailtemplates.octets.once import once
from mailtemplates.pattern import pattern
from mailtemplates.text.unfilled import find_placeholders, is_nothing

__all__ = [
    "ADDRESS_FIELDS",
    "RawAddresses",
    "RawGroup",
    "RawMailbox",
    "display_name",
    "parse_raw_addresses",
    "read_addresses",
]

#: The fields that hold addresses (RFC 5322 §3.6.2, §3.6.3, §3.6.6; RFC 8098 §2.1).
ADDRESS_FIELDS = (
    *("From", "Sender", "Reply-To", "To", "Cc", "Bcc"),
    *("Resent-From", "Resent-Sender", "Resent-Reply-To", "Resent-To", "Resent-Cc", "Resent-Bcc"),
    *("Disposition-Notification-To", "Errors-To", "Return-Receipt-To"),
)

_REMEMBERED = 4_000
_PAIR = pattern(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class RawAddresses:
    """An address list, and what is wrong with it in the order of the text."""

    elements: tuple[Element, ...]
    faults: tuple[Fault, ...]

    @once
    def mailboxes(self) -> tuple[RawMailbox, ...]:
        """All mailboxes, those in groups too."""
        return tuple(self._walk())

    def _walk(self) -> Iterator[RawMailbox]:
        for element in self.elements:
            if isinstance(element, RawGroup):
                yield from element.members
            else:
                yield element

    @once
    def is_sound(self) -> bool:
        """Whether nothing is wrong but what is obsolete."""
        return all(fault.kind in OBSOLETE for fault in self.faults)


def read_addresses(field: RawField) -> RawAddresses:
    """The addresses of a field; offsets are those of its ``latin`` and ``at``. Never raises."""
    return parse_raw_addresses(field.latin)


def parse_raw_addresses(text: str) -> RawAddresses:
    """The addresses of a field body, folds in it or not. Never raises.

    >>> [str(one.spec.domain) for one in parse_raw_addresses("Ann <a@b.example>, c@d.example").mailboxes]
    ['b.example', 'd.example']
    """
    return _remembered(text) if len(text) <= _REMEMBERED else _long(text)


def _read(text: str) -> RawAddresses:
    elements, faults = read_list(text)
    return RawAddresses(elements, _without_placeholders(text, faults) if faults else ())


def _without_placeholders(text: str, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """The faults that do not come of a value that was not filled in, which is a fault of its own."""
    marks = find_placeholders(text)
    starts = [start for start, _ in marks]
    kept = []
    for fault in faults:
        before = bisect_left(starts, fault.end) - 1
        hidden = before >= 0 and not text[marks[before][1] : fault.start].strip()
        if not hidden and not (fault.kind == "no-domain" and is_nothing(text[fault.start : fault.end])):
            kept.append(fault)
    return tuple(kept)


@lru_cache(maxsize=64)
def _remembered(text: str) -> RawAddresses:
    return _read(text)


@lru_cache(maxsize=2)
def _long(text: str) -> RawAddresses:
    return _read(text)


def display_name(box: RawMailbox) -> str:
    """A mailbox's name as a mail program shows it: without quotes, encoded words decoded; empty when there is none."""
    pieces = []
    end = box.span.start
    for one in box.name:
        pieces += [
            " " if one.start > end else "",
            _PAIR.sub(r"\1", one.text[1:-1]) if one.kind == "quoted" else one.text,
        ]
        end = one.end
    text = "".join(pieces)
    return decode(text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace"))
