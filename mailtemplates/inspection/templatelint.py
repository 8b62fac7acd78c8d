"""Templates judged: rendered with each of their samples, composed, and linted as the messages they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from jinja2 import BaseLoader, Environment, TemplateError, TemplateNotFound

from mailtemplates.engine import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.finding import Edit, Fix
from mailtemplates.inspection.origins import Origins, Place
from mailtemplates.inspection.samples import Sample, Samples
from mailtemplates.inspection.tracer import Tracer
from mailtemplates.jinja.branches import Branch, Choice
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.jinja.tracing import Origin
from mailtemplates.lint.diagnostic import Diagnostic, unique
from mailtemplates.lint.found import Found
from mailtemplates.lint.linter import Linter, diagnose
from mailtemplates.lint.selection import ignored_in
from mailtemplates.lint.suppression import Coverage, Gap, Skipped, Suppression, hides, read_suppressions
from mailtemplates.octets.lines import Lines
from mailtemplates.pattern import pattern
from mailtemplates.project import locate_template
from mailtemplates.settings import Settings
from mailtemplates.source import Location, Source, shown
from mailtemplates.span import Span

_QUOTED = pattern(r"""["']([^"'\n]+)["']""")
_LINE_END = pattern(rb"\r\n|\r|\n")
_CALLERS = {"from": "HDR001", "to": "HDR005", "subject": "HDR004"}


class _File:
    """A template's file: its lines, and the comments in it that turn rules off."""

    def __init__(self, path: str, name: str, octets: bytes, engine: Engine, inline_ignores: bool) -> None:
        self.path = path
        environment, contract = engine.environment, engine.contract(name)
        schema = contract.schema if contract else None
        self.lines = Lines(octets)
        self.source = TemplateSource(name, octets, environment, schema, frozenset(environment.globals), contract)
        self.text = self.source.text
        written = octets.decode("utf-8", "replace") if inline_ignores else ""
        self.suppressions = read_suppressions(written, environment, name)

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


class _Project(NamedTuple):
    """What a run knows of one set of template folders.

    :param shown: the ways that conditions went in any template of the run.
    """

    engine: Engine
    tracer: Tracer
    files: dict[str, _File]
    shown: set[Choice]


