"""Jinja's syntax trees with exact places: lines are all that Jinja keeps, so a node's line is made to know more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jinja2 import Environment, nodes
from jinja2.lexer import Lexer, Token, TokenStream, newline_re

from mailtemplates.memo import Memo

_KEPT_CHARACTERS = 2_000_000


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
        read = _read(environment.lexer, source, name, filename, state)
        sources[name or ""] = read.text
        stream = TokenStream(iter(read.tokens), name, filename)
        for extension in environment.iter_extensions():
            filtered = extension.filter_stream(stream)
            stream = filtered if isinstance(filtered, TokenStream) else TokenStream(filtered, name, filename)
        return stream

    environment._tokenize = tokenize  # type: ignore[method-assign]


class _Read(NamedTuple):
    """A source's tokens, and its text with line ends counted as one."""

    tokens: tuple[Token, ...]
    text: str


_READ: Memo[tuple[Lexer, str, str | None, str | None], _Read] = Memo(_KEPT_CHARACTERS)


def _read(lexer: Lexer, source: str, name: str | None, filename: str | None, state: str | None) -> _Read:
    """The tokens of a source, remembered: a template is compiled for several sinks.

    :raises jinja2.TemplateSyntaxError: with the place.
    """
    key = lexer, source, name, state
    known = _READ.get(key)
    if known is None:
        text = "\n".join(newline_re.split(source)[::2])
        raw = _located(lexer.tokeniter(source, name, filename, state), text)
        known = _READ.put(key, _Read(tuple(lexer.wrap(raw, name, filename)), text), len(source) + 100)
    return known


def _located(raw: Iterable[tuple[int, str, str]], source: str) -> Iterator[tuple[int, str, str]]:
    at = 0
    for line, kind, text in raw:
        start = source.find(text, at)
        start = at if start < 0 else start
        at = start + len(text)
        place = _Line(line)
        place.start = start
        yield place, kind, text
