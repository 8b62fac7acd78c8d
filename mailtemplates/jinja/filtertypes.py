"""What Jinja's filters and Python's methods make of a value's type; of others nothing is known."""

from __future__ import annotations

from collections.abc import Mapping

from mailtemplates.jinja.datatype import NUMBER, STRING, UNKNOWN, DataType, ListOf, Record, either, without_null

DEFAULTS = frozenset({"default", "d"})
"""Filters that take what is missing."""

TOLERANT = frozenset({"tojson", "string", "pprint", *DEFAULTS})
"""Filters that are no less use for null."""

_STRING = frozenset(
    [
        "capitalize",
        "center",
        "e",
        "escape",
        "filesizeformat",
        "forceescape",
        "format",
        "indent",
        "join",
        "lower",
        "pprint",
        "replace",
        "safe",
        "string",
        "striptags",
        "title",
        "tojson",
        "trim",
        "truncate",
        "upper",
        "urlencode",
        "urlize",
        "wordwrap",
        "xmlattr",
    ]
)
_NUMBER = frozenset(["abs", "count", "float", "int", "length", "round", "wordcount"])
_SAME_ITEMS = frozenset(["list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"])
_ITEM = frozenset(["first", "last", "max", "min", "random"])
_STRING_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "center",
        "format",
        "join",
        "ljust",
        "lower",
        "lstrip",
        "replace",
        "rjust",
        "rstrip",
        "strip",
        "swapcase",
        "title",
        "upper",
        "zfill",
        "removeprefix",
        "removesuffix",
        "isoformat",
        "strftime",
    ]
)
BUILT_IN = (
    _STRING | _NUMBER | _SAME_ITEMS | _ITEM | DEFAULTS | {"batch", "dictsort", "groupby", "items", "map", "slice"}
)
"""Filters whose effect is known: they use what they are given."""

ATTRIBUTE_AT: Mapping[str, int] = {
    "groupby": 0,
    "selectattr": 0,
    "rejectattr": 0,
    "map": -1,
    "sort": 2,
    "unique": 1,
    "sum": 0,
    "min": 1,
    "max": 1,
    "join": 1,
}
"""Filters that look at an attribute of each item: which argument names it when no keyword does; -1 is none."""

_PAIRS = ListOf(ListOf(UNKNOWN, (STRING, UNKNOWN)))


def filtered(name: str, value: DataType, attribute: DataType | None = None) -> DataType:
    """The type that a filter gives.

    :param attribute: the type of the attribute that it looks at in each item.
    """
    if name in _STRING:
        return STRING
    if name in _NUMBER:
        return NUMBER
    items = without_null(value).items() if value.kinds <= {"array", "null"} else UNKNOWN
    if name in _SAME_ITEMS:
        return ListOf(items)
    if name in _ITEM:
        return items
    if name == "map":
        return ListOf(attribute or UNKNOWN)
    if name == "groupby":
        members = {"grouper": attribute or UNKNOWN, "list": ListOf(items)}
        return ListOf(Record(members, closed=False, first=tuple(members.values())))
    if name in ("batch", "slice"):
        return ListOf(ListOf(items))
    return _PAIRS if name in ("items", "dictsort") else UNKNOWN


def defaulted(value: DataType, otherwise: DataType) -> DataType:
    """The type of a value, or of what is given for it when it is missing."""
    return either([without_null(value), otherwise])


def called(name: str, owner: DataType) -> DataType:
    """The type that a method gives."""
    if name == "items" and owner.kinds <= {"object", "null"}:
        return _PAIRS
    if name == "keys" and owner.kinds <= {"object", "null"}:
        return ListOf(STRING)
    if name in ("split", "rsplit", "splitlines") and owner.kinds == {"string"}:
        return ListOf(STRING)
    return STRING if name in _STRING_METHODS and owner.kinds == {"string"} else UNKNOWN
