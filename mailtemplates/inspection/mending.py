"""Files mended: each by its own findings, and layouts, includes and macros by what the templates that use them show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mailtemplates.inspection.inputs import is_template
from mailtemplates.inspection.templatelint import TemplateLinter
from mailtemplates.linting.diagnostic import Diagnostic, unique
from mailtemplates.linting.fixing import fix_octets
from mailtemplates.linting.linter import Linter


class Mended(NamedTuple):
    """A file before and after its fixes, and how many findings are gone."""

    path: str
    before: bytes
    after: bytes
    fixed: int


class Mending:
    """Fixes of one run; nothing is written. What is mended already is what the next fixes see.

    :param unsafe: apply the fixes too that change what a reader sees.
    """

    def __init__(self, linter: Linter, templates: TemplateLinter, *, unsafe: bool) -> None:
        self._linter = linter
        self._templates = templates
        self._unsafe = unsafe
        self._octets: dict[Path, bytes] = {}
        self._shared: dict[str, dict[Path, None]] = {}

    def mend(self, name: str, before: bytes, *, alone: bool = False) -> Mended:
        """A file with the fixes of its own findings.

        :param alone: whether files that it shares with others are none of this run's.
        :raises MailTemplatesError: a rule crashed.
        """
        if not is_template(name, before):
            return self._mended_message(name, before)
        path = Path(name)
        mended, left = self._fixed(name, before, [path])
        if mended.after != before:
            self._octets[path.resolve()] = mended.after
        for one in left if not alone else ():
            if one.path != name and one.fix is not None and (one.fix.safe or self._unsafe):
                self._shared.setdefault(one.path, {})[path] = None
        return mended

    def _mended_message(self, name: str, before: bytes) -> Mended:
        after = fix_octets(before, lambda octets: self._linter.lint(octets, name), unsafe=self._unsafe)
        if after == before:
            return Mended(name, before, before, 0)
        return _mended(name, before, after, self._linter.lint(before, name), self._linter.lint(after, name))

    def mend_shared(self) -> Iterator[Mended]:
        """The files that the mended templates share, with the fixes of what is found in them through any of those.

        A file that cannot be read, or in which nothing can be mended, is left out.
        """
        for name, users in self._shared.items():
            path = Path(name)
            before = self._octets.get(path.resolve())
            if before is None:
                try:
                    before = path.read_bytes()
                except OSError:
                    continue
            mended, _ = self._fixed(name, before, list(users))
            if mended.after != before:
                self._octets[path.resolve()] = mended.after
                yield mended

    def _fixed(self, name: str, before: bytes, users: Sequence[Path]) -> tuple[Mended, list[Diagnostic]]:
        """A template's file with the fixes of what is found in it through some templates, all of which still render;
        and what is then found through them."""
        known: dict[bytes, list[Diagnostic]] = {}

        def find(octets: bytes) -> list[Diagnostic]:
            if octets not in known:
                instead = self._with(name, octets)
                known[octets] = unique([one for user in users for one in self._templates.lint(user, instead=instead)])
            return known[octets]

        def judge(octets: bytes) -> list[Diagnostic]:
            return [one if one.path == name else one._replace(fix=None) for one in find(octets)]

        after = fix_octets(before, judge, unsafe=self._unsafe)
        if after != before and self._breaks(name, before, after, users):
            after = before
        return _mended(name, before, after, find(before), find(after)), find(after)

    def _breaks(self, name: str, before: bytes, after: bytes, users: Iterable[Path]) -> bool:
        """Whether a template rendered before and does no more."""
        return any(
            not self._templates.renders(user, self._with(name, after))
            and self._templates.renders(user, self._with(name, before))
            for user in users
        )

    def _with(self, name: str, octets: bytes) -> Mapping[Path, bytes]:
        return {**self._octets, Path(name).resolve(): octets}


def _mended(name: str, before: bytes, after: bytes, found: Sequence[Diagnostic], left: Sequence[Diagnostic]) -> Mended:
    gone = sum(one.path == name for one in found) - sum(one.path == name for one in left)
    return Mended(name, before, after, max(gone, 1) if after != before else 0)
