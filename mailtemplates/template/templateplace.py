"""Where in the templates that made it a part of a message is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment

from mailtemplates import errors
from mailtemplates.pattern import pattern
from mailtemplates.source import Location, Source
from mailtemplates.template.htmlplace import RENDERED
from mailtemplates.template.reserved import HEADER_FIELDS, HEADERS

_EXTENDS = pattern(r"""\{%[-+]?\s*extends\s+["']([^"']+)["']""")
_TAKES = pattern(r"""\{%[-+]?\s*(?:extends|include|import|from)\s+["']([^"']+)["']""")
_MOST_TAKEN = 50
_MOST_LINES = 200
_EXPRESSION = pattern(r"`([^`]+)`")
_BLOCKS = {field: block for block, field in HEADER_FIELDS.items()} | {
    "text/html": "html",
    "text/plain": "text",
    "text/calendar": "calendar",
    "text/x-amp-html": "amp",
}
"""The block that makes a field or a part; all others are made by ``headers``."""
_DELIMITER = pattern(r"\{[%{#]")


def source_of(environment: Environment, name: str | None) -> Source | None:
    """The source of a template that the environment can load, shown under the file's path when it has one."""
    if name is None or environment.loader is None:
        return None
    try:
        text, path, _ = environment.loader.get_source(environment, name)
    except Exception:
        return None
    return Source(path or name, text)


def column_of(text: str, word: str) -> int:
    """The column of a word inside a line's Jinja code; else of the line's first delimiter, else of its text."""
    opened = _DELIMITER.search(text)
    start = opened.start() if opened else 0
    if word:
        found = re.compile(rf"(?<![\w]){re.escape(word)}(?![\w])").search(text, start)
        if found:
            return found.start() + 1
        if (at := text.find(word, start)) >= 0:
            return at + 1
    return start + 1 if opened else len(text) - len(text.lstrip()) + 1


def block_place(environment: Environment, name: str, block: str, field: str = "") -> tuple[Location, str] | None:
    """Where a template, or the nearest one that it extends by name, has a block: the place, and the line's text.

    :param field: a header field that is written in it; then the place is its own.
    """
    for source in _chain(environment, name, _EXTENDS):
        found = re.search(rf"\{{%[-+]?\s*block\s+{re.escape(block)}\b", source.text)
        if found:
            named = re.compile(rf"(?im)^[ \t]*({re.escape(field)})[ \t]*:") if field else None
            inside = named.search(source.text, found.end()) if named else None
            place = source.locate(inside.start(1) if inside else found.start())
            return place, source.line(place.line)
    return None


def _chain(environment: Environment, name: str, taking: re.Pattern[str]) -> Iterator[Source]:
    """A template and those that it takes in by name, each once."""
    waiting = [name]
    for name in waiting:
        source = source_of(environment, name)
        if source is None or len(waiting) > _MOST_TAKEN:
            continue
        yield source
        waiting += [found for found in taking.findall(source.text) if found not in waiting]


def written_in(error: errors.MailTemplatesError, environment: Environment, name: str) -> None:
    """Give an error at a place of the html that of the template which has that line."""
    found = error.location and line_place(error.location, error.source_line, environment, name)
    if found:
        error.location, error.source_line = found


def line_place(html: Location, line: str, environment: Environment, name: str) -> tuple[Location, str] | None:
    """The place in a template, or in what it takes in by name, of a place in the html, and the line's text there.

    :param line: that line of the html; None is known where it stands in no template, or in several places.
    """
    words = line.strip()
    if html.path != RENDERED or not words:
        return None
    sources = [source for source in _chain(environment, name, _TAKES) if words in source.text]
    if len(sources) != 1 or sources[0].text.count(words) != 1:
        return None
    place = sources[0].locate(sources[0].text.index(words))
    indent = len(line) - len(line.lstrip())
    return place._replace(column=max(1, place.column + html.column - 1 - indent)), sources[0].line(place.line)


def without_place(error: errors.MailTemplatesError, environment: Environment, name: str) -> errors.MailTemplatesError:
    """An error about a whole message, with the place of the block that it is about, else of the template."""
    if error.location is not None:
        return error
    if error.about:
        block = _BLOCKS.get(error.about, HEADERS)
        found = block_place(environment, name, block, error.about if block == HEADERS else "")
        if found:
            return error.at(*found)
    source = source_of(environment, name)
    return error.at(Location(source.path if source else name, 1, 1), source.line(1) if source else "")


def in_header_block(
    error: errors.HeaderError, environment: Environment, place: Location, start: int, block: str
) -> errors.MailTemplatesError:
    """An error of a header block at its expression, its field, or the block.

    :param place: the template's name and a line.
    :param start: the line where the block begins.
    """
    source = source_of(environment, place.path)
    if source is None:
        return error.at(place)
    word = next(iter(_EXPRESSION.findall(error.problem)), "")
    if place.line == start and not word:
        place = place._replace(line=_line_of_field(source, start, error.problem))
    text = source.line(place.line)
    return error.at(Location(source.path, place.line, column_of(text, word or f"block {block}")), text)


def _line_of_field(source: Source, start: int, problem: str) -> int:
    """The line of a block, or that of the field in it which a problem names."""
    name = re.match(r'(?:headers: ")?([!-9;-~]+)(?::|[ "])', problem)
    for line in range(start, start + _MOST_LINES if name else start):
        if name and re.match(rf"\s*{re.escape(name[1])}\b", source.line(line), re.I):
            return line
    return start
