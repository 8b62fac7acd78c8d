"""The data contract of a template: a JSON Schema (2020-12) with samples.

``schemas/welcome.json`` belongs to ``welcome.j2``. Its root ``examples`` are the sample data. Most data is right, so
a schema is compiled once to a quick test that accepts what is surely valid (:mod:`~mailtemplates.template.acceptor`);
everything else is judged, and explained, by the jsonschema library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mailtemplates.errors import DataError
from mailtemplates.source import Location, nearest, shown
from mailtemplates.template.acceptor import FORMATS, Acceptor, compile_acceptor

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Contract:
    """A schema file, read. ``accepts`` is True for data that is surely valid."""

    path: str
    folder: Path
    schema: Mapping[str, Any]
    accepts: Acceptor

    @property
    def examples(self) -> Sequence[Any]:
        """The sample data: the root ``examples`` of the schema."""
        samples = self.schema.get("examples", ())
        return samples if isinstance(samples, list) else ()

    def check(self, data: Mapping[str, Any], template: str) -> None:
        """Validate data for a template.

        :raises DataError: naming each path in the data, what was expected, the template and the schema.
        """
        faults = self.faults(data)
        if faults:
            raise _violation(faults, template, self.path)

    def faults(self, data: Any) -> list[str]:
        """What breaks the contract: each path in the data with what was expected; empty when nothing does.

        :raises DataError: the schema itself is wrong.
        """
        return [] if self.accepts(data) else self._explain(data)

    def _explain(self, data: Any) -> list[str]:
        from jsonschema.exceptions import SchemaError
        from referencing.exceptions import Unresolvable

        validator = _validator(self)
        try:
            validator.check_schema(self.schema)
            faults = sorted(validator.iter_errors(data), key=lambda fault: list(map(str, fault.absolute_path)))
        except SchemaError as bad:
            raise DataError(
                f"the schema is not valid: {bad.message} (at {bad.json_path})",
                location=Location(self.path),
                cure="mend the schema",
            ) from None
        except Unresolvable as bad:
            raise DataError(
                f"the schema refers to {bad.ref!r}, which is not there",
                location=Location(self.path),
                cure="a $ref names a place in the schema (#/$defs/…) or a file beside it; nothing is fetched",
            ) from None
        return [_describe(fault) for fault in faults]


def _violation(lines: list[str], template: str, schema: str) -> DataError:
    first = lines[:_SHOWN]
    if len(lines) > _SHOWN:
        first.append(f"and {len(lines) - _SHOWN} more")
    return DataError(
        f"the data breaks the contract of {template} ({schema}):\n  " + "\n  ".join(first),
        cure="mend the data, or the schema when it asks for too much",
    )


def _describe(fault: Any) -> str:
    """One line for one violation: the path in the data, what was expected, what is there."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault.absolute_path).lstrip(".")
    where = f"data.{path}" if path and not path.startswith("[") else f"data{path}"
    found = _brief(fault.instance)
    match fault.validator:
        case "type":
            kinds = fault.validator_value
            expected = kinds if isinstance(kinds, str) else " or ".join(kinds)
            return f"{where}: expected {expected}, got {found}"
        case "required":
            name = fault.message.split("'")[1]
            return f"{where}: {name!r} is missing{_hint(name, fault.instance)}"
        case "additionalProperties" if isinstance(fault.instance, dict):
            known = fault.schema.get("properties", {})
            extra = [name for name in fault.instance if name not in known]
            return f"{where}: {_listed(extra)} not expected{_hint(extra[0], known) if extra else ''}"
        case "format":
            return f"{where}: expected a string in the format {fault.validator_value!r}, got {found}"
        case "enum":
            return f"{where}: expected one of {', '.join(map(_brief, fault.validator_value))}, got {found}"
    return f"{where}: {_cut(fault.message, 200)}"


def _hint(name: str, known: Any) -> str:
    similar = nearest(name, map(str, known)) if isinstance(known, Mapping) else None
    return f" (did you mean {similar!r}?)" if similar else ""


def _listed(names: list[str]) -> str:
    return f"{', '.join(map(repr, names[:5]))} {'is' if len(names) == 1 else 'are'}"


def _brief(value: object) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=repr), 60)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _validator(contract: Contract) -> Any:
    """The library's validator. A web app's data may hold any mapping, tuples and decimals, not only what JSON has."""
    from decimal import Decimal

    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.validators import extend
    from referencing import Registry, Resource
    from referencing.exceptions import NoSuchResource
    from referencing.jsonschema import DRAFT202012

    checker = FormatChecker(formats=())
    for name, test in FORMATS.items():
        checker.checks(name)(test)

    def retrieve(uri: str) -> Any:
        path = contract.folder.joinpath(*PurePosixPath(uri).parts)
        if ":" in uri or not path.is_file() or not path.resolve().is_relative_to(contract.folder.resolve()):
            raise NoSuchResource(uri)
        return Resource.from_contents(_load(path), default_specification=DRAFT202012)

    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "object": lambda _checker, value: isinstance(value, Mapping),
            "array": lambda _checker, value: isinstance(value, list | tuple),
            "number": lambda _checker, value: isinstance(value, int | float | Decimal) and not isinstance(value, bool),
        }
    )
    # The two libraries leave these two calls untyped.
    kind: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    registry: Any = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    return kind(dict(contract.schema), registry=registry, format_checker=checker)


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as bad:
        line = getattr(bad, "lineno", 0)
        raise DataError(
            f"the schema is not JSON: {bad}",
            location=Location(shown(path), line, getattr(bad, "colno", 0)),
            cure="mend the schema file",
        ) from None


def read_contract(path: Path) -> Contract:
    """Read a schema file.

    :raises DataError: the file is not JSON, or its root is no object.
    """
    schema = _load(path)
    if not isinstance(schema, dict):
        raise DataError("the schema is no object", location=Location(shown(path)), cure="mend the schema file")
    return Contract(shown(path), path.parent, schema, compile_acceptor(schema))


def schema_names(template: str) -> list[str]:
    """The file names under which a template's schema may stand, best first: ``a/b.html.j2`` → ``a/b.html.json``,
    ``a/b.json``."""
    path = PurePosixPath(template)
    names = []
    while path.suffix:
        path = path.with_suffix("")
        names.append(f"{path}.json")
    return names or [f"{path}.json"]


def find_contract(template: str, folders: Sequence[Path]) -> Path | None:
    """The schema file of a template name in the schema folders; None when it has none."""
    for name in schema_names(template):
        for folder in folders:
            path = folder / name
            if path.is_file():
                return path
    return None
