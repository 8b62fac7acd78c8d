"""Templates judged: rendered with each of their samples, composed, and linted as the messages they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, TemplateError, meta, nodes

from mailtemplates.diagnostic import Diagnostic
from mailtemplates.engine import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.lines import Lines
from mailtemplates.linter import Found, Linter, diagnose
from mailtemplates.project import locate_template
from mailtemplates.rawfield import RawField, Span
from mailtemplates.rawmessage import RawMessage, read_message
from mailtemplates.selection import ignored_in, match_length
from mailtemplates.settings import Settings
from mailtemplates.source import shown
from mailtemplates.stamp import Stamp
from mailtemplates.suppression import Skipped, Suppression, hides, read_suppressions
from mailtemplates.template import HEADER_FIELDS, RESERVED

STAMP = Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "lint")
_STAND_IN = "Sender <sender@mailtemplates.org>"
_CALLERS = {"from": "HDR001", "to": "HDR005", "subject": "HDR004"}


class _Sample(NamedTuple):
    """One sample of a template as a message; the names of fields that the caller will give."""

    name: str
    raw: RawMessage
    given: frozenset[str]


class TemplateLinter:
    """The linter over templates, with an engine for each set of template folders. One run's."""

    def __init__(self, linter: Linter) -> None:
        self._linter = linter
        self._engines: dict[tuple[Path, ...], tuple[Engine, Environment]] = {}
        self._used: dict[tuple[Path, ...], frozenset[str]] = {}

    def lint(self, path: Path, *, inline_ignores: bool = True) -> list[Diagnostic]:
        """What the rules find in a template, in the order of its lines.

        :param inline_ignores: whether comments in the template turn rules off.
        :raises RuleError: a rule crashed.
        :raises SettingsError: the settings of the template's folder are wrong.
        """
        settings, folders, name = locate_template(str(path))
        engine, environment = self._engine(folders, settings)
        octets = path.read_bytes()
        lines = Lines(octets)
        shown_path = shown(path) if path.is_absolute() else path.as_posix()
        suppressions = read_suppressions(octets.decode("utf-8", "replace"), environment) if inline_ignores else []
        off = ignored_in(shown_path, self._linter.settings, self._linter.rules)
        found, skipped = self._find(engine, environment, name, octets)
        hidden = _Hidden(suppressions, self._linter, bool(skipped.reason))
        kept: dict[tuple[str, int, int, str], Diagnostic] = {}
        for sample, one in found:
            if one.rule.code not in off and not hidden.hides(one):
                diagnostic = diagnose(one, lines, shown_path, sample)
                kept.setdefault((diagnostic.code, diagnostic.line, diagnostic.column, diagnostic.message), diagnostic)
        own = [*self._linter.judge(skipped), *(f for one in hidden.judged() for f in self._linter.judge(one))]
        kept_own = [diagnose(one, lines, shown_path) for one in own if one.rule.code not in off]
        return sorted([*kept.values(), *kept_own], key=lambda one: (one.line, one.column, one.code))

    def _engine(self, folders: tuple[Path, ...], settings: Settings) -> tuple[Engine, Environment]:
        if folders not in self._engines:
            engine = Engine(folders, settings=settings, auto_reload=False)
            self._engines[folders] = engine, engine.environment
        return self._engines[folders]

    def _find(
        self, engine: Engine, environment: Environment, name: str, octets: bytes
    ) -> tuple[list[tuple[str, Found]], Skipped]:
        """What is found in each sample, with places in the template; and why rules did not run, if so."""
        found: list[tuple[str, Found]] = []
        blocks = _blocks(octets, environment)
        try:
            for sample in self._samples(engine, name):
                for one in self._linter.find(sample.raw):
                    field = _field_at(sample.raw, one.finding.span)
                    if one.rule.code in {_CALLERS[key] for key in sample.given}:
                        continue
                    if field is not None and field.lower in sample.given:
                        continue
                    found.append((sample.name, _placed(one, field, blocks)))
        except MailTemplatesError as error:
            if error.exit_code == 3:
                raise
            return found, _broken(error, octets)
        contract = engine.contract(name)
        if (contract and contract.examples) or self._is_used(engine, environment, name):
            return found, Skipped("", Span(0, 0))
        schema = contract.path if contract else f"schemas/{Path(name).with_suffix('').as_posix()}.json"
        reason = "the template has no sample data, so its message was not judged"
        return found, Skipped(reason, Span(0, 0), f"add examples to {schema}")

    def _samples(self, engine: Engine, name: str) -> Iterator[_Sample]:
        contract = engine.contract(name)
        for index in range(len(contract.examples) if contract else 0):
            data = engine.sample(name, index)
            mail = engine.render(name, data)
            given = frozenset(key for key in _CALLERS if mail.parts.field(key) is None)
            if "from" in given:
                mail = engine.render(name, data, from_=_STAND_IN)
            message = mail.message(STAMP)
            yield _Sample(f"examples[{index}]", read_message(message.octets, smtputf8=message.envelope.smtputf8), given)

    def _is_used(self, engine: Engine, environment: Environment, name: str) -> bool:
        """Whether other templates of the folders extend, include or import a template: it is judged through them."""
        folders = tuple(engine.folders)
        if folders not in self._used:
            self._used[folders] = frozenset(_references(engine, environment))
        return name in self._used[folders]


