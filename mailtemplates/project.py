"""Which settings and template folders hold for a template that a person names by its path."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from mailtemplates.errors import SettingsError
from mailtemplates.settings import Settings, read_settings


class Whereabouts(NamedTuple):
    """The settings that hold for a template, the folders it is found in, and its name there."""

    settings: Settings
    folders: tuple[Path, ...]
    name: str


def locate_template(template: str) -> Whereabouts:
    """Settings, folders and name of a template: of the settings' template folder, else of the file's own folder.

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
    return Whereabouts(here, (path.parent.resolve(),), path.name)


def _existing(settings: Settings, template: str) -> tuple[Path, ...]:
    folders = tuple(folder for folder in settings.paths(settings.templates) if folder.is_dir())
    if not folders:
        raise SettingsError(
            f"there is no template {template!r}, and no template folder {', '.join(settings.templates)!r}",
            cure="name a template file, or make a first one: mailtpl new welcome",
        )
    return folders
