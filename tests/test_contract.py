"""The data contract: what is valid passes quickly, what is not is explained by path."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from mailtemplates.errors import DataError
from mailtemplates.template.acceptor import FORMATS, compile_acceptor
from mailtemplates.template.contract import Contract, find_contract, read_contract, schema_names

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["user", "items"],
    "additionalProperties": False,
    "properties": {
        "user": {"$ref": "#/$defs/user"},
        "kind": {"enum": ["a", "b"]},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["price"],
                "properties": {"price": {"type": "number", "minimum": 0}, "count": {"type": "integer"}},
            },
        },
    },
    "$defs": {
        "user": {
            "type": "object",
            "required": ["name", "email"],
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "email": {"type": "string", "format": "email"},
                "url": {"type": ["string", "null"], "format": "uri", "pattern": "^https://"},
            },
            "additionalProperties": False,
        }
    },
    "examples": [{"user": {"name": "Ann", "email": "a@x.example"}, "items": [{"price": 3}]}],
}
GOOD = SCHEMA["examples"][0]


def contract(folder: Path, schema: Any) -> Contract:
    path = folder / "welcome.json"
    path.write_text(json.dumps(schema))
    return read_contract(path)


def test_good_data_is_accepted_without_the_library(tmp_path: Path) -> None:
    kept = contract(tmp_path, SCHEMA)
    assert kept.accepts(GOOD)
    kept.check(GOOD, "welcome.j2")
    assert kept.examples == [GOOD]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**GOOD, "user": {"name": "Ann"}}, "data.user: 'email' is missing"),
        ({**GOOD, "user": {"name": "Ann", "email": "x"}}, "data.user.email: expected a string in the format 'email'"),
        ({**GOOD, "items": [{"price": 1}, {"price": "x"}]}, 'data.items[1].price: expected number, got "x"'),
        ({**GOOD, "itmes": []}, "data: 'itmes' is not expected (did you mean 'items'?)"),
        ({**GOOD, "kind": "c"}, 'data.kind: expected one of "a", "b", got "c"'),
        ({"user": GOOD["user"]}, "data: 'items' is missing"),
        ({**GOOD, "user": {**GOOD["user"], "url": "http://x"}}, "data.user.url"),
        ({**GOOD, "items": [{"price": -1}]}, "data.items[0].price: -1 is less than the minimum of 0"),
    ],
    ids=["missing", "format", "type", "extra", "enum", "root", "pattern", "minimum"],
)
def test_a_violation_names_path_expectation_and_template(tmp_path: Path, data: Any, words: str) -> None:
    with pytest.raises(DataError) as caught:
        contract(tmp_path, SCHEMA).check(data, "welcome.j2")
    assert words in str(caught.value)
    assert "welcome.j2" in str(caught.value)
    assert "welcome.json" in str(caught.value)


def test_what_a_web_app_passes_is_judged_by_meaning(tmp_path: Path) -> None:
    contract(tmp_path, SCHEMA).check({**GOOD, "items": ({"price": Decimal("9.90")},)}, "welcome.j2")


def test_a_schema_may_refer_to_a_file_beside_it_and_to_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "user.json").write_text(json.dumps(SCHEMA["$defs"]["user"]))
    schema = {"properties": {"user": {"$ref": "user.json"}}}
    contract(tmp_path, schema).check({"user": GOOD["user"]}, "welcome.j2")
    with pytest.raises(DataError, match=r"data\.user: 'name' is missing"):
        contract(tmp_path, schema).check({"user": {"email": "a@b"}}, "welcome.j2")
    for ref in ("https://x.example/user.json", "../user.json", "/etc/passwd", "none.json"):
        with pytest.raises(DataError, match="which is not there"):
            contract(tmp_path, {"properties": {"user": {"$ref": ref}}}).check({"user": 1}, "welcome.j2")


@pytest.mark.parametrize(
    ("text", "words"),
    [('{"type": }', "not JSON"), ("[]", "no object"), ('{"type": "objekt"}', "schema is not valid")],
    ids=["syntax", "array", "keyword"],
)
def test_a_bad_schema_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "welcome.json"
    path.write_text(text)
    with pytest.raises(DataError, match=words) as caught:
        read_contract(path).check({}, "welcome.j2")
    assert caught.value.location is not None
    assert caught.value.location.path == str(path)


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("welcome.j2", ["welcome.json"]),
        ("billing/receipt.html.j2", ["billing/receipt.html.json", "billing/receipt.json"]),
        ("plain", ["plain.json"]),
    ],
    ids=["stem", "folder", "bare"],
)
def test_schema_names(template: str, names: list[str]) -> None:
    assert schema_names(template) == names


def test_find_contract_looks_in_each_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.json").write_text("{}")
    assert find_contract("x.j2", [tmp_path / "a", tmp_path / "b"]) == tmp_path / "b" / "x.json"
    assert find_contract("y.j2", [tmp_path / "a", tmp_path / "b"]) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["", "a", "a@b", "https://x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"]),
            "minimum": st.integers(-1, 2),
            "minLength": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "enum": st.lists(st.sampled_from(["", "a", 1, None]), min_size=1, max_size=2),
            "format": st.sampled_from(["email", "uri", "date"]),
            "pattern": st.sampled_from(["^a", "b$"]),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "items": inner,
            "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
            "additionalProperties": inner | st.booleans(),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    ),
    max_leaves=5,
)


@given(SCHEMAS, VALUES)
def test_what_is_accepted_quickly_is_valid(schema: dict[str, Any], value: Any) -> None:
    checker = FormatChecker(formats=())
    for name, test in FORMATS.items():
        checker.checks(name)(test)
    if compile_acceptor(schema)(value):
        assert Draft202012Validator(schema, format_checker=checker).is_valid(value)


def test_a_schema_that_refers_to_itself_is_compiled() -> None:
    accepts = compile_acceptor({"type": "object", "properties": {"child": {"$ref": "#"}}})
    assert accepts({"child": {"child": {}}})
    assert not accepts({"child": {"child": 1}})
