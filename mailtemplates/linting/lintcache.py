"""What the linter found before: results by the content of files, the settings and the package's own code.

One JSON file holds the results of one working folder and settings. A file's result is known by its content;
its size and times spare reading it. What is damaged, or of another version, is unknown.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailtemplates.digest import digest_of
from mailtemplates.inlining.planstore import FileStore
from mailtemplates.settings import Settings
from mailtemplates.version import VERSION

if TYPE_CHECKING:
    from mailtemplates.linting.diagnostic import Diagnostic

_STORES = 64
_ENTRIES = 20_000
_FINDINGS = 2_000
_FRESH = 2_000_000_000
"""Nanoseconds after which a file that is changed once more surely has another time."""

ELSEWHERE = frozenset(
    {"catching", "cli", "delivery", "doctor", "failures", "ledger", "merging"}
    | {"outbox", "reports", "skeleton", "smtp", "transports"}
)
"""Folders of the package that no finding depends on: nothing that judges or renders imports them."""

Stamp = list[int]


class LintCache:
    """The results of runs with the same settings in the same folder; in memory only when there is no folder.

    :param folder: of the caches.
    :param settings: with everything that decides what is found.
    :param inline_ignores: whether comments in templates turn rules off.
    """

    def __init__(self, folder: Path | None, settings: Settings, *, inline_ignores: bool = True) -> None:
        self._store = FileStore(folder / "lint", _STORES) if folder else None
        self._key = _run_key(settings, inline_ignores) if folder else ""
        self._entries = self._load()
        self._changed = False

    def knows(self, path: str, stamp: Stamp | None) -> bool:
        """Whether it is known what was found in a file that has not changed since."""
        entry = self._entries.get(path)
        return entry is not None and stamp is not None and entry.get("stamp") == stamp

    def digest(self, path: str) -> str:
        """The digest of the content that a file is known with; empty when it is not known."""
        return str(self._entries.get(path, {}).get("digest", ""))

    def recall(self, path: str, digest: str, stamp: Stamp | None = None) -> list[Diagnostic] | None:
        """What was found in a file of that content; None when that is not known."""
        entry = self._entries.get(path)
        if not digest or not entry or entry.get("digest") != digest:
            return None
        if stamp is not None:
            entry["stamp"] = stamp
            self._changed = True
        return _found(entry)

    def remember(self, path: str, digest: str, found: Iterable[Diagnostic], stamp: Stamp | None = None) -> None:
        """Keep what was found in a file; nothing when its digest is empty."""
        rows = [_row(one) for one in found]
        if digest and len(rows) <= _FINDINGS:
            self._entries.pop(path, None)
            self._entries[path] = {"digest": digest, "stamp": stamp, "found": rows}
            self._changed = True

    def save(self) -> None:
        """Write what is new; the oldest entries leave when there are too many."""
        if self._store is None or not self._changed:
            return
        kept = dict(list(self._entries.items())[-_ENTRIES:])
        self._store.put(self._key, json.dumps(kept, separators=(",", ":")).encode())
        self._changed = False

    def _load(self) -> dict[str, dict[str, Any]]:
        """The entries; none when the file is not, octet for octet, what was written."""
        octets = self._store.get(self._key) if self._store else None
        return json.loads(octets) if octets else {}


def stamp_of(stat: os.stat_result) -> Stamp | None:
    """What changes when a file is written; None when it was written just now, and may be once more unnoticed."""
    if abs(time.time_ns() - stat.st_mtime_ns) < _FRESH:
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _run_key(settings: Settings, inline_ignores: bool) -> str:
    """A name for everything but the files that decides what is found."""
    deciding = settings._replace(fail_on="error", baseline="")
    pieces = (VERSION, sys.version, str(Path.cwd()), repr((deciding, inline_ignores)), repr(sorted(_code())))
    return digest_of(*(piece.encode("utf-8", "surrogateescape") for piece in pieces))


def _code() -> Iterator[tuple[str, int, int]]:
    """The package's own files that a finding may depend on, and the folders of installed packages, with sizes and
    times."""
    home = str(Path(__file__).parent.parent)
    folders, passed = [home], {f"{home}{os.sep}{name}" for name in ELSEWHERE}
    while folders:
        for entry in os.scandir(folders.pop()):
            if entry.name.endswith((".pyc", "__pycache__")) or entry.path in passed:
                continue
            if entry.is_dir():
                folders.append(entry.path)
            else:
                stat = entry.stat()
                yield entry.path, stat.st_size, stat.st_mtime_ns
    for path in sys.path:
        if path.endswith("-packages"):
            yield path, 0, Path(path).stat().st_mtime_ns if Path(path).is_dir() else 0


def _row(one: Diagnostic) -> list[Any]:
    """A finding as JSON keeps it; octets as Latin-1."""
    fix = one.fix and [one.fix.safe, [[*edit.span, edit.octets.decode("latin-1")] for edit in one.fix.edits]]
    return [
        one.code, one.name, one.severity, one.message, one.path, one.line, one.column, one.end_line, one.end_column,
        one.help, one.sample, one.reference, one.source, list(one.mark), fix, one.related,
    ]  # fmt: skip


def _found(entry: dict[str, Any]) -> list[Diagnostic]:
    """The findings of an entry."""
    rows = entry["found"]
    if not rows:
        return []
    from mailtemplates.finding import Edit, Fix
    from mailtemplates.linting.diagnostic import Diagnostic
    from mailtemplates.span import Span

    found = []
    for row in rows:
        mark, fix, related = row[-3:]
        edits = fix and tuple(Edit(Span(start, end), octets.encode("latin-1")) for start, end, octets in fix[1])
        mended = Fix(edits, fix[0]) if fix else None
        found.append(Diagnostic(*(*row[:-3], tuple(mark), mended, related)))
    return found
