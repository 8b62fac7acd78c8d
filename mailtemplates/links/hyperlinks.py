"""The URLs of a html body and of a plain text, with their places (HTML §4.6.1, RFC 3986 appendix C).

What is only a name, as ``xmlns`` and a doctype's, is no link, and comments hold none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import unescape
from typing import Literal, NamedTuple

from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import AttributeSpan, attribute_spans, attributes, decode
from mailtemplates.html.plain import PlainDocument
from mailtemplates.links.weburl import Url, read_url
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

Kind = Literal["link", "image", "sheet"]

_HOLDS = pattern(r"(?i)(?:href|src|srcset|background|poster|style)\s*=")
_CSS = pattern(
    r"""(?i)url\(\s*(?:"([^"]*)"|'([^']*)'|&quot;(.*?)&quot;|&\#0?39;(.*?)&\#0?39;|([^"'&\s)](?:[^)\s"']*[^)\s"'])?))"""
)
_IMPORT = pattern(r"(?i)@import\s++(?:url\(\s*+)?[\"']?([^\"'\s;)]++)")
_FONTS = (".woff", ".woff2", ".ttf", ".otf", ".eot")
_CANDIDATE = pattern(r"([^\s,](?:\S*[^\s,])?)[^,]*+")
_MOST_WORDS = 4_000

# In plain text a URL ends at white space and at marks that enclose it.
_TEXT_URL = pattern(
    r"(?i)(?<![a-z0-9])(?:https?://|mailto:|tel:)[^\s<>\"\x00-\x1f\u00ab\u00bb\u201c\u201d\u3000-\u3002]+"
)
_AFTER = ".,;:!?'*_|~\\\u2019\u2026\uff0c\uff1b\uff01\uff1f"
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Hyperlink:
    """One URL in html.

    :param kind: what a reader does with it: follow it, see a picture, or nothing: a style sheet or font.
    :param text: the URL, references decoded, without white space at its ends.
    :param span: where it stands in the html, without quotes; its attribute where it is empty.
    """

    kind: Kind
    text: str
    span: Span
    element: Element = field(repr=False)
    attribute: str = ""

    @property
    def url(self) -> Url:
        """It, taken apart."""
        return read_url(self.text)

    @property
    def noun(self) -> str:
        """What a person calls it."""
        if self.element.name in ("video", "audio", "source", "track") and self.attribute != "poster":
            return "media file"
        return {"link": "link", "image": "image", "sheet": "style sheet"}[self.kind]

    @cached_property
    def words(self) -> str:
        """The words that a reader follows, without those of images; empty for much more than a link's words."""
        content = self.element.content
        if self.attribute != "href" or content.end - content.start > _MOST_WORDS:
            return ""
        return self.element.text

    @cached_property
    def alternatives(self) -> str:
        """The ``alt`` of the images in a link."""
        content = self.element.content
        if self.attribute != "href" or content.end - content.start > _MOST_WORDS:
            return ""
        elements = self.element.document.elements
        found = []
        for at in range(self.element.index + 1, len(elements)):
            if elements[at].tag.start >= content.end:
                break
            if elements[at].name == "img":
                found.append(elements[at].get("alt"))
        return " ".join(" ".join(found).split())


class TextUrl(NamedTuple):
    """One URL in plain text, in characters of it.

    :param enclosed: whether it stands in angle brackets.
    """

    text: str
    start: int
    end: int
    enclosed: bool


@lru_cache(maxsize=8)
def read_hyperlinks(document: HtmlDocument) -> tuple[Hyperlink, ...]:
    """All URLs of a html body that readers follow or load, in their order; of a plain text those that it does not share
    with the html."""
    if isinstance(document, PlainDocument):
        return tuple(_of_text(document))
    found: list[Hyperlink] = []
    for element in document.elements:
        source = element.source
        if _HOLDS.search(source):
            for one in attribute_spans(source):
                if one.name in _READERS:
                    found += _READERS[one.name](element, source, one)
        if element.name == "style":
            found += _of_sheet(element)
    return tuple(found)


def _of_text(document: PlainDocument) -> Iterator[Hyperlink]:
    for url in read_text_urls(document.html):
        if url.text not in document.known:
            span = Span(url.start, url.end)
            yield Hyperlink("link", url.text, span, Element(document, "", span, None, 0))


