"""An html document as inlining sees it: its start tags, and where its style sheets are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from mailtemplates.css.stylesheet import read_sheet
from mailtemplates.errors import MailTemplatesError, SettingsError
from mailtemplates.html.markup import RAW_TEXT, VOID, Token, attributes, cut
from mailtemplates.inlining.rulebook import opted_out
from mailtemplates.pattern import pattern
from mailtemplates.source import Location, Source

Load = Callable[[str], str]
"""Reads the style sheet that a ``<link>`` names, given its ``href`` as written; raises when there is none."""


class InlineWarning(NamedTuple):
    """Something wrong with the input that did not stop the work, and its place."""

    problem: str
    location: Location

    def __str__(self) -> str:
        return f"{self.location}: {self.problem}"


class StyleElement(NamedTuple):
    """A style sheet in the document: ``html[start:end]`` is the whole ``<style>`` element, or the ``<link>``.

    ``css`` is its text. ``inlined`` is False for one that stays as it is. ``offset`` is where ``css`` begins in the
    html, or -1 for a ``<link>``, whose address is ``href``.
    """

    start: int
    end: int
    css: str
    inlined: bool
    offset: int
    href: str
    pinned: bool
    media: str


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A document cut into tokens, and its style sheets in order."""

    html: str
    tokens: list[Token]
    sheets: list[StyleElement]
    warnings: list[InlineWarning]


