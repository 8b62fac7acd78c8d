"""One selector: can it be inlined, how specific is it, and what of a document does it look at.

Floor 1.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Selector(NamedTuple):
    """A complex selector, such as ``td.item > a``.

    ``static`` says that whether an element matches is settled by the document alone, so the rule can be inlined; what
    depends on the reader (``:hover``), on a part of an element (``::before``), or on markup that a mail client adds
    (``.ExternalClass``) is not. ``specificity`` is (ids, classes, types), Selectors 4 §17. ``sideways`` says that it
    looks at siblings or children, not only at ancestors. ``attributes`` are the attributes it looks at, lower-case.
    """

    text: str
    static: bool
    specificity: tuple[int, int, int]
    sideways: bool
    attributes: frozenset[str]


_IDENT = r"(?:[-\w]|[^\x00-\x7f]|\\[\s\S])+"
_PART = re.compile(
    rf"""(?P<attribute>\[\s*(?P<name>{_IDENT})(?:"[^"]*"|'[^']*'|[^\]"'])*\])"""
    rf"""|(?P<element>::{_IDENT}|:(?:before|after|first-line|first-letter)(?![-\w]))"""
    rf"""|:(?P<pseudo>{_IDENT})(?P<open>\()?"""
    rf"""|\#(?P<id>{_IDENT})|\.(?P<class>{_IDENT})|(?P<type>{_IDENT})|(?P<combinator>[+~])|(?P<other>[|&@{{}};!$^])""",
    re.I,
)
_ON_ELEMENT = frozenset({"root", "not", "link", "any-link"})
_SIDEWAYS = frozenset(
    {"first-child", "last-child", "only-child", "nth-child", "nth-last-child", "first-of-type", "last-of-type"}
    | {"only-of-type", "nth-of-type", "nth-last-of-type", "empty", "has"}
)
_CLIENT_CLASSES = frozenset(
    {"externalclass", "readmsgbody", "yshortcuts", "applelinks", "moz-text-html", "gmailfix", "ii", "aolmail_divbody"}
)
_CLIENT_IDS = frozenset({"outlook", "messageviewbody", "messagewebviewdiv"})
_CLIENT_ATTRIBUTES = frozenset({"data-ogsc", "data-ogsb", "x-apple-data-detectors", "data-outlook-cycle", "owa"})


@lru_cache(maxsize=4096)
def read_selector(text: str) -> Selector:
    """Read one selector, without commas at its top. Never fails: what is not understood is not static."""
    static, sideways = bool(text), False
    ids = classes = types = 0
    attributes: set[str] = set()
    at = 0
    while match := _PART.search(text, at):
        at = match.end()
        kind = match.lastgroup
        if match["attribute"]:
            classes += 1
            attributes.add(match["name"].lower())
            static = static and match["name"].lower() not in _CLIENT_ATTRIBUTES
        elif match["pseudo"]:
            name = match["pseudo"].lower()
            static = static and (name in _ON_ELEMENT or name in _SIDEWAYS)
            sideways = sideways or name in _SIDEWAYS
            inner = ""
            if match["open"]:
                inner, at = _argument(text, at)
                static = static and not (name.startswith("nth-") and " of " in inner)
            weight, inside = _functional(name, inner)
            ids, classes, types = ids + weight[0], classes + weight[1], types + weight[2]
            for part in inside:
                static, sideways = static and part.static, sideways or part.sideways
                attributes |= part.attributes
        elif kind == "id":
            ids += 1
            attributes.add("id")
            static = static and match["id"].lower() not in _CLIENT_IDS
        elif kind == "class":
            classes += 1
            attributes.add("class")
            static = static and match["class"].lower() not in _CLIENT_CLASSES
        elif kind == "type":
            types += 1
        elif kind == "combinator":
            sideways = True
        else:
            static = False
    return Selector(text, static, (ids, classes, types), sideways, frozenset(attributes))


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


_BRACKET = re.compile(r"""[()\[\],]|"[^"]*"|'[^']*'|\\[\s\S]""")


def _argument(text: str, start: int) -> tuple[str, int]:
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
