"""A html before and after it was finished, token by token: a preheader comes, style sheets go, tags change inside."""

from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.html.amendments import PREHEADER_TAG
from mailtemplates.html.markup import Token, attribute_spans, cut
from mailtemplates.html.sheetplace import place_in_sheet, place_of_declaration


def html_place(source: str, final: str, at: int) -> int:
    """The character of a html before inlining that one of the finished html comes from; -1 when from none."""
    return place_in(list(paired(source, final)), source, final, at)


def place_in(pairs: list[tuple[Token, Token]], source: str, final: str, at: int) -> int:
    for before, after in pairs:
        if after.end > at:
            return _inside(before, source, after, final, at) if after.start <= at else -1
    return len(source) if at >= len(final) else -1


def paired(source: str, final: str) -> Iterator[tuple[Token, Token]]:
    """The tokens of a html that are in it before and after: a preheader comes, stylesheets go, tags change inside.

    Where a stylesheet went, the texts before and after it are one: such a text is paired piece by piece.
    """
    before, at, skip = cut(source), 0, 0
    for new in cut(final):
        if final.startswith(PREHEADER_TAG, new.start):
            skip = 3
        start = new.start
        while skip == 0 and at < len(before) and start < new.end:
            old = before[at]
            rest = Token(new.kind, start, new.end, new.name)
            if _alike(old, source, rest, final):
                yield old, rest
                start = new.end
            elif _begins(old, source, rest, final) and _is_sheet(before[at + 1 : at + 2]):
                yield old, Token("text", start, start + old.end - old.start, "")
                start += old.end - old.start
            elif not _is_sheet([old]):
                break
            at += 1
        skip = max(skip - 1, 0)


def _is_sheet(tokens: list[Token]) -> bool:
    return any(token.name in ("style", "link") for token in tokens)


def _begins(old: Token, source: str, new: Token, final: str) -> bool:
    """Whether a text begins another one."""
    return old.kind == new.kind == "text" and final.startswith(source[old.start : old.end], new.start, new.end)


def _alike(old: Token, source: str, new: Token, final: str) -> bool:
    if (old.kind, old.name) != (new.kind, new.name):
        return False
    return old.kind in ("start", "raw") or source[old.start : old.end] == final[new.start : new.end]


def _inside(before: Token, source: str, after: Token, final: str, at: int) -> int:
    """The place inside a tag that inlining may have changed: as far in, else the same attribute, else the tag."""
    old, new = source[before.start : before.end], final[after.start : after.end]
    inside = at - after.start
    if before.kind == "raw" and before.name == "style":
        return before.start + max(place_in_sheet(old, new, inside), 0)
    if old == new:
        return before.start + inside
    if before.kind != "start":
        return before.start + inside if old[: inside + 1] == new[: inside + 1] else before.start
    attribute = next((one for one in attribute_spans(new) if one.start <= inside < one.end), None)
    if attribute is not None and attribute.name == "style":
        declared = place_of_declaration(source, old, new, inside)
        if declared is not None:
            return declared[0] + (before.start if declared[1] else 0)
    if old[: inside + 1] == new[: inside + 1]:
        return before.start + inside
    if inside >= len(new) - 1:
        return before.end - 1
    same = next((one for one in attribute_spans(old) if attribute and one.name == attribute.name), None)
    if attribute is None or same is None:
        return before.start
    if old[same.start : same.end] == new[attribute.start : attribute.end]:
        return before.start + same.start + inside - attribute.start
    return before.start + same.start
