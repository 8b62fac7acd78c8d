from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import is_data, is_text, is_wide
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.reencoding import MANY, replace_matches
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_AMID_CRLF = pattern(rb"\r\r+\n?|\r(?!\n)|(?<!\r)\n")
_AMID_LF = pattern(rb"\r+\n?")
_HEADER_AMID_CRLF = pattern(rb"(?<!\r)\n")
_HEADER_AMID_LF = pattern(rb"(?<!\r)\r+\n")


class _Stretch(NamedTuple):
    """Octets whose line ends are judged; ``returns`` says whether carriage returns alone are too."""

    span: Span
    returns: bool
    is_text: bool
    signed: bool


class _Counts(NamedTuple):
    """How often lines end with CRLF, with LF alone, with CR alone."""

    crlf: int
    feeds: int
    returns: int


@rule("CTE002", severity="error", fix="safe")
def bare_newline(message: RawMessage) -> Findings:
    """A line ends with CR or LF alone, where others end with CRLF.

    In mail CR and LF only ever stand together. A server that takes LF alone for a line end, behind one that does
    not, sees another message in the middle of this one (SMTP smuggling), so many servers refuse such mail or rewrite
    it, which breaks its signature. A file whose lines all end with LF is sent with CRLF and is right.

    Reference: RFC 5322 §2.3; RFC 5321 §2.3.8; CVE-2023-51764

    Bad:

        …

        Hello Ben,␊
        your order is on its way.

    Bad:

        …

        Hello Ben,␍
        your order is on its way.

    Bad:

        From: Acme <hello@acme-shop.com>␊
        …

        Hello Ben.

    Good:

        …

        Hello Ben,
        your order is on its way.
    """
    octets = message.octets
    if b"\r" not in octets or _is_canonical(octets):
        return
    counts = _count(octets, Span(0, len(octets)), True)
    if not counts.returns and not (counts.feeds and counts.crlf):
        return
    if not counts.feeds and not counts.crlf:
        where = octets.index(b"\r")
        fix = Fix((Edit(Span(0, len(octets)), octets.replace(b"\r", b"\r\n")),), not message.root.signed)
        yield Finding(Span(where, where + 1), "all lines end with CR alone", "end each line with CRLF", fix)
        return
    stretches = list(_stretches(message))
    counts = _Counts(*map(sum, zip(*[_count(octets, one.span, one.returns) for one in stretches], strict=True)))
    feeds = counts.feeds > counts.crlf
    odd = counts.crlf if feeds else counts.feeds
    if odd or counts.returns:
        yield from _finding(octets, stretches, counts, feeds)


def _is_canonical(octets: bytes) -> bool:
    """Whether CR and LF only ever stand together."""
    others = octets.replace(b"\r\n", b"")
    return b"\r" not in others and b"\n" not in others


def _finding(octets: bytes, stretches: list[_Stretch], counts: _Counts, feeds: bool) -> Findings:
    end = b"\n" if feeds else b"\r\n"
    edits: list[Edit] = []
    safe = True
    where: Span | None = None
    mend = partial(_mended, end=end)
    most = MANY if counts.returns + (counts.crlf if feeds else counts.feeds) <= MANY else 0
    for one in stretches:
        found = replace_matches(octets, one.span, _wrong(end, one.returns), mend, most)
        edits += found
        if found and where is None:
            first = _wrong(end, one.returns).search(octets, *one.span)
            where = Span(*first.span()) if first else None
        if found and (one.signed or (not one.is_text and _count(octets, one.span, True).returns)):
            safe = False
    help = "end each line with LF, as the others" if feeds else "end each line with CRLF"
    if where:
        yield Finding(where, _words(counts, feeds), help, Fix(tuple(edits), safe))


def _words(counts: _Counts, feeds: bool) -> str:
    odd, usual = (counts.crlf, "LF") if feeds else (counts.feeds, "CRLF")
    words = []
    if odd:
        kind = "CRLF" if feeds else "LF alone"
        words.append(f"{odd} {'line ends' if odd == 1 else 'lines end'} with {kind}, the others with {usual}")
    if counts.returns:
        words.append(f"{counts.returns} CR without LF")
    return "; ".join(words)


def _count(octets: bytes, span: Span, returns: bool) -> _Counts:
    start, end = span
    crlf = octets.count(b"\r\n", start, end)
    bare = octets.count(b"\r", start, end) - crlf if returns else 0
    return _Counts(crlf, octets.count(b"\n", start, end) - crlf, bare)


def _stretches(message: RawMessage) -> Iterator[_Stretch]:
    """The octets in order, without bodies that are no lines; a CR amid a header is another rule's."""
    at = 0
    for part in message.all_parts:
        header = _Stretch(part.header, False, True, part.signed)
        body = _Stretch(part.body, True, is_text(part), part.signed)
        no_lines = part.encoding == "binary" or is_data(part) or is_wide(part)
        for one, judged in ((header, True), (body, not no_lines)) if not part.is_composite else ((header, True),):
            if one.span.start > at:
                yield _Stretch(Span(at, one.span.start), True, True, part.signed)
            if judged:
                yield one
            at = max(at, one.span.end)
    yield _Stretch(Span(at, len(message.octets)), True, True, message.root.signed)


def _wrong(end: bytes, returns: bool) -> re.Pattern[bytes]:
    """What is wrong where lines should end so."""
    if returns:
        return _AMID_LF if end == b"\n" else _AMID_CRLF
    return _HEADER_AMID_LF if end == b"\n" else _HEADER_AMID_CRLF


def _mended(match: re.Match[bytes], end: bytes) -> bytes:
    """Each CR alone is a line end, but those that stand before a CRLF are nothing."""
    found = match[0]
    return end if found.endswith(b"\n") else end * len(found)
