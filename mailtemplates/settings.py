"""The settings of a project: ``[tool.mailtemplates]`` in ``pyproject.toml``, or ``mailtemplates.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from mailtemplates.errors import SettingsError
from mailtemplates.source import Location, nearest

FILE = "mailtemplates.toml"
PROJECT_FILE = "pyproject.toml"
TABLE = "mailtemplates"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project may set once. Paths are relative to the file they were read from, in ``folder``."""

    folder: Path = Path()
    templates: tuple[str, ...] = ("templates",)
    schemas: tuple[str, ...] = ()
    locales: str = "locales"
    locale: str = ""
    domain: str = "messages"
    extensions: tuple[str, ...] = ()
    sandbox: bool = False
    inliner: str = "css-inline"
    keep_style: Literal["rest", "all", "none"] = "rest"
    base_url: str = ""
    text_width: int = 72
    smtputf8: bool = True
    host: str = ""

    def paths(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        """Folder names of the settings as paths."""
        return tuple(self.folder / name for name in names)


_CHOICES = {"inliner": ("css-inline", "premailer"), "keep_style": ("rest", "all", "none")}


def read_settings(start: Path) -> Settings:
    """The settings that hold for a folder: the nearest settings file at or above it, else the defaults.

    :raises SettingsError: the file is not TOML, or has an unknown key or a value of the wrong kind.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        own = folder / FILE
        if own.is_file():
            return _settings(own, _toml(own))
        project = folder / PROJECT_FILE
        if project.is_file():
            table = _toml(project).get("tool", {}).get(TABLE)
            if table is not None:
                return _settings(project, table)
    return Settings(folder=start)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as bad:
        raise SettingsError(
            f"the settings are not TOML: {bad}", location=Location(str(path)), cure="mend the file"
        ) from None


def _settings(path: Path, table: Mapping[str, Any]) -> Settings:
    known = {entry.name for entry in fields(Settings)} - {"folder"}
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            similar = nearest(name, known)
            raise SettingsError(
                f"unknown setting {key!r}",
                location=Location(str(path)),
                cure=f"did you mean {similar!r}?" if similar else f"the settings are {', '.join(sorted(known))}",
            )
        values[name] = _checked(path, name, value)
    return replace(Settings(folder=path.parent), **values)


def _checked(path: Path, name: str, value: Any) -> Any:
    """The value in the kind that the setting has.

    :raises SettingsError: it is of another kind, or not one of the choices.
    """
    default = getattr(Settings(), name)
    if isinstance(default, tuple):
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(items)
        raise _wrong(path, name, "a string or an array of strings")
    if type(value) is not type(default):
        kinds = {str: "a string", bool: "true or false", int: "a whole number"}
        raise _wrong(path, name, kinds[type(default)])
    if value not in _CHOICES.get(name, (value,)):
        raise _wrong(path, name, f"one of {', '.join(_CHOICES[name])}")
    return value


def _wrong(path: Path, name: str, expected: str) -> SettingsError:
    return SettingsError(
        f"the setting {name!r} must be {expected}", location=Location(str(path)), cure="mend the settings file"
    )
