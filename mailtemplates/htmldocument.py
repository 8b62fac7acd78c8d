"""A html body as the rules over html see it: its tokens, and its elements with their places.

Floor 3.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

from mailtemplates.markup import RAW_TEXT, VOID, Token, attribute_spans, attributes, cut
from mailtemplates.rawfield import Span

#: Start tags that end elements which html lets stay open (HTML §13.1.2.4), up to the element that holds them.
_ENDED_BY = {
    "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "option": {"option"}, "tr": {"tr", "td", "th"},
    "td": {"td", "th"}, "th": {"td", "th"}, "tbody": {"thead", "tbody", "tr", "td", "th"},
    "tfoot": {"thead", "tbody", "tr", "td", "th"}, "thead": {"thead", "tbody", "tr", "td", "th"},
    "body": {"head"},
}  # fmt: skip
_CLOSES_P = frozenset(
    {"address", "article", "aside", "blockquote", "center", "div", "dl", "fieldset", "footer", "form", "h1", "h2", "h3",
     "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul"}
)  # fmt: skip
_BARRIERS = frozenset({"table", "ul", "ol", "dl", "html"})
_MOST_OPEN = 500


@dataclass(frozen=True)
class Element:
    """One element.

    :param name: the tag's name in lower case.
    :param tag: its start tag, in characters of the html.
    :param parent: the element it stands in; None for the outermost.
    :param index: its number among the document's elements.
    """

    document: HtmlDocument = field(repr=False, compare=False)
    name: str
    tag: Span
    parent: Element | None = field(repr=False)
    index: int

    @property
    def source(self) -> str:
        """The start tag as it stands."""
        return self.document.html[self.tag.start : self.tag.end]

    @cached_property
    def attributes(self) -> dict[str, str]:
        """Its attributes by lower-case name, decoded; the first of a name counts."""
        return attributes(self.source)

    def get(self, name: str) -> str:
        """An attribute's value without white space at its ends; empty when there is none."""
        return self.attributes.get(name, "").strip()

    def span_of(self, name: str) -> Span:
        """Where an attribute stands in the html, its value with it; the start tag when there is none."""
        for one in attribute_spans(self.source):
            if one.name == name:
                return Span(self.tag.start + one.start, self.tag.start + one.end)
        return self.tag

    @property
    def end(self) -> int:
        """The offset at which its content ends; its end tag, if any, begins there."""
        return self.document.ends[self.index]

    @property
    def content(self) -> Span:
        """Its content, without its own tags."""
        return Span(self.tag.end, max(self.tag.end, self.end))

    @cached_property
    def text(self) -> str:
        """The words in it, white space folded, references decoded; no styles, scripts or comments."""
        return self.document.text_between(self.content)

    @property
    def ancestors(self) -> Iterator[Element]:
        """The elements it stands in, the nearest first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


@dataclass(frozen=True)
class HtmlDocument:
    """One html body, decoded, as it is sent.

    Findings of rules over it have spans in characters of ``html``.

    :param html: the text.
    :param name: what a person calls it: the section of the part, or empty.
    """

    html: str = field(repr=False)
    name: str = ""

    @cached_property
    def tokens(self) -> list[Token]:
        """The tape: tokens that tile the html."""
        return cut(self.html)

    @cached_property
    def _tree(self) -> tuple[tuple[Element, ...], list[int]]:
        return _Builder(self).build()

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements in the order of their start tags. Elements that html implies are not among them."""
        return self._tree[0]

    @property
    def ends(self) -> list[int]:
        """Where the content of each element ends, by its index."""
        return self._tree[1]

    @cached_property
    def _by_name(self) -> dict[str, list[Element]]:
        named: dict[str, list[Element]] = {}
        for element in self.elements:
            named.setdefault(element.name, []).append(element)
        return named

    def select(self, *names: str) -> list[Element]:
        """The elements of these names, in order for each name."""
        return [element for name in names for element in self._by_name.get(name, ())]

    def first(self, name: str) -> Element | None:
        """The first element of a name."""
        named = self._by_name.get(name)
        return named[0] if named else None

    @cached_property
    def is_fragment(self) -> bool:
        """Whether it has neither a doctype nor an ``<html>`` or ``<body>`` tag."""
        return not (self.first("html") or self.first("body") or any(one.kind == "doctype" for one in self.tokens))

    def text_between(self, span: Span) -> str:
        """The words of a stretch."""
        pieces = [
            self.html[max(token.start, span.start) : min(token.end, span.end)] if token.kind == "text" else " "
            for token in self._tokens_in(span)
        ]
        return " ".join(unescape("".join(pieces)).split())

    def _tokens_in(self, span: Span) -> Iterator[Token]:
        starts = self._token_starts
        at = max(bisect_left(starts, span.start + 1) - 1, 0)
        while at < len(starts) and starts[at] < span.end:
            yield self.tokens[at]
            at += 1

    @cached_property
    def _token_starts(self) -> list[int]:
        return [token.start for token in self.tokens]


class _Builder:
    """Reads the tokens of a document into elements, as tolerantly as readers do."""

    def __init__(self, document: HtmlDocument) -> None:
        self.document = document
        self.elements: list[Element] = []
        self.ends: list[int] = []
        self.open: list[Element] = []

    def build(self) -> tuple[tuple[Element, ...], list[int]]:
        for token in self.document.tokens:
            if token.kind == "start":
                self.start(token)
            elif token.kind == "end":
                self.close(token.name, token.start)
        for element in self.open:
            self.ends[element.index] = len(self.document.html)
        return tuple(self.elements), self.ends

    def start(self, token: Token) -> None:
        if token.name in _CLOSES_P:
            self.imply({"p"}, token.start)
        if token.name in _ENDED_BY:
            self.imply(_ENDED_BY[token.name], token.start)
        parent = self.open[-1] if self.open else None
        element = Element(self.document, token.name, Span(token.start, token.end), parent, len(self.elements))
        self.elements.append(element)
        self.ends.append(token.end)
        foreign = self.document.html.endswith("/>", token.start, token.end) and token.name not in RAW_TEXT
        if token.name not in VOID and not (foreign and ":" in token.name) and len(self.open) < _MOST_OPEN:
            self.open.append(element)

    def imply(self, names: set[str], at: int) -> None:
        """End the innermost open elements of these names, as far as a table or list."""
        depth = len(self.open)
        keep = depth
        while depth and self.open[depth - 1].name not in _BARRIERS:
            depth -= 1
            if self.open[depth].name in names:
                keep = depth
            elif self.open[depth].name in ("div", "td", "th", "center", "body") and "p" in names:
                break
        self.end_from(keep, at)

    def close(self, name: str, at: int) -> None:
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth].name == name:
                self.end_from(depth, at)
                return
            if self.open[depth].name in ("table", "td", "th") and name not in ("table", "tr", "tbody", "body", "html"):
                return

    def end_from(self, depth: int, at: int) -> None:
        for element in self.open[depth:]:
            self.ends[element.index] = at
        del self.open[depth:]
