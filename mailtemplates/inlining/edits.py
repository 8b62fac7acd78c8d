"""The edits that make a document an inlined one: in its start tags, and in its style sheets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from mailtemplates.css.stylesheet import read_sheet
from mailtemplates.html.markup import encode
from mailtemplates.inlining.anatomy import Anatomy, StyleElement, element_span
from mailtemplates.inlining.baseurl import absolute_css, absolute_tag
from mailtemplates.inlining.rulebook import INVISIBLE, Rulebook

KeepStyle = Literal["rest", "all", "none"]
"""What stays in ``<style>``: what could not be inlined, everything, or nothing."""

Edit = tuple[int, int, str]
"""``html[start:end]`` becomes the text."""


def apply(html: str, edits: Sequence[Edit]) -> str:
    """``html`` with edits that are sorted and don't overlap."""
    parts: list[str] = []
    done = 0
    for start, end, text in edits:
        parts += html[done:start], text
        done = end
    return "".join([*parts, html[done:]])


def narrowed(start: int, old: str, new: str) -> Edit:
    """The edit that makes ``new`` of ``old``, which stands at ``start``, with no more characters than differ."""
    limit = min(len(old), len(new))
    head = next((at for at in range(limit) if old[at] != new[at]), limit)
    tail = 0
    while tail < limit - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return start + head, start + len(old) - tail, new[head : len(new) - tail]


def tag_edits(
    anatomy: Anatomy, rulebook: Rulebook, matched: Sequence[tuple[int, ...]], base_url: str = ""
) -> Iterator[Edit]:
    """The start tags that change, given the numbers of the selectors that match each."""
    html = anatomy.html
    tags = (token for token in anatomy.tokens if token.kind == "start")
    replaced = {sheet.start for sheet in anatomy.sheets if sheet.href}
    for (_, start, end, name), numbers in zip(tags, matched, strict=True):
        tag = html[start:end]
        styled = rulebook.styled(tag, name, numbers) if numbers and name not in INVISIBLE else tag
        if base_url and start not in replaced and name != "style":
            styled = absolute_tag(styled, base_url)
        if styled is not tag and styled != tag:
            yield start, end, styled


def sheet_rest(css: str, keep_style: KeepStyle, needed: Collection[str] = ()) -> str:
    """What of an inlined sheet stays; ``needed`` are selectors that match an element which has no tag."""
    if keep_style == "rest":
        return read_sheet(css).rest(needed)
    return css if keep_style == "all" else ""


def sheet_edits(
    anatomy: Anatomy, css: str, keep_style: KeepStyle, needed: Collection[str] = (), base_url: str = ""
) -> Iterator[Edit]:
    """The style sheets that change, and one more for what stays of ``css``."""
    for sheet in anatomy.sheets:
        edit = _sheet_edit(sheet, keep_style, needed, base_url)
        if edit:
            yield edit
    if rest := sheet_rest(css, keep_style, needed):
        at = _head_end(anatomy)
        yield at, at, f"<style>{absolute_css(rest, base_url) if base_url else rest}</style>"


def sheet_texts(anatomy: Anatomy, keep_style: KeepStyle, needed: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Each ``<style>`` element and ``<link>`` in order, and what it becomes."""
    html = anatomy.html
    sheets = {sheet.start: sheet for sheet in anatomy.sheets}
    texts = []
    for number, token in enumerate(anatomy.tokens):
        if token.kind == "start" and (token.name == "link" or token.start in sheets):
            start, end = element_span(html, anatomy.tokens, number)
            edit = _sheet_edit(sheets[start], keep_style, needed, "") if start in sheets else None
            old = html[start:end]
            texts.append((old, apply(old, [(edit[0] - start, edit[1] - start, edit[2])]) if edit else old))
    return tuple(texts)


def _sheet_edit(sheet: StyleElement, keep_style: KeepStyle, needed: Collection[str], base_url: str) -> Edit | None:
    rest = sheet_rest(sheet.css, keep_style, needed) if sheet.inlined or keep_style != "rest" else sheet.css
    if sheet.pinned:
        rest = sheet.css
    if base_url:
        rest = absolute_css(rest, base_url)
    if sheet.offset >= 0 and (sheet.pinned or rest):
        return (sheet.offset, sheet.offset + len(sheet.css), rest) if rest != sheet.css else None
    if not rest:
        return sheet.start, sheet.end, ""
    media = f' media="{encode(sheet.media)}"' if sheet.media else ""
    return sheet.start, sheet.end, f"<style{media}>{rest}</style>"


def _head_end(anatomy: Anatomy) -> int:
    """Where a style sheet of our own goes: the end of the head, else before the first tag that is shown."""
    for kind, start, _, name in anatomy.tokens:
        if kind == "end" and name == "head":
            return start
        if kind == "start" and name not in INVISIBLE and name != "html":
            return start
    return 0