class TemplateLinter:
    """The linter over templates, with an engine for each set of template folders. One run's.

    A layout or include is judged through the templates that use it; what is found in it is found again through each of
    them, and who lints several says it once.

    :param inline_ignores: whether comments in templates turn rules off.
    """

    def __init__(self, linter: Linter, *, inline_ignores: bool = True) -> None:
        self._linter = linter
        self._inline_ignores = inline_ignores
        self._projects: dict[tuple[Path, ...], _Project] = {}
        self._used: dict[tuple[Path, ...], frozenset[str]] = {}

    def lint(self, path: Path, octets: bytes | None = None) -> list[Diagnostic]:
        """What the rules find in a template, in the order of files and lines.

        :param octets: what stands in it, when that is not what the file holds.
        :raises RuleError: a rule crashed.
        :raises SettingsError: the settings of the template's folder are wrong.
        """
        settings, folders, name = locate_template(str(path))
        project = self._project(folders, settings, None if octets is None else (name, octets))
        shown_path = shown(path) if path.is_absolute() else path.as_posix()
        own = _File(
            shown_path, name, path.read_bytes() if octets is None else octets, project.engine, self._inline_ignores
        )
        project.files[name] = own
        skipped, coverage, found = self._find(project, own)
        of_source = list(self._of_source(own))
        skipped = _explained(skipped, of_source, own)
        found = [*(("", own, one) for one in of_source), *found]
        hidden = _Hidden(self._linter, own)
        kept = [
            _diagnosed(one, file, sample)
            for sample, file, one in found
            if not hidden.hides(one, file) and one.rule.code not in self._off(file)
        ]
        left = [one for one in self._linter.judge(coverage) if not hidden.hides(one, own)]
        left += self._linter.judge(skipped)
        for suppression in hidden.judged(own, bool(skipped.reason) or skipped.broken, coverage.sampled):
            left += self._linter.judge(suppression)
        kept += [_diagnosed(one, own, "") for one in left if one.rule.code not in self._off(own)]
        return sorted(unique(kept), key=lambda one: (one.path, one.line, one.column, one.code))

    def renders(self, path: Path, octets: bytes) -> bool:
        """Whether a template with other octets than its file's renders with all its samples.

        :raises SettingsError: the settings of the template's folder are wrong.
        """
        settings, folders, name = locate_template(str(path))
        project = self._project(folders, settings, (name, octets))
        try:
            return all(True for _ in Samples(project.engine, project.tracer, name, limit=0))
        except MailTemplatesError:
            return False

    def _of_source(self, file: _File) -> Iterator[Found]:
        """What the rules over template source find, with places in octets of the file."""
        for one in self._linter.judge(file.source):
            fix = one.finding.fix
            edits = tuple(Edit(file.span(*edit.span), edit.octets) for edit in fix.edits) if fix else ()
            finding = replace(one.finding, span=file.span(*one.finding.span), fix=fix and replace(fix, edits=edits))
            yield one._replace(finding=finding)

    def _off(self, file: _File) -> frozenset[str]:
        return ignored_in(file.path, self._linter.settings, self._linter.rules)

    def _project(self, folders: tuple[Path, ...], settings: Settings, instead: tuple[str, bytes] | None) -> _Project:
        if folders in self._projects and instead is None:
            return self._projects[folders]
        engine = Engine(folders, settings=settings, auto_reload=False, sign=False)  # keys are not where lint runs
        if instead is not None:
            environment = engine.environment
            environment.loader = _Instead(environment.loader, *instead)
        project = _Project(engine, Tracer(engine), {}, set())
        if instead is None:
            self._projects[folders] = project
        return project

    def _find(self, project: _Project, own: _File) -> tuple[Skipped, Coverage, list[tuple[str, _File, Found]]]:
        """What is found in each sample, with places in templates; and why rules did not run, if so."""
        found: list[tuple[str, _File, Found]] = []
        engine, name = project.engine, own.source.name
        nowhere = Span(0, 0)
        try:
            samples = Samples(engine, project.tracer, name, limit=self._linter.settings.variants, known=project.shown)
            for sample in samples:
                found += self._in_sample(project, sample, own)
            project.shown.update(choice for choice in samples.taken if choice.template != name)
            contract = engine.contract(name)
        except MailTemplatesError as error:
            if error.exit_code == 3:
                raise
            return _broken(error, own), Coverage((), sampled=False), found
        schema = contract.path if contract else f"schemas/{Path(name).with_suffix('').as_posix()}.json"
        if samples.examples:
            gaps = tuple(_gap(branch, own, project) for branch in samples.unseen())
            return Skipped("", nowhere), Coverage(gaps, str(schema)), found
        if self._is_used(engine, name):
            return Skipped("", nowhere), Coverage((), sampled=False), found
        reason = "the template has no sample data, so its message was not judged"
        return Skipped(reason, nowhere, f"add examples to {schema}"), Coverage((), sampled=False), found

    def _in_sample(self, project: _Project, sample: Sample, own: _File) -> Iterator[tuple[str, _File, Found]]:
        """What is found in one message, each finding in the template that made the octets."""
        off = {_CALLERS[field] for field in sample.given}
        origins = Origins(sample.trace, sample.raw)
        for one in self._linter.find(sample.raw, rendered=True, is_text_made=sample.trace.parts.is_text_made):
            if one.rule.code not in off and not _is_given(sample, one.finding.span):
                placed = self._placed(project, sample, origins, one, own)
                if placed is not None:
                    yield sample.name, *placed
        for one in self._linter.judge_written(origins.written_sheets):
            placed = self._at(project, sample, origins, one, own, origins.of_written(one.finding.span))
            if placed is not None:
                yield sample.name, *placed

    def _placed(
        self, project: _Project, sample: Sample, origins: Origins, one: Found, own: _File
    ) -> tuple[_File, Found] | None:
        """A finding in a message at the place of the template that made it; at the template's start when none did.

        None for what a variant prints though the data has nothing there.
        """
        return self._at(project, sample, origins, one, own, origins.of(one.finding.span))

    def _at(
        self, project: _Project, sample: Sample, origins: Origins, one: Found, own: _File, place: Place | None
    ) -> tuple[_File, Found] | None:
        if place is None:
            return own, one._replace(finding=replace(one.finding, span=Span(0, 0), fix=None), body=None)
        if place.hollow and sample.varied:
            return None
        origin, call, _ = place
        file = self._file(project, origin.template, own)
        finding = replace(
            one.finding,
            span=file.span(origin.start, origin.end),
            fix=_fix_in(origins, one, origin.template, file) if file is own else None,
            related=self._called(project, call, own) if call else None,
        )
        return file, one._replace(finding=finding, body=None)

    def _called(self, project: _Project, call: Origin, own: _File) -> Location:
        """The place of a macro's call."""
        file = self._file(project, call.template, own)
        return Source(file.path, file.text).locate(call.start)

    def _file(self, project: _Project, name: str, own: _File) -> _File:
        files = project.files
        if name not in files:
            environment = project.engine.environment
            assert environment.loader is not None
            _, filename, _ = environment.loader.get_source(environment, name)
            octets = Path(filename).read_bytes() if filename and Path(filename).is_file() else b""
            files[name] = _File(_beside(own, name, filename), name, octets, project.engine, self._inline_ignores)
        return files[name]

    def _is_used(self, engine: Engine, name: str) -> bool:
        """Whether other templates of the folders extend, include or import a template: it is judged through them."""
        folders = engine.folders
        if folders not in self._used:
            self._used[folders] = frozenset(_references(engine))
        return name in self._used[folders]


