"""What a run of the linter found: what every report format is written from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mailtemplates.digest import digest_of
from mailtemplates.errors import MailTemplatesError
from mailtemplates.severity import SEVERITIES, Severity

if TYPE_CHECKING:
    from mailtemplates.linting.diagnostic import Diagnostic


class Trouble(NamedTuple):
    """A file that was not judged to the end, and why."""

    path: str
    error: MailTemplatesError


class Report(NamedTuple):
    """The findings of a run.

    :param diagnostics: in the order in which they are shown.
    :param files: the paths of all files that were judged, those without findings too.
    :param troubles: files that could not be judged.
    :param colour: whether to write colours for a terminal.
    :param width: columns of the terminal, where long lines are broken; 0 when it is none.
    :param total: whether to close with a line that counts.
    """

    diagnostics: Sequence[Diagnostic]
    files: Sequence[str] = ()
    troubles: Sequence[Trouble] = ()
    colour: bool = False
    width: int = 0
    total: bool = True

    def number(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(one.severity == severity for one in self.diagnostics)


def any_at(diagnostics: Iterable[Diagnostic], threshold: Severity) -> bool:
    """Whether a finding is as severe as the threshold, or more."""
    refused = SEVERITIES[SEVERITIES.index(threshold) :]
    return any(one.severity in refused for one in diagnostics)


def total_line(report: Report) -> str:
    """The line that counts: ``Found 2 errors, 1 warning in 3 files. 1 fixable with --fix.``"""
    failed = {trouble.path for trouble in report.troubles} & set(report.files)
    files = plural(len(report.files) - len(failed), "file")
    counts = [plural(report.number(one), one) for one in reversed(SEVERITIES) if report.number(one)]
    if failed:
        files += f"; {plural(len(failed), 'file')} not judged"
    if not counts:
        return f"No findings in {files}."
    fixes = [one.fix for one in report.diagnostics if one.fix]
    safe = sum(fix.safe for fix in fixes)
    ways = [(safe, "fixable with --fix"), (len(fixes) - safe, "with --unsafe-fixes")]
    fixable = [f"{number} {way}" for number, way in ways if number]
    if fixable and not safe:
        fixable = [f"{len(fixes)} fixable with --unsafe-fixes"]
    return " ".join([f"Found {', '.join(counts)} in {files}.", *([", ".join(fixable) + "."] if fixable else [])])


def _counts(report: Report) -> list[dict[str, Any]]:
    """How many findings each rule has, and how many of them can be mended; the most first."""
    counts = Counter((one.code, one.name) for one in report.diagnostics)
    fixable = Counter(one.code for one in report.diagnostics if one.fixable)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"code": code, "name": name, "count": count, "fixable": fixable[code]} for (code, name), count in ranked]


def statistics(report: Report) -> Iterator[str]:
    """Lines with how many findings each rule has, its code and name, and how many can be mended."""
    for one in _counts(report):
        fixable = f"  ({one['fixable']} fixable)" if one["fixable"] else ""
        yield f"{one['count']:6}  {one['code']}  {one['name']}{fixable}"
    if report.total:
        yield total_line(report)


def statistics_json(report: Report) -> Iterator[str]:
    """The same as a JSON list."""
    yield json.dumps(_counts(report), indent=2)


def plural(number: int, noun: str) -> str:
    """The number and the noun, with an s unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def fingerprints(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """A name for each finding that stays the same while lines come and go above it: unique in the run.

    Made of the file, the rule, the line's own text and the number of its like before it.
    """
    seen: Counter[str] = Counter()
    names = []
    for one in diagnostics:
        text = "\0".join((one.path, one.code, one.message, one.source, one.sample))
        digest = digest_of(text.encode("utf-8", "surrogatepass"))[:32]
        seen[digest] += 1
        names.append(f"{digest}:{seen[digest]}")
    return names


def as_object(one: Diagnostic) -> dict[str, Any]:
    """A finding as the JSON formats give it."""
    return {
        "code": one.code,
        "name": one.name,
        "severity": one.severity,
        "message": one.message,
        "path": one.path,
        "line": one.line,
        "column": one.column,
        "end_line": one.end_line,
        "end_column": one.end_column,
        "sample": one.sample or None,
        "reference": one.reference,
        "fixable": one.fixable,
    }
