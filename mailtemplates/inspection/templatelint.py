"""Templates judged: rendered with each of their samples, composed, and linted as the messages they become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from jinja2 import TemplateError

from mailtemplates.engine import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.finding import Edit, Fix
from mailtemplates.html.document import HtmlDocument
from mailtemplates.inspection.origins import Origins, Place
from mailtemplates.inspection.samples import Sample, Samples
from mailtemplates.inspection.templatefile import Instead, TemplateFile, references
from mailtemplates.inspection.tracer import Tracer
from mailtemplates.jinja.branches import Branch, Choice
from mailtemplates.jinja.tracing import Origin
from mailtemplates.linting.diagnostic import Diagnostic, unique
from mailtemplates.linting.found import Found
from mailtemplates.linting.linter import Linter, diagnose
from mailtemplates.linting.selection import ignored_in
from mailtemplates.linting.suppression import Coverage, Gap, Skipped, Suppression, hides
from mailtemplates.project import Whereabouts, is_set_up, locate_template
from mailtemplates.settings import Settings
from mailtemplates.source import Location, Source, shown
from mailtemplates.span import Span
from mailtemplates.template.contract import Contract

_NOTHING: Mapping[Path, bytes] = MappingProxyType({})
_STYLE = "<style>"
_CALLERS = {"from": "HDR001", "to": "HDR005", "subject": "HDR004"}
_HEADERLESS = {"BLK001"}
_FOREIGN = _HEADERLESS | {"ATT001"}
"""What a template without From and To is not asked for: the caller gives them; a foreign one perhaps images."""


_InSample = tuple[str, TemplateFile, Found]
"""The name of a sample, and what was found in it, in which file."""


class _Project(NamedTuple):
    """What a run knows of one set of template folders.

    :param shown: the ways that conditions went in any template of the run.
    :param octets: of templates, by name, where they are not what their files hold.
    """

    engine: Engine
    tracer: Tracer
    files: dict[str, TemplateFile]
    shown: set[Choice]
    is_set_up: bool
    folders: tuple[Path, ...]
    octets: Mapping[str, bytes]


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
        self._tried: _Project | None = None
        self._places: dict[Path, Whereabouts] = {}

    def lint(self, path: Path, *, instead: Mapping[Path, bytes] = _NOTHING) -> list[Diagnostic]:
        """What the rules find in a template, in the order of files and lines.

        :param instead: octets of files, by resolved path, that are not what the files hold.
        :raises RuleError: a rule crashed.
        :raises SettingsError: the settings of the template's folder are wrong.
        """
        settings, folders, name = self._located(path)
        project = self._project(folders, settings, instead)
        shown_path = shown(path) if path.is_absolute() else path.as_posix()
        octets = project.octets.get(name)
        own = self._read(project, shown_path, name, path.read_bytes() if octets is None else octets)
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

    def renders(self, path: Path, instead: Mapping[Path, bytes]) -> bool:
        """Whether a template with other octets than those of files renders with all its samples.

        :raises SettingsError: the settings of the template's folder are wrong.
        """
        settings, folders, name = self._located(path)
        project = self._project(folders, settings, instead)
        try:
            return all(True for _ in Samples(project.engine, project.tracer, name, limit=0))
        except MailTemplatesError:
            return False

    def _located(self, path: Path) -> Whereabouts:
        """Where a template is; templates of one folder are at one place, when the settings say where."""
        known = self._places.get(path.parent)
        if known is not None and path.is_file():
            return known._replace(name=f"{known.name}{path.name}")
        found = locate_template(str(path))
        named = [folder.resolve() for folder in found.settings.paths(found.settings.templates)]
        if any(folder in named and path.absolute() == folder / found.name for folder in found.folders):
            self._places[path.parent] = found._replace(name=found.name.removesuffix(path.name))
        return found

    def _of_source(self, file: TemplateFile) -> Iterator[Found]:
        """What the rules over template source find, with places in octets of the file."""
        for one in self._linter.judge(file.source):
            fix = one.finding.fix
            edits = tuple(Edit(file.span(*edit.span), edit.octets) for edit in fix.edits) if fix else ()
            finding = one.finding._replace(span=file.span(*one.finding.span), fix=fix and fix._replace(edits=edits))
            yield one._replace(finding=finding)

    def _off(self, file: TemplateFile) -> frozenset[str]:
        return ignored_in(file.path, self._linter.settings, self._linter.rules)

    def _project(self, folders: tuple[Path, ...], settings: Settings, instead: Mapping[Path, bytes]) -> _Project:
        """The folders' project; one with other octets than those of files is kept as long as they stay the same."""
        octets = {name: text for file, text in instead.items() if (name := _name_in(folders, file))}
        known = self._tried if octets else self._projects.get(folders)
        if known is not None and known.octets == octets and known.folders == folders:
            return known
        engine = Engine(folders, settings=settings, auto_reload=False, sign=False)  # keys are not where lint runs
        if engine.environment.loader is not None:
            engine.environment.loader = Instead(engine.environment.loader, octets)
        project = _Project(engine, Tracer(engine), {}, set(), is_set_up(settings, folders), folders, octets)
        if octets:
            self._tried = project
        else:
            self._projects[folders] = project
        return project

    def _find(self, project: _Project, own: TemplateFile) -> tuple[Skipped, Coverage, list[_InSample]]:
        """What is found in each sample, with places in templates; and why rules did not run, if so."""
        found: list[_InSample] = []
        engine, name = project.engine, own.source.name
        nowhere = Span(0, 0)
        project.tracer.know(own.source)
        try:
            samples = self._samples(project, own)
            for sample in samples:
                found += self._in_sample(project, sample, own)
            project.shown.update(choice for choice in samples.taken if choice.template != name)
            contract = engine.contract(name)
        except MailTemplatesError as error:
            if error.exit_code == 3:
                raise
            if own.source.fault is None and not own.source.takes_data and not engine.contract(name):
                return _unsampled(own), Coverage((), sampled=False), []
            return _broken(error, own), Coverage((), sampled=False), found
        if samples.examples:
            gaps = tuple(_gap(branch, own, project) for branch in samples.unseen() if samples.is_given)
            return Skipped("", nowhere), Coverage(gaps, str(contract.path) if contract else ""), found
        if self._is_used(engine, name):
            return Skipped("", nowhere), Coverage((), sampled=False), found
        return _unsampled(own, contract), Coverage((), sampled=False), found

    def _samples(self, project: _Project, own: TemplateFile) -> Samples:
        """The messages of a template; one that others use is judged through them, also when it takes no data."""
        name, source = own.source.name, own.source
        engine, limit = project.engine, self._linter.settings.variants
        takes_data = engine.contract(name) is not None or source.takes_data or self._is_used(engine, name)
        return Samples(engine, project.tracer, name, limit=limit, takes_data=takes_data, known=project.shown)

    def _in_sample(self, project: _Project, sample: Sample, own: TemplateFile) -> Iterator[_InSample]:
        """What is found in one message, each finding in the template that made the octets."""
        off = {_CALLERS[field] for field in sample.given}
        if sample.given >= {"from", "to"}:
            off |= _HEADERLESS if project.is_set_up else _FOREIGN
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
        for name in origins.linked_sheets:
            yield from ((sample.name, *found) for found in self._in_sheet(project, name, own))

    def _in_sheet(self, project: _Project, name: str, own: TemplateFile) -> Iterator[tuple[TemplateFile, Found]]:
        """What is found in a style sheet's file, before it is inlined."""
        try:
            file = self._file(project, name, own)
        except (TemplateError, UnicodeDecodeError, OSError):
            return
        for one in self._linter.judge_written(HtmlDocument(f"{_STYLE}{file.text}</style>")):
            start, end = (max(at - len(_STYLE), 0) for at in one.finding.span)
            yield file, one._replace(finding=one.finding._replace(span=file.span(start, end), fix=None))

    def _placed(
        self, project: _Project, sample: Sample, origins: Origins, one: Found, own: TemplateFile
    ) -> tuple[TemplateFile, Found] | None:
        """A finding in a message at the place of the template that made it; at the template's start when none did.

        None for what a variant prints though the data has nothing there.
        """
        return self._at(project, sample, origins, one, own, origins.of(one.finding.span))

    def _at(
        self, project: _Project, sample: Sample, origins: Origins, one: Found, own: TemplateFile, place: Place | None
    ) -> tuple[TemplateFile, Found] | None:
        if place is None:
            return own, one._replace(finding=one.finding._replace(span=Span(0, 0), fix=None), body=None)
        if place.hollow and sample.varied:
            return None
        origin, call, _ = place
        file = self._file(project, origin.template, own)
        finding = one.finding._replace(
            span=file.span(origin.start, origin.end),
            fix=_fix_in(origins, one, origin.template, file),
            related=self._called(project, call, own) if call else None,
        )
        return file, one._replace(finding=finding, body=None)

    def _called(self, project: _Project, call: Origin, own: TemplateFile) -> Location:
        """The place of a macro's call."""
        file = self._file(project, call.template, own)
        return Source(file.path, file.text).locate(call.start)

    def _file(self, project: _Project, name: str, own: TemplateFile) -> TemplateFile:
        files = project.files
        if name not in files:
            environment = project.engine.environment
            assert environment.loader is not None
            _, filename, _ = environment.loader.get_source(environment, name)
            octets = project.octets.get(name)
            if octets is None:
                octets = Path(filename).read_bytes() if filename and Path(filename).is_file() else b""
            files[name] = self._read(project, _beside(own, name, filename), name, octets)
        return files[name]

    def _read(self, project: _Project, path: str, name: str, octets: bytes) -> TemplateFile:
        return TemplateFile(
            path, name, octets, project.engine, inline_ignores=self._inline_ignores, is_set_up=project.is_set_up
        )

    def _is_used(self, engine: Engine, name: str) -> bool:
        """Whether other templates of the folders extend, include or import a template: it is judged through them."""
        folders = engine.folders
        if folders not in self._used:
            self._used[folders] = frozenset(references(engine))
        return name in self._used[folders]


