"""``mailtpl lint``: what is wrong with messages and templates.

What most runs do not need is imported where it is needed: a run over unchanged files costs little more than the start
of Python. For the same reason annotations are evaluated here: typer would evaluate them several times.
"""

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from mailtemplates.cachefolder import cache_folder
from mailtemplates.characters import ascii_controls
from mailtemplates.cli.output import warn, write_file, write_lines, write_octets
from mailtemplates.errors import MailTemplatesError, SettingsError
from mailtemplates.inspection.inputs import STDIN, find_files, template_folders
from mailtemplates.inspection.inspection import Inspection, Judged, Stdin, sights
from mailtemplates.inspection.overrides import choose_rules, ignore_in_files, set_threshold, weigh_rules
from mailtemplates.linting.lintcache import LintCache
from mailtemplates.linting.report import Report, Trouble, any_at, plural, statistics, statistics_json
from mailtemplates.reports import load_format
from mailtemplates.settings import Settings, dump_settings, read_settings
from mailtemplates.source import shown

if TYPE_CHECKING:
    from mailtemplates.linting.diagnostic import Diagnostic

_List = list[str] | None


def command(
    paths: Annotated[_List, typer.Argument(help="Files, folders or globs; - is standard input.")] = None,
    select: Annotated[_List, typer.Option(help="Run these rules only: codes, names, families, ALL.")] = None,
    extend_select: Annotated[_List, typer.Option(help="Run these rules too.")] = None,
    ignore: Annotated[_List, typer.Option(help="Do not run these rules.")] = None,
    per_file_ignores: Annotated[_List, typer.Option(help="Do not run a rule in some files: GLOB:RULE.")] = None,
    severity: Annotated[_List, typer.Option(help="Weigh a rule anew: RULE=LEVEL.")] = None,
    fail_on: Annotated[str, typer.Option(help="What makes exit code 1: error, warning or info.")] = "",
    profile: Annotated[str, typer.Option(help="transactional or bulk.")] = "",
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely.")] = False,
    unsafe_fixes: Annotated[bool, typer.Option("--unsafe-fixes", help="Mend what may change the sense too.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and change nothing.")] = False,
    baseline: Annotated[str, typer.Option(help="A file with the findings that may stay.")] = "",
    write_baseline: Annotated[bool, typer.Option("--write-baseline", help="Let all findings of now stay.")] = False,
    prune_baseline: Annotated[bool, typer.Option("--prune-baseline", help="Forget findings that are gone.")] = False,
    output_format: Annotated[
        str, typer.Option(help="full, concise, json, json-lines, sarif, github, gitlab, junit.")
    ] = "full",
    output_file: Annotated[str, typer.Option(help="A file for the report.")] = "",
    stdin_filename: Annotated[str, typer.Option(help="What standard input is called.")] = "",
    statistics: Annotated[bool, typer.Option("--statistics", help="Count findings by rule.")] = False,
    show_settings: Annotated[bool, typer.Option("--show-settings", help="Print the settings and exit.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Lint again whenever a file changes.")] = False,
    no_inline_ignores: Annotated[
        bool, typer.Option("--no-inline-ignores", help="Report what comments in templates ignore too.")
    ] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Lint unchanged files too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print findings only.")] = False,
) -> None:
    """Lint messages and templates.

    Exit code 0: nothing to report; 1: findings; 2: wrong usage, settings or file; 3: our own fault.
    """
    options = _Options(
        names=tuple(paths or ()),
        stdin=stdin_filename,
        fix=fix or (unsafe_fixes and not diff),
        unsafe=unsafe_fixes,
        diff=diff,
        write=write_baseline,
        prune=prune_baseline,
        format=output_format,
        file=output_file,
        statistics=statistics,
        cached=not no_cache,
        inline_ignores=not no_inline_ignores,
        quiet=quiet,
    )
    load_format(output_format)
    overrides = _Overrides(select, extend_select, ignore, per_file_ignores, severity, fail_on, profile, baseline)
    if show_settings:
        _show_settings(overrides.settings())
    elif watch:
        _watch(overrides.settings, options)
    else:
        raise typer.Exit(_Run(overrides.settings(), options).once())


