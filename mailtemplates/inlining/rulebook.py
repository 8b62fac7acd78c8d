"""The sheets of one document as one list of selectors, and what an element that some of them match ends with.

A rulebook is made once for a set of sheets and used for every document that has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from mailtemplates.css.alternatives import settled
from mailtemplates.css.cascade import Match, cascade
from mailtemplates.css.property import overlap
from mailtemplates.css.stylesheet import Declaration, read_sheet
from mailtemplates.html.markup import attributes, encode, set_attribute
from mailtemplates.pattern import pattern

OPT_OUTS = {
    "data-inline": ("ignore",),
    "data-css-inline": ("ignore",),
    "data-premailer": ("ignore",),
    "data-roadie-ignore": ("", "true"),
    "data-immutable": ("", "true"),
}
"""Attributes, and their values, that keep an element or a style sheet from being inlined."""

_NOT_PLAIN = pattern(r"[^a-z0-9-]")
_IMPORTANT = pattern(r"([-\w]++)\s*+:[^;{}!]*+!\s*+important", re.I)
OWN_STYLE = "data-mailtemplates-style"
"""The attribute of a skeleton that is an element's own style."""

INVISIBLE = frozenset({"head", "title", "base", "link", "meta", "style", "script"})
"""Elements that are never shown: they get no style."""

ALWAYS_RELEVANT = frozenset({"style", "type", *OPT_OUTS})
"""Attributes whose value can change how a document is inlined, whatever the selectors."""


class TagFacts(NamedTuple):
    """What inlining looks at in a start tag: the tag reduced to that, its own style, and whether it opts out."""

    skeleton: str
    own: str
    ignored: bool


def opted_out(found: dict[str, str]) -> bool:
    """Whether an element's attributes say that it is to be left alone."""
    return any(found.get(name, "").strip().lower() in values for name, values in OPT_OUTS.items() if name in found)


def plain_name(name: str) -> str:
    """A tag name as engines get it: what is not a letter, digit or hyphen is a hyphen."""
    return name if name.isalnum() and name.isascii() else _NOT_PLAIN.sub("-", name)


class Rulebook:
    """The rules that can be inlined, of ``sheets`` (css texts in the order of the cascade). Immutable; its memos are
    bounded.

    ``kept`` are the css texts that stay in the document. A property that they set with ``!important`` loses its own
    ``!important`` when it is inlined: otherwise the ``@media`` rule that was written to override it no longer would.
    """

    def __init__(self, sheets: Iterable[str], kept: Iterable[str] = ()) -> None:
        self._overriding = frozenset(name.lower() for css in kept for name in _IMPORTANT.findall(css))
        self._yields = cache(self._overridden)
        self._matches: list[list[Match]] = []
        self.attributes: frozenset[str] = frozenset()
        self.values: frozenset[str] = frozenset()
        self.sideways = False
        self.selectors = self._collect(tuple(sheets))
        self.style = lru_cache(maxsize=1024)(self._style)
        self.facts = lru_cache(maxsize=2048)(self._facts)
        self.styled = lru_cache(maxsize=2048)(self._styled)

    def _collect(self, sheets: tuple[str, ...]) -> tuple[str, ...]:
        numbers: dict[str, int] = {}
        order = 0
        mentioned: set[str] = set()
        values: set[str] = set()
        for css in sheets:
            for rule in chain.from_iterable(rule.nested or (rule,) for rule in read_sheet(css).rules):
                for selector in chain.from_iterable(map(settled, rule.selectors)) if rule.declarations else ():
                    number = numbers.setdefault(selector.text, len(numbers))
                    if number == len(self._matches):
                        self._matches.append([])
                    self._matches[number].append(Match(selector.specificity, order, self._yielding(rule.declarations)))
                    mentioned |= selector.attributes
                    values |= selector.values
                    self.sideways = self.sideways or selector.sideways
                order += 1
        self.attributes, self.values = frozenset(mentioned), frozenset(values)
        return tuple(numbers)

    def texts(self, numbers: Iterable[int]) -> frozenset[str]:
        """The selectors with these numbers, as written."""
        return frozenset(self.selectors[number] for number in numbers)

    def _yielding(self, declarations: tuple[Declaration, ...]) -> tuple[Declaration, ...]:
        return tuple(
            declaration._replace(yields=True)
            if declaration.important and self._yields(declaration.name)
            else declaration
            for declaration in declarations
        )

    def _overridden(self, name: str) -> bool:
        return any(overlap(name, other) for other in self._overriding)

    def _facts(self, tag: str, name: str) -> TagFacts:
        found = attributes(tag)
        values = self.values | {"type"} if name == "input" else self.values
        shown = sorted(key for key in found if key in self.attributes or key in values)
        written = "".join(
            f' {OWN_STYLE if key == "style" else key}="{encode(found[key]) if key in values else ""}"' for key in shown
        )
        slash = " /" if tag.endswith("/>") else ""
        return TagFacts(f"<{plain_name(name)}{written}{slash}>", found.get("style", ""), opted_out(found))

    def _style(self, numbers: tuple[int, ...], own: str) -> str:
        return cascade([match for number in numbers for match in self._matches[number]], own)

    def _styled(self, tag: str, name: str, numbers: tuple[int, ...]) -> str:
        """The tag's text with its final style; the tag itself when nothing changes."""
        facts = self.facts(tag, name)
        if not numbers or facts.ignored:
            return tag
        style = self.style(numbers, facts.own)
        return set_attribute(tag, "style", style) if style != facts.own else tag
