"""Jinja's syntax trees with exact places: lines are all that Jinja keeps, so a node's line is made to know more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import Lexer, Token, TokenStream, newline_re

from mailtemplates.memo import Memo
from mailtemplates.span import Span

_KEPT_CHARACTERS = 2_000_000


class _Line(int):
    """A line number that knows the offset of its token: nodes carry it as their line."""

    start: int


def offset_of(node: nodes.Node) -> int:
    """The offset of a node's token in its source; 0 when its environment does not locate tokens."""
    return start_of(node.lineno, 0)


def start_of(line: int, otherwise: int = -1) -> int:
    """The offset that a token's line knows; else what is given for that."""
    start: int = getattr(line, "start", otherwise)
    return start


class SourceToken(NamedTuple):
    """A raw token of the template: its kind in Jinja's words (``data``, ``block_begin``, ``name``, …), and where."""

    kind: str
    text: str
    span: Span


RawToken = tuple[int, str, str]
"""A line that knows its offset, a kind in Jinja's words, and the text."""


def with_lf(source: str) -> str:
    """A source as Jinja counts it: each line end one character."""
    return "\n".join(newline_re.split(source)[::2])


def locate_tokens(environment: Environment, sources: dict[str, str]) -> None:
    """From now on an environment's nodes know their offsets; it keeps the sources that it parses by template name.

    The offsets are characters of the source with its line ends counted as one. A name, a constant and a filter's name
    have the place of their first character; an attribute that of its dot, a call and an index that of the bracket.
    """

    def tokenize(source: str, name: str | None, filename: str | None = None, state: str | None = None) -> TokenStream:
        source = environment.preprocess(source, name, filename)
        sources[name or ""] = text = with_lf(source)
        stream = TokenStream(_tokens(environment.lexer, source, text, name, filename, state), name, filename)
        for extension in environment.iter_extensions():
            filtered = extension.filter_stream(stream)
            stream = filtered if isinstance(filtered, TokenStream) else TokenStream(filtered, name, filename)
        return stream

    environment._tokenize = tokenize  # type: ignore[method-assign]


class _Read(NamedTuple):
    """A source's raw tokens, and those that are parsed."""

    raw: tuple[RawToken, ...]
    tokens: tuple[Token, ...]


_READ: Memo[tuple[Lexer, str, str | None, str | None], _Read] = Memo(_KEPT_CHARACTERS)


def _tokens(
    lexer: Lexer, source: str, text: str, name: str | None, filename: str | None, state: str | None
) -> Iterator[Token]:
    """The tokens of a source, remembered: a template is compiled for several sinks.

    One that cannot be read to its end is read as it is parsed: the parser may find a fault before that.
    """
    try:
        return iter(_read(lexer, source, text, name, filename, state).tokens)
    except TemplateSyntaxError:
        return lexer.wrap(_located(lexer.tokeniter(source, name, filename, state), text), name, filename)


def _read(
    lexer: Lexer, source: str, text: str, name: str | None, filename: str | None = None, state: str | None = None
) -> _Read:
    key = lexer, source, name, state
    known = _READ.get(key)
    if known is None:
        raw = tuple(_located(lexer.tokeniter(source, name, filename, state), text))
        known = _READ.put(key, _Read(raw, tuple(lexer.wrap(raw, name, filename))), len(source) + 100)
    return known


def raw_tokens(environment: Environment, source: str, name: str) -> tuple[RawToken, ...]:
    """The raw tokens of a source with LF line ends; none when it cannot be read to its end."""
    try:
        return _read(environment.lexer, source, source, name).raw if "\r" not in source else ()
    except TemplateSyntaxError:
        return ()


def read_tokens(environment: Environment, source: str, name: str | None) -> Iterator[SourceToken]:
    """The raw tokens of a source with LF line ends, up to a fault."""
    at = 0
    try:
        for _, kind, text in environment.lexer.tokeniter(source, name):
            start = max(source.find(text, at), at)
            at = start + len(text)
            yield SourceToken(kind, text, Span(start, at))
    except TemplateSyntaxError:
        return


def _located(raw: Iterable[RawToken], source: str) -> Iterator[RawToken]:
    at = 0
    for line, kind, text in raw:
        start = source.find(text, at)
        start = at if start < 0 else start
        at = start + len(text)
        place = _Line(line)
        place.start = start
        yield place, kind, text