class _Hidden:
    """The suppressions of a template, and which words of them hid something."""

    def __init__(self, suppressions: list[Suppression], linter: Linter, skipped: bool) -> None:
        self._suppressions = suppressions
        self._linter = linter
        self._skipped = skipped
        self._used: set[tuple[int, str]] = set()

    def hides(self, one: Found) -> bool:
        """Whether a comment hides the finding; the comment's word is then used."""
        hidden = False
        for suppression in self._suppressions:
            if hides(suppression, one.finding.span.start):
                for word in suppression.words:
                    if match_length(word.text, one.rule) >= 0:
                        self._used.add((suppression.comment.start, word.text))
                        hidden = True
        return hidden

    def judged(self) -> Iterator[Suppression]:
        """The suppressions with what is unknown and what was not used; nothing is unused where rules did not run."""
        for suppression in self._suppressions:
            unknown = tuple(word for word in suppression.words if not self._matches(word.text))
            unused = tuple(
                word
                for word in suppression.words
                if word not in unknown
                and not self._skipped
                and (suppression.comment.start, word.text) not in self._used
                and self._linter.codes >= self._matches(word.text)
            )
            yield replace(suppression, unknown=unknown, unused=unused)

    def _matches(self, text: str) -> frozenset[str]:
        return frozenset(one.code for one in self._linter.rules if match_length(text, one) >= 0)


def _references(engine: Engine, environment: Environment) -> Iterator[str]:
    """The names that the templates of the folders extend, include or import."""
    for name in engine.templates:
        try:
            source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
            yield from (found for found in meta.find_referenced_templates(environment.parse(source)) if found)
        except (TemplateError, UnicodeDecodeError, OSError):
            continue


def _blocks(octets: bytes, environment: Environment) -> dict[str, Span]:
    """The line of each reserved block of a template, by the block's name."""
    try:
        tree = environment.parse(octets.decode("utf-8", "replace"))
    except TemplateError:
        return {}
    starts = [0]
    starts.extend(at + 1 for at, octet in enumerate(octets) if octet == 10)
    found = {}
    for block in tree.find_all(nodes.Block):
        if block.name in RESERVED:
            start = starts[block.lineno - 1]
            end = octets.find(b"\n", start)
            line = octets[start : end if end >= 0 else len(octets)]
            indent = len(line) - len(line.lstrip())
            found[block.name] = Span(start + indent, start + len(line.rstrip()))
    return found


def _field_at(raw: RawMessage, span: Span) -> RawField | None:
    return next((field for field in raw.root.fields if field.span.start <= span.start < field.span.end), None)


def _placed(one: Found, field: RawField | None, blocks: dict[str, Span]) -> Found:
    """A finding in octets, at the block of the template that makes them; at the template's start when none does."""
    if field is not None:
        names = [name for name, title in HEADER_FIELDS.items() if title.lower() == field.lower] or ["headers"]
    else:
        names = ["html", "text"]
    span = next((blocks[name] for name in names if name in blocks), Span(0, 0))
    return one._replace(finding=replace(one.finding, span=span, fix=None))


def _broken(error: MailTemplatesError, octets: bytes) -> Skipped:
    """The template's own fault at its place, when that is in this template."""
    location = error.location
    if location is None or not location.line:
        return Skipped(f"the message was not judged: {error.problem}", Span(0, 0), error.cure, True)
    lines = octets.split(b"\n")
    start = sum(len(line) + 1 for line in lines[: location.line - 1])
    line = lines[location.line - 1] if location.line <= len(lines) else b""
    text = line.decode("utf-8", "replace")
    at = start + len(text[: max(location.column - 1, 0)].encode())
    return Skipped(f"the message was not judged: {error.problem}", Span(at, at + 1), error.cure, True)
