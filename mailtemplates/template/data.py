"""Data for a template: JSON from a file, values set by path."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from mailtemplates.errors import DataError, SettingsError
from mailtemplates.pattern import pattern
from mailtemplates.source import Location, Source
from mailtemplates.template.wrongcharset import undecodable

_STEP = pattern(r"([^.\[\]]+)|\[(\d+)\]")


def read_data(octets: bytes, path: str) -> dict[str, Any]:
    """The object in a JSON text (RFC 8259), which must be UTF-8; a byte order mark is dropped.

    :param path: what the text is called in errors.
    :raises DataError: not UTF-8 (with the charset that it looks like), not JSON, or not an object.
    """
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        fault = undecodable(path, octets)
        raise DataError(
            fault.problem, location=fault.location, source_line=fault.source_line, cure=fault.cure
        ) from None
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as bad:
        source = Source(path, text)
        raise DataError(
            f"the data is not JSON: {bad.msg}",
            location=source.locate(bad.pos),
            source_line=source.line(bad.lineno),
            cure="mend the JSON; a linter or `python -m json.tool` shows the place too",
        ) from None
    except RecursionError:
        raise DataError("the data is nested too deeply", location=Location(path), cure="flatten it") from None
    except ValueError as bad:
        raise DataError(f"the data is not JSON: {bad}", location=Location(path), cure="mend the JSON") from None
    return check_object(value, path, text)


def check_object(value: Any, path: str, text: str = "") -> dict[str, Any]:
    """The value, when it is an object.

    :param text: its JSON, for the place in the error.
    :raises DataError: it is not.
    """
    if not isinstance(value, dict):
        raise DataError(
            f"the data is {_kind(value)}, not an object",
            location=Location(path, 1, 1),
            source_line=text.split("\n", 1)[0],
            cure='the top level must be an object: {"name": value, …}',
        )
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "a boolean"}
    return names.get(type(value), "null")


def set_value(data: dict[str, Any], assignment: str) -> None:
    """Set one value of the data from ``path=value``: ``user.name=Ann``, ``items[0].price=3``, ``vip=true``.

    A value that reads as JSON is that value, anything else is a string (``'"007"'`` with its quotes is the string
    ``007``). Objects on the way are made; an array may grow by one element.

    :raises SettingsError: the assignment has no ``=`` or no path, or the path runs through a value.
    """
    path, equals, text = assignment.partition("=")
    steps = steps_of(path.strip())
    if not equals or not steps:
        raise SettingsError(f"{assignment!r} sets nothing", cure="write it as path=value: --set user.name=Ann")
    target: Any = data
    for step, following in pairwise(steps):
        target = _enter(target, step, {} if isinstance(following, str) else [], path)
    _assign(target, steps[-1], _value(text), path)


def steps_of(path: str) -> list[str | int]:
    """The keys and indexes of a path such as ``items[0].price``; empty when it is not one."""
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if not match:
            return []
        steps.append(match[1] if match[1] is not None else int(match[2]))
        at = match.end()
        if at < len(path) and path[at] == ".":
            at += 1
            if at == len(path):
                return []
    return steps


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _enter(target: Any, step: str | int, fresh: Any, path: str) -> Any:
    if isinstance(target, dict) and isinstance(step, str):
        return target.setdefault(step, fresh)
    if isinstance(target, list) and isinstance(step, int) and step <= len(target):
        if step == len(target):
            target.append(fresh)
        return target[step]
    raise _no_way(path, step)


def _assign(target: Any, step: str | int, value: Any, path: str) -> None:
    if isinstance(target, dict) and isinstance(step, str):
        target[step] = value
    elif isinstance(target, list) and isinstance(step, int) and step <= len(target):
        target[step : step + 1] = [value]
    else:
        raise _no_way(path, step)


def _no_way(path: str, step: str | int) -> SettingsError:
    return SettingsError(
        f"--set {path}: there is no place {step!r} in the data", cure="check the path against the data"
    )
