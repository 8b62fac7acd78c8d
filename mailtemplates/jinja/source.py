"""A template as the rules over its source see it: text, syntax tree with exact places, data contract."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from mailtemplates.span import Span
from mailtemplates.template.contract import Contract
from mailtemplates.template.tokens import (
    RawToken,
    SourceToken,
    locate_tokens,
    offset_of,
    raw_tokens,
    read_tokens,
    start_of,
    with_lf,
)


@dataclass(frozen=True, eq=False)
class TemplateSource:
    """One template.

    Findings of rules over it have spans in characters of ``text``.

    :param name: in its template folder, with forward slashes.
    :param octets: the file as it is.
    :param environment: what compiles it; its loader finds the templates that this one uses.
    :param schema: the data contract's JSON Schema; None when there is none.
    :param contract: the data contract itself, with its file; None when there is none.
    :param variables: names that every template has beside the data: globals of the engine and the application.
    :param is_set_up: whether its folder is set up for this package: what the engine does not know is then an error.
    """

    name: str
    octets: bytes = field(repr=False)
    environment: Environment = field(repr=False)
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    variables: frozenset[str] = frozenset()
    contract: Contract | None = field(default=None, repr=False)
    is_set_up: bool = True

    @cached_property
    def text(self) -> str:
        """The source as Jinja reads it: UTF-8, without a byte order mark, its line ends LF."""
        return with_lf(self.octets.decode("utf-8-sig", "replace"))

    @cached_property
    def _parsed(self) -> nodes.Template | TemplateSyntaxError:
        environment = self.environment.overlay()
        locate_tokens(environment, {})
        try:
            return environment.parse(self.text, self.name)
        except TemplateSyntaxError as fault:
            return fault
        except RecursionError:
            return TemplateSyntaxError("the template is nested too deeply", 1, self.name)

    @property
    def tree(self) -> nodes.Template | None:
        """The syntax tree, its nodes with exact offsets (:func:`~mailtemplates.template.tokens.offset_of`); None when
        the source does not parse."""
        return self._parsed if isinstance(self._parsed, nodes.Template) else None

    @property
    def fault(self) -> TemplateSyntaxError | None:
        """Why it does not parse."""
        return self._parsed if isinstance(self._parsed, TemplateSyntaxError) else None

    @cached_property
    def takes_data(self) -> bool:
        """Whether it names anything beside what every template has; also when it does not compile."""
        try:
            return self.tree is None or bool(find_undeclared_variables(self.tree) - self.variables)
        except TemplateError:  # an unknown filter, for instance
            return True

    @cached_property
    def tokens(self) -> tuple[SourceToken, ...]:
        """The raw tokens, comments and white space too, up to a fault. What white-space control took is in none."""
        if not self._raw:
            return tuple(read_tokens(self.environment, self.text, self.name))
        starts = ((start_of(line), kind, text) for line, kind, text in self._raw)
        return tuple(SourceToken(kind, text, Span(start, start + len(text))) for start, kind, text in starts)

    @property
    def _raw(self) -> tuple[RawToken, ...]:
        """What was read for the tree; none when it is not remembered."""
        return raw_tokens(self.environment, self.text, self.name) if self.tree is not None else ()

    def span(self, node: nodes.Node, length: int = 1) -> Span:
        """The characters from a node's token on."""
        start = offset_of(node)
        return Span(start, min(start + length, len(self.text)))

    def enclosing(self, offset: int) -> Span | None:
        """The ``{{ … }}`` around a place, with its delimiters; None when it is in none."""
        at = bisect_right(self._expressions, Span(offset, len(self.text) + 1)) - 1
        span = self._expressions[at] if at >= 0 else None
        return span if span is not None and span.start <= offset < span.end else None

    @cached_property
    def _expressions(self) -> list[Span]:
        found: list[Span] = []
        start = -1
        for line, kind, text in self._raw:
            if kind == "variable_begin":
                start = start_of(line)
            elif kind == "variable_end" and start >= 0:
                found.append(Span(start, start_of(line) + len(text)))
        return found

    def other(self, name: str) -> TemplateSource | None:
        """Another template of the same loader, which this one extends, includes or imports; None when there is none."""
        try:
            source = self._source_of(name)
        except (TemplateError, UnicodeDecodeError, OSError):
            return None
        return None if source is None else _other(self._joined(name), source, self.environment, self.variables)

    def is_missing(self, name: str) -> bool:
        """Whether the loader surely has no such template."""
        try:
            self._source_of(name)
        except TemplateNotFound:
            return True
        except Exception:  # of any loader: then it is not sure
            return False
        return False

    def _source_of(self, name: str) -> str | None:
        loader = self.environment.loader
        return loader.get_source(self.environment, self._joined(name))[0] if loader else None

    def _joined(self, name: str) -> str:
        return self.environment.join_path(name, self.name)


@lru_cache(maxsize=64)
def _other(name: str, source: str, environment: Environment, variables: frozenset[str]) -> TemplateSource:
    """A template that others use: read once for all of them, as long as it stays the same."""
    return TemplateSource(name, source.encode("utf-8", "surrogatepass"), environment, None, variables)
