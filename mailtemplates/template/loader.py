"""The folders of an engine: templates, and the files that templates attach. Nothing outside them is ever read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    TemplateNotFound,
)
from jinja2.loaders import split_template_path

from mailtemplates.errors import AttachmentError, SettingsError
from mailtemplates.message.attachment import Attachment
from mailtemplates.source import nearest_path, shown

_KEPT_FILES = 256
_KEPT_OCTETS = 32 * 1024 * 1024


class TemplateFolders(BaseLoader):
    """Loads templates from folders, in order. A name that leaves them through ``..`` or a link is not found."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folder.resolve() for folder in folders)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The text, the path and the freshness test of a template (Jinja's loader protocol).

        :raises UnicodeDecodeError: the file is not UTF-8; a byte order mark is dropped.
        """
        path = self.find(template)
        octets = path.read_bytes()
        name = str(path)
        mark = _mark(name)
        return octets.decode("utf-8-sig"), shown(path), lambda: _mark(name) == mark

    def find(self, name: str) -> Path:
        """The file of a template name.

        :raises jinja2.TemplateNotFound: there is none inside the folders.
        """
        parts = split_template_path(name)
        for folder in self.folders:
            path = folder.joinpath(*parts)
            if path.is_file() and path.resolve().is_relative_to(folder):
                return path
        raise TemplateNotFound(name)

    def list_templates(self) -> list[str]:
        """The names of all files in the folders."""
        return sorted({path.relative_to(folder).as_posix() for folder in self.folders for path in _files(folder)})


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _mark(path: str | Path) -> tuple[int, int] | None:
    """What changes when a file is written anew; None when the file is gone."""
    try:
        stat = os.stat(path)  # noqa: PTH116 (at every render, and Path.stat takes three times as long)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def folders_of(loader: BaseLoader | None) -> tuple[Path, ...]:
    """The folders that a Jinja loader reads from; empty for loaders that have none."""
    match loader:
        case TemplateFolders():
            return loader.folders
        case FileSystemLoader():
            return tuple(Path(folder).resolve() for folder in loader.searchpath)
        case PackageLoader():
            return (Path(loader._template_root).resolve(),)
        case ChoiceLoader():
            return tuple(folder for inner in loader.loaders for folder in folders_of(inner))
        case PrefixLoader():
            return tuple(folder for inner in loader.mapping.values() for folder in folders_of(inner))
    inner: Any = getattr(loader, "loader", None) or getattr(getattr(loader, "app", None), "jinja_loader", None)
    return folders_of(inner) if isinstance(inner, BaseLoader) else ()


class Files:
    """The files that templates may attach or read styles from: those inside the given folders.

    Thread-safe. Keeps up to 256 files or 32 MiB of attachments in memory, read again when they change.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self._kept: dict[tuple[Any, ...], tuple[Any, Attachment]] = {}
        self._octets = 0

    def path(self, name: str) -> Path:
        """The file of a path as a template writes it: relative to a template folder, with forward slashes.

        :raises AttachmentError: it does not exist, is no file, or leaves the folders through ``..`` or a link.
        """
        wanted = PurePosixPath(name.replace("\\", "/"))
        outside = wanted.is_absolute() or ".." in wanted.parts
        for folder in self.folders if not outside else ():
            path = folder.joinpath(*wanted.parts)
            if not path.is_file():
                continue
            if path.resolve().is_relative_to(folder):
                return path
            outside = True
        if outside:
            raise AttachmentError(
                f"the file {name!r} lies outside the template folders",
                cure="move it into a template folder and name it relative to that folder",
            )
        raise AttachmentError(f"there is no file {name!r} in the template folders", cure=self._cure(name))

    def _cure(self, name: str) -> str:
        known = [path.relative_to(folder).as_posix() for folder in self.folders for path in _files(folder)]
        similar = nearest_path(name, known)
        if similar:
            return f"did you mean {similar!r}?"
        if not self.folders:
            return "give the engine a folder, or octets with filename='…'"
        return f"put it there, or mend its path, which begins in {' or '.join(map(shown, self.folders))}"

    def attachment(
        self,
        what: str | bytes | Attachment,
        *,
        filename: str | None = None,
        media_type: str | None = None,
        inline: bool = False,
    ) -> Attachment:
        """The attachment for a path inside the folders, for octets with a file name, or one that is made already."""
        disposition = "inline" if inline else "attachment"
        if isinstance(what, Attachment):
            return what.inlined() if inline else what
        if isinstance(what, bytes | bytearray):
            if not filename:
                raise AttachmentError("octets to attach have no file name", cure="give filename='…' with them")
            return Attachment.from_bytes(bytes(what), filename=filename, media_type=media_type, disposition=disposition)
        name = str(what)  # an undefined name is an error here
        if not isinstance(what, str | PurePath):
            raise AttachmentError(
                f"{what!r} is no path of a file", cure="give a path inside the template folders, or octets (bytes)"
            )
        path = self.path(name)
        key = (path, filename, media_type, inline)
        mark = _mark(path)
        kept = self._kept.get(key)
        if kept and kept[0] == mark:
            return kept[1]
        part = Attachment.from_path(path, filename=filename, media_type=media_type, disposition=disposition)
        self._keep(key, mark, part)
        return part

    def _keep(self, key: tuple[Any, ...], mark: Any, part: Attachment) -> None:
        if len(self._kept) >= _KEPT_FILES or self._octets + len(part.content) > _KEPT_OCTETS:
            self._kept.clear()
            self._octets = 0
        if len(part.content) <= _KEPT_OCTETS:
            self._kept[key] = (mark, part)
            self._octets += len(part.content)

    def text(self, name: str) -> str:
        """The text of a stylesheet inside the folders, UTF-8.

        :raises AttachmentError: as :meth:`path`, or the file is not UTF-8.
        """
        path = self.path(name)
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise AttachmentError(f"{shown(path)} is not UTF-8", cure="save it as UTF-8") from None


def template_folders(folders: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The folders as existing paths.

    :raises SettingsError: one of them is no folder.
    """
    given = [folders] if isinstance(folders, str | Path) else list(folders)
    for folder in map(Path, given):
        if not folder.is_dir():
            raise SettingsError(f"there is no template folder {str(folder)!r}", cure="create it, or name the right one")
    return tuple(Path(folder).resolve() for folder in given)