_NO_END_TAG = VOID | RAW_TEXT | frozenset(
    {"html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "rt", "rp", "tr", "td", "th", "thead",
     "tbody", "tfoot", "colgroup", "caption"}
)  # fmt: skip
_MOST_OPEN = 10
_DEPTH = 500
_REMOTE = pattern(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")
_SCREEN = frozenset({"", "all", "screen"})


def dissect(html: str, load: Load | None) -> Anatomy:
    """Cut ``html`` and find its style sheets. ``load`` reads a relative ``<link rel=stylesheet>``.

    Raises :class:`SettingsError` for such a link when there is no ``load``. A link to another host is left as it is,
    with a warning: nothing is fetched.
    """
    source = Source("<html>", html)
    tokens = cut(html)
    sheets: list[StyleElement] = []
    warnings: list[InlineWarning] = []
    foreign = 0
    for number, token in enumerate(tokens):
        if token.kind == "end" and token.name == "svg":
            foreign = max(0, foreign - 1)
        if token.kind != "start":
            continue
        if token.name == "svg" and not html.endswith("/>", 0, token.end):
            foreign += 1
        elif token.name == "style" and not foreign:
            sheets.append(_style_element(html, tokens, number))
        elif token.name == "link":
            sheets.extend(_link(source, token, load, warnings))
    warnings.extend(_faults(source, sheets))
    warnings.extend(_unclosed(source, tokens))
    warnings.extend(islice(_open_elements(source, tokens), _MOST_OPEN))
    return Anatomy(html, tokens, sheets, warnings)


def element_span(html: str, tokens: list[Token], number: int) -> tuple[int, int]:
    """Offsets of the ``<style>`` element, or of the ``<link>``, whose start tag is token ``number``."""
    tag = tokens[number]
    end, at = tag.end, number + 1
    if tag.name == "style":
        if at < len(tokens) and tokens[at].kind == "raw":
            end, at = tokens[at].end, at + 1
        if at < len(tokens) and tokens[at].kind == "end":
            end = tokens[at].end
    return tag.start, end


def _style_element(html: str, tokens: list[Token], number: int) -> StyleElement:
    tag = tokens[number]
    found = attributes(html[tag.start : tag.end])
    start, end = element_span(html, tokens, number)
    has_text = number + 1 < len(tokens) and tokens[number + 1].kind == "raw"
    css = html[tag.end : tokens[number + 1].end] if has_text else ""
    media = found.get("media", "").strip().lower()
    open_ended = end == len(html) and tokens[-1].kind != "end"
    kept = opted_out(found) or "data-embed" in found or open_ended
    css_type = found.get("type", "").strip().lower() in ("", "text/css")
    inlined = media in _SCREEN and css_type and not kept
    pinned = kept or not css_type or found.get("data-css-inline") == "keep"
    return StyleElement(start, end, css, inlined, tag.end, "", pinned, media)


def _link(source: Source, token: Token, load: Load | None, warnings: list[InlineWarning]) -> Iterator[StyleElement]:
    found = attributes(source.text[token.start : token.end])
    rel = found.get("rel", "").lower().split()
    media = found.get("media", "").strip().lower()
    href = found.get("href", "").strip()
    if "stylesheet" not in rel or "alternate" in rel or not href or opted_out(found) or "data-embed" in found:
        return
    location = source.locate(token.start)
    if _REMOTE.match(href):
        warnings.append(InlineWarning(f"the style sheet {href} is not fetched; the link stays as it is", location))
        return
    css = _load(href, load, location, source.line(location.line))
    pinned = found.get("data-css-inline") == "keep"
    yield StyleElement(token.start, token.end, css, media in _SCREEN, -1, href, pinned, media)


def _load(href: str, load: Load | None, location: Location, line: str) -> str:
    if load is None:
        raise SettingsError(
            f"the style sheet {href!r} cannot be read: no folder to read it from was given",
            location=location,
            source_line=line,
            cure="put the css in a <style> element, or pass load= to read linked sheets",
        )
    try:
        return load(href)
    except MailTemplatesError as error:
        raise error.at(location, line) from None
    except (OSError, KeyError, ValueError) as error:
        raise SettingsError(
            f"the style sheet {href!r} cannot be read: {error}",
            location=location,
            source_line=line,
            cure="check the link's href; it is looked up in the template folders",
        ) from error


def _faults(source: Source, sheets: list[StyleElement]) -> Iterator[InlineWarning]:
    for sheet in sheets:
        if sheet.inlined:
            place = source if sheet.offset >= 0 else Source(sheet.href, sheet.css)
            for fault in read_sheet(sheet.css).faults:
                yield InlineWarning(fault.problem, place.locate(max(sheet.offset, 0) + fault.offset))


def _open_elements(source: Source, tokens: list[Token]) -> Iterator[InlineWarning]:
    """Elements whose end tag is missing although html does not let it be left out (HTML §13.1.2.4)."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "start" and token.name not in _NO_END_TAG:
            if not source.text.endswith("/>", token.start, token.end):
                opened.append(token)
        elif token.kind == "end" and any(start.name == token.name for start in opened[-_DEPTH:]):
            while (start := opened.pop()).name != token.name:
                yield _not_closed(source, start)
    for start in opened:
        yield _not_closed(source, start)


def _not_closed(source: Source, start: Token) -> InlineWarning:
    return InlineWarning(f"<{start.name}> is not closed", source.locate(start.start))


def _unclosed(source: Source, tokens: list[Token]) -> Iterator[InlineWarning]:
    """A comment, tag or raw text element that runs to the end of the document."""
    if not tokens:
        return
    last = tokens[-1]
    text = source.text[last.start : last.end]
    if last.kind == "raw" or (last.kind == "start" and last.name in ("style", "script", "title", "textarea")):
        yield InlineWarning(f"<{last.name}> is not closed", source.locate(last.start))
    elif last.kind == "comment" and text.startswith("<!--") and not text.endswith(("-->", "--!>")):
        yield InlineWarning("a comment is not closed", source.locate(last.start))
    elif last.kind == "comment" and not text.startswith("<!--") and not text.endswith(">"):
        yield InlineWarning("a tag is not closed", source.locate(last.start))
    elif last.kind == "comment" and text[1:2].isalpha():
        yield InlineWarning("a tag is not closed: a quote is missing", source.locate(last.start))
