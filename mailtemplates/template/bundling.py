"""A schema with the files that it refers to, as one: what only follows references into itself sees everything.

Each file goes under ``$defs`` (JSON Schema 2020-12 §9.3), and references are written anew to point there.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

_PREFIX = "file "


def bundle(schema: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The schema with the files of its ``$ref``; itself when it refers to none.

    :param folder: where files are looked for, those of the folders in it too. A reference to anything else stays.
    """
    bundler = _Bundler(folder)
    root = bundler.rewritten(schema, "")
    if not bundler.files:
        return schema
    known = root.get("$defs")
    return {**root, "$defs": {**(known if isinstance(known, dict) else {}), **bundler.files}}


class _Bundler:
    """Files by their key under ``$defs``, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.files: dict[str, Any] = {}

    def rewritten(self, value: Any, file: str) -> Any:
        """A part of a file with its references written anew.

        :param file: its name; empty for the schema itself.
        """
        if isinstance(value, list):
            return [self.rewritten(item, file) for item in value]
        if not isinstance(value, dict):
            return value
        made = {name: self.rewritten(item, file) for name, item in value.items()}
        if isinstance(reference := value.get("$ref"), str):
            made["$ref"] = self._reference(reference, file)
        return made

    def _reference(self, reference: str, file: str) -> str:
        name, hash_, pointer = reference.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), name)) if name else file
        if not target or ":" in name or (pointer and not pointer.startswith("/")) or not self._load(target):
            return reference
        key = f"{_PREFIX}{target}".replace("~", "~0").replace("/", "~1")
        return f"#/$defs/{key}{pointer if hash_ else ''}"

    def _load(self, name: str) -> bool:
        """Read a file; whether there is one."""
        key = f"{_PREFIX}{name}"
        if key in self.files:
            return True
        path = self._folder.joinpath(*PurePosixPath(name).parts).resolve()
        if not path.is_relative_to(self._folder):
            return False
        try:
            content = json.loads(path.read_bytes().decode("utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            return False
        self.files[key] = True  # it may refer to itself
        self.files[key] = self.rewritten(content, name)
        return True
