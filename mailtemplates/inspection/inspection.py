"""Files judged: each once, from the cache where it is known and by the linter where it is not.

The linter and its rules are imported when the first file is not known, so that a run over unchanged files costs next
to nothing.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mailtemplates.digest import digest_of
from mailtemplates.errors import FileError, MailTemplatesError, RuleError
from mailtemplates.inspection.inputs import STDIN, is_template
from mailtemplates.inspection.surroundings import Surroundings
from mailtemplates.linting.lintcache import LintCache, Stamp, stamp_of
from mailtemplates.linting.report import Trouble
from mailtemplates.settings import Settings
from mailtemplates.source import Location

if TYPE_CHECKING:
    from mailtemplates.inspection.mending import Mended
    from mailtemplates.inspection.templatelint import TemplateLinter
    from mailtemplates.linting.diagnostic import Diagnostic
    from mailtemplates.linting.linter import Linter

_TOGETHER = "<together>"
_MANY = 24
_MESSAGE, _TEMPLATE = "message ", "template "


class Judged(NamedTuple):
    """What was found in the files of a run, and the files that could not be judged."""

    diagnostics: list[Diagnostic]
    troubles: list[Trouble]


class Stdin(NamedTuple):
    """What stands for ``-``: the name that findings give it, and the octets."""

    name: str = "<stdin>"
    octets: bytes = b""


class Inspection:
    """One run's settings and cache over any files."""

    def __init__(
        self, settings: Settings, cache: LintCache, stdin: Stdin | None = None, *, inline_ignores: bool = True
    ) -> None:
        self.settings = settings
        self.stdin = stdin or Stdin()
        self._cache = cache
        self._inline_ignores = inline_ignores
        self._ahead: dict[str, list[Diagnostic]] = {}
        self._surroundings: dict[str, Surroundings] = {}
        self._times: dict[str, Stamp | None] = {}
        self._messages: dict[str, str] = {}
        self._unchanged: set[str] = set()

    @cached_property
    def linter(self) -> Linter:
        """The linter, with its rules.

        :raises SettingsError: the settings name a rule or an option that does not exist.
        """
        from mailtemplates.linting.linter import Linter

        return Linter(self.settings)

    @cached_property
    def _templates(self) -> TemplateLinter:
        from mailtemplates.inspection.templatelint import TemplateLinter

        return TemplateLinter(self.linter, inline_ignores=self._inline_ignores)

    def judge(self, paths: Sequence[str]) -> Judged:
        """What the rules find in the files, in the order of the files and of their lines.

        A file that cannot be judged, and a rule that crashes, keep no other file from being judged.

        :raises SettingsError: the settings are wrong.
        """
        found: dict[str, list[Diagnostic]] = {}
        troubles = []
        self._surroundings.clear()
        self._times.clear()
        self._messages.clear()
        self._unchanged.clear()
        self.__dict__.pop("_templates", None)
        self._ahead = self._lint_ahead(paths)
        for path in paths:
            name = self.name(path)
            try:
                found[name] = self._judge_file(path, name)
            except (RuleError, FileError) as error:
                troubles.append(Trouble(name, error.at(Location(name))))
            except MailTemplatesError:
                raise
            except Exception as error:
                troubles.append(Trouble(name, _fault(error).at(Location(name))))
        try:
            for one in self._judge_together():
                found[one.path].append(one)
        except RuleError as error:
            troubles.append(Trouble(_TOGETHER, error))
        self._cache.save()
        return Judged(_in_order(found, self._messages), troubles)

    def _lint_ahead(self, paths: Sequence[str]) -> dict[str, list[Diagnostic]]:
        """What is found in templates that are not known, when they are many: by several processes.

        :raises SettingsError: the settings are wrong.
        """
        unknown = [path for path in paths if path != STDIN and is_template(path, b"") and not self._is_known(path)]
        if len(unknown) < _MANY:
            return {}
        from mailtemplates.inspection.parallel import lint_many

        return lint_many(self.linter, unknown, inline_ignores=self._inline_ignores)

    def _is_known(self, path: str) -> bool:
        """Whether a file has not changed since it was judged; asked once in a run."""
        digest = self._cache.digest(path)
        if digest and self._cache.knows(path, self._stamp(path, self._times_of(path), digest)):
            self._unchanged.add(path)
        return path in self._unchanged

    def mend(self, paths: Sequence[str], *, unsafe: bool) -> Iterator[Mended | Trouble]:
        """The files with the fixes of their findings, in their order, then other files that templates among them share;
        nothing is written here. One that is mended for itself and as a shared one comes twice. What stands for ``-``
        changes no other file.
        """
        from mailtemplates.inspection.mending import Mending

        mending = Mending(self.linter, self._templates, unsafe=unsafe)
        for path in paths:
            try:
                yield mending.mend(self.name(path), self._read(path), alone=path == STDIN)
            except MailTemplatesError as error:
                yield Trouble(path, error.at(Location(path)))
            except Exception as error:
                yield Trouble(path, _fault(error).at(Location(path)))
        yield from mending.mend_shared()

    def name(self, path: str) -> str:
        """What findings call a file."""
        return self.stdin.name if path == STDIN else path

    def _read(self, path: str) -> bytes:
        try:
            return self.stdin.octets if path == STDIN else Path(path).read_bytes()
        except OSError as bad:
            raise FileError(
                f"cannot be read: {bad.strerror or bad}", cure="name a file that exists and can be read"
            ) from None

    def _judge_file(self, path: str, name: str) -> list[Diagnostic]:
        """What is found in one file.

        :raises RuleError: a rule crashed.
        """
        if path == STDIN:
            return self._lint(path, name, self.stdin.octets)
        digest = self._cache.digest(path)
        found = self._cache.recall(path, digest) if path in self._unchanged or self._is_known(path) else None
        if found is None:
            times = self._times_of(path)
            octets = self._read(path)
            digest = self._digest(path, octets)
            stamp = self._stamp(path, times, digest)
            found = self._cache.recall(path, digest, stamp)
            if found is None:
                found = self._lint(path, name, octets)
                self._cache.remember(path, digest, found, stamp)
        if digest.startswith(_MESSAGE):
            self._messages[path] = digest
        return found

    def _lint(self, path: str, name: str, octets: bytes) -> list[Diagnostic]:
        if not is_template(name, octets):
            return self.linter.lint(octets, name)
        if path in self._ahead:
            return self._ahead.pop(path)
        if path == STDIN:
            if not Path(name).is_file():
                raise FileError(
                    "a template needs a name, for its folder holds what it uses", cure="give --stdin-filename"
                )
            return self._templates.lint(Path(name), instead={Path(name).resolve(): octets})
        return self._templates.lint(Path(name))

    def _stamp(self, path: str, times: Stamp | None, digest: str) -> Stamp | None:
        """The stamp of a file, with that of its surroundings for a template."""
        if times is None or digest.startswith(_MESSAGE):
            return times
        around = self._around(path).stamp if digest else None
        return times + around if around else None

    def _digest(self, path: str, octets: bytes) -> str:
        """The name of a file's content and kind, and of what else decides; empty when it cannot be known."""
        if not is_template(path, octets):
            return _MESSAGE + digest_of(octets)
        around = self._around(path).digest
        return _TEMPLATE + digest_of(octets, around.encode()) if around else ""

    def _times_of(self, path: str) -> Stamp | None:
        """The file's own stamp, looked at once in a run."""
        if path not in self._times:
            self._times[path] = _times(path)
        return self._times[path]

    def _around(self, path: str) -> Surroundings:
        """The surroundings of a file: the same for all folders with the same template folders."""
        folder = path.rpartition("/")[0]
        if folder not in self._surroundings:
            new = Surroundings(path)
            alike = (known for known in self._surroundings.values() if known == new)
            self._surroundings[folder] = next(alike, new)
        return self._surroundings[folder]

    def _judge_together(self) -> list[Diagnostic]:
        """What the rules over several messages find.

        :raises RuleError: a rule crashed.
        """
        if len(self._messages) < 2:
            return []
        digest = digest_of(repr(self._messages).encode("utf-8", "surrogateescape"))
        found = self._cache.recall(_TOGETHER, digest)
        if found is None:
            found = self._lint_together(list(self._messages))
            self._cache.remember(_TOGETHER, digest, found)
        return found

    def _lint_together(self, paths: list[str]) -> list[Diagnostic]:
        from mailtemplates.octets.message import read_message

        if not any(one.subject == "Batch" and one.code in self.linter.codes for one in self.linter.rules):
            return []
        return self.linter.lint_batch([(path, read_message(self._read(path))) for path in paths])


