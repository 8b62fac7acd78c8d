"""Compiled templates in the cache folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class _Bytecode(FileSystemBytecodeCache):
    """Compiled templates, apart by set of extensions."""

    def get_cache_key(self, name: str, filename: str | Path | None = None) -> str:
        return hashlib.sha256(f"{self._apart}\0{name}\0{filename}".encode()).hexdigest()[:40]

    def __init__(self, folder: Path, apart: str) -> None:
        super().__init__(str(folder), "%s.jinja")
        self._apart = apart

    def dump_bytecode(self, bucket: Bucket) -> None:
        try:
            super().dump_bytecode(bucket)
        except OSError:
            return


def bytecode_cache(folder: Path, apart: str) -> FileSystemBytecodeCache | None:
    """A Jinja bytecode cache in the cache folder; ``apart`` separates what is compiled differently from one source."""
    inner = folder / "bytecode"
    try:
        inner.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    return _Bytecode(inner, apart)
