"""Where the octets of a rendered message come from: findings in it are placed in the template that made them.

The message itself is rendered as always. Beside it the template's blocks are rendered once more, traced, and a place in
the message is looked up there: through transfer encoding, inlining and the making of plain text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mailtemplates.decoding import decode_body
from mailtemplates.document import PREHEADER_TAG
from mailtemplates.engine import Engine
from mailtemplates.markup import Token, attributes, cut
from mailtemplates.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.rawfield import RawField, Span
from mailtemplates.rawmessage import RawMessage
from mailtemplates.rawword import decode
from mailtemplates.renderer import Given
from mailtemplates.template import ATTACHMENTS, HEADER_FIELDS, HEADERS
from mailtemplates.tracing import Origin, Traced, join, tracing_environment

_BLOCK_OF = {title.lower(): name for name, title in HEADER_FIELDS.items()}
_WORD = pattern(r"\S+")


class Trace(NamedTuple):
    """One render, traced: what each block prints, and the sources of the templates that took part, by name."""

    blocks: Mapping[str, Traced]
    sources: Mapping[str, str]


class Tracer:
    """Traces renders of an engine's templates. One run's; not thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._sources: dict[str, str] = {}
        self._renderer = engine.renderer(tracing_environment(self._sources))
        self._locale = engine.settings.locale

    def trace(self, name: str, data: Mapping[str, Any]) -> Trace:
        """Render a template's blocks with their origins.

        :raises MailTemplatesError: with the place in the template.
        """
        outputs = self._renderer.outputs(name, data, Given({}, {}, (), self._locale))
        return Trace({block: join(pieces) for block, pieces in outputs.items()}, self._sources)


def origin_of(trace: Trace, raw: RawMessage, span: Span) -> tuple[Origin, Origin | None] | None:
    """Where a stretch of a message comes from, and where the macro that made it was called; None when from nowhere."""
    field = next((one for one in raw.root.fields if one.span.start <= span.start < one.span.end), None)
    if field is not None:
        return _of_field(trace, field, span)
    part = next((one for one in raw.leaves if one.header.start <= span.start <= one.body.end), None)
    if part is None:
        return None
    if part not in raw.bodies:
        return _whole(trace.blocks.get(ATTACHMENTS))
    return _of_html(trace, part, span) if part.media_type == "text/html" else _of_text(trace, part, span)


def _whole(block: Traced | None) -> tuple[Origin, Origin | None] | None:
    """The place of a block that prints something: its first character that is no white space."""
    start = len(block) - len(block.lstrip()) if block is not None else 0
    return _at(block, start, 1) if block else None


def _at(block: Traced, start: int, length: int) -> tuple[Origin, Origin | None] | None:
    """The origin of characters of a block."""
    for one in block.stretches:
        if one.start <= start < one.end:
            if not one.exact:
                return one.origin, one.call
            begin = one.origin.start + start - one.start
            end = min(begin + max(length, 1), one.origin.end)
            return Origin(one.origin.template, begin, end), one.call
    return None


def _of_field(trace: Trace, field: RawField, span: Span) -> tuple[Origin, Origin | None] | None:
    name = _BLOCK_OF.get(field.lower, HEADERS)
    block = trace.blocks.get(name)
    if block is None:
        return None
    base = 0
    if name == HEADERS:
        base = block.lower().find(f"{field.lower}:")
        if base < 0:
            return None
    shown = decode(field.octets[max(span.start, field.body.start) : span.end].decode("latin-1")).strip()
    for words in (shown, *sorted(_WORD.findall(shown), key=len, reverse=True)[:8]):
        at = block.find(words, base) if len(words) > 1 else -1
        if at >= 0:
            return _at(block, at, len(words))
    return _whole(block) if not base else _at(block, base, len(field.name))


def _characters(part: Part, offset: int) -> int:
    """The character of a part's decoded text that an octet of its body stands for."""
    raw = part.octets[part.body.start : max(offset, part.body.start)]
    return len(decode_body(raw, part.encoding).decode("utf-8", "ignore").replace("\r\n", "\n"))