def _in_order(found: Mapping[str, Sequence[Diagnostic]], messages: Container[str]) -> list[Diagnostic]:
    """The findings in the order of the files and of their lines; what several templates share is said once."""
    ranks = {path: rank for rank, path in enumerate(found)}
    kept: dict[tuple[object, ...], tuple[tuple[int, str, int, int, int], Diagnostic]] = {}
    for path, ones in found.items():
        for at, one in enumerate(ones):
            key = (path, at) if path in messages else (one.path, one.line, one.column, one.code, one.message)
            rank = ranks.get(one.path, ranks[path])
            kept.setdefault(key, ((rank, one.path, one.line, one.column, at), one))
    return [one for _, one in sorted(kept.values(), key=itemgetter(0))]


def _times(path: str) -> Stamp | None:
    try:
        return stamp_of(os.stat(path))  # noqa: PTH116 - half the time, for each file of each run
    except OSError:
        return None


def _fault(error: Exception) -> RuleError:
    """A fault of ours that no rule of its own is known for."""
    fault = RuleError(
        f"a fault of mailtpl itself: {type(error).__name__}: {error}",
        cure="please report it, with the file if you may; MAILTPL_DEBUG=1 prints the whole traceback",
    )
    fault.__cause__ = error
    return fault


def sights(paths: Iterable[str]) -> list[object]:
    """What changes when a file, or a file that a template uses, does."""
    seen: list[object] = []
    folders: set[Path] = set()
    for path in paths:
        with suppress(OSError):
            stat = Path(path).stat()
            seen.append((path, stat.st_size, stat.st_mtime_ns))
        folder = Path(path).parent
        if folder not in folders and is_template(path, b""):
            folders.add(folder)
            seen += Surroundings(path).times
    return seen
