"""The files that a command line names: files, folders, globs, standard input.

In a folder, and in the folders below it that are neither hidden nor filled by tools, files with a message's or
a template's suffix are meant. A file that is named itself is meant whatever its suffix.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mailtemplates.errors import SettingsError
from mailtemplates.pattern import pattern
from mailtemplates.settings import Settings

MESSAGE_SUFFIXES = (".eml",)
TEMPLATE_SUFFIXES = (".j2", ".jinja", ".jinja2")
_HTML_SUFFIXES = (".html", ".htm", ".xhtml")
_TEXT_SUFFIX = ".txt"
_SKIPPED = frozenset({"node_modules", "build", "dist", "venv", "__pycache__"})
_HEADER = pattern(rb"(?:>?From [^\r\n]*\r?\n)?[!-9;-~]+[ \t]*:")
_JINJA = pattern(rb"\{[{%#]")
_HEAD = 1 << 16

STDIN = "-"


def find_files(names: Iterable[str]) -> list[str]:
    """The paths that are meant, each once, with forward slashes; relative ones stay relative. ``-`` stays ``-``.

    :raises SettingsError: a name, a folder or a glob matches nothing.
    """
    found: dict[str, None] = {}
    for name in names:
        paths = [STDIN] if name == STDIN else [_shown(path) for path in _matches(name)]
        if not paths:
            raise SettingsError(f"{name!r} matches no file to lint", cure=_cure(name))
        found.update(dict.fromkeys(paths))
    return list(found)


def template_folders(settings: Settings) -> list[str]:
    """The folders that are meant when none is named.

    :raises SettingsError: there are none.
    """
    folders = [os.path.relpath(folder) for folder in settings.paths(settings.templates) if folder.is_dir()]
    if not folders:
        named = ", ".join(settings.templates)
        raise SettingsError(f"there is nothing to lint: no template folder {named!r}", cure="name files or folders")
    return folders


def _matches(name: str) -> Iterator[str]:
    """The files of one name, a folder's in the order of their paths."""
    if os.path.isdir(name):  # noqa: PTH112 - with a glob's results as text this is twice as fast
        yield from _walk(name)
    elif os.path.lexists(name):
        yield name
    elif any(char in name for char in "*?["):
        from glob import glob

        any_suffix = "." in name.rpartition("/")[2]
        skipped = _SKIPPED.difference(Path(name).parts)
        for match in sorted(glob(name, recursive=True)):  # noqa: PTH207 - names as they were written
            if not skipped.isdisjoint(Path(match).parts[:-1]):
                continue
            if os.path.isdir(match):  # noqa: PTH112 - as above
                yield from _walk(match) if "**" not in name else ()
            elif any_suffix or _has_suffix(match):
                yield match


def _walk(folder: str) -> Iterator[str]:
    """Messages and templates in a folder and its folders; a folder that cannot be read has none."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                yield from _walk(entry.path)
        elif _has_suffix(entry.name):
            yield entry.path


def _has_suffix(name: str) -> bool:
    return name.lower().endswith(MESSAGE_SUFFIXES + TEMPLATE_SUFFIXES)


def _shown(path: str) -> str:
    """The path as findings name it: relative when it lies below the working folder."""
    path = os.path.normpath(path)
    if os.path.isabs(path):  # noqa: PTH117 - paths are texts here
        here = str(Path.cwd())
        path = path[len(here) :].lstrip(os.sep) if path.startswith(here + os.sep) else path
    return path.replace(os.sep, "/")


def _cure(name: str) -> str:
    suffixes = ", ".join(MESSAGE_SUFFIXES + TEMPLATE_SUFFIXES)
    if Path(name).is_dir():
        return f"name a folder with files that end in {suffixes}, or the files themselves"
    return "name files, folders or globs that exist"


def is_template(name: str, octets: bytes) -> bool:
    """Whether a file is a template, by its suffix; else by its beginning: a message begins with header fields.

    A text that does not is one too, that of a message which needs no data.
    """
    lower = name.lower()
    if lower.endswith(MESSAGE_SUFFIXES):
        return False
    if lower.endswith((*TEMPLATE_SUFFIXES, *_HTML_SUFFIXES)):
        return True
    if _HEADER.match(octets):
        return False
    return bool(_JINJA.search(octets, 0, _HEAD)) or (lower.endswith(_TEXT_SUFFIX) and bool(octets))
