"""Compiled templates in the cache folder."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from mailtemplates.inlining.planstore import FileStore


class _Bytecode(BytecodeCache):
    """Compiled templates, apart by set of extensions."""

    def __init__(self, store: FileStore, apart: str) -> None:
        self._store = store
        self._apart = apart

    def get_cache_key(self, name: str, filename: str | Path | None = None) -> str:
        told = f"{self._apart}\0{name}\0{filename}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(told).hexdigest()[:40]

    def load_bytecode(self, bucket: Bucket) -> None:
        octets = self._store.get(bucket.key)
        if octets is not None:
            bucket.load_bytecode(io.BytesIO(octets))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._store.put(bucket.key, bucket.bytecode_to_string())


def bytecode_cache(folder: Path, apart: str) -> BytecodeCache:
    """A Jinja bytecode cache in the cache folder; ``apart`` separates what is compiled differently from one source."""
    return _Bytecode(FileStore(folder / "bytecode", 5000, ".jinja"), apart)
