"""The types of a JSON Schema (2020-12): what a template may expect of data that keeps its contract.

``$ref`` into the same schema (recursive ones too), ``allOf``, ``anyOf`` and ``oneOf`` are followed. A name that the
schema does not declare is absent when the schema is closed, and also when it declares others and does not say that
there may be more; a name that some sample has is not. Conditions (``if``, ``not``, dependent schemas) say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from mailtemplates.jinja.datatype import KIND_TYPES, UNKNOWN, DataType, ListOf, Member, Plain, Presence, either

_MOST = 32
_DEEPEST = 40
_CONDITIONS = ("if", "then", "else", "dependentSchemas", "dependencies", "not", "$dynamicRef", "$recursiveRef")

_Schema = Mapping[str, Any]
_Together = tuple[_Schema, ...]


class _Unclear(Exception):  # noqa: N818 (never leaves this module)
    """A schema whose meaning is not followed here."""


def type_of(schema: object, samples: Sequence[object] = ()) -> DataType:
    """The type of data that keeps a schema.

    :param samples: data that is known to be right; names that it has exist.
    """
    return _typed(_Root(schema if isinstance(schema, Mapping) else {}), (schema,), tuple(samples))


@dataclass(frozen=True, eq=False)
class _Root:
    """A whole schema, where references are looked up."""

    schema: _Schema

    def resolve(self, reference: str) -> object:
        """What a ``$ref`` names.

        :raises _Unclear: it is not in this schema.
        """
        if not reference.startswith("#"):
            raise _Unclear
        target: object = self.schema
        if len(reference) > 1 and reference[1] != "/":
            return self._anchored(reference[1:])
        for step in reference[2:].split("/") if len(reference) > 1 else ():
            key = step.replace("~1", "/").replace("~0", "~").replace("%25", "%").replace("%20", " ")
            if isinstance(target, Mapping) and key in target:
                target = target[key]
            elif isinstance(target, list) and key.isdecimal() and int(key) < len(target):
                target = target[int(key)]
            else:
                raise _Unclear
        return target

    def _anchored(self, name: str) -> object:
        held = self.schema.get("$defs")
        for one in held.values() if isinstance(held, Mapping) else ():
            if isinstance(one, Mapping) and one.get("$anchor") == name:
                return one
        raise _Unclear

    def expand(self, schema: object, seen: tuple[str, ...] = ()) -> list[_Together]:
        """The alternatives that a schema stands for: in each, schemas without references that all hold.

        :raises _Unclear: they cannot be told.
        """
        if schema is False:
            return []
        if not isinstance(schema, Mapping):
            return [()]
        if len(seen) > _DEEPEST:
            raise _Unclear
        groups: list[list[_Together]] = [[(schema,)]]
        if isinstance(reference := schema.get("$ref"), str):
            if reference in seen:
                raise _Unclear
            groups.append(self.expand(self.resolve(reference), (*seen, reference)))
        groups += [self.expand(one, (*seen, "")) for one in _list(schema.get("allOf"))]
        for word in ("anyOf", "oneOf"):
            if options := _list(schema.get(word)):
                groups.append([each for one in options for each in self.expand(one, (*seen, ""))])
        return _multiplied(groups)


def _multiplied(groups: list[list[_Together]]) -> list[_Together]:
    size = 1
    for group in groups:
        size *= len(group)
        if size > _MOST:
            raise _Unclear
    return [tuple(one for together in each for one in together) for each in product(*groups)]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _typed(root: _Root, schemas: tuple[object, ...], samples: tuple[object, ...]) -> DataType:
    """The type of what keeps all of the schemas."""
    try:
        groups = [root.expand(schema) for schema in schemas]
        return either(each for together in _multiplied(groups) for each in _by_kind(root, together, samples))
    except (_Unclear, RecursionError):
        return UNKNOWN


def _by_kind(root: _Root, together: _Together, samples: tuple[object, ...]) -> Iterator[DataType]:
    """The types of one alternative, one for each kind that it may be of."""
    kinds = _kinds(together)
    if kinds is None:
        yield UNKNOWN
        return
    for kind in sorted(kinds):
        if kind == "object":
            yield SchemaObject(root, together, tuple(one for one in samples if isinstance(one, Mapping)))
        elif kind == "array":
            yield _array(root, together, tuple(one for one in samples if isinstance(one, list)))
        elif kind == "string":
            yield SchemaString(together)
        else:
            yield KIND_TYPES[kind]


def _kinds(together: _Together) -> set[str] | None:
    """The kinds that the schemas allow together; None when they say nothing."""
    kinds: set[str] | None = None
    for schema in together:
        own = _own_kinds(schema)
        if own is not None:
            kinds = own if kinds is None else kinds & own
    return kinds


def _own_kinds(schema: _Schema) -> set[str] | None:
    named = schema.get("type")
    if isinstance(named, str | list):
        words = [named] if isinstance(named, str) else named
        return {"number" if word == "integer" else word for word in words if isinstance(word, str)} & set(KIND_TYPES)
    if "const" in schema:
        return {_kind(schema["const"])}
    if isinstance(values := schema.get("enum"), list):
        return {_kind(value) for value in values}
    if isinstance(schema.get("properties"), Mapping) or "required" in schema:
        return {"object"}
    if "items" in schema or "prefixItems" in schema:
        return {"array"}
    return {"string"} if schema.get("format") in ("email", "idn-email", "uri", "date", "date-time") else None


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "number", float: "number", list: "array"}
    return names.get(type(value), "object")


def _array(root: _Root, together: _Together, samples: tuple[list[Any], ...]) -> DataType:
    rest: list[object] = []
    first: list[object] = []
    for schema in together:
        listed = schema.get("prefixItems")
        items = schema.get("items")
        if isinstance(items, list):
            listed, items = items, schema.get("additionalItems")
        first = first or _list(listed)
        if items is not None:
            rest.append(items)
    held = tuple(item for sample in samples for item in sample)
    places = tuple(_typed(root, (one,), ()) for one in first)
    if not rest:
        return ListOf(UNKNOWN, places)
    return _Array(root, tuple(rest), held, places)


@dataclass(frozen=True, eq=False)
class _Array:
    """An array whose items have a schema; looked at when it is asked for, since schemas may be recursive."""

    root: _Root
    schemas: tuple[object, ...]
    samples: tuple[object, ...]
    first: tuple[DataType, ...]
    kinds: frozenset[str] = frozenset({"array"})
    names: frozenset[str] = frozenset()

    @cached_property
    def _item(self) -> DataType:
        rest = [] if self.schemas == (False,) else [_typed(self.root, self.schemas, self.samples)]
        return either([*self.first, *rest])

    def member(self, name: str) -> Member:
        return Member("never", UNKNOWN)

    def items(self) -> DataType:
        return self._item


@dataclass(frozen=True, eq=False)
class SchemaString:
    """A string, and what the schema says of it."""

    schemas: _Together
    kinds: frozenset[str] = frozenset({"string"})
    names: frozenset[str] = frozenset()

    def said(self, word: str) -> Iterator[Any]:
        """What the schemas say with a keyword."""
        return (schema[word] for schema in self.schemas if word in schema)

    def member(self, name: str) -> Member:
        return Member("never", UNKNOWN)

    def items(self) -> DataType:
        return Plain(frozenset({"string"}))


@dataclass(frozen=True, eq=False)
class SchemaObject:
    """An object, its members as the schemas declare them."""

    root: _Root
    schemas: _Together
    samples: tuple[Mapping[str, Any], ...]
    kinds: frozenset[str] = frozenset({"object"})

    @cached_property
    def _known(self) -> dict[str, Member]:
        return {}

    @cached_property
    def names(self) -> frozenset[str]:
        declared = (_mapping(schema, "properties") for schema in self.schemas)
        return frozenset(str(name) for one in (*declared, *self.samples) for name in one)

    def member(self, name: str) -> Member:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def items(self) -> DataType:
        return Plain(frozenset({"string"}))

    def _find(self, name: str) -> Member:
        declared: list[object] = []
        is_open = all("properties" not in schema for schema in self.schemas)
        vague = any(word in schema for schema in self.schemas for word in _CONDITIONS)
        for schema in self.schemas:
            own = list(_declared(schema, name))
            rest = schema.get("additionalProperties")
            if not own and rest is False:
                return Member("never", UNKNOWN)
            if not own and isinstance(rest, Mapping | bool):
                own, is_open = [rest], True
            declared += own
            is_open = is_open or schema.get("unevaluatedProperties") not in (None, False)
        return self._member(name, declared, is_open or vague)

    def _member(self, name: str, declared: list[object], may_have_more: bool) -> Member:
        if any(one is False for one in declared):
            return Member("never", UNKNOWN)
        held = tuple(one[name] for one in self.samples if name in one)
        if not declared:
            closed = any(schema.get("unevaluatedProperties") is False for schema in self.schemas)
            absent = not held and (closed or not may_have_more)
            return Member("never" if absent else "unknown", UNKNOWN)
        known = any(name in _mapping(schema, "properties") for schema in self.schemas)
        return Member(self._presence(name) if known else "unknown", _typed(self.root, tuple(declared), held))

    def _presence(self, name: str) -> Presence:
        if any(name in _list(schema.get("required")) for schema in self.schemas):
            return "always"
        return "unknown" if any(word in schema for schema in self.schemas for word in _CONDITIONS) else "maybe"


def _declared(schema: _Schema, name: str) -> Iterator[object]:
    own = _mapping(schema, "properties")
    if name in own:
        yield own[name]
    for expression, one in _mapping(schema, "patternProperties").items():
        try:
            if re.search(expression, name):
                yield one
        except re.error:
            yield True


def _mapping(schema: _Schema, word: str) -> Mapping[str, Any]:
    held = schema.get(word)
    return held if isinstance(held, Mapping) else {}