def each_url(links: Iterable[Hyperlink], wanted: Callable[[Url], bool]) -> Iterator[tuple[Hyperlink, int]]:
    """The first link of each URL that is wanted, and how many links have that URL."""
    by_text: dict[str, list[Hyperlink]] = {}
    for link in links:
        by_text.setdefault(link.text, []).append(link)
    for same in by_text.values():
        if wanted(same[0].url):
            yield same[0], len(same)


def times(count: int) -> str:
    """Words for a URL that stands in several places; empty for one."""
    return f" ({count} times)" if count > 1 else ""


def read_text_urls(text: str) -> tuple[TextUrl, ...]:
    """The URLs with a scheme in a plain text, without the punctuation of the sentence around them."""
    found = []
    for match in _TEXT_URL.finditer(text):
        start, end = match.span()
        enclosed = text[start - 1 : start] == "<" and text[end : end + 1] == ">"
        if not enclosed:
            end = _trimmed(text, start, end)
        if end > start:
            found.append(TextUrl(text[start:end], start, end, enclosed))
    return tuple(found)


def _trimmed(text: str, start: int, end: int) -> int:
    """Where a URL ends: before closing brackets that it does not open, and before punctuation."""
    depth = {opening: text.count(opening, start, end) for opening in _CLOSING.values()}
    closed = {closing: text.count(closing, start, end) for closing in _CLOSING}
    while end > start:
        last = text[end - 1]
        if last in _CLOSING and closed[last] > depth[_CLOSING[last]]:
            closed[last] -= 1
        elif last not in _AFTER:
            break
        end -= 1
    return end


def _link(kind: Kind, element: Element, source: str, one: AttributeSpan) -> Hyperlink:
    raw = source[one.value_start : one.value_end]
    text = raw.strip(" \t\r\n\f")
    if not text:
        return Hyperlink(kind, "", Span(element.tag.start + one.start, element.tag.start + one.end), element, one.name)
    start = element.tag.start + one.value_start + raw.index(text[0])
    return Hyperlink(kind, decode(text), Span(start, start + len(text)), element, one.name)


def _of_href(element: Element, source: str, one: AttributeSpan) -> list[Hyperlink]:
    if element.name in ("a", "area") or element.name.startswith("v:"):
        return [_link("link", element, source, one)]
    if element.name == "link" and "stylesheet" in attributes(source).get("rel", "").lower():
        return [_link("sheet", element, source, one)]
    return []


def _of_image(element: Element, source: str, one: AttributeSpan) -> list[Hyperlink]:
    if element.name in ("script", "iframe", "frame", "embed"):
        return []
    return [_link("image", element, source, one)]


def _of_srcset(element: Element, source: str, one: AttributeSpan) -> list[Hyperlink]:
    raw = source[one.value_start : one.value_end]
    if raw.lstrip().lower().startswith("data:"):
        return [_link("image", element, source, one)]
    start = element.tag.start + one.value_start
    return [
        Hyperlink("image", decode(match[1]), Span(start + match.start(1), start + match.end(1)), element, one.name)
        for match in _CANDIDATE.finditer(raw)
    ]


def _of_style(element: Element, source: str, one: AttributeSpan) -> list[Hyperlink]:
    css = source[one.value_start : one.value_end]
    return _of_css(element, css, element.tag.start + one.value_start) if "url(" in css.lower() else []


def _of_sheet(element: Element) -> list[Hyperlink]:
    content = element.content
    css = element.document.html[content.start : content.end]
    lower = css.lower()
    return _of_css(element, css, content.start) if "url(" in lower or "@import" in lower else []


def _of_css(element: Element, css: str, at: int) -> list[Hyperlink]:
    found = []
    imported = set()
    for match in _IMPORT.finditer(css):
        imported.add(match.start(1))
        found.append(Hyperlink("sheet", match[1], Span(at + match.start(1), at + match.end(1)), element, "style"))
    for match in _CSS.finditer(css):
        start, end = match.span(match.lastindex or 0)
        text = unescape(css[start:end].strip())
        if text and start not in imported:
            kind: Kind = "sheet" if read_url(text).path.lower().endswith(_FONTS) else "image"
            found.append(Hyperlink(kind, text, Span(at + start, at + end), element, "style"))
    return found


_READERS: dict[str, Callable[[Element, str, AttributeSpan], list[Hyperlink]]] = {
    "href": _of_href, "src": _of_image, "background": _of_image, "poster": _of_image, "srcset": _of_srcset,
    "style": _of_style,
}  # fmt: skip
