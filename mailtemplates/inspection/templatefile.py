"""A template's file as the linter reads it: its octets and comments, and the folder around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from jinja2 import BaseLoader, Environment, TemplateError, TemplateNotFound

from mailtemplates.engine import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.suppression import read_suppressions
from mailtemplates.memo import Memo
from mailtemplates.octets.lines import Lines
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_QUOTED = pattern(r"""["']([^"'\n]+)["']""")
_KEPT_CHARACTERS = 4_000_000
_Loaded = tuple[str, str | None, Callable[[], bool] | None]
_LINE_END = pattern(rb"\r\n|\r|\n")


class TemplateFile:
    """A template's file: its lines, and the comments in it that turn rules off."""

    def __init__(
        self, path: str, name: str, octets: bytes, engine: Engine, *, inline_ignores: bool, is_set_up: bool
    ) -> None:
        self.path = path
        environment, contract = engine.environment, engine.contract(name)
        schema = contract.schema if contract else None
        self.lines = Lines(octets)
        variables = frozenset(environment.globals)
        self.source = TemplateSource(name, octets, environment, schema, variables, contract, is_set_up)
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


class Instead(BaseLoader):
    """A loader for one run: it reads a template once, and has other texts for some than their files.

    :param octets: by template name.
    """

    def __init__(self, loader: BaseLoader | None, octets: Mapping[str, bytes]) -> None:
        self._loader = loader
        self.octets = octets
        self._known: Memo[str, _Loaded] = Memo(_KEPT_CHARACTERS)

    def get_source(self, environment: Environment, template: str) -> _Loaded:
        known = self._known.get(template)
        if known is None:
            loaded = self._load(environment, template)
            known = self._known.put(template, loaded, len(loaded[0]) + 100)
        return known

    def _load(self, environment: Environment, template: str) -> _Loaded:
        known = self.octets.get(template)
        if self._loader is None:
            raise TemplateNotFound(template)
        if known is None:
            return self._loader.get_source(environment, template)
        try:
            _, path, _ = self._loader.get_source(environment, template)
        except (TemplateNotFound, UnicodeDecodeError):
            path = None
        return known.decode("utf-8-sig"), path, None

    def list_templates(self) -> list[str]:
        return self._loader.list_templates() if self._loader else []


def references(engine: Engine) -> Iterator[str]:
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
