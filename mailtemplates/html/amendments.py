"""Small edits of a rendered html document: its language, its title, and the hidden preheader.

A document comes as *pieces*: strings whose concatenation is the html, where the template's own stretches are the same
``str`` objects in every render. An edit touches the one piece that holds the place, and is remembered by piece.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape, unescape

from mailtemplates.html.markup import attributes, cut, set_attribute
from mailtemplates.pattern import pattern

_TAG = r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*+"
_HTML_TAG = pattern(rf"<html(?=[\s/>]){_TAG}>", re.IGNORECASE)
_BODY_TAG = pattern(rf"<body(?=[\s/>]){_TAG}>", re.IGNORECASE)
_TITLE = pattern(r"<title(?=[\s/>])[^>]*>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL)
_MARKUP = pattern(r"<(?:!doctype|!--|[a-zA-Z][a-zA-Z0-9-]*[\s/>])", re.IGNORECASE)

PREHEADER_TAG = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;'
    'overflow:hidden;mso-hide:all" data-text="skip">'
)
_FILLER = "&#847;&zwnj;&nbsp;" * 60


def is_html(text: str) -> bool:
    """Whether a text holds html: a doctype, a comment or a tag."""
    return _MARKUP.search(text) is not None


def language(html: str) -> str:
    """The ``lang`` of the ``<html>`` tag; empty when it has none."""
    found = _HTML_TAG.search(html)
    return _lang(found[0]) if found else ""


@lru_cache(maxsize=256)
def _lang(tag: str) -> str:
    return attributes(tag).get("lang", "").strip()


def with_language(pieces: Sequence[str], tag: str) -> Sequence[str]:
    """The document with ``lang`` set on its ``<html>`` tag to a BCP 47 tag; unchanged when it has it already."""
    html = "".join(pieces)
    found = _HTML_TAG.search(html)
    if not found or _lang(found[0]).lower() == tag.lower():
        return pieces
    return _replaced(pieces, found.start(), found.end(), set_attribute(found[0], "lang", tag))


def with_preheader(pieces: Sequence[str], preheader: str) -> Sequence[str]:
    """The document with the preheader hidden at the top of its body, and filler between it and the body's text."""
    block = "" if not preheader else f"{PREHEADER_TAG}{escape(preheader)}{_FILLER}</div>"
    for index, piece in enumerate(pieces):
        at = _body_start(piece)
        if at >= 0:
            return [*pieces[:index], *_parted(piece, at, block), *pieces[index + 1 :]]
    html = "".join(pieces)
    at = max(_body_start(html), 0)
    return [html[:at], block, html[at:]]


@lru_cache(maxsize=512)
def _body_start(piece: str) -> int:
    """The offset behind a piece's ``<body>`` tag; -1 when it has none. A look-alike in a comment or style is none."""
    if not _BODY_TAG.search(piece):
        return -1
    return next((token.end for token in cut(piece) if token.kind == "start" and token.name == "body"), -1)


@lru_cache(maxsize=512)
def _halves(piece: str, at: int) -> tuple[str, str]:
    return piece[:at], piece[at:]


def _parted(piece: str, at: int, between: str) -> list[str]:
    before, after = _halves(piece, at)
    return [before, between, after]


def _replaced(pieces: Sequence[str], start: int, end: int, text: str) -> list[str]:
    """The pieces with the characters from ``start`` to ``end`` of their concatenation replaced."""
    result: list[str] = []
    offset = 0
    for piece in pieces:
        left, right = start - offset, end - offset
        offset += len(piece)
        if right <= 0 or left >= len(piece):
            result.append(piece)
        else:
            result.append(piece[: max(left, 0)] + (text if left >= 0 else "") + piece[min(right, len(piece)) :])
    return result


def title(html: str) -> str:
    """The text of the ``<title>``, its white space folded; empty when there is none."""
    found = _TITLE.search(html)
    return " ".join(unescape(found[1]).split()) if found else ""
