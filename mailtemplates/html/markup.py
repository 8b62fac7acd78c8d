"""HTML as a tape: text, tags and comments with their offsets in the original string.

:func:`cut` tokenizes as browsers do (the WHATWG tokenizer, with scripting off): quoted ``>``, comments and
Outlook's conditional comments, bogus comments, raw text elements, unclosed tags. It builds no tree and changes nothing;
the tokens tile the string, so an edit of one token leaves every other character as the author wrote it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import entities, unescape
from typing import NamedTuple

from mailtemplates.pattern import pattern

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
"""Elements that have no content and no end tag."""

ESCAPABLE_RAW_TEXT = frozenset({"title", "textarea"})
"""Elements whose content has character references but no tags."""

RAW_TEXT = ESCAPABLE_RAW_TEXT | {"script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"}
"""Elements whose content is one ``raw`` token: no tag starts in it but its own end tag."""

_SPACE = r"\t\n\f\r "
_NAME = rf"[a-zA-Z][^{_SPACE}/>]*+"
_VALUE = rf"""=[{_SPACE}]*+(?:"[^"]*+"?+|'[^']*+'?+|[^{_SPACE}>]++)?+"""
_ATTRIBUTES = rf"(?:[{_SPACE}/]++|[^{_SPACE}/>][^{_SPACE}/>=]*+(?:[{_SPACE}]*+{_VALUE})?+)*+"
_MARKUP = pattern(
    rf"""<(?:({_NAME}){_ATTRIBUTES}>"""
    rf"""|/({_NAME}){_ATTRIBUTES}>"""
    r"""|!(?:--(?:-?>|[^-]*+(?:-(?!-!?>)[^-]*+)*+(?:--!?>|\Z))()"""
    r"""|(?i:doctype)[^>]*+(?:>|\Z)()()"""
    r"""|[^>]*+(?:>|\Z)())"""
    r"""|(?:\?|/(?=[^a-zA-Z]))[^>]*+(?:>|\Z)()"""
    r"""|/?[a-zA-Z][\s\S]*+())"""
)
_KIND_OF_GROUP = {1: "start", 2: "end", 5: "doctype"}

_ATTRIBUTE = pattern(
    rf"([^{_SPACE}/>][^{_SPACE}/>=]*+)"
    rf"""(?:[{_SPACE}]*+=[{_SPACE}]*+(?:"([^"]*+)"?+|'([^']*+)'?+|([^{_SPACE}>]++))?+)?+"""
)
_TAG_NAME = pattern(rf"</?({_NAME})")
_REFERENCE = pattern(r"&(?:#[xX]?[0-9a-fA-F]++;?+|([a-zA-Z][a-zA-Z0-9]*+)(;|=)?+)")
_RAW_END = {name: pattern(rf"</(?i:{name})(?=[{_SPACE}/>])") for name in RAW_TEXT - {"script", "plaintext"}}
_SCRIPT_STEP = pattern(rf"<!--|-->|<(/?+)(?i:script)(?=[{_SPACE}/>])")
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Token(NamedTuple):
    """A stretch ``html[start:end]``.

    ``kind`` is ``"text"``, ``"start"``, ``"end"``, ``"comment"``, ``"doctype"`` or ``"raw"``. ``name`` is the
    lower-case tag name of a start or end tag; for ``raw`` the name of the element whose content it is; else empty.
    A comment is all markup that shows and opens nothing: comments, ``<![if …]>``, ``<?…>``, ``</>``, ``<![CDATA[…>``,
    and a tag that the end of the string cuts off.
    """

    kind: str
    start: int
    end: int
    name: str


class AttributeSpan(NamedTuple):
    """Where an attribute stands inside its tag's text: ``tag[start:end]`` is all of it.

    ``name`` is lower-case. ``tag[value_start:value_end]`` is the value without quotes, as written; both offsets equal
    ``end`` when there is no value. ``quote`` is ``'"'``, ``"'"`` or empty.
    """

    name: str
    start: int
    end: int
    value_start: int
    value_end: int
    quote: str


def cut(html: str) -> list[Token]:
    """Cut any string into tokens that tile it, in linear time.

    Tokens are those of the WHATWG tokenizer in the html namespace (HTML §13.2.5, scripting off): an unclosed comment or
    raw text element runs to the end of the string, and CDATA is a comment.
    """
    tokens: list[Token] = []
    append, new = tokens.append, tuple.__new__
    done = 0
    restart = True
    while restart:
        restart = False
        for match in _MARKUP.finditer(html, done):
            start, end = match.span()
            if start > done:
                append(new(Token, ("text", done, start, "")))
            group = match.lastindex or 0
            done = end
            if group > 2:
                append(new(Token, ("doctype" if group == 5 else "comment", start, end, "")))
                continue
            name = lower(match[group])
            append(new(Token, ("start" if group == 1 else "end", start, end, name)))
            if group == 1 and name in RAW_TEXT:
                done = raw_text_end(html, name, end)
                if done > end:
                    append(new(Token, ("raw", end, done, name)))
                restart = True
                break
    if done < len(html):
        append(Token("text", done, len(html), ""))
    return tokens