class _Overrides(NamedTuple):
    """What of the settings is said anew, under the names of the options."""

    select: _List
    extend_select: _List
    ignore: _List
    per_file_ignores: _List
    severity: _List
    fail_on: str
    profile: str
    baseline: str

    def settings(self) -> Settings:
        """The settings of the project with it."""
        found = choose_rules(
            read_settings(Path.cwd()),
            select=self.select or (),
            extend_select=self.extend_select or (),
            ignore=self.ignore or (),
        )
        found = weigh_rules(ignore_in_files(found, self.per_file_ignores or ()), self.severity or ())
        found = set_threshold(found, self.fail_on, self.profile)
        return found._replace(baseline=str(Path.cwd() / self.baseline)) if self.baseline else found


class _Options(NamedTuple):
    """How a run goes about its work; what it looks for stands in the settings."""

    names: tuple[str, ...]
    stdin: str
    fix: bool
    unsafe: bool
    diff: bool
    write: bool
    prune: bool
    format: str
    file: str
    statistics: bool
    cached: bool
    inline_ignores: bool
    quiet: bool


class _Run:
    """Linting with the same settings and options, once or again and again."""

    def __init__(self, settings: Settings, options: _Options) -> None:
        self._settings = settings
        self._options = options
        octets = sys.stdin.buffer.read() if STDIN in options.names else b""
        ignores = options.inline_ignores
        cache = LintCache(cache_folder() if options.cached else None, settings, inline_ignores=ignores)
        stdin = Stdin(options.stdin or "<stdin>", octets)
        self.inspection = Inspection(settings, cache, stdin, inline_ignores=ignores)

    def once(self) -> int:
        """Lint, fix and report as the options say; the exit code."""
        files = find_files(self._options.names or template_folders(self._settings))
        if self._options.diff:
            return self._diff(files)
        if self._options.fix:
            self._fix(files)
        judged = self.inspection.judge(files)
        names = [self.inspection.name(path) for path in files]
        found = self._beyond_baseline(judged, names)
        _complain(judged.troubles)
        if found is None:
            return _code(judged.troubles)
        mended_stdin = self._options.fix and STDIN in files
        self._report(Report(found, names, judged.troubles, total=not self._options.quiet), aside=mended_stdin)
        return _code(judged.troubles) or int(any_at(found, self._settings.fail_on))

    def _diff(self, files: Sequence[str]) -> int:
        """Write what fixing would change."""
        from mailtemplates.octets.octetdiff import diff_lines

        troubles = []
        changed = 0
        for mended in self.inspection.mend(files, unsafe=self._options.unsafe):
            if isinstance(mended, Trouble):
                troubles.append(mended)
                continue
            changed += mended.before != mended.after
            write_lines(diff_lines(mended.path, mended.before, mended.after))
        _complain(troubles)
        return _code(troubles) or int(changed > 0)

    def _fix(self, files: Sequence[str]) -> None:
        """Mend files; what keeps one from being judged is said by the linting after it."""
        fixed = Counter[str]()
        for mended in self.inspection.mend(files, unsafe=self._options.unsafe):
            if isinstance(mended, Trouble):
                continue
            if STDIN in files and mended.path == self.inspection.stdin.name:
                write_octets(mended.after)
                self.inspection.stdin = Stdin(mended.path, mended.after)
            elif mended.after != mended.before:
                write_file(Path(mended.path), mended.after)
            fixed[mended.path] += mended.fixed
        changed = sum(count > 0 for count in fixed.values())
        if changed and not self._options.quiet:
            warn(f"Fixed {plural(fixed.total(), 'finding')} in {plural(changed, 'file')}.")

    def _beyond_baseline(self, judged: Judged, names: Sequence[str]) -> "list[Diagnostic] | None":
        """The findings that the baseline does not allow; None when they were written as a new baseline."""
        if not self._settings.baseline:
            if self._options.write or self._options.prune:
                raise SettingsError("there is no baseline to write", cure="name its file with --baseline")
            return judged.diagnostics
        from mailtemplates.linting.baseline import read_baseline

        path = self._settings.folder / self._settings.baseline
        known = read_baseline(path, missing_is_empty=self._options.write)
        if judged.troubles:
            return known.new(judged.diagnostics)
        if self._options.write:
            write_file(path, known.written(judged.diagnostics, names).dump().encode())
            self._say(f"Wrote {plural(len(judged.diagnostics), 'finding')} to {shown(path)}.")
            return None
        gone = known.unused(judged.diagnostics, names)
        if self._options.prune:
            write_file(path, known.pruned(judged.diagnostics, names).dump().encode())
        elif gone:
            self._say(f"{plural(gone, 'finding')} of the baseline are gone; --prune-baseline forgets them.")
        return known.new(judged.diagnostics)

    def _report(self, report: Report, *, aside: bool) -> None:
        """Write the report to its file, to standard output, or aside to standard error."""
        stream = sys.stderr if aside else sys.stdout
        if not self._options.file:
            terminal = stream is not None and stream.isatty()
            report = report._replace(colour=_is_coloured(terminal), width=_columns() if terminal else 0)
        write = load_format(self._options.format)
        if self._options.statistics:
            write = statistics_json if self._options.format.startswith("json") else statistics
        text = "".join(f"{line}\n" for line in write(report))
        if self._options.file:
            write_file(Path(self._options.file), text.encode("utf-8", "replace"))
        elif aside:
            warn(text.rstrip("\n"))
        else:
            write_octets(text.encode("utf-8", "replace"))

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            warn(text)


