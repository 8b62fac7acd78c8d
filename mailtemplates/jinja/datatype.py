"""What is known of a value in a template: which kinds it may be of, which members it has, what its items are.

What cannot be known is unknown, and nothing is said of it. Types of data come from a JSON Schema
(:mod:`~mailtemplates.jinja.schematype`); the others here are what Jinja itself makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from markupsafe import Markup

Presence = Literal["always", "maybe", "never", "unknown"]
"""Whether a name or member exists: ``maybe`` is optional, ``unknown`` is never reported."""

KINDS = frozenset({"object", "array", "string", "number", "boolean", "null"})
"""The kinds of JSON; an integer is a number here."""

_METHODS = {
    "object": frozenset(dir(dict)),
    "array": frozenset(dir(list)),
    "string": frozenset(dir(Markup)),
}


class Member(NamedTuple):
    """Whether a member exists, and what it then is."""

    presence: Presence
    type: DataType


class DataType(Protocol):
    """What is known of a value."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that it may be of; all when nothing is known."""

    @property
    def names(self) -> frozenset[str]:
        """The members that are known by name."""

    def member(self, name: str) -> Member:
        """A member of that name, as data: methods of objects are not looked at."""

    def items(self) -> DataType:
        """What a loop over it gives."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A value of these kinds, of which no more is known."""

    kinds: frozenset[str] = KINDS
    names: frozenset[str] = frozenset()

    def member(self, name: str) -> Member:
        if self.kinds == {"string"} or self.kinds == {"array"}:
            return Member("never", UNKNOWN)
        return Member("unknown", UNKNOWN)

    def items(self) -> DataType:
        return STRING if self.kinds == {"string"} else UNKNOWN


UNKNOWN = Plain()
STRING = Plain(frozenset({"string"}))
NUMBER = Plain(frozenset({"number"}))
BOOLEAN = Plain(frozenset({"boolean"}))
NULL = Plain(frozenset({"null"}))
KIND_TYPES: Mapping[str, DataType] = {
    "string": STRING,
    "number": NUMBER,
    "integer": NUMBER,
    "boolean": BOOLEAN,
    "null": NULL,
    "object": Plain(frozenset({"object"})),
    "array": Plain(frozenset({"array"})),
}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items are known; ``first`` are those of known places, as in a pair."""

    item: DataType
    first: tuple[DataType, ...] = ()
    kinds: frozenset[str] = frozenset({"array"})
    names: frozenset[str] = frozenset()

    def member(self, name: str) -> Member:
        return Member("never", UNKNOWN)

    def items(self) -> DataType:
        return self.item


@dataclass(frozen=True, slots=True)
class Record:
    """An object that Jinja makes, with these members and, when closed, no others; ``first`` when it is a tuple too."""

    members: Mapping[str, DataType]
    closed: bool = True
    first: tuple[DataType, ...] = ()
    kinds: frozenset[str] = frozenset({"object"})

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.members)

    def member(self, name: str) -> Member:
        if name in self.members:
            return Member("always", self.members[name])
        return Member("never" if self.closed else "unknown", UNKNOWN)

    def items(self) -> DataType:
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class Either:
    """One of several types; two at least."""

    types: tuple[DataType, ...]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset().union(*(one.kinds for one in self.types))

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(one.names for one in self.types))

    def member(self, name: str) -> Member:
        found = [one.member(name) for one in self.types if one.kinds != {"null"}]
        presences = {one.presence for one in found}
        kept = either(one.type for one in found if one.presence != "never")
        if len(presences) == 1:
            return Member(presences.pop(), kept)
        return Member("maybe" if presences == {"always", "maybe"} else "unknown", kept)

    def items(self) -> DataType:
        return either(one.items() for one in self.types if one.kinds != {"null"})


def either(types: Iterable[DataType]) -> DataType:
    """One of the types; the type itself when there is but one."""
    kept: list[DataType] = []
    for one in types:
        for each in one.types if isinstance(one, Either) else (one,):
            if each == UNKNOWN:
                return UNKNOWN
            if not any(each is other or each == other for other in kept):
                kept.append(each)
    return Either(tuple(kept)) if len(kept) > 1 else kept[0] if kept else UNKNOWN


def without_null(one: DataType) -> DataType:
    """The type when it is known not to be null."""
    if isinstance(one, Either):
        return either(each for each in one.types if each.kinds != {"null"})
    return one


def is_nullable(one: DataType) -> bool:
    """Whether the type says that it may be null; what is unknown says nothing."""
    return "null" in one.kinds and one.kinds != KINDS


def at(one: DataType, index: int) -> DataType:
    """The item at a place of an array."""
    first: tuple[DataType, ...] = getattr(one, "first", ())
    if 0 <= index < len(first):
        return first[index]
    return one.items() if one.kinds <= {"array", "null"} else UNKNOWN


def has_method(one: DataType, name: str) -> bool:
    """Whether ``value.name`` is a method of Python, whatever the data: ``order.items`` of an object."""
    return one.kinds != KINDS and any(name in _METHODS.get(kind, ()) for kind in one.kinds)


def hides_data(one: DataType, name: str) -> bool:
    """Whether that method hides data of the name."""
    return one.kinds <= {"object", "null"} and name in one.names and name in _METHODS["object"]