class _Hidden:
    """Which findings the comments of files hide, and which words of the comments did.

    ``ignore-file`` in the template that is rendered is for its whole message, whatever layout holds the text.
    """

    def __init__(self, linter: Linter, own: TemplateFile) -> None:
        self._linter = linter
        self._own = own
        self._used: set[tuple[str, int, str]] = set()

    def hides(self, one: Found, file: TemplateFile) -> bool:
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

    def judged(self, file: TemplateFile, skipped: bool, sampled: bool) -> Iterator[Suppression]:
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


def _diagnosed(one: Found, file: TemplateFile, sample: str) -> Diagnostic:
    return diagnose(one, file.lines, file.path, sample)


def _gap(branch: Branch, own: TemplateFile, project: _Project) -> Gap:
    """A branch that was not seen, at its tag."""
    opening, closing = project.engine.environment.block_start_string, project.engine.environment.block_end_string
    text, at = own.text, branch.at
    start = text.rfind(opening, 0, at)
    if branch.title in ("else", "no rows") and text.find(closing, start) > at:
        start = text.rfind(opening, 0, max(start, 0))
    end = text.find(closing, start)
    return Gap(branch.title, own.span(start, end + len(closing)) if 0 <= start < end else own.span(at, at + 1))


def _name_in(folders: tuple[Path, ...], file: Path) -> str:
    """The name of a file in template folders; empty when it is in none."""
    return next((file.relative_to(folder).as_posix() for folder in folders if file.is_relative_to(folder)), "")