def raw_text_end(html: str, name: str, start: int) -> int:
    """Offset at which the content of the raw text element ``name``, begun at ``start``, ends: its end tag, or the end.

    Knows the escaped states of a script (HTML §13.2.5.20), where ``<!--<script></script>`` closes nothing.
    """
    if name == "plaintext":
        return len(html)
    if name != "script":
        match = _RAW_END[name].search(html, start)
        return match.start() if match else len(html)
    depth = 0
    at = start
    while step := _SCRIPT_STEP.search(html, at):
        at = step.end()
        if step[0] == "<!--":
            depth = depth or 1
            at -= 2
        elif step[0] == "-->":
            depth = 0
        elif step[1]:
            if depth < 2:
                return step.start()
            depth = 1
        elif depth == 1:
            depth = 2
    return len(html)


@lru_cache(maxsize=1024)
def lower(name: str) -> str:
    """``name`` with A to Z in lower case and every other character as it is, which is how HTML compares names."""
    return name.lower() if name.isascii() else name.translate(_ASCII_LOWER)


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a tag's text, such as ``<a href="…">``, in their order.

    Names are lower-case; values have their character references decoded; of a name given twice the first counts;
    an attribute without a value has the value ``""``.
    """
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(tag, _name_end(tag)):
        key = lower(name)
        if key not in found:
            value = double or single or bare
            found[key] = decode(value) if "&" in value else value
    return found


def attribute_spans(tag: str) -> list[AttributeSpan]:
    """Where each attribute of a tag's text stands, in order, with those given twice."""
    spans = []
    for match in _ATTRIBUTE.finditer(tag, _name_end(tag)):
        group = match.lastindex or 1
        value = match.span(group) if group > 1 else (match.end(), match.end())
        spans.append(AttributeSpan(lower(match[1]), *match.span(), *value, ("", "", '"', "'", "")[group]))
    return spans


def decode(value: str) -> str:
    """An attribute value with its character references decoded.

    Unlike in text, ``&copy=`` and ``&copying`` are no references there (HTML §13.2.5.73), so a link's query survives.
    """
    return _REFERENCE.sub(_decode_reference, value)


def encode(value: str, quote: str = '"') -> str:
    """``value`` as it stands between two ``quote`` characters: ``&`` and the quote become references."""
    return value.replace("&", "&amp;").replace(quote, "&quot;" if quote == '"' else "&#39;")


def set_attribute(tag: str, name: str, value: str) -> str:
    """The tag's text with attribute ``name`` (lower-case) set; every other character stays.

    An attribute that is there keeps its place and quotes; a new one goes behind the last. Single quotes are used for a
    new attribute when that saves references.
    """
    spans = attribute_spans(tag)
    for span in spans:
        if span.name == name:
            if span.quote:
                return tag[: span.value_start] + encode(value, span.quote) + tag[span.value_end :]
            return f"{tag[: span.start]}{_written(tag[span.start : span.start + len(name)], value)}{tag[span.end :]}"
    at = spans[-1].end if spans else _name_end(tag)
    if spans and spans[-1].value_start == at and "=" in tag[spans[-1].start + 1 : at]:
        at = spans[-1].start
        return f"{tag[:at]}{_written(name, value)} {tag[at:]}"
    return f"{tag[:at]} {_written(name, value)}{tag[at:]}"


def remove_attribute(tag: str, name: str) -> str:
    """The tag's text without attribute ``name`` (lower-case) and the white space before it."""
    for span in reversed(attribute_spans(tag)):
        if span.name == name:
            tag = tag[: span.start].rstrip("\t\n\f\r ") + tag[span.end :]
    return tag


def _written(name: str, value: str) -> str:
    quote = "'" if '"' in value and "'" not in value else '"'
    return f"{name}={quote}{encode(value, quote)}{quote}"


def _name_end(tag: str) -> int:
    match = _TAG_NAME.match(tag)
    return match.end() if match else 0


def _decode_reference(match: re.Match[str]) -> str:
    name, after = match.groups()
    if name is None:
        return unescape(match[0])
    if after == ";":
        return entities.html5.get(name + ";", match[0])
    return match[0] if after == "=" else entities.html5.get(name, match[0])
