"""Templates judged: rendered with each of their samples, composed, and linted as the messages they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from jinja2 import TemplateError, meta

from mailtemplates.diagnostic import Diagnostic, unique
from mailtemplates.engine import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.finding import Edit, Fix
from mailtemplates.lines import Lines
from mailtemplates.linter import Found, Linter, diagnose
from mailtemplates.pattern import pattern
from mailtemplates.project import locate_template
from mailtemplates.rawfield import Span
from mailtemplates.rawmessage import RawMessage, read_message
from mailtemplates.selection import ignored_in, match_length
from mailtemplates.settings import Settings
from mailtemplates.source import Source, shown
from mailtemplates.stamp import Stamp
from mailtemplates.suppression import Skipped, Suppression, hides, read_suppressions
from mailtemplates.templatesource import TemplateSource
from mailtemplates.tracer import Trace, Tracer, html_of, origin_of, source_span

STAMP = Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "lint")
_LINE_END = pattern(rb"\r\n|\r|\n")
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

    def __init__(self, path: str, name: str, octets: bytes, engine: Engine, inline_ignores: bool) -> None:
        self.path = path
        environment, contract = engine.environment, engine.contract(name)
        schema = contract.schema if contract else None
        self.lines = Lines(octets)
        self.source = TemplateSource(name, octets, environment, schema, frozenset(environment.globals), contract)
        self.text = self.source.text
        self.suppressions = read_suppressions(octets.decode("utf-8", "replace"), environment) if inline_ignores else []

    def span(self, start: int, end: int) -> Span:
        """The octets of characters of the source as Jinja reads it: without a byte order mark, line ends LF."""
        return Span(self._octet(start), self._octet(end))

    @cached_property
    def _starts(self) -> list[int]:
        """The octets at which lines begin, as Jinja reads them."""
        return [0, *(found.end() for found in _LINE_END.finditer(self.lines.octets))]

    def _octet(self, character: int) -> int:
        """The octet of a character; a negative one is an octet of the byte order mark."""
        if character < 0:
            return max(character + 3, 0)
        before = self.text[:character]
        row = before.count("\n")
        start = self._starts[row] if row < len(self._starts) else len(self.lines.octets)
        mark = 3 if row == 0 and self.lines.octets.startswith(b"\xef\xbb\xbf") else 0
        return min(start + mark + len(before[before.rfind("\n") + 1 :].encode()), len(self.lines.octets))

    def offset(self, line: int, column: int) -> int:
        """The character of a line and column, both from 1."""
        rows = self.text.split("\n")
        return sum(len(row) + 1 for row in rows[: line - 1]) + min(
            max(column, 1) - 1, len(rows[min(line, len(rows)) - 1])
        )


class TemplateLinter:
    """The linter over templates, with an engine for each set of template folders. One run's.

    A layout or include is judged through the templates that use it; what is found in it is found again through each of
    them, and who lints several says it once.
    """

    def __init__(self, linter: Linter, *, inline_ignores: bool = True) -> None:
        self._linter = linter
        self._inline_ignores = inline_ignores
        self._engines: dict[tuple[Path, ...], tuple[Engine, Tracer]] = {}
        self._used: dict[tuple[Path, ...], frozenset[str]] = {}

    def lint(self, path: Path) -> list[Diagnostic]:
        """What the rules find in a template, in the order of files and lines.

        :raises RuleError: a rule crashed.
        :raises SettingsError: the settings of the template's folder are wrong.
        """
        settings, folders, name = locate_template(str(path))
        engine, tracer = self._engine(folders, settings)
        shown_path = shown(path) if path.is_absolute() else path.as_posix()
        own = _File(shown_path, name, path.read_bytes(), engine, self._inline_ignores)
        files = {name: own}
        skipped, found = self._find(engine, tracer, name, files)
        of_source = list(self._of_source(own))
        skipped = _explained(skipped, of_source, own)
        found = [*(("", own, one) for one in of_source), *found]
        hidden = _Hidden(self._linter)
        kept = [
            diagnose(one, file.lines, file.path, sample)
            for sample, file, one in found
            if not hidden.hides(one, file) and one.rule.code not in self._off(file)
        ]
        left = [*self._linter.judge(skipped)]
        for suppression in hidden.judged(own, bool(skipped.reason) or skipped.broken):
            left += self._linter.judge(suppression)
        kept += [diagnose(one, own.lines, own.path) for one in left if one.rule.code not in self._off(own)]
        return sorted(unique(kept), key=lambda one: (one.path, one.line, one.column, one.code))

    def _of_source(self, file: _File) -> Iterator[Found]:
        """What the rules over template source find, with places in octets of the file."""
        for one in self._linter.judge(file.source):
            fix = one.finding.fix
            edits = tuple(Edit(file.span(*edit.span), edit.octets) for edit in fix.edits) if fix else ()
            finding = replace(one.finding, span=file.span(*one.finding.span), fix=fix and replace(fix, edits=edits))
            yield one._replace(finding=finding)

    def _off(self, file: _File) -> frozenset[str]:
        return ignored_in(file.path, self._linter.settings, self._linter.rules)

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
                    for one in self._linter.find(sample.raw, rendered=True)
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
        called = Source(call.template, sample.trace.sources[call.template]).locate(call.start) if call else None
        moved = _moved(one, file.span(origin.start, origin.end), f"called at {called}" if called else "")
        return file, moved._replace(finding=replace(moved.finding, fix=_fix_in(sample, one, origin.template, file)))

    def _file(self, engine: Engine, name: str, files: dict[str, _File]) -> _File:
        if name not in files:
            loader = engine.environment.loader
            assert loader is not None
            _, filename, _ = loader.get_source(engine.environment, name)
            octets = Path(filename).read_bytes() if filename and Path(filename).is_file() else b""
            files[name] = _File(filename or name, name, octets, engine, self._inline_ignores)
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


def _fix_in(sample: _Sample, one: Found, template: str, file: _File) -> Fix | None:
    """A fix of the html as a fix of the template, where all that it changes is that template's own text."""
    if one.body is None or one.finding.fix is None:
        return None
    edits = []
    text = one.body.text
    for edit in one.finding.fix.edits:
        start, end = (len(text[:at].replace("\r\n", "\n")) for at in edit.span)
        origin = source_span(sample.trace, html_of(one.body.part), start, end)
        if origin is None or origin.template != template:
            return None
        edits.append(Edit(file.span(origin.start, origin.end), edit.octets))
    return Fix(tuple(edits), one.finding.fix.safe)