def _of_text(trace: Trace, part: Part, span: Span) -> tuple[Origin, Origin | None] | None:
    """In the author's text block, or for text made from html at the same words of the html."""
    text = part.text.replace("\r\n", "\n")
    at = _characters(part, span.start)
    block = trace.blocks.get("text")
    if block is not None:
        lead = block.find(text.strip()) if text.strip() else -1
        return _at(block, lead + at - (len(text) - len(text.lstrip())), 1) if lead >= 0 else _whole(block)
    html = _html_block(trace)
    if html is None:
        return None
    line = text[text.rfind("\n", 0, at) + 1 : (text.find("\n", at) + 1 or len(text) + 1) - 1]
    for words in (line.strip(), *sorted(_WORD.findall(line), key=len, reverse=True)[:8]):
        found = html.find(words) if len(words) > 1 else -1
        if found >= 0:
            return _at(html, found, len(words))
    return _whole(html)


def html_of(part: Part) -> str:
    """The finished html of a part as it was composed, its line ends LF."""
    return part.text.replace("\r\n", "\n")


def _html_block(trace: Trace) -> Traced | None:
    return trace.blocks.get("html", trace.blocks.get(""))


def _of_html(trace: Trace, part: Part, span: Span) -> tuple[Origin, Origin | None] | None:
    block = _html_block(trace)
    if block is None:
        return None
    final = html_of(part)
    at, end = _characters(part, span.start), _characters(part, span.end)
    place = html_place(str(block), final, at)
    return _at(block, place, end - at) if place >= 0 else _whole(block)


def source_span(trace: Trace, final: str, start: int, end: int) -> Origin | None:
    """The source of characters of the finished html, where they are the template's own text as it stands; else None."""
    block = _html_block(trace)
    at = html_place(str(block), final, start) if block is not None else -1
    if block is None or at < 0 or block[at : at + end - start] != final[start:end]:
        return None
    for one in block.stretches:
        if one.exact and one.start <= at and at + end - start <= one.end:
            begin = one.origin.start + at - one.start
            return Origin(one.origin.template, begin, begin + end - start)
    return None


def html_place(source: str, final: str, at: int) -> int:
    """The character of a html before inlining that one of the finished html comes from; -1 when from none."""
    for before, after in _pairs(source, final):
        if after.end > at:
            return _inside(before, source, after, final, at) if after.start <= at else -1
    return -1


def _pairs(source: str, final: str) -> Iterator[tuple[Token, Token]]:
    """The tokens of a html that are in it before and after: a preheader comes, stylesheets go, tags change inside."""
    before = iter(cut(source))
    old = next(before, None)
    skip = 0
    for new in cut(final):
        if final.startswith(PREHEADER_TAG, new.start):
            skip = 3
        while skip == 0 and old is not None and old.name in ("style", "link") and not _alike(old, source, new, final):
            old = next(before, None)
        if skip == 0 and old is not None and _alike(old, source, new, final):
            yield old, new
            old = next(before, None)
        skip = max(skip - 1, 0)


def _alike(old: Token, source: str, new: Token, final: str) -> bool:
    if (old.kind, old.name) != (new.kind, new.name):
        return False
    return old.kind in ("start", "raw") or source[old.start : old.end] == final[new.start : new.end]


def _inside(before: Token, source: str, after: Token, final: str, at: int) -> int:
    """The place inside a tag that inlining may have changed: as far in, else the same attribute, else the tag."""
    old, new = source[before.start : before.end], final[after.start : after.end]
    inside = at - after.start
    if old[: inside + 1] == new[: inside + 1] or before.kind != "start":
        return min(before.start + inside, before.end - 1)
    for name, value in attributes(new).items():
        start = new.lower().find(name)
        if start <= inside < start + len(name) + len(value) + 3 and name in old.lower():
            return before.start + min(old.lower().find(name) + inside - start, len(old) - 1)
    return before.start
