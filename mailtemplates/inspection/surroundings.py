"""What a template's message is made of beside the template: the files of its project, as names for the cache.

A layout, a schema, a catalog, an image or the settings change what is found in a template.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from mailtemplates.digest import digest_of
from mailtemplates.linting.lintcache import Stamp, stamp_of
from mailtemplates.project import locate_template
from mailtemplates.settings import Settings

_FILES = 2_000
_OCTETS = 1 << 26


class _File(NamedTuple):
    path: str
    stat: os.stat_result


class Surroundings:
    """The files that templates of one folder may use, looked at once."""

    def __init__(self, template: str) -> None:
        self._settings, folders, _ = locate_template(template)
        self._folders = _folders(self._settings, folders)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Surroundings) and (self._folders, self._settings) == (other._folders, other._settings)

    def __hash__(self) -> int:
        return hash(tuple(self._folders))

    @cached_property
    def _files(self) -> list[_File] | None:
        """All files; None when they are too many to look at, or when Python code of the project takes part."""
        if self._settings.extensions:
            return None
        found: dict[str, _File] = {}
        octets = 0
        for folder in self._folders:
            for file in _walk(str(folder)):
                octets += file.stat.st_size
                found[file.path] = file
                if len(found) > _FILES or octets > _OCTETS:
                    return None
        return [found[path] for path in sorted(found)]

    @cached_property
    def stamp(self) -> Stamp | None:
        """A stamp of all files together; None when one was written just now, or they are too many."""
        stamps = [(file.path, stamp_of(file.stat)) for file in self._files or ()]
        if self._files is None or any(stamp is None for _, stamp in stamps):
            return None
        return [int(digest_of(repr((self._settings, stamps)).encode("utf-8", "surrogateescape"))[:15], 16)]

    @property
    def times(self) -> list[tuple[str, int, int]]:
        """Sizes and times of the files, to see changes by."""
        return [(file.path, file.stat.st_size, file.stat.st_mtime_ns) for file in self._files or ()]

    @cached_property
    def digest(self) -> str:
        """A name for the content of all files; empty when they are too many."""
        if self._files is None:
            return ""
        pieces = [repr(self._settings).encode("utf-8", "surrogateescape")]
        for path, _ in self._files:
            try:
                pieces += [os.fsencode(path), Path(path).read_bytes()]
            except OSError:
                return ""
        return digest_of(*pieces)


def _folders(settings: Settings, folders: tuple[Path, ...]) -> list[Path]:
    """Template, schema and catalog folders."""
    beside = [
        place / name
        for folder in folders
        for place in (folder, folder.parent)
        for name in ("schemas", settings.locales)
    ]
    return [*folders, *settings.paths(settings.schemas), *beside]


def _walk(folder: str) -> Iterator[_File]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if not entry.is_dir(follow_symlinks=False):
                yield _File(entry.path, entry.stat())
            elif not entry.name.startswith("."):
                yield from _walk(entry.path)
        except OSError:
            continue