def _beside(own: TemplateFile, name: str, filename: str | None) -> str:
    """How a template is called beside another one that a person named."""
    folder = own.path.removesuffix(own.source.name)
    if filename and own.path == folder + own.source.name and Path(folder + name).exists():
        return folder + name
    return shown(Path(filename)) if filename else name


def _fix_in(origins: Origins, one: Found, template: str, file: TemplateFile) -> Fix | None:
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


def _explained(skipped: Skipped, found: list[Found], file: TemplateFile) -> Skipped:
    """Why rules did not run; no word of it where an error about the source, of that line or those words, says it."""
    line = file.lines.place(skipped.span).line
    for one in found if skipped.broken else ():
        span = one.finding.span
        words = file.lines.octets[span.start : span.end].decode("utf-8", "replace").strip("{%- }")
        same = file.lines.place(span).line == line or (words and words in skipped.reason)
        if one.severity == "error" and same:
            return Skipped("", skipped.span, broken=True)
    return skipped


def _unsampled(file: TemplateFile, contract: Contract | None = None) -> Skipped:
    """That a template has no sample data."""
    schema = contract.path if contract else f"schemas/{Path(file.source.name).with_suffix('').as_posix()}.json"
    reason = "the template has no sample data, so its message was not judged"
    return Skipped(reason, Span(0, 0), f"add examples to {schema}")


def _broken(error: MailTemplatesError, file: TemplateFile) -> Skipped:
    """The template's own fault at its place, when that is in this file."""
    reason = f"the message was not judged: {error.problem}"
    location = error.location
    if location is None or not location.line:
        return Skipped(reason, Span(0, 0), error.cure, True)
    if location.path not in (file.path, file.source.name, ""):
        return Skipped(f"{reason} ({location})", Span(0, 0), error.cure, True)
    at = file.offset(location.line, location.column)
    return Skipped(reason, file.span(at, at + 1), error.cure, True)
