"""Content-IDs of parts, and the ``cid:`` URLs of html that refer to them (RFC 2392, RFC 2557)."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from mailtemplates.html.markup import Token, attribute_spans, cut, decode
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.messageid import read_message_id
from mailtemplates.octets.mime import Part
from mailtemplates.octets.once import once_each
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_URL = pattern(r"\s*cid:([^\s]*)\s*", 2)
_CSS = pattern(r"url\(\s*[\"']?\s*cid:([^\s\"')]*)", 2)
_SET = pattern(r"(?:^|,)\s*cid:([^\s,]*)", 2)
_EMPTY = pattern(rb"cid:[\s\"'>)]")
_ANYWHERE = pattern(rb"cid:([^\s\"'<>)]+)")
#: Attributes that load what they name; a link (``href``) of ``<a>`` may name a part too.
_LOADING = frozenset(("src", "background", "href", "data", "poster", "xlink:href"))


class CidUrl(NamedTuple):
    """A ``cid:`` URL in the html of a part.

    :param written: behind ``cid:``, as it stands, with character references decoded.
    :param identifier: percent-decoded, which is the Content-ID without its brackets (RFC 2392 §2).
    :param start: offset in the part's decoded octets, as is ``end``.
    """

    part: Part
    written: str
    identifier: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands in the message."""
        return locate(self.part, self.start, self.end)


def content_id(part: Part) -> str:
    """A part's Content-ID without brackets, as a lenient reader compares it; empty when it has none."""
    field = part.first("Content-ID")
    return _identifier(field) if field else ""


@once_each
def _identifier(field: RawField) -> str:
    return read_message_id(field.latin).text or field.latin.strip(" \t\r\n<>")


def htmls(message: RawMessage) -> list[Part]:
    """The message's own html, attachments not counted."""
    return [part for part in message.leaves if part.media_type == "text/html" and part.disposition != "attachment"]


def cid_urls(part: Part) -> list[CidUrl]:
    """The ``cid:`` URLs that a reader of the html would load; not those in comments."""
    return [CidUrl(part, written, unquote(written), start, end) for start, end, written in _urls(part)]


@once_each
def _urls(part: Part) -> tuple[tuple[int, int, str], ...]:
    """Where they stand in a html, and what is behind ``cid:``. Several rules ask for those of one message."""
    if not mentioned(part) and b"cid:" not in part.decoded.lower():
        return ()
    html = part.decoded.decode("latin-1")
    return tuple(found for token in cut(html) for found in _in_token(html, token))


def mentioned(part: Part) -> frozenset[str]:
    """Every identifier that stands behind ``cid:`` anywhere in text, in comments too; as written and decoded."""
    return _mentions(part).identifiers


def has_empty(part: Part) -> bool:
    """Whether nothing stands behind a ``cid:`` somewhere in text."""
    return _mentions(part).has_empty


class _Mentions(NamedTuple):
    """What stands behind ``cid:``, and whether nothing does somewhere."""

    identifiers: frozenset[str]
    has_empty: bool


@once_each
def _mentions(part: Part) -> _Mentions:
    octets = part.decoded
    lower = octets.lower()
    found = set()
    has_empty = False
    at = end = lower.find(b"cid:")
    while at >= 0:
        has_empty = has_empty or _EMPTY.match(octets, at) is not None
        match = _ANYWHERE.match(lower, at) if at >= end else None
        if match:
            end = match.end()
            found.add(unescape(octets[slice(*match.span(1))].decode("latin-1")))
        at = lower.find(b"cid:", at + 4)
    return _Mentions(frozenset(found | {unquote(one) for one in found}), has_empty)


def _in_token(html: str, token: Token) -> Iterator[tuple[int, int, str]]:
    if token.kind == "raw" and token.name == "style":
        yield from _in_css(html[token.start : token.end], token.start)
    if token.kind != "start":
        return
    tag = html[token.start : token.end]
    if "cid:" not in tag.lower():
        return
    for span in attribute_spans(tag):
        value, start = tag[span.value_start : span.value_end], token.start + span.value_start
        if span.name == "style":
            yield from _in_css(value, start)
        elif span.name == "srcset":
            yield from ((start + one.start(1), start + one.end(1), decode(one[1])) for one in _SET.finditer(value))
        elif span.name in _LOADING and (match := _URL.fullmatch(value)):
            yield start + match.start(1), start + match.end(1), decode(match[1])


def _in_css(text: str, start: int) -> Iterator[tuple[int, int, str]]:
    for match in _CSS.finditer(text):
        yield start + match.start(1), start + match.end(1), decode(match[1].removesuffix("&quot;"))
