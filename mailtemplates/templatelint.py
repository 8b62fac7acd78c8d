"""Templates judged: rendered with each of their samples, composed, and linted as the messages they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, TemplateError, meta

from mailtemplates.diagnostic import Diagnostic
from mailtemplates.engine import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.lines import Lines
from mailtemplates.linter import Found, Linter, diagnose
from mailtemplates.project import locate_template
from mailtemplates.rawfield import Span
from mailtemplates.rawmessage import RawMessage, read_message
from mailtemplates.selection import ignored_in, match_length
from mailtemplates.settings import Settings
from mailtemplates.source import Source, shown
from mailtemplates.stamp import Stamp
from mailtemplates.suppression import Skipped, Suppression, hides, read_suppressions
from mailtemplates.tracer import Trace, Tracer, origin_of

STAMP = Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "lint")
_STAND_IN = "Sender <sender@mailtemplates.org>"
_CALLERS = {"from": "HDR001", "to": "HDR005", "subject": "HDR004"}


class _Sample(NamedTuple):
    """One sample of a template as a message; the names of fields that the caller will give."""

    name: str
    raw: RawMessage
    given: frozenset[str]
    trace: Trace


class _File:
    """A template's file: its lines, and the comments in it that turn rules off."""

    def __init__(self, path: str, octets: bytes, environment: Environment, inline_ignores: bool) -> None:
        self.path = path
        self.lines = Lines(octets)
        text = octets.decode("utf-8", "replace")
        self.suppressions = read_suppressions(text, environment) if inline_ignores else []

    def span(self, line: int, column: int, length: int = 1) -> Span:
        """The octets of characters of a line, both from 1."""
        rows = self.lines.octets.split(b"\n")
        row = rows[line - 1].decode("utf-8", "replace") if 0 < line <= len(rows) else ""
        start = sum(len(one) + 1 for one in rows[: line - 1]) + len(row[: column - 1].encode())
        end = start + len(row[column - 1 : column - 1 + max(length, 1)].encode())
        return Span(min(start, len(self.lines.octets)), min(end, len(self.lines.octets)))


class TemplateLinter:
    """The linter over templates, with an engine for each set of template folders. One run's.

    A layout or include is judged through the templates that use it, and what is found in it is said once.
    """

    def __init__(self, linter: Linter, *, inline_ignores: bool = True) -> None:
        self._linter = linter
        self._inline_ignores = inline_ignores
        self._engines: dict[tuple[Path, ...], tuple[Engine, Tracer]] = {}
        self._used: dict[tuple[Path, ...], frozenset[str]] = {}
        self._said: set[tuple[str, str, int, int, str]] = set()

    def lint(self, path: Path) -> list[Diagnostic]:
        """What the rules find in a template, in the order of files and lines.

        :raises RuleError: a rule crashed.
        :raises SettingsError: the settings of the template's folder are wrong.
        """
        settings, folders, name = locate_template(str(path))
        engine, tracer = self._engine(folders, settings)
        shown_path = shown(path) if path.is_absolute() else path.as_posix()
        own = _File(shown_path, path.read_bytes(), engine.environment, self._inline_ignores)
        files = {name: own}
        skipped, found = self._find(engine, tracer, name, files)
        hidden = _Hidden(self._linter)
        kept = [
            diagnose(one, file.lines, file.path, sample)
            for sample, file, one in found
            if not hidden.hides(one, file) and one.rule.code not in self._off(file)
        ]
        left = [*self._linter.judge(skipped)]
        for suppression in hidden.judged(own, bool(skipped.reason)):
            left += self._linter.judge(suppression)
        kept += [diagnose(one, own.lines, own.path) for one in left if one.rule.code not in self._off(own)]
        return sorted(filter(self._is_new, kept), key=lambda one: (one.path, one.line, one.column, one.code))

    def _off(self, file: _File) -> frozenset[str]:
        return ignored_in(file.path, self._linter.settings, self._linter.rules)

    def _is_new(self, one: Diagnostic) -> bool:
        """Whether it was not said yet: of another sample, or of another template that uses the same layout."""
        key = one.path, one.code, one.line, one.column, one.message
        new = key not in self._said
        self._said.add(key)
        return new

    def _engine(self, folders: tuple[Path, ...], settings: Settings) -> tuple[Engine, Tracer]:
        if folders not in self._engines:
            engine = Engine(folders, settings=settings, auto_reload=False)
            self._engines[folders] = engine, Tracer(engine)
        return self._engines[folders]

    def _find(
        self, engine: Engine, tracer: Tracer, name: str, files: dict[str, _File]
    ) -> tuple[Skipped, list[tuple[str, _File, Found]]]:
        """What is found in each sample, with places in templates; and why rules did not run, if so."""
        found: list[tuple[str, _File, Found]] = []
        try:
            for sample in _samples(engine, tracer, name):
                off = {_CALLERS[field] for field in sample.given}
                found += [
                    (sample.name, *self._placed(engine, sample, one, name, files))
                    for one in self._linter.find(sample.raw)
                    if one.rule.code not in off and not _is_given(sample, one.finding.span)
                ]
        except MailTemplatesError as error:
            if error.exit_code == 3:
                raise
            return _broken(error, files[name]), found
        contract = engine.contract(name)
        if (contract and contract.examples) or self._is_used(engine, name):
            return Skipped("", Span(0, 0)), found
        schema = contract.path if contract else f"schemas/{Path(name).with_suffix('').as_posix()}.json"
        reason = "the template has no sample data, so its message was not judged"
        return Skipped(reason, Span(0, 0), f"add examples to {schema}"), found

    def _placed(
        self, engine: Engine, sample: _Sample, one: Found, name: str, files: dict[str, _File]
    ) -> tuple[_File, Found]:
        """A finding in a message at the place of the template that made it; at the template's start when none did."""
        origins = origin_of(sample.trace, sample.raw, one.finding.span)
        if origins is None:
            return files[name], _moved(one, Span(0, 0), "")
        origin, call = origins
        file = self._file(engine, origin.template, files)
        source = Source(origin.template, sample.trace.sources[origin.template])
        place = source.locate(origin.start)
        called = Source(call.template, sample.trace.sources[call.template]).locate(call.start) if call else None
        span = file.span(place.line, place.column, origin.end - origin.start)
        return file, _moved(one, span, f"called at {called}" if called else "")

    def _file(self, engine: Engine, name: str, files: dict[str, _File]) -> _File:
        if name not in files:
            loader = engine.environment.loader
            assert loader is not None
            _, filename, _ = loader.get_source(engine.environment, name)
            octets = Path(filename).read_bytes() if filename and Path(filename).is_file() else b""
            files[name] = _File(filename or name, octets, engine.environment, self._inline_ignores)
        return files[name]

    def _is_used(self, engine: Engine, name: str) -> bool:
        """Whether other templates of the folders extend, include or import a template: it is judged through them."""
        folders = engine.folders
        if folders not in self._used:
            self._used[folders] = frozenset(_references(engine))
        return name in self._used[folders]