def _references(engine: Engine) -> Iterator[str]:
    """The names that the templates of the folders extend, include or import."""
    environment = engine.environment
    for name in engine.templates:
        try:
            source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
            yield from (found for found in meta.find_referenced_templates(environment.parse(source)) if found)
        except (TemplateError, UnicodeDecodeError, OSError):
            continue


def _explained(skipped: Skipped, found: list[Found], file: _File) -> Skipped:
    """Why rules did not run; no word of it where an error about the source, of that line or those words, says it."""
    line = file.lines.place(skipped.span).line
    for one in found if skipped.broken else ():
        span = one.finding.span
        words = file.lines.octets[span.start : span.end].decode("utf-8", "replace").strip("{%- }")
        same = file.lines.place(span).line == line or (words and words in skipped.reason)
        if one.severity == "error" and same:
            return Skipped("", skipped.span, broken=True)
    return skipped


def _broken(error: MailTemplatesError, file: _File) -> Skipped:
    """The template's own fault at its place, when that is in this file."""
    reason = f"the message was not judged: {error.problem}"
    location = error.location
    if location is None or not location.line:
        return Skipped(reason, Span(0, 0), error.cure, True)
    if location.path not in (file.path, file.source.name, ""):
        return Skipped(f"{reason} ({location})", Span(0, 0), error.cure, True)
    at = file.offset(location.line, location.column)
    return Skipped(reason, file.span(at, at + 1), error.cure, True)
