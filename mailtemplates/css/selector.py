"""One selector: can it be inlined, how specific is it, and what of a document does it look at."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.pattern import pattern


class Selector(NamedTuple):
    """A complex selector, such as ``td.item > a``.

    ``static`` says that whether an element matches is settled by the document alone, so the rule can be inlined; what
    depends on the reader (``:hover``), on a part of an element (``::before``), or on markup that a mail client adds
    (``.ExternalClass``) is not, nor is a tag name such as ``o\\:p``, which an engine never sees. ``specificity`` is
    (ids, classes, types), Selectors 4 §17. ``sideways`` says that it looks at siblings or children, not only at
    ancestors. ``attributes`` are the attributes it looks at, lower-case; ``values`` those of them whose value it looks
    at.
    """

    text: str
    static: bool
    specificity: tuple[int, int, int]
    sideways: bool
    attributes: frozenset[str]
    values: frozenset[str]


_IDENT = r"(?:[-\w]|[^\x00-\x7f]|\\[\s\S])+"
_PART = pattern(
    rf"""(?P<attribute>\[\s*(?P<name>{_IDENT})\s*(?P<operator>[~|^$*]?=)?(?:"[^"]*"|'[^']*'|[^\]"'])*\])"""
    rf"""|(?P<element>::{_IDENT}|:(?:before|after|first-line|first-letter)(?![-\w]))"""
    rf"""|:(?P<pseudo>{_IDENT})(?P<open>\()?"""
    rf"""|\#(?P<id>{_IDENT})|\.(?P<class>{_IDENT})|(?P<type>{_IDENT})|(?P<combinator>[+~])|(?P<other>[|&@{{}};!$^])""",
    re.I,
)
_SIDEWAYS = frozenset(
    {"first-child", "last-child", "only-child", "nth-child", "nth-last-child", "first-of-type", "last-of-type"}
    | {"only-of-type", "nth-of-type", "nth-last-of-type", "empty", "has"}
)
_SETTLED = _SIDEWAYS | {"root", "not", "link", "any-link"}
_DEEPEST = 50
_CLIENT_CLASSES = frozenset(
    {"externalclass", "readmsgbody", "yshortcuts", "applelinks", "moz-text-html", "gmailfix", "ii", "aolmail_divbody"}
)
_CLIENT_IDS = frozenset({"outlook", "messageviewbody", "messagewebviewdiv"})
_CLIENT_ATTRIBUTES = frozenset({"data-ogsc", "data-ogsb", "x-apple-data-detectors", "data-outlook-cycle", "owa"})


@lru_cache(maxsize=4096)
def read_selector(text: str) -> Selector:
    """Read one selector, without commas at its top. Never fails: what is not understood is not static."""
    found = _Reading()
    if text.count("(") > _DEEPEST:
        return Selector(text, False, (0, 0, 0), False, frozenset(), frozenset())
    at = 0
    while match := _PART.search(text, at):
        inner, at = argument(text, match.end()) if match["open"] else ("", match.end())
        if match["pseudo"]:
            found.pseudo_class(match["pseudo"].lower(), inner)
        else:
            found.part(match)
    weight = found.ids, found.classes, found.types
    static = found.static and bool(text)
    return Selector(text, static, weight, found.sideways, frozenset(found.attributes), frozenset(found.values))


class _Reading:
    """What is known of a selector while it is read."""

    def __init__(self) -> None:
        self.static, self.sideways = True, False
        self.ids = self.classes = self.types = 0
        self.attributes: set[str] = set()
        self.values: set[str] = set()

    def part(self, match: re.Match[str]) -> None:
        """Take in anything but a pseudo-class."""
        if match["attribute"]:
            self.classes += 1
            self._looks_at(match["name"], bool(match["operator"]))
            self.static = self.static and match["name"].lower() not in _CLIENT_ATTRIBUTES
        elif match["id"]:
            self.ids += 1
            self._looks_at("id", True)
            self.static = self.static and match["id"].lower() not in _CLIENT_IDS
        elif match["class"]:
            self.classes += 1
            self._looks_at("class", True)
            self.static = self.static and match["class"].lower() not in _CLIENT_CLASSES
        elif match["type"]:
            self.types += 1
            self.static = self.static and match["type"].replace("-", "").isalnum() and match["type"].isascii()
        elif match["combinator"]:
            self.sideways = True
        else:
            self.static = False

    def pseudo_class(self, name: str, inner: str) -> None:
        """Take in ``:name(inner)``."""
        self.static = self.static and name in _SETTLED and not (name.startswith("nth-") and " of " in inner)
        self.sideways = self.sideways or name in _SIDEWAYS
        if name in ("link", "any-link"):
            self._looks_at("href", False)
        weight, inside = _functional(name, inner)
        self.ids += weight[0]
        self.classes += weight[1]
        self.types += weight[2]
        for part in inside:
            self.static, self.sideways = self.static and part.static, self.sideways or part.sideways
            self.attributes |= part.attributes
            self.values |= part.values

    def _looks_at(self, attribute: str, value: bool) -> None:
        self.attributes.add(attribute.lower())
        if value:
            self.values.add(attribute.lower())


def _functional(name: str, inner: str) -> tuple[tuple[int, int, int], list[Selector]]:
    """The specificity that a pseudo-class adds, and the selectors in its brackets."""
    if name in ("nth-child", "nth-last-child"):
        _, _, of = inner.partition(" of ")
        inside = [read_selector(part.strip()) for part in split_list(of)] if of else []
        return _add((0, 1, 0), _heaviest(inside)), inside
    if name not in ("not", "is", "matches", "where", "has"):
        return (0, 1, 0), []
    inside = [read_selector(part.strip()) for part in split_list(inner)]
    return ((0, 0, 0) if name == "where" else _heaviest(inside)), inside


def _heaviest(selectors: list[Selector]) -> tuple[int, int, int]:
    return max((selector.specificity for selector in selectors), default=(0, 0, 0))


def _add(one: tuple[int, int, int], two: tuple[int, int, int]) -> tuple[int, int, int]:
    return one[0] + two[0], one[1] + two[1], one[2] + two[2]


_BRACKET = pattern(r"""[()\[\],]|"[^"]*"|'[^']*'|\\[\s\S]""")


def argument(text: str, start: int) -> tuple[str, int]:
    """The text in brackets opened just before ``start``, and the offset behind the closing one."""
    depth = 1
    for match in _BRACKET.finditer(text, start):
        depth += (match[0] == "(") - (match[0] == ")")
        if not depth:
            return text[start : match.start()], match.end()
    return text[start:], len(text)


def split_list(text: str) -> list[str]:
    """The parts of a selector list: split at commas that stand in no bracket or string."""
    parts, depth, done = [], 0, 0
    for match in _BRACKET.finditer(text):
        token = match[0]
        depth += (token in ("(", "[")) - (token in (")", "]"))
        if token == "," and not depth:
            parts.append(text[done : match.start()])
            done = match.end()
    return [*parts, text[done:]]
