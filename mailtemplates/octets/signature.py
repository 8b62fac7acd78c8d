"""The tags of DKIM-Signature fields as they stand (RFC 6376 §3.2, §3.5).

A tolerant reader: it never raises.
"""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.octets.field import RawField
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_TAG = pattern(r"[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=([^;]*)(?:;|\Z)")
_SPACE = pattern(r"[ \t\r\n]+")


class Tag(NamedTuple):
    """One tag: its value without white space, and where the value stands in the message."""

    value: str
    span: Span


def read_tags(field: RawField) -> dict[str, Tag]:
    """The tags of a signature by name; the first of a name counts. Never raises."""
    tags: dict[str, Tag] = {}
    at = 0
    text = field.latin
    while match := _TAG.match(text, at):
        value = match[2]
        start = match.start(2) + len(value) - len(value.lstrip(" \t\r\n"))
        end = max(start, match.start(2) + len(value.rstrip(" \t\r\n")))
        tags.setdefault(match[1], Tag(_SPACE.sub("", value), field.at(start, end)))
        at = match.end()
    return tags


def signed_fields(tags: dict[str, Tag]) -> frozenset[str]:
    """The lower-case names of the fields that a signature covers, its ``h=``."""
    return frozenset(tags["h"].value.lower().split(":")) if "h" in tags else frozenset()
