"""A html body as the rules over html see it: its tokens, and its elements with their places.

The tree is the HTML parser's (HTML §13.2.6) as far as start tags of the text go: implied and missing end tags,
scopes, cells and rows, elements that stand in a table but in no cell. Elements that html implies (``<tbody>``) are not
in it, and a formatting element that the parser would open again is not there twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import unescape

from mailtemplates.html.hiding import hides
from mailtemplates.html.markup import ESCAPABLE_RAW_TEXT, RAW_TEXT, VOID, Token, attribute_spans, attributes, cut
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CLOSES_P = _HEADINGS | {
    "address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "li", "listing", "main", "menu",
    "nav", "ol", "p", "plaintext", "pre", "search", "section", "summary", "table", "ul", "xmp",
}  # fmt: skip
_BLOCKS = (_CLOSES_P - _HEADINGS - {"dd", "dt", "hr", "li", "p", "plaintext", "table", "xmp"}) | {
    "applet", "button", "marquee", "object", "select", "template",
}  # fmt: skip
_SECTIONS = frozenset({"tbody", "thead", "tfoot"})
_CELLS = frozenset({"td", "th"})
_TABLE_PARTS = _SECTIONS | _CELLS | {"tr", "caption", "colgroup", "col"}
_IN_TABLE = _SECTIONS | {"table", "tr"}
_ALLOWED_IN_TABLE = _TABLE_PARTS | {"form", "script", "style", "table", "template"}
_SPECIAL = _CLOSES_P | _BLOCKS | _TABLE_PARTS | RAW_TEXT | VOID | {"body", "head", "html", "noscript"}
_SCOPE = _CELLS | {"applet", "caption", "html", "marquee", "object", "table", "template"}
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_IN_HEAD = frozenset({"base", "head", "link", "meta", "noscript", "script", "style", "template", "title"})
_ITEMS = {"li": frozenset({"li"}), "dd": frozenset({"dd", "dt"}), "dt": frozenset({"dd", "dt"})}
_KEPT_BY = {
    "td": _IN_TABLE, "th": _IN_TABLE, "tr": _SECTIONS | {"table"}, "col": frozenset({"colgroup", "table"}),
    **dict.fromkeys(_SECTIONS | {"caption", "colgroup"}, frozenset({"table"})),
}  # fmt: skip
#: Tags that part words: what stands before and after is not one word.
_PARTS_WORDS = _SPECIAL - {"applet", "marquee", "wbr"}
_QUIRKY_DOCTYPE = pattern(
    r"""(?i)<!doctype\s+html\s+public\s*["']-//(?:ietf|w3c//dtd html (?:3|4\.0 |4\.01 [tf]))[^>"']*+["']\s*+>"""
)
_MOST_OPEN = 500


class Element:
    """One element. It never changes.

    :param name: the tag's name in lower case.
    :param tag: its start tag, in characters of the html.
    :param parent: the element it stands in; None for the outermost.
    :param index: its number among the document's elements.
    """

    def __init__(self, document: HtmlDocument, name: str, tag: Span, parent: Element | None, index: int) -> None:
        self.document = document
        self.name = name
        self.tag = tag
        self.parent = parent
        self.index = index

    def __repr__(self) -> str:
        return f"Element({self.source[:60]!r} at {self.tag.start})"

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
    def name_end(self) -> int:
        """The offset behind the tag's name, where a new attribute can go."""
        return self.tag.start + 1 + len(self.name)

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
    def is_hidden(self) -> bool:
        """Whether it or an element around it is kept out of sight by ``hidden`` or its own style."""
        return self.document.hidden[self.index]

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
    def _tree(self) -> _Builder:
        builder = _Builder(self)
        builder.build()
        return builder

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements in the order of their start tags. Elements that html implies are not among them."""
        return self._tree.made

    @property
    def ends(self) -> list[int]:
        """Where the content of each element ends, by its index."""
        return self._tree.ends

    @property
    def texts(self) -> list[tuple[Token, Element | None]]:
        """The tokens of text that are more than white space, each with the element that it stands in."""
        return self._tree.texts

    @property
    def outside_cells(self) -> list[Element]:
        """Elements that stand in a table but in no cell, so that they come before the table."""
        return self._tree.outside_cells

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
    def hidden(self) -> list[bool]:
        """By index, which elements are out of sight."""
        hidden: list[bool] = []
        for element in self.elements:
            around = element.parent is not None and hidden[element.parent.index]
            hidden.append(around or _is_hidden(element))
        return hidden

    @cached_property
    def doctype(self) -> Token | None:
        """The doctype."""
        return next((one for one in self.tokens if one.kind == "doctype"), None)

    @cached_property
    def is_fragment(self) -> bool:
        """Whether it has neither a doctype nor an ``<html>`` or ``<body>`` tag."""
        return not (self.first("html") or self.first("body") or self.doctype)

    def text_between(self, span: Span) -> str:
        """The words of a stretch; a tag of a block parts words, one inside a line does not."""
        pieces = []
        has_reference = False
        for kind, start, end, name in self._tokens_in(span):
            if kind == "text" or (kind == "raw" and name in ESCAPABLE_RAW_TEXT):
                pieces.append(self.html[max(start, span.start) : min(end, span.end)])
                has_reference = has_reference or "&" in pieces[-1]
            elif name in _PARTS_WORDS:
                pieces.append(" ")
        text = "".join(pieces)
        return " ".join((unescape(text) if has_reference else text).split())

    def _tokens_in(self, span: Span) -> Iterator[Token]:
        starts = self._token_starts
        at = max(bisect_left(starts, span.start + 1) - 1, 0)
        while at < len(starts) and starts[at] < span.end:
            yield self.tokens[at]
            at += 1

    @cached_property
    def _token_starts(self) -> list[int]:
        return [token.start for token in self.tokens]


def _is_hidden(element: Element) -> bool:
    style = element.attributes.get("style")
    return "hidden" in element.attributes or (style is not None and _hides(style))


_hides = lru_cache(maxsize=1024)(hides)


class _Builder:
    """Reads the tokens of a document into elements."""

    def __init__(self, document: HtmlDocument) -> None:
        self.document = document
        self.elements: list[Element] = []
        self.ends: list[int] = []
        self.open: list[Element] = []
        self.made: tuple[Element, ...] = ()
        self.texts: list[tuple[Token, Element | None]] = []
        self.outside_cells: list[Element] = []
        self.quirks = document.doctype is None or bool(_QUIRKY_DOCTYPE.match(document.html, document.doctype.start))

    def build(self) -> None:
        html = self.document.html
        for token in self.document.tokens:
            kind, start, end, name = token
            if kind == "text":
                if not html[start:end].isspace():
                    self.texts.append((token, self.open[-1] if self.open else None))
            elif kind == "start":
                self.start(name, start, end)
            elif kind == "end":
                self.close(name, start)
        size = len(html)
        for element in self.open:
            if self.ends[element.index] < 0:
                self.ends[element.index] = size
        self.made = tuple(self.elements)

    def start(self, name: str, start: int, end: int) -> None:
        if name in _SPECIAL:
            self.imply(name, start)
        elif name in ("option", "optgroup"):
            self.end_from(self.find(("option", name), frozenset({"select", "datalist", "optgroup"}) - {name}), start)
        elif name in ("a", "nobr"):
            self.end_formatting(name, start)
        if self.open and self.open[-1].name == "head" and name not in _IN_HEAD:
            self.end_from(len(self.open) - 1, start)
        is_outside = bool(self.open) and self.open[-1].name in _IN_TABLE and name not in _ALLOWED_IN_TABLE
        parent = self.before_table() if is_outside else self.open[-1] if self.open else None
        element = Element(self.document, name, Span(start, end), parent, len(self.elements))
        self.elements.append(element)
        if is_outside:
            self.outside_cells.append(element)
        if self.is_empty(element):
            self.ends.append(end)
        else:
            self.ends.append(-1)
            self.open.append(element)

    def is_empty(self, element: Element) -> bool:
        """Whether nothing can be in it: a void element, one of other markup that ends itself, a second body."""
        name = element.name
        if name in VOID or len(self.open) >= _MOST_OPEN:
            return True
        if name in ("html", "body"):
            return any(one.name == name for one in self.open)
        ends_itself = self.document.html.startswith("/>", element.tag.end - 2)
        return ends_itself and (":" in name or any(one.name in ("svg", "math") for one in self.open))

    def before_table(self) -> Element | None:
        """The element that holds what is in a table but in no cell: it goes before the table (§13.2.6.1)."""
        depth = self.find(("table",), frozenset())
        return self.open[depth].parent if depth >= 0 else self.open[-1]

    def imply(self, name: str, at: int) -> None:
        """What a start tag ends (§13.2.6.4.7 and following)."""
        if name in _KEPT_BY:
            self.end_table_parts(name, at)
            return
        if name == "table":
            depth = self.find(_IN_TABLE | _CELLS | {"caption"}, frozenset())
            if depth >= 0 and self.open[depth].name in _IN_TABLE:
                self.close("table", at)
        elif name in _ITEMS:
            self.end_item(_ITEMS[name], at)
        if name in _CLOSES_P and not (name == "table" and self.quirks):
            self.end_from(self.find(("p",), _SCOPE | {"button"}), at)
        top = self.open[-1].name if self.open else ""
        if name in _HEADINGS and top in _HEADINGS:
            self.end_from(len(self.open) - 1, at)
        elif name == "button":
            self.end_from(self.find(("button",), _SCOPE), at)

    def end_table_parts(self, name: str, at: int) -> None:
        """End cells and rows up to what holds a new one."""
        depth = self.find(("table",), frozenset({"template"}))
        if depth < 0:
            same = _CELLS if name in _CELLS else (name,)
            self.end_from(self.find(same, frozenset({"tr", "template"}) - {name}), at)
            return
        keeps = _KEPT_BY[name]
        while depth + 1 < len(self.open) and self.open[depth + 1].name in keeps:
            depth += 1
        self.end_from(depth + 1, at)

    def end_item(self, names: frozenset[str], at: int) -> None:
        for depth in range(len(self.open) - 1, -1, -1):
            name = self.open[depth].name
            if name in names:
                self.end_from(depth, at)
                return
            if name in _SPECIAL and name not in ("address", "div", "p"):
                return

    def close(self, name: str, at: int) -> None:
        """What an end tag ends."""
        if name in _FORMATTING:
            self.end_formatting(name, at)
        elif name in ("body", "html"):
            depth = self.find((name,), _SCOPE - {"html"})
            if depth >= 0 and self.ends[self.open[depth].index] < 0:
                self.ends[self.open[depth].index] = at
        elif name == "table" or name in _TABLE_PARTS:
            self.end_from(self.find((name,), frozenset({"table", "template"})), at)
        elif name in _HEADINGS:
            self.end_from(self.find(_HEADINGS, _SCOPE), at)
        elif name == "p":
            self.end_from(self.find(("p",), _SCOPE | {"button"}), at)
        elif name == "li":
            self.end_from(self.find(("li",), _SCOPE | {"ul", "ol"}), at)
        elif name in _BLOCKS or name in _ITEMS:
            self.end_from(self.find((name,), _SCOPE), at)
        else:
            self.end_from(self.find((name,), _SPECIAL), at)

    def end_formatting(self, name: str, at: int) -> None:
        """End a formatting element; blocks that were opened in it go on (the adoption agency, §13.2.6.4.7)."""
        depth = self.find((name,), _SCOPE)
        if depth < 0:
            return
        if any(one.name in _SPECIAL for one in self.open[depth + 1 :]):
            self.ends[self.open[depth].index] = at
            del self.open[depth]
        else:
            self.end_from(depth, at)

    def find(self, names: Container[str], barriers: Container[str]) -> int:
        """How deep the innermost open element of these names is, seen no further than a barrier; -1 without one."""
        for depth in range(len(self.open) - 1, -1, -1):
            name = self.open[depth].name
            if name in names:
                return depth
            if name in barriers:
                return -1
        return -1

    def end_from(self, depth: int, at: int) -> None:
        """End the open elements from a depth on; none for -1."""
        if depth >= 0:
            for element in self.open[depth:]:
                if self.ends[element.index] < 0:
                    self.ends[element.index] = at
            del self.open[depth:]