def _show_settings(settings: Settings) -> None:
    """Write the settings that hold, and the rules that they choose."""
    from mailtemplates.text.wrapping import wrap

    rules = sorted(Inspection(settings, LintCache(None, settings)).linter.codes)
    write_lines(
        [
            dump_settings(settings),
            "",
            f"# {plural(len(rules), 'rule')}:",
            *(f"# {line}" for line in wrap(" ".join(rules), 78)),
        ]
    )


def _complain(troubles: Sequence[Trouble]) -> None:
    """Say what kept files from being judged: once for the first file, with the number of the others like it."""
    alike: dict[str, list[Trouble]] = {}
    for trouble in troubles:
        alike.setdefault(trouble.error.problem, []).append(trouble)
    for first, *others in alike.values():
        more = f"\nand so {plural(len(others), 'more file')}" if others else ""
        for line in f"error: {first.error}{more}".split("\n"):
            warn(ascii_controls(line))
        if os.environ.get("MAILTPL_DEBUG"):
            import traceback

            traceback.print_exception(first.error)


def _code(troubles: Sequence[Trouble]) -> int:
    """The exit code of files that could not be judged: 3 when the fault is ours, else 2; 0 when there is none."""
    return max((trouble.error.exit_code for trouble in troubles), default=0)


def _is_coloured(terminal: bool) -> bool:
    """Whether colours are wanted: never with ``NO_COLOR``, always with ``FORCE_COLOR``, else on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def _columns() -> int:
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def _watch(settings: Callable[[], Settings], options: _Options) -> None:
    """Lint, and again whenever a file, what a template uses, or the settings change; until it is interrupted."""
    from mailtemplates.watching import changes

    if STDIN in options.names:
        raise SettingsError("standard input cannot be watched", cure="name files or folders")
    current: tuple[Settings, _Run] | None = None
    for _ in changes(lambda: _sight(settings, options.names)):
        try:
            now = settings()
            if current is None or current[0] != now:
                current = now, _Run(now, options)
            current[1].once()
        except MailTemplatesError as error:
            warn(f"error: {error}")
        warn(f"{time.strftime('%H:%M:%S')} watching for changes; Ctrl-C ends it")


def _sight(settings: Callable[[], Settings], names: Sequence[str]) -> object:
    """What changes when there is something new to lint."""
    try:
        now = settings()
        return repr(now), sights(find_files(names or template_folders(now)))
    except MailTemplatesError as error:
        return str(error)
