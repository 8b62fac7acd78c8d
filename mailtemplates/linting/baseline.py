"""A baseline: how many findings of each rule each file may keep, so that only new ones are reported.

A JSON file ``{path: {rule: count}}``, sorted, a count a line; paths are relative to its folder. When a file
has more findings of a rule than the baseline allows, all of them are shown, because nobody can tell which are new.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailtemplates.errors import SettingsError
from mailtemplates.linting.diagnostic import Diagnostic

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The counts, and the folder that their paths are relative to."""

    folder: Path
    counts: Counts

    def new(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The findings that the baseline does not allow."""
        found = list(diagnostics)
        present = self._count(found)
        kept = []
        for one in found:
            key = self._key(one.path)
            if present[key][one.name] > self._allowed(key).get(one.name, 0):
                kept.append(one)
        return kept

    def unused(self, diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> int:
        """How many allowed findings of the files are gone."""
        present = self._count(diagnostics)
        keys = {self._key(path) for path in files}
        return sum(max(0, allowed - present[key][name]) for key in keys for name, allowed in self._allowed(key).items())

    def written(self, diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> Baseline:
        """A baseline that allows what is found in the files; what it allows in other files stays."""
        judged = {self._key(path) for path in files}
        others = {path: allowed for path, allowed in self.counts.items() if path not in judged}
        return Baseline(self.folder, {**others, **self._count(diagnostics)})

    def pruned(self, diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> Baseline:
        """The baseline without what is gone from the files, and without files that do not exist any more."""
        present = self._count(diagnostics)
        judged = {self._key(path) for path in files}
        counts: dict[str, Mapping[str, int]] = {}
        for key, allowed in self.counts.items():
            if key in judged:
                counts[key] = {name: min(count, present[key][name]) for name, count in allowed.items()}
            elif (self.folder / key).exists():
                counts[key] = allowed
        return Baseline(self.folder, counts)

    def dump(self) -> str:
        """The baseline's file: sorted, without what is nought."""
        counts = {
            path: {name: count for name, count in sorted(rules.items()) if count}
            for path, rules in sorted(self.counts.items())
            if any(rules.values())
        }
        return json.dumps(counts, indent=2, ensure_ascii=False) + "\n"

    def _allowed(self, key: str) -> Mapping[str, int]:
        return self.counts.get(key) or {}

    def _count(self, diagnostics: Iterable[Diagnostic]) -> defaultdict[str, Counter[str]]:
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in diagnostics:
            counts[self._key(one.path)][one.name] += 1
        return counts

    def _key(self, path: str) -> str:
        """A path of a finding, relative to the working folder, as the baseline names it."""
        if path.startswith("<"):
            return path
        return Path(os.path.relpath(path, self.folder)).as_posix()


def read_baseline(path: Path, *, missing_is_empty: bool = False) -> Baseline:
    """The baseline of a file.

    :param missing_is_empty: whether a file that does not exist is a baseline that allows nothing.
    :raises SettingsError: the file cannot be read, or is no baseline.
    """
    folder = path.absolute().parent
    try:
        counts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if missing_is_empty:
            return Baseline(folder, {})
        raise SettingsError(f"there is no baseline {str(path)!r}", cure="make one with --write-baseline") from None
    except (OSError, ValueError, RecursionError) as bad:
        raise SettingsError(f"cannot read the baseline {str(path)!r}: {bad}", cure=_CURE) from None
    if not _is_counts(counts):
        raise SettingsError(f"{str(path)!r} is no baseline", cure=_CURE)
    return Baseline(folder, counts)


_CURE = "mend the file, or make a new one with --write-baseline"


def _is_counts(value: object) -> bool:
    tables: Sequence[object] = list(value.values()) if isinstance(value, dict) else [None]
    return all(isinstance(one, dict) and all(type(count) is int for count in one.values()) for one in tables)
