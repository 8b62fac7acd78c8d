"""A quick yes for valid data: a JSON Schema compiled to nested functions.

The answer True is certain; False means "ask jsonschema", which also has the words for what is wrong. A keyword that
is not known here makes the whole schema answer False.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

from mailtemplates.pattern import pattern

Acceptor = Callable[[Any], bool]

_DATE = pattern(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_DATE_TIME = pattern(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII)
_URI = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*\Z", re.ASCII)
_EMAIL = pattern(r"[^@\s]+@[^@\s]+\Z|\"[^\"]+\"@[^@\s]+\Z")


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return bool(_DATE.match(value)) and bool(datetime.date.fromisoformat(value))
    except ValueError:
        return False


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or (bool(_DATE_TIME.match(value)) and _is_date(value[:10]))


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(_URI.match(value))


def _is_email(value: object) -> bool:
    return not isinstance(value, str) or bool(_EMAIL.match(value))


FORMATS: Mapping[str, Callable[[object], bool]] = {
    "email": _is_email,
    "idn-email": _is_email,
    "uri": _is_uri,
    "date": _is_date,
    "date-time": _is_date_time,
}
"""The formats that are asserted, here and by jsonschema alike; other formats are annotations."""

_IGNORED = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default", "deprecated",
     "readOnly", "writeOnly"}
)  # fmt: skip


class _UnknownKeywordError(Exception):
    """The schema uses what is not compiled here."""


def compile_acceptor(schema: Mapping[str, Any]) -> Acceptor:
    """The quick test of a schema; one that always says False when the schema uses what is not compiled here."""
    try:
        return _Compiler(schema).compile(schema)
    except (_UnknownKeywordError, RecursionError, TypeError, AttributeError, re.error):
        return lambda _value: False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Acceptor] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


class _Compiler:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.refs: dict[str, list[Acceptor]] = {}

    def compile(self, schema: Any) -> Acceptor:
        if schema is True:
            return lambda _value: True
        if not isinstance(schema, Mapping):
            raise _UnknownKeywordError
        tests = [self._keyword(word, value, schema) for word, value in schema.items() if word not in _IGNORED]
        kept = [test for test in tests if test is not None]
        if len(kept) == 1:
            return kept[0]
        return lambda value: all(test(value) for test in kept)

    def _keyword(self, word: str, wanted: Any, schema: Mapping[str, Any]) -> Acceptor | None:
        method = getattr(self, f"_{word.lstrip('$')}", None)
        if method is None:
            raise _UnknownKeywordError(word)
        test: Acceptor | None = method(wanted, schema)
        return test

    def _type(self, wanted: Any, _schema: Any) -> Acceptor:
        if isinstance(wanted, str):
            return _TYPES.get(wanted, _never)
        tests = [_TYPES[name] for name in wanted if name in _TYPES]
        return lambda value: any(test(value) for test in tests)

    def _properties(self, wanted: Mapping[str, Any], _schema: Any) -> Acceptor:
        tests = [(name, self.compile(inner)) for name, inner in wanted.items()]
        return lambda value: (
            not isinstance(value, dict) or all(test(value[name]) for name, test in tests if name in value)
        )

    def _required(self, wanted: list[str], _schema: Any) -> Acceptor:
        names = frozenset(wanted)
        return lambda value: not isinstance(value, dict) or names <= value.keys()

    def _additionalProperties(self, wanted: Any, schema: Mapping[str, Any]) -> Acceptor | None:
        if wanted is True:
            return None
        if "patternProperties" in schema:
            raise _UnknownKeywordError
        known = frozenset(schema.get("properties", ()))
        if wanted is False:
            return lambda value: not isinstance(value, dict) or value.keys() <= known
        test = self.compile(wanted)
        return lambda value: (
            not isinstance(value, dict) or all(test(inner) for name, inner in value.items() if name not in known)
        )

    def _items(self, wanted: Any, schema: Mapping[str, Any]) -> Acceptor:
        if "prefixItems" in schema:
            raise _UnknownKeywordError
        test = self.compile(wanted)
        return lambda value: not isinstance(value, list) or all(map(test, value))

    def _minItems(self, wanted: int, _schema: Any) -> Acceptor:
        return lambda value: not isinstance(value, list) or len(value) >= wanted

    def _maxItems(self, wanted: int, _schema: Any) -> Acceptor:
        return lambda value: not isinstance(value, list) or len(value) <= wanted

    def _minLength(self, wanted: int, _schema: Any) -> Acceptor:
        return lambda value: not isinstance(value, str) or len(value) >= wanted

    def _maxLength(self, wanted: int, _schema: Any) -> Acceptor:
        return lambda value: not isinstance(value, str) or len(value) <= wanted

    def _minimum(self, wanted: float, _schema: Any) -> Acceptor:
        return lambda value: not _is_number(value) or value >= wanted

    def _maximum(self, wanted: float, _schema: Any) -> Acceptor:
        return lambda value: not _is_number(value) or value <= wanted

    def _exclusiveMinimum(self, wanted: float, _schema: Any) -> Acceptor:
        return lambda value: not _is_number(value) or value > wanted

    def _pattern(self, wanted: str, _schema: Any) -> Acceptor:
        search = re.compile(wanted).search
        return lambda value: not isinstance(value, str) or search(value) is not None

    def _enum(self, wanted: list[Any], _schema: Any) -> Acceptor:
        words = frozenset(word for word in wanted if isinstance(word, str))
        return lambda value: isinstance(value, str) and value in words

    def _const(self, wanted: Any, _schema: Any) -> Acceptor:
        return lambda value: isinstance(value, str) and value == wanted

    def _format(self, wanted: str, _schema: Any) -> Acceptor | None:
        return FORMATS.get(wanted)

    def _allOf(self, wanted: list[Any], _schema: Any) -> Acceptor:
        tests = [self.compile(inner) for inner in wanted]
        return lambda value: all(test(value) for test in tests)

    def _anyOf(self, wanted: list[Any], _schema: Any) -> Acceptor:
        tests = [self.compile(inner) for inner in wanted]
        return lambda value: any(test(value) for test in tests)

    def _ref(self, wanted: str, _schema: Any) -> Acceptor:
        """A reference into the same schema; a circle of references is compiled once and called through its cell."""
        if not wanted.startswith("#") or "$id" in self.root:
            raise _UnknownKeywordError
        cell = self.refs.get(wanted)
        if cell is None:
            cell = self.refs[wanted] = []
            cell.append(self.compile(self._resolve(wanted)))
        return lambda value: cell[0](value)

    def _resolve(self, pointer: str) -> Any:
        target: Any = self.root
        for step in pointer[1:].split("/")[1:]:
            if not isinstance(target, Mapping) or step not in target:
                raise _UnknownKeywordError
            target = target[step]
        if target is self.root and pointer != "#":
            raise _UnknownKeywordError
        return target


def _never(_value: object) -> bool:
    return False
