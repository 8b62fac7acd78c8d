"""Jinja's syntax trees with exact places: lines are all that Jinja keeps, so a node's line is made to know more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import Environment, nodes
from jinja2.lexer import TokenStream, newline_re


class _Line(int):
    """A line number that knows the offset of its token: nodes carry it as their line."""

    start: int


def offset_of(node: nodes.Node) -> int:
    """The offset of a node's token in its source; 0 when its environment does not locate tokens."""
    return getattr(node.lineno, "start", 0)


def locate_tokens(environment: Environment, sources: dict[str, str]) -> None:
    """From now on an environment's nodes know their offsets; it keeps the sources that it parses by template name.

    The offsets are characters of the source with its line ends counted as one. A name, a constant and a filter's name
    have the place of their first character; an attribute that of its dot, a call and an index that of the bracket.
    """

    def tokenize(source: str, name: str | None, filename: str | None = None, state: str | None = None) -> TokenStream:
        source = environment.preprocess(source, name, filename)
        sources[name or ""] = "\n".join(newline_re.split(source)[::2])
        raw = _located(environment.lexer.tokeniter(source, name, filename, state), sources[name or ""])
        stream = TokenStream(environment.lexer.wrap(raw, name, filename), name, filename)
        for extension in environment.iter_extensions():
            filtered = extension.filter_stream(stream)
            stream = filtered if isinstance(filtered, TokenStream) else TokenStream(filtered, name, filename)
        return stream

    environment._tokenize = tokenize  # type: ignore[method-assign]


def _located(raw: Iterable[tuple[int, str, str]], source: str) -> Iterator[tuple[int, str, str]]:
    at = 0
    for line, kind, text in raw:
        start = source.find(text, at)
        start = at if start < 0 else start
        at = start + len(text)
        place = _Line(line)
        place.start = start
        yield place, kind, text
