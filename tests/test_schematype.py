"""A JSON Schema as types: what may be, what surely is not, what is optional, what cannot be known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.jinja.datatype import DataType, at, is_nullable, without_null
from mailtemplates.jinja.schematype import type_of

OBJECT: dict[str, Any] = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {}}}
TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"node": {"$ref": "#/$defs/node"}},
    "$defs": {"node": {"properties": {"name": {}, "children": {"items": {"$ref": "#/$defs/node"}}}}},
}


def member(schema: object, path: str, *samples: object) -> str:
    """Whether a path exists: steps by dots, ``[]`` is any item, ``[0]`` the first."""
    kind: DataType = type_of(schema, samples)
    presence: str = "always"
    for step in path.split("."):
        if step == "[]":
            kind = without_null(kind).items()
        elif step.startswith("["):
            kind = at(without_null(kind), int(step[1:-1]))
        else:
            presence, kind = without_null(kind).member(step)
    return presence


PRESENCES = {
    "required": (OBJECT, "a", "always"),
    "optional": (OBJECT, "b", "maybe"),
    "not declared": (OBJECT, "c", "never"),
    "a closed schema": ({**OBJECT, "additionalProperties": False}, "c", "never"),
    "an open schema": ({**OBJECT, "additionalProperties": True}, "c", "unknown"),
    "additional ones with a schema": ({**OBJECT, "additionalProperties": OBJECT}, "c", "unknown"),
    "and what those are": ({**OBJECT, "additionalProperties": OBJECT}, "c.d", "never"),
    "a pattern of names": ({**OBJECT, "patternProperties": {"^x-": {}}}, "x-c", "unknown"),
    "another name than the pattern's": ({**OBJECT, "patternProperties": {"^x-": {}}}, "c", "never"),
    "a pattern that is none": ({**OBJECT, "patternProperties": {"(": {}}}, "c", "unknown"),
    "nothing declared": ({"type": "object"}, "c", "unknown"),
    "no schema": (True, "c", "unknown"),
    "an empty schema": ({}, "c", "unknown"),
    "a property that is forbidden": ({"properties": {"a": False}}, "a", "never"),
    "allOf": ({"allOf": [OBJECT, {"properties": {"c": {}}, "required": ["c"]}]}, "c", "always"),
    "allOf, the other": ({"allOf": [OBJECT, {"properties": {"c": {}}}]}, "a", "always"),
    "allOf, none of them": ({"allOf": [OBJECT, {"properties": {"c": {}}}]}, "d", "never"),
    "required beside": ({**OBJECT, "allOf": [{"required": ["b"]}]}, "b", "always"),
    "anyOf, in one": ({"anyOf": [OBJECT, {"properties": {"c": {}}}]}, "c", "unknown"),
    "anyOf, in all": ({"anyOf": [OBJECT, {**OBJECT, "title": "x"}]}, "a", "always"),
    "anyOf, in none": ({"anyOf": [OBJECT, {"properties": {"c": {}}}]}, "d", "never"),
    "anyOf, required in one": ({**OBJECT, "anyOf": [{"required": ["b"]}, {}]}, "b", "maybe"),
    "oneOf with null": ({"oneOf": [OBJECT, {"type": "null"}]}, "c", "never"),
    "a reference": ({"$ref": "#/$defs/o", "$defs": {"o": OBJECT}}, "c", "never"),
    "a reference and more": ({"$ref": "#/$defs/o", "properties": {"c": {}}, "$defs": {"o": OBJECT}}, "c", "maybe"),
    "an anchor": ({"$ref": "#o", "$defs": {"x": {**OBJECT, "$anchor": "o"}}}, "c", "never"),
    "a reference with escapes": ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": OBJECT}}, "c", "never"),
    "a reference to nowhere": ({"$ref": "#/$defs/x"}, "c", "unknown"),
    "a reference to a file": ({"$ref": "user.json"}, "c", "unknown"),
    "a reference to itself": ({"$ref": "#"}, "c", "unknown"),
    "a circle of references": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        "c",
        "unknown",
    ),
    "recursive": (TREE, "node.children.[].children.[].name", "maybe"),
    "recursive, not there": (TREE, "node.children.[].children.[].nmae", "never"),
    "items": ({"items": OBJECT}, "[].c", "never"),
    "the first of prefixItems": ({"prefixItems": [OBJECT, {}]}, "[0].c", "never"),
    "the second of prefixItems": ({"prefixItems": [{}, OBJECT]}, "[1].c", "never"),
    "items of drafts before 2020": ({"items": [OBJECT]}, "[0].c", "never"),
    "an attribute of a list": ({"items": OBJECT}, "a", "never"),
    "an attribute of a string": (OBJECT, "a.first", "never"),
    "an attribute of a number": ({"type": "number"}, "x", "unknown"),
    "a condition": ({**OBJECT, "if": {"required": ["b"]}, "then": {"properties": {"c": {}}}}, "c", "unknown"),
    "unevaluatedProperties": ({"allOf": [OBJECT], "unevaluatedProperties": False}, "c", "never"),
    "by enum": ({"enum": ["x", "y"]}, "c", "never"),
    "by const": ({"properties": {"a": {"const": "x"}}}, "a.c", "never"),
}


@pytest.mark.parametrize(("schema", "path", "presence"), PRESENCES.values(), ids=PRESENCES)
def test_presence(schema: object, path: str, presence: str) -> None:
    assert member(schema, path) == presence


def test_what_a_sample_has_exists() -> None:
    """A schema that is not closed allows more than it declares: a name in a sample is no typing error."""
    assert member(OBJECT, "c", {"a": "x", "c": 1}) == "unknown"
    assert member({"properties": {"list": {"items": OBJECT}}}, "list.[].c", {"list": [{}, {"c": 1}]}) == "unknown"


NULLABLE = {
    "a list of types": ({"type": ["string", "null"]}, True),
    "anyOf": ({"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
    "enum": ({"enum": ["x", None]}, True),
    "a string": ({"type": "string"}, False),
    "not known": ({}, False),
    "an excluded null": ({"allOf": [{"type": ["string", "null"]}, {"type": "string"}]}, False),
}


@pytest.mark.parametrize(("schema", "nullable"), NULLABLE.values(), ids=NULLABLE)
def test_null(schema: object, nullable: bool) -> None:
    assert is_nullable(type_of(schema)) is nullable


_WORDS = st.sampled_from(
    ["type", "properties", "required", "items", "prefixItems", "anyOf", "allOf", "oneOf", "$ref", "enum", "const",
     "additionalProperties", "patternProperties", "$defs", "if", "unevaluatedProperties", "a"]
)  # fmt: skip
_LEAVES = (
    st.none() | st.booleans() | st.sampled_from(["object", "array", "null", "#", "#/$defs/a", "#/allOf/0", "a", "("])
)
_SCHEMAS = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4))


@given(_SCHEMAS)
def test_any_schema_has_a_type(schema: object) -> None:
    """A schema that is no schema gives no exception either, and no look into it is endless."""
    kind = type_of(schema, [schema])
    for _ in range(6):
        kind = kind.member("a").type.items()
    assert kind.kinds is not None


def test_many_alternatives_are_not_multiplied() -> None:
    many = {"allOf": [{"anyOf": [{"properties": {f"p{at}": {}}}, {"required": ["x"]}]} for at in range(40)]}
    assert member(many, "c") == "unknown"
