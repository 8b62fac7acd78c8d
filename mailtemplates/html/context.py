"""Where in html a place of a template is: in text, in a tag, in an attribute's value, in a style or script.

The html is read piece by piece, as the template prints it, with what an expression prints between the pieces. Outlook's
conditional comments are transparent: what is in them is html for Outlook. Where it cannot be known, the state is
``unknown`` until the next tag begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from mailtemplates.html.markup import RAW_TEXT
from mailtemplates.pattern import pattern

State = Literal["text", "tag", "name", "before", "value", "raw", "comment", "declaration", "unknown"]

_TAG = pattern(r"<(/?)([a-zA-Z][^\s/>]*)")
_OPENED = pattern(r"<(?:!--\[if[^\]]*\]>(?:<!--+>)?|!--<!\[endif\]--+>|!\[[^\]]*\](?:--)?>)", re.IGNORECASE)
_MARKUP = pattern(r"<(?=[a-zA-Z/!?])")
_ATTRIBUTE = pattern(r"[\s/]*(?:(>)|([^\s/>=][^\s/>=]*)(\s*=\s*)?)")
_UNQUOTED_END = pattern(r"[\s>]")


class HtmlContext(NamedTuple):
    """A place in html.

    :param state: ``name`` is inside a tag's or attribute's name, ``before`` between ``=`` and the value, ``value``
        inside it, ``raw`` inside a style, script or the like.
    :param tag: the tag, or the element of raw text.
    :param attribute: the attribute whose value this is.
    :param quote: of the value; empty when it has none.
    :param start: the offset where the value begins in the source; -1 when that is in another file.
    :param empty: whether nothing of the value comes before.
    """

    state: State = "text"
    tag: str = ""
    attribute: str = ""
    quote: str = ""
    start: int = -1
    empty: bool = False


TEXT = HtmlContext()
UNKNOWN = HtmlContext("unknown")


def advance(context: HtmlContext, text: str, start: int) -> HtmlContext:
    """The place after a piece of html.

    :param start: its offset in the source.
    """
    at = 0
    while at < len(text):
        context, at = _STEPS[context.state](context, text, at, start)
    return context


def after_value(context: HtmlContext, start: int) -> HtmlContext:
    """The place after what an expression prints.

    :param start: the expression's offset in the source.
    """
    if context.state == "before":
        return context._replace(state="value", quote="", start=start, empty=False)
    return context._replace(empty=False) if context.empty else context


def joined(contexts: Iterable[HtmlContext]) -> HtmlContext:
    """The place behind branches that may all have been taken."""
    places = list(contexts)
    kinds = {place._replace(start=-1, empty=False) for place in places}
    if len(kinds) != 1:
        return UNKNOWN
    return places[0]._replace(empty=all(place.empty for place in places))


def begins_in_text(html: str) -> bool:
    """Whether html on its own begins between tags, as far as it shows: its first tag is opened before one is closed."""
    found = re.search(r"<[a-zA-Z!/]|>", html)
    return found is not None and found[0] != ">"


_Step = tuple[HtmlContext, int]


def _in_text(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    found = _MARKUP.search(text, at)
    if found is None:
        return context, len(text)
    at = found.start()
    if opened := _OPENED.match(text, at):
        return TEXT, opened.end()
    if tag := _TAG.match(text, at):
        name = tag[2].lower()
        return HtmlContext("tag" if tag.end() < len(text) else "name", f"{tag[1]}{name}"), tag.end()
    state: State = "comment" if text.startswith("<!--", at) else "declaration"
    return HtmlContext(state), at + 2


def _in_tag(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    found = _ATTRIBUTE.match(text, at)
    if found is None:
        end = at
        while end < len(text) and text[end] in " \t\n\r\f/=":
            end += 1
        return context, max(end, at + 1)
    if found[1]:
        return (HtmlContext("raw", context.tag) if context.tag in RAW_TEXT else TEXT), found.end()
    named = context._replace(attribute=found[2].lower(), state="tag")
    if not found[3]:
        return named._replace(state="name" if found.end() == len(text) else "tag"), found.end()
    return _value(named, text, found.end(), start)


def _value(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    """At the beginning of a value."""
    if at >= len(text):
        return context._replace(state="before", empty=True), at
    if text[at] in "\"'":
        return context._replace(state="value", quote=text[at], start=start + at + 1, empty=True), at + 1
    return context._replace(state="value", quote="", start=start + at, empty=True), at


def _in_name(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    """Inside a name that an expression, or the end of a piece, has cut."""
    end = at
    while end < len(text) and text[end] not in " \t\n\r\f/>=":
        end += 1
    if end == len(text):
        return context, end
    if text[end] == "=" and context.attribute:
        after = end + 1
        while after < len(text) and text[after].isspace():
            after += 1
        return _value(context, text, after, start)
    return context._replace(state="tag", attribute=""), end


def _before_value(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    while at < len(text) and text[at].isspace():
        at += 1
    if at < len(text) and text[at] == ">":
        return context._replace(state="tag", attribute="", empty=False), at
    return _value(context, text, at, start)


def _in_value(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    if context.quote:
        end = text.find(context.quote, at)
        after = end + 1
    else:
        found = _UNQUOTED_END.search(text, at)
        end = after = found.start() if found else -1
    if end < 0:
        return context._replace(empty=context.empty and not text[at:].strip()), len(text)
    return HtmlContext("tag", context.tag), after


def _in_raw(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    found = re.compile(rf"</{re.escape(context.tag)}(?=[\s/>]|\Z)", re.IGNORECASE).search(text, at)
    if found is None:
        return context, len(text)
    return HtmlContext("tag", f"/{context.tag}"), found.end()


def _in_comment(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    end = text.find("-->", at)
    return (TEXT, end + 3) if end >= 0 else (context, len(text))


def _in_declaration(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    end = text.find(">", at)
    return (TEXT, end + 1) if end >= 0 else (context, len(text))


def _in_unknown(context: HtmlContext, text: str, at: int, start: int) -> _Step:
    found = re.compile(r"<[a-zA-Z/!]").search(text, at)
    return (TEXT, found.start()) if found else (context, len(text))


_STEPS = {
    "text": _in_text,
    "tag": _in_tag,
    "name": _in_name,
    "before": _before_value,
    "value": _in_value,
    "raw": _in_raw,
    "comment": _in_comment,
    "declaration": _in_declaration,
    "unknown": _in_unknown,
}
