"""Which settings and template folders hold for a template that a person names by its path."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from mailtemplates.errors import SettingsError
from mailtemplates.pattern import pattern
from mailtemplates.settings import Settings, read_settings

_USED = pattern(rb"""\{%[-+]?\s*(?:extends|include|import|from)\s+["']([^"'\r\n\0]{1,200})["']""")
_CLIMB = 6


class Whereabouts(NamedTuple):
    """The settings that hold for a template, the folders it is found in, and its name there."""

    settings: Settings
    folders: tuple[Path, ...]
    name: str


def locate_template(template: str) -> Whereabouts:
    """Settings, folders and name of a template: of the settings' template folder, else of the folder it belongs to.

    That is the nearest folder above the file in which everything is that it extends, includes and imports; for a file
    that uses no other, the nearest one called ``templates``, else its own.

    :param template: a path, or a name in the template folder.
    :raises SettingsError: it is no file, and there is no template folder.
    """
    path = Path(template)
    here = read_settings(Path.cwd())
    if not path.is_file():
        return Whereabouts(here, _existing(here, template), path.as_posix())
    for settings in (here, read_settings(path.parent)):
        folders = tuple(folder.resolve() for folder in settings.paths(settings.templates) if folder.is_dir())
        for folder in folders:
            if path.absolute().is_relative_to(folder) or path.resolve().is_relative_to(folder):
                inside = path.absolute() if path.absolute().is_relative_to(folder) else path.resolve()
                return Whereabouts(settings, folders, inside.relative_to(folder).as_posix())
    root = _root(path.resolve())
    return Whereabouts(here, (root,), path.resolve().relative_to(root).as_posix())


def is_set_up(settings: Settings, folders: tuple[Path, ...]) -> bool:
    """Whether template folders are set up for this package: by a settings file, or with data contracts beside them."""
    if settings != Settings(folder=settings.folder):
        return True
    beside = [place / "schemas" for folder in folders for place in (folder, folder.parent)]
    return any(place.is_dir() for place in (*settings.paths(settings.schemas), *beside))


def _root(path: Path) -> Path:
    used = {name.decode("utf-8", "replace") for name in _USED.findall(path.read_bytes())}
    above = tuple(path.parents)[:_CLIMB]
    if used:
        return next((folder for folder in above if all((folder / name).is_file() for name in used)), path.parent)
    return next((folder for folder in above if folder.name == "templates"), path.parent)


def _existing(settings: Settings, template: str) -> tuple[Path, ...]:
    folders = tuple(folder for folder in settings.paths(settings.templates) if folder.is_dir())
    if not folders:
        raise SettingsError(
            f"there is no template {template!r}, and no template folder {', '.join(settings.templates)!r}",
            cure="name a template file, or make a first one: mailtpl new welcome",
        )
    return folders
