"""Where css of the finished html stood before inlining: what is left of a sheet, what went into style attributes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.css.stylesheet import Placed, Rule, Sheet, place_declarations, read_sheet
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.elementmatch import read_compounds
from mailtemplates.html.markup import AttributeSpan, attribute_spans, decode


def place_in_sheet(before: str, after: str, at: int) -> int:
    """The character of a sheet before inlining that one of its rest comes from; -1 when that cannot be told.

    The rest has the sheet's rules in their order without those that were inlined, and the text of those it has as it
    was, but for selectors that were taken out of a list.
    """
    if before == after:
        return at
    for old, new in _same_rules(read_sheet(before), read_sheet(after)):
        if new.start <= at < new.end:
            if at >= new.block:
                return old.block + at - new.block
            same = before[old.start : old.block] == after[new.start : new.block]
            return old.start + at - new.start if same else old.start
    return at if before[: at + 1] == after[: at + 1] else -1


def _same_rules(before: Sheet, after: Sheet) -> Iterator[tuple[Rule, Rule]]:
    old_rules = iter(before.rules)
    for new in after.rules:
        whole, block = after.css[new.start : new.end], after.css[new.block : new.end]
        for old in old_rules:
            if before.css[old.block : old.end] == block and (block or before.css[old.start : old.end] == whole):
                yield old, new
                break


def place_of_declaration(source: str, old: str, new: str, at: int) -> tuple[int, bool] | None:
    """Where the declaration at a character of a tag's style attribute stood before inlining.

    :param source: the html before inlining.
    :param old: the tag in it.
    :param new: the tag after inlining.
    :returns: the character, and whether it is one of the tag, else of the source; None when that cannot be told.
    """
    value = _style(new)
    inside = at - value.value_start if value else -1
    placed = next((one for one in _placed(new, value) if one.start <= inside < one.end), None)
    if placed is None:
        return None
    own = _style(old)
    for one in _placed(old, own) if own else ():
        if one.declaration == placed.declaration:
            return (own.value_start if own else 0) + _as_far(one, placed, inside), True
    elements = HtmlDocument(new).elements
    for found in reversed(_declared(source)):
        same = (found.placed.declaration.name, found.placed.declaration.value) == placed.declaration[:2]
        if same and elements and _may_match(found.rule, elements[0]):
            return _as_far(found.placed, placed, inside), False
    return None


def _as_far(old: Placed, new: Placed, at: int) -> int:
    """The character of a declaration as far in as another is in one that says the same, its last for the last."""
    return old.end - 1 if at >= new.end - 1 else min(old.start + at - new.start, old.end - 1)


def _style(tag: str) -> AttributeSpan | None:
    return next((one for one in attribute_spans(tag) if one.name == "style"), None)


def _placed(tag: str, style: AttributeSpan | None) -> tuple[Placed, ...]:
    value = tag[style.value_start : style.value_end] if style else ""
    return place_declarations(value) if decode(value) == value else ()


def _may_match(rule: Rule, element: Element) -> bool:
    """Whether a selector of a rule is about such an element; ancestors are not looked at."""
    ways = (read_compounds(one.text) for one in rule.selectors if one.static)
    return any(not compounds or compounds[0].fits(element) for compounds in ways)


class _Declared(NamedTuple):
    rule: Rule
    placed: Placed


@lru_cache(maxsize=4)
def _declared(source: str) -> tuple[_Declared, ...]:
    """The declarations in the sheets of a html that can be inlined, with their places in it."""
    document = HtmlDocument(source)
    found: list[_Declared] = []
    for style in document.select("style"):
        css, offset = source[slice(*style.content)], style.content.start
        for rule in read_sheet(css).rules:
            start = offset + rule.block + 1
            placed = place_declarations(css[rule.block + 1 : rule.end - 1]) if rule.selectors else ()
            found += (_Declared(rule, one._replace(start=start + one.start, end=start + one.end)) for one in placed)
    return tuple(found)