class _Hidden:
    """Which findings the comments of files hide, and which words of the comments did.

    ``ignore-file`` in the template that is rendered is for its whole message, whatever layout holds the text.
    """

    def __init__(self, linter: Linter, own: _File) -> None:
        self._linter = linter
        self._own = own
        self._used: set[tuple[str, int, str]] = set()

    def hides(self, one: Found, file: _File) -> bool:
        """Whether a comment hides the finding; the comment's word is then used."""
        here = [(file, suppression) for suppression in file.suppressions if hides(suppression, one.finding.span.start)]
        if file is not self._own:
            here += [(self._own, whole) for whole in self._own.suppressions if whole.kind == "ignore-file"]
        hidden = False
        for owner, suppression in here:
            for word in suppression.words:
                if one.rule.code in self._linter.named(word.text):
                    self._used.add((owner.path, suppression.comment.start, word.text))
                    hidden = True
        return hidden

    def judged(self, file: _File, skipped: bool, sampled: bool) -> Iterator[Suppression]:
        """A file's suppressions with what is unknown and what was not used; nothing is where rules did not run."""
        known = self._linter.codes if sampled else self._linter.codes_over("TemplateSource")
        for suppression in file.suppressions:
            unknown = tuple(word for word in suppression.words if not self._linter.named(word.text))
            unused = tuple(
                word
                for word in suppression.words
                if word not in unknown
                and not skipped
                and (file.path, suppression.comment.start, word.text) not in self._used
                and known >= self._linter.named(word.text)
            )
            yield replace(suppression, unknown=unknown, unused=unused)


def _is_given(sample: Sample, span: Span) -> bool:
    """Whether a finding is in a field that stands in for what the caller gives."""
    fields = (field for field in sample.raw.root.fields if field.lower in sample.given)
    return any(field.span.start <= span.start < field.span.end for field in fields)


def _diagnosed(one: Found, file: _File, sample: str) -> Diagnostic:
    return diagnose(one, file.lines, file.path, sample)


def _gap(branch: Branch, own: _File, project: _Project) -> Gap:
    """A branch that was not seen, at its tag."""
    opening, closing = project.engine.environment.block_start_string, project.engine.environment.block_end_string
    text, at = own.text, branch.at
    start = text.rfind(opening, 0, at)
    if branch.title in ("else", "no rows") and text.find(closing, start) > at:
        start = text.rfind(opening, 0, max(start, 0))
    end = text.find(closing, start)
    return Gap(branch.title, own.span(start, end + len(closing)) if 0 <= start < end else own.span(at, at + 1))


def _beside(own: _File, name: str, filename: str | None) -> str:
    """How a template is called beside another one that a person named."""
    folder = own.path.removesuffix(own.source.name)
    if filename and own.path == folder + own.source.name and Path(folder + name).exists():
        return folder + name
    return shown(Path(filename)) if filename else name


def _fix_in(origins: Origins, one: Found, template: str, file: _File) -> Fix | None:
    """A fix of the html as a fix of the template, where all that it changes is that template's own text."""
    if one.body is None or one.finding.fix is None:
        return None
    edits = []
    text = one.body.text
    for edit in one.finding.fix.edits:
        start, end = (len(text[:at].replace("\r\n", "\n")) for at in edit.span)
        origin = origins.source_span(one.body.part, start, end)
        if origin is None or origin.template != template:
            return None
        edits.append(Edit(file.span(origin.start, origin.end), edit.octets))
    return Fix(tuple(edits), one.finding.fix.safe)


class _Instead(BaseLoader):
    """A loader that has another text for one template than its file."""

    def __init__(self, loader: BaseLoader | None, name: str, octets: bytes) -> None:
        self._loader = loader
        self._name = name
        self._octets = octets

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        if template == self._name:
            return self._octets.decode("utf-8-sig"), None, None
        if self._loader is None:
            raise TemplateNotFound(template)
        return self._loader.get_source(environment, template)

    def list_templates(self) -> list[str]:
        return self._loader.list_templates() if self._loader else []


def _references(engine: Engine) -> Iterator[str]:
    """The names that the templates of the folders extend, include or import: what is quoted in those tags."""
    environment = engine.environment
    start, end = re.escape(environment.block_start_string), re.escape(environment.block_end_string)
    tag = re.compile(rf"{start}[-+]?\s*(?:extends|include|import|from)\b(.*?){end}", re.DOTALL)
    for name in engine.templates:
        try:
            source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
        except (TemplateError, MailTemplatesError, UnicodeDecodeError, OSError):
            continue
        for found in tag.finditer(source):
            yield from (one[1] for one in _QUOTED.finditer(found[1]))


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
