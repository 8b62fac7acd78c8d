from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from mailtemplates.clients.feature import HAND
from mailtemplates.clients.verdict import Tally, noted
from mailtemplates.css.stylesheet import Placed, place_declarations
from mailtemplates.finding import Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.sentstyle import sent_style
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.settings import CLIENTS
from mailtemplates.span import Span

_STRING_OR_URL = pattern(r"""(?i:url)\([^)]*+\)?|"[^"]*+"?|'[^']*+'?""")
_FUNCTION = pattern(r"([a-z][a-z-]*+)\(", re.I)
_UNIT = pattern(r"(?<![\w#.-])[+-]?(?:\d++(?:\.\d++)?|\.\d++)(%|[a-z]{1,4}(?![\w-]))", re.I)
_WORD = pattern(r"(?<![\w#.-])-?[a-z][a-z-]*+(?![\w(])", re.I)
_NOT_SHOWN = frozenset({("display", "none"), ("mso-hide", "all")})
_NEUTRAL = frozenset({"none", "normal", "auto", "0", "0px", "inherit", "initial", "unset", "visible"})
_NOUGHT = frozenset({"0", "0px"})
_SIZES = ("width", "height", "max-height", "max-width", "font-size", "opacity")
_EDGES = ("top", "right", "bottom", "left", "inset")


@rule("CSS001", severity="warning", structural=True)
def unsupported_css(document: HtmlDocument, *, clients: tuple[str, ...] = CLIENTS) -> Findings:
    """CSS is used that mail clients drop.

    A client that does not know a property or a value leaves it out, and the message is laid out as if it were not
    there. It is a warning when a chosen family of clients has no support at all, and an info when some of its clients
    have, or when the message only loses decoration. What stands in @media, @supports or with a pseudo-class is an
    extra that other clients are meant to miss, and is not judged; nor is what has a fallback in the same place.

    Reference: caniemail.com, css-*

    Bad:

        <table role="presentation"><tr><td style="position: absolute; color: #333333">Hello Ben</td></tr></table>

    Bad:

        <p style="width: clamp(200px, 50%, 400px)">Hello Ben</p>

    Bad:

        <p style="margin: 0 1rem">Hello Ben</p>

    Bad:

        <p style="display: flex">Hello Ben</p>

    Good:

        <p style="margin: 0 16px; font-size: 16px; border-radius: 8px; mso-line-height-rule: exactly">Hello Ben</p>

    Good:

        <p style="width: 400px; width: clamp(200px, 50%, 400px)">Hello Ben</p>
    """
    tally = Tally(document, clients)
    wanted = tally.wanted
    style = sent_style(document)
    strips = noted("css-modern-color", "remove all inline styles", clients)
    for element in style.styled:
        for key, words, said, at in _uses(element.attributes["style"]):
            if key in wanted and not (strips and key in HAND["css-modern-color"]):
                placed = place_declarations(element.attributes["style"])[at]
                tally.use(key, words, (element, placed), f"{element.name}|{said}")
    for one in style.rules:
        if not one.inside and any(selector.static for selector in one.selectors):
            for key, words, said, at in _found(one.declarations):
                if key in wanted:
                    placed = one.declarations[at]
                    tally.use(key, words, Span(placed.start, placed.end), f"|{said}")
    yield from tally.findings()


@lru_cache(maxsize=2048)
def _uses(style: str) -> tuple[tuple[str, str, str, int], ...]:
    return tuple(_found(place_declarations(style)))


def _found(block: tuple[Placed, ...]) -> Iterator[tuple[str, str, str, int]]:
    """The keys in a block of declarations: key, words, ``name: value``, number of the declaration.

    Nothing in a block that hides its element. A value that has another beside it for the same property has a fallback.
    """
    names = [placed.declaration.name for placed in block]
    values = {placed.declaration.name: placed.declaration.value.lower() for placed in block}
    if any(values.get(name) == value for name, value in _NOT_SHOWN):
        return
    for at, (declaration, _, _) in enumerate(block):
        name, value = declaration.name, declaration.value.lower()
        if not name or name.startswith(("-", "mso-")) or _changes_nothing(name, value, values):
            continue
        said = f"{name}: {value}"
        if name != "display":
            yield f"property:{name}", name, said, at
        if names.count(name) == 1:
            for key, words in _in_value(name, value):
                yield key, words, said, at


def _changes_nothing(name: str, value: str, values: Mapping[str, str]) -> bool:
    """Whether a declaration only says what is so without it, or what another one beside it does too."""
    if name == "position":
        return value == "static" or (value == "relative" and not any(edge in values for edge in _EDGES))
    if name == "visibility":
        return value != "hidden" or any(values.get(one) in _NOUGHT for one in _SIZES)
    return value in _NEUTRAL and name != "display"


def _in_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The keys in a value: each once."""
    plain = _STRING_OR_URL.sub(" ", value) if "(" in value or '"' in value or "'" in value else value
    if name == "display":
        yield "property:display", f"display: {value}"
    for function in dict.fromkeys(_FUNCTION.findall(plain)):
        yield f"function:{function}", f"{function}()"
    for unit in dict.fromkeys(_UNIT.findall(plain)):
        yield f"unit:{unit}", f"the unit {unit}"
    for word in dict.fromkeys(_WORD.findall(plain)):
        yield f"word:{word}", word
        yield f"value:{name}:{word}", f"{name}: {word}"
