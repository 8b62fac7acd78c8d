"""Where in the templates the octets of a rendered message come from: through transfer encoding, inlining and the making
of plain text."""

from __future__ import annotations

import re
from functools import cached_property
from html import unescape
from itertools import pairwise
from typing import NamedTuple

from mailtemplates.html.amendments import PREHEADER_TAG
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.markup import Token, cut
from mailtemplates.inspection.pairing import paired, place_in
from mailtemplates.inspection.tracer import Trace
from mailtemplates.jinja.tracing import Origin, Stretch, Traced
from mailtemplates.octets.decoding import decode_body
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.span import Span
from mailtemplates.template.reserved import ATTACHMENTS, HEADER_FIELDS, HEADERS, PREHEADER

_BLOCK_OF = {title.lower(): name for name, title in HEADER_FIELDS.items()}
_WORD = pattern(r"\S+")
_FIELD_WORD = pattern(r"[^\s<>\"]+")
_REFERENCE = pattern(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")
_NOT_BASE64 = pattern(rb"[^A-Za-z0-9+/]+")
_SHEET = pattern(r"<!--.*?(?:-->|\Z)|<style(?=[\s>]).*?(?:</style\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_ELSEWHERE = pattern(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_WINDOWS = (6, 4, 3, 2, 1)


class Place(NamedTuple):
    """Where something comes from.

    :param call: where the macro that made it was called, when one did.
    :param hollow: whether the data has nothing that belongs there.
    """

    origin: Origin
    call: Origin | None
    hollow: bool = False


class Origins:
    """The places of one message's octets."""

    def __init__(self, trace: Trace, raw: RawMessage) -> None:
        self._trace = trace
        self._raw = raw
        self._pairs: dict[tuple[int, int], list[tuple[Token, Token]]] = {}

    def of(self, span: Span) -> Place | None:
        """The place of a stretch of the message; None when no template made it."""
        field = next((one for one in self._raw.root.fields if one.span.start <= span.start < one.span.end), None)
        if field is not None:
            return self._of_field(field, span)
        part = next((one for one in self._raw.leaves if one.header.start <= span.start <= one.body.end), None)
        if part is None:
            return None
        if part not in self._raw.bodies:
            return self._of_file(part)
        if span.start < part.body.start:
            return None
        return self._of_html(part, span) if part.media_type == "text/html" else self._of_text(part, span)

    def source_span(self, part: Part, start: int, end: int) -> Origin | None:
        """The source of characters of a body, where they are the template's own text as it is; else None."""
        block, final = self._html, _text(part)
        if part.media_type != "text/html":
            block, shift = self._written_text(final)
            at = start + shift
        else:
            at = self._html_place(block, final, start) if block is not None else -1
        if block is None or at < 0 or block[at : at + end - start] != final[start:end]:
            return None
        found = [one for one in block.stretches if one.exact and one.start <= at and at + end - start <= one.end]
        for one in found[-1:] if start == end else found[:1]:
            begin = one.origin.start + at - one.start
            return Origin(one.origin.template, begin, begin + end - start)
        return None

    @cached_property
    def written_sheets(self) -> HtmlDocument:
        """The style sheets of the html before inlining, at their places, with nothing else but white space."""
        kept, done = [], 0
        html = str(self._html or "")
        for match in _SHEET.finditer(html):
            if not match[0].startswith("<!"):
                kept.append(" " * (match.start() - done) + match[0])
                done = match.end()
        return HtmlDocument("".join(kept))

    @property
    def linked_sheets(self) -> list[str]:
        """The addresses of style sheets of the project that the html links to."""
        html = str(self._html or "")
        if "<link" not in html.lower():
            return []
        links = HtmlDocument(html).select("link")
        hrefs = [one.get("href") for one in links if "stylesheet" in one.get("rel").lower().split()]
        return [href for href in dict.fromkeys(hrefs) if href and not _ELSEWHERE.match(href)]

    def of_written(self, span: Span) -> Place | None:
        """The place of a stretch of :attr:`written_sheets`."""
        return _at(self._html, *span) if self._html else None

    @cached_property
    def _html(self) -> Traced | None:
        blocks = self._trace.blocks
        return blocks.get("html", blocks.get("") if self._trace.parts.html is not None else None)

    @cached_property
    def _visible(self) -> tuple[str, list[int]]:
        """The text between the html's tags as a reader sees it, and the place of each character."""
        html = str(self._html or "")
        characters: list[str] = []
        places: list[int] = []
        for token in cut(html):
            if token.kind != "text":
                characters.append(" ")
                places.append(token.start)
                continue
            at = token.start
            for match in [*_REFERENCE.finditer(html, token.start, token.end), None]:
                until = match.start() if match else token.end
                characters += html[at:until]
                places += range(at, until)
                if match:
                    shown = unescape(match[0])
                    characters += shown
                    places += [match.start()] * len(shown)
                    at = match.end()
        return "".join(characters), places

    def _of_field(self, field: RawField, span: Span) -> Place | None:
        name = _BLOCK_OF.get(field.lower, HEADERS)
        block = self._trace.blocks.get(name)
        if block is None:
            return self._of_title(field) if name == "subject" else None
        base, end = 0, len(block)
        if name == HEADERS:
            starts = [one.start() for one in re.finditer(rf"(?mi)^[ \t]*{re.escape(field.lower)}:", block)]
            alike = [one for one in self._raw.root.fields if one.lower == field.lower]
            if not starts:
                return None
            number = alike.index(field)
            base = starts[min(number, len(starts) - 1)]
            end = next((start for start in starts if start > base), end)
        begin, until = _whole_words(field, span)
        before = decode(field.octets[field.body.start : begin].decode("latin-1")).strip()
        shown = decode(field.octets[begin:until].decode("latin-1")).strip()
        for words in (shown, shown.strip('<>"'), *sorted(_FIELD_WORD.findall(shown), key=len, reverse=True)[:8]):
            found = _nth(block, words, before.count(words), base, end) if words else -1
            if found >= 0:
                return _at(block, found, found + len(words))
        return _whole(block) if not base else _at(block, base, base + len(field.name))

    def _of_title(self, field: RawField) -> Place | None:
        """The subject that is the html's title."""
        block = self._html
        token = next((one for one in cut(block) if one.name == "title"), None) if block is not None else None
        return _at(block, token.start, token.end) if block is not None and token else None

    def _of_file(self, part: Part) -> Place | None:
        """The call that attaches a file or shows it: where its name stands in a template that took part."""
        name = part.filename or ""
        names = [one for one in self._trace.sources if one]
        templates = {one.origin.template for block in self._trace.blocks.values() for one in block.stretches}
        call = re.compile(rf"""(?:attach|inline)\(\s*["'](?:[^"'\n]*/)?{re.escape(name)}["']""")
        for template in sorted(names, key=lambda one: one not in templates) if name else ():
            match = call.search(self._trace.sources[template])
            if match:
                return Place(Origin(template, match.start(), match.end()), None)
        block = self._trace.blocks.get(ATTACHMENTS)
        return _whole(block) if block is not None else None

    def _of_text(self, part: Part, span: Span) -> Place | None:
        """In the author's text, or for text made from html at the same words of the html."""
        text = _text(part)
        at, end = _character(part, span.start), max(_character(part, span.end, end=True), 0)
        exact, shift = self._written_text(text)
        if exact is not None:
            return _at(exact, at + shift, max(end, at + 1) + shift)
        blocks = self._trace.blocks
        block = blocks.get("text", blocks.get("") if self._trace.parts.html is None else None)
        if block is not None:
            return self._by_words(block, str(block), None, text, at, end) or _whole(block)
        if self._html is None:
            return None
        seen, places = self._visible
        return self._by_words(self._html, seen, places, text, at, end) or _whole(self._html)

    def _written_text(self, text: str) -> tuple[Traced | None, int]:
        """The author's block that a plain text is, white space around it left out, and how much further in that it
        stands; None where the block prints it otherwise."""
        blocks = self._trace.blocks
        block = blocks.get("text", blocks.get("") if self._trace.parts.html is None else None)
        lead = block.find(text.strip()) if block is not None and text.strip() and "\r" not in block else -1
        return (block, lead - (len(text) - len(text.lstrip()))) if lead >= 0 else (None, 0)

    def _by_words(
        self, block: Traced, seen: str, places: list[int] | None, text: str, at: int, end: int
    ) -> Place | None:
        """The place of words of a text in a block that says the same in other lines: by the words around them."""
        words = list(_WORD.finditer(text))
        number = next((number for number, word in enumerate(words) if word.end() > at), -1)
        if number < 0:
            return None
        for size in _WINDOWS:
            for first in range(max(number - size + 1, 0), number + 1):
                window = words[first : first + size]
                found = re.search(r"\s+".join(re.escape(word[0]) for word in window), seen)
                if len(window) == size and found:
                    inside = re.search(rf"(?:\S+\s+){{{number - first}}}", found[0]) if number > first else None
                    begin = found.start() + (inside.end() if inside else 0) + max(at - words[number].start(), 0)
                    until = begin + max(min(end, words[number].end()) - max(at, words[number].start()), 1)
                    if places is not None:
                        begin, until = places[begin], places[min(until, len(places)) - 1] + 1
                    return _at(block, begin, until)
        return None

    def _of_html(self, part: Part, span: Span) -> Place | None:
        block = self._html
        if block is None:
            return None
        final = _text(part)
        at, end = _character(part, span.start), _character(part, span.end, end=True)
        preheader = self._of_preheader(final, at, end)
        if preheader is not None:
            return preheader
        place = self._html_place(block, final, at)
        if place < 0:
            return _whole(block)
        last = self._html_place(block, final, end - 1) if end > at + 1 else place
        return _at(block, place, max(last, place) + 1)

    def _of_preheader(self, final: str, at: int, end: int) -> Place | None:
        """The place of what stands in the hidden element that holds the preheader."""
        block = self._trace.blocks.get(PREHEADER)
        start = final.find(PREHEADER_TAG) if block is not None else -1
        close = final.find("</div>", start)
        if block is None or start < 0 or not start <= at < close + len("</div>"):
            return None
        words = unescape(final[at:end]).strip() if at >= start + len(PREHEADER_TAG) else ""
        found = block.find(words) if words else -1
        return _at(block, found, found + len(words)) if found >= 0 else _whole(block)

    def _html_place(self, block: Traced, final: str, at: int) -> int:
        key = (id(block), id(final))
        pairs = self._pairs.get(key)
        if pairs is None:
            pairs = self._pairs[key] = list(paired(str(block), final))
        return place_in(pairs, str(block), final, at)


def _text(part: Part) -> str:
    """The decoded text of a part as it was composed, its line ends LF."""
    return part.text.replace("\r\n", "\n") if "\r" in part.text else part.text


def _character(part: Part, offset: int, *, end: bool = False) -> int:
    """The character of a part's decoded text that an octet of its body stands for, or ends in."""
    raw = part.octets[part.body.start : max(offset, part.body.start)]
    if part.encoding == "base64":
        digits = len(_NOT_BASE64.sub(b"", raw))
        decoded = part.decoded[: (digits * 6 + (0 if end else 5)) // 8]
    else:
        decoded = (
            decode_body(raw, part.encoding) if not raw.endswith(b" ") else decode_body(raw + b"x", part.encoding)[:-1]
        )
    return len(decoded.decode("utf-8", "ignore").replace("\r\n", "\n"))


def _whole_words(field: RawField, span: Span) -> tuple[int, int]:
    """The octets of a stretch in a field's body, with the encoded words that it lies in."""
    begin, end = max(span.start, field.body.start), max(min(span.end, field.body.end), field.body.start)
    for match in re.finditer(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=", field.raw):
        start, stop = (field.body.start + at for at in match.span())
        if start < end and begin < stop:
            begin, end = min(begin, start), max(end, stop)
    return begin, end


def _nth(block: str, words: str, number: int, start: int, end: int) -> int:
    """Where words stand in a block for the nth time, from 0; the last time when they are fewer."""
    found = at = block.find(words, start, end)
    while number and at >= 0:
        at = block.find(words, at + len(words), end)
        found = at if at >= 0 else found
        number -= 1
    return found


def _whole(block: Traced) -> Place | None:
    """The place of a block that prints something: its first character that is no white space."""
    start = len(block) - len(block.lstrip())
    return _at(block, start, start + 1) if block else None


def _at(block: Traced, start: int, end: int) -> Place | None:
    """The place of characters of a block: from the first of them up to the last, as far as that is one template."""
    first = _stretch_at(block, start)
    if first is None:
        return None
    hollow = any(one.hollow for one in block.stretches) and _is_hollow(block, start, end)
    origin = first.origin
    if first.exact:
        begin = origin.start + start - first.start
        origin = Origin(origin.template, begin, max(begin + 1, min(begin + end - start, origin.end)))
    last = _stretch_at(block, end - 1) if end > first.end else None
    if last is not None and last.origin.template == origin.template and last.call == first.call:
        stop = last.origin.start + end - last.start if last.exact else last.origin.end
        if stop > origin.end and _goes_on(block, first, last):
            origin = Origin(origin.template, origin.start, stop)
    return Place(origin, first.call, hollow)


def _goes_on(block: Traced, first: Stretch, last: Stretch) -> bool:
    """Whether the stretches between two stand in their template in the order in which they are printed."""
    between = [one for one in block.stretches if first.start <= one.start <= last.start]
    return all(
        one.origin.template == two.origin.template and one.origin.start <= two.origin.start
        for one, two in pairwise(between)
    )


def _stretch_at(block: Traced, at: int) -> Stretch | None:
    return next((one for one in block.stretches if one.start <= at < one.end), None)


def _is_hollow(block: Traced, start: int, end: int) -> bool:
    """Whether something hollow is printed in or beside a stretch: in its line or its tags, up to the next tag."""
    left = max(block.rfind("<", 0, start + 1), block.rfind("\n", 0, start + 1), 0)
    stop = block.find(">", max(end - 1, start))
    right = min((at for at in (block.find("<", stop), block.find("\n", max(end, stop))) if at >= 0), default=len(block))
    return any(one.hollow and one.start < right and one.end > left for one in block.stretches)