class _Hidden:
    """Which findings the comments of files hide, and which words of the comments did."""

    def __init__(self, linter: Linter) -> None:
        self._linter = linter
        self._used: set[tuple[str, int, str]] = set()

    def hides(self, one: Found, file: _File) -> bool:
        """Whether a comment hides the finding; the comment's word is then used."""
        hidden = False
        for suppression in file.suppressions:
            if hides(suppression, one.finding.span.start):
                for word in suppression.words:
                    if match_length(word.text, one.rule) >= 0:
                        self._used.add((file.path, suppression.comment.start, word.text))
                        hidden = True
        return hidden

    def judged(self, file: _File, skipped: bool) -> Iterator[Suppression]:
        """A file's suppressions with what is unknown and what was not used; nothing is where rules did not run."""
        for suppression in file.suppressions:
            unknown = tuple(word for word in suppression.words if not self._matches(word.text))
            unused = tuple(
                word
                for word in suppression.words
                if word not in unknown
                and not skipped
                and (file.path, suppression.comment.start, word.text) not in self._used
                and self._linter.codes >= self._matches(word.text)
            )
            yield replace(suppression, unknown=unknown, unused=unused)

    def _matches(self, text: str) -> frozenset[str]:
        return frozenset(one.code for one in self._linter.rules if match_length(text, one) >= 0)


def _samples(engine: Engine, tracer: Tracer, name: str) -> Iterator[_Sample]:
    """The messages of a template's samples."""
    contract = engine.contract(name)
    for index in range(len(contract.examples) if contract else 0):
        data = engine.sample(name, index)
        mail = engine.render(name, data)
        given = frozenset(field for field in _CALLERS if mail.parts.field(field) is None)
        if "from" in given:
            mail = engine.render(name, data, from_=_STAND_IN)
        message = mail.message(STAMP)
        raw = read_message(message.octets, smtputf8=message.envelope.smtputf8)
        yield _Sample(f"examples[{index}]", raw, given, tracer.trace(name, data))


def _is_given(sample: _Sample, span: Span) -> bool:
    """Whether a finding is in a field that stands in for what the caller gives."""
    fields = (field for field in sample.raw.root.fields if field.lower in sample.given)
    return any(field.span.start <= span.start < field.span.end for field in fields)


def _moved(one: Found, span: Span, note: str) -> Found:
    finding = one.finding
    problem = f"{finding.problem} ({note})" if note else finding.problem
    return one._replace(finding=replace(finding, problem=problem, span=span, fix=None))


def _references(engine: Engine) -> Iterator[str]:
    """The names that the templates of the folders extend, include or import."""
    environment = engine.environment
    for name in engine.templates:
        try:
            source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
            yield from (found for found in meta.find_referenced_templates(environment.parse(source)) if found)
        except (TemplateError, UnicodeDecodeError, OSError):
            continue


def _broken(error: MailTemplatesError, file: _File) -> Skipped:
    """The template's own fault at its place, when that is in this file."""
    reason = f"the message was not judged: {error.problem}"
    location = error.location
    if location is None or not location.line:
        return Skipped(reason, Span(0, 0), error.cure, True)
    if location.path not in (file.path, ""):
        return Skipped(f"{reason} ({location})", Span(0, 0), error.cure, True)
    return Skipped(reason, file.span(location.line, max(location.column, 1)), error.cure, True)
