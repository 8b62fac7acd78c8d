"""The settings of a project: ``[tool.mailtemplates]`` in ``pyproject.toml``, or ``mailtemplates.toml``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mailtemplates.errors import SettingsError
from mailtemplates.source import Location, nearest

FILE = "mailtemplates.toml"
PROJECT_FILE = "pyproject.toml"
TABLE = "mailtemplates"
CLIENTS = ("gmail.*", "outlook.*", "apple-mail.*", "yahoo.*")
"""The mail clients that a message is for, when nothing else is said."""


class DkimSettings(NamedTuple):
    """One DKIM signature: ``[tool.mailtemplates.dkim]``, or an entry of the array of that name (RFC 6376).

    :param domain: whom the signature speaks for, its ``d=``; one organization's with the domain of From.
    :param selector: which key of that domain, its ``s=``.
    :param key: the path of a private key in PEM, RSA or Ed25519.
    :param sign: names of fields to sign beside the usual ones.
    :param oversign: names of fields that nobody may add on the way (RFC 6376 §8.15).
    """

    domain: str = ""
    selector: str = ""
    key: str = ""
    sign: tuple[str, ...] = ()
    oversign: tuple[str, ...] = ("From", "Subject")


class SmimeSettings(NamedTuple):
    """S/MIME: ``[tool.mailtemplates.smime]`` (RFC 8551). Without any of them nothing is signed and encrypted.

    :param certificate: the path of the sender's certificate in PEM; those of its issuers may follow in the file.
    :param key: the path of its private key in PEM.
    :param recipients: a folder of recipients' certificates, in PEM or DER: messages are encrypted to them.
    """

    certificate: str = ""
    key: str = ""
    recipients: str = ""


NO_SMIME = SmimeSettings()
_EMPTY: Mapping[str, Any] = {}


class Settings(NamedTuple):
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
    profile: Literal["transactional", "bulk"] = "transactional"
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = _EMPTY
    severity: Mapping[str, str] = _EMPTY
    fail_on: Literal["error", "warning", "info"] = "error"
    baseline: str = ""
    variants: int = 5
    clients: tuple[str, ...] = CLIENTS
    rules: Mapping[str, Mapping[str, Any]] = _EMPTY
    dkim: tuple[DkimSettings, ...] = ()
    smime: SmimeSettings = NO_SMIME
    transport: str = ""
    ledger: str = "outbox.db"

    def paths(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        """Folder names of the settings as paths."""
        return tuple(self.folder / name for name in names)

    @property
    def ledger_file(self) -> Path:
        """The file of the ledger."""
        return self.folder / self.ledger


_CHOICES = {
    "inliner": ("css-inline", "premailer"),
    "keep_style": ("rest", "all", "none"),
    "profile": ("transactional", "bulk"),
    "fail_on": ("error", "warning", "info"),
}


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
        if project.is_file() and TABLE.encode() in project.read_bytes():
            table = _toml(project).get("tool", {}).get(TABLE)
            if table is not None:
                return _settings(project, table)
    return Settings(folder=start)


def dump_settings(settings: Settings) -> str:
    """The settings as TOML, defaults too; paths are relative to the folder in the first line."""
    values = {name.replace("_", "-"): value for name, value in settings._asdict().items() if name != "folder"}
    plain = [f"{name} = {_written(value)}" for name, value in values.items() if not _is_table(value)]
    tables = [f"{name} = {_written(value)}" for name, value in values.items() if _is_table(value)]
    return "\n".join([f"# {settings.folder}", *plain, *tables])


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping | SmimeSettings)


def _written(value: Any) -> str:
    """A value as TOML writes it, tables inline."""
    if isinstance(value, DkimSettings | SmimeSettings):
        value = value._asdict()
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{json.dumps(key)} = {_written(entry)}' for key, entry in value.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | int) else json.dumps(str(value))


def _toml(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as bad:
        raise SettingsError(
            f"the settings are not TOML: {bad}", location=Location(str(path)), cure="mend the file"
        ) from None


def _settings(path: Path, table: Mapping[str, Any]) -> Settings:
    defaults = Settings(folder=path.parent)
    known = {name: value for name, value in defaults._asdict().items() if name != "folder"}
    return defaults._replace(**_values(path, table, known))


def _values(path: Path, table: Mapping[str, Any], defaults: Mapping[str, Any], section: str = "") -> dict[str, Any]:
    """What a table says, by the names of the settings; ``section`` is the table's own name with a dot.

    :raises SettingsError: a key is unknown, or a value of another kind than its default.
    """
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in defaults:
            similar = nearest(name, defaults)
            raise SettingsError(
                f"unknown setting {section + key!r}",
                location=Location(str(path)),
                cure=f"did you mean {section + similar!r}?" if similar else _listed(section, defaults),
            )
        values[name] = _checked(path, section + name, value, defaults[name])
    return values


def _listed(section: str, known: Iterable[str]) -> str:
    whose = f" of {section.rstrip('.')}" if section else ""
    return f"the settings{whose} are {', '.join(sorted(known))}"


def _checked(path: Path, name: str, value: Any, default: Any) -> Any:
    """The value in the kind that the setting has.

    :raises SettingsError: it is of another kind, or not one of the choices.
    """
    if name == "dkim":
        return _signatures(path, value)
    if isinstance(default, SmimeSettings):
        return SmimeSettings(**_values(path, _as_table(path, name, value), default._asdict(), f"{name}."))
    if isinstance(default, tuple):
        items = _strings(value)
        if items is None:
            raise _wrong(path, name, "a string or an array of strings")
        return items
    if isinstance(default, dict):
        return _checked_table(path, name, value)
    if type(value) is not type(default):
        kinds = {str: "a string", bool: "true or false", int: "a whole number"}
        raise _wrong(path, name, kinds[type(default)])
    if value not in _CHOICES.get(name, (value,)):
        raise _wrong(path, name, f"one of {', '.join(_CHOICES[name])}")
    return value


def _signatures(path: Path, value: Any) -> tuple[DkimSettings, ...]:
    """The signatures of a table, or of an array of tables. Each needs a domain, a selector and a key."""
    made = []
    for table in value if isinstance(value, list) else [value]:
        one = DkimSettings(**_values(path, _as_table(path, "dkim", table), DkimSettings()._asdict(), "dkim."))
        for name in ("domain", "selector", "key"):
            if not getattr(one, name):
                raise SettingsError(
                    f"a table dkim has no {name}",
                    location=Location(str(path)),
                    cure="write domain, selector and key: who signs, with which key, and the path of its file",
                )
        made.append(one)
    return tuple(made)


def _as_table(path: Path, name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(path, name, "a table")
    return value


def _strings(value: Any) -> tuple[str, ...] | None:
    items = [value] if isinstance(value, str) else value
    return tuple(items) if isinstance(items, list) and all(isinstance(item, str) for item in items) else None


def _checked_table(path: Path, name: str, given: Any) -> Mapping[str, Any]:
    """A table of strings, of arrays of strings, or of tables, by the setting."""
    value = _as_table(path, name, given)
    if name == "per_file_ignores":
        lists = {key: _strings(entry) for key, entry in value.items()}
        if None in lists.values():
            raise _wrong(path, name, "a table of arrays of strings")
        return lists
    kind, words = (dict, "a table of tables") if name == "rules" else (str, "a table of strings")
    if not all(isinstance(entry, kind) for entry in value.values()):
        raise _wrong(path, name, words)
    return value


def _wrong(path: Path, name: str, expected: str) -> SettingsError:
    return SettingsError(
        f"the setting {name!r} must be {expected}", location=Location(str(path)), cure="mend the settings file"
    )
