from __future__ import annotations

from functools import lru_cache
from html import unescape
from typing import NamedTuple

from mailtemplates.css.colour import Colour, read_colour, show_colour
from mailtemplates.css.colour import contrast as ratio_of
from mailtemplates.css.stylesheet import Declaration, read_declarations
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern

_ENOUGH, _ENOUGH_LARGE = 4.5, 3.0
_LARGE, _LARGE_BOLD = 24.0, 18.66
_DEFAULT_SIZE = 16.0
_SMALLEST = 3.0
_LENGTH = pattern(r"(\d{1,4}(?:\.\d{1,4})?|\.\d{1,4})(px|pt|em|rem|%)")
_UNITS = {"px": 1.0, "pt": 4 / 3, "rem": _DEFAULT_SIZE}
_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "big": 1.2}
_BOLD = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
_BOLD_WORD = pattern(r"\b(?:bold|[789]00)\b")
_WORD = pattern(r"\w")
_STYLED = pattern(r"style|color|background|\btext\s*=", 2)
_NO_CHANGE = frozenset({"static", "relative", "none", "normal"})
_UNSEEN = frozenset({"head", "title", "style", "script", "textarea", "select", "option", "template", "svg", "noscript"})


class _Look(NamedTuple):
    """How text in an element looks; None for a colour that is not known.

    :param by: the nearest element that sets a colour.
    """

    colour: Colour | None = None
    ground: Colour | None = None
    size: float = _DEFAULT_SIZE
    bold: bool = False
    by: Element | None = None


class _Change(NamedTuple):
    """What a style changes; ``None`` leaves it, False says that the colour is not known any more."""

    colour: Colour | bool | None = None
    ground: Colour | bool | None = None
    size: tuple[float, str] | None = None
    bold: bool | None = None


@rule("ACC007", severity="warning", structural=True)
def contrast(document: HtmlDocument) -> Findings:
    """Text stands out too little from its background.

    One reader in twelve sees colours or contrasts badly, and everybody does on a phone in the sun. Judged is what the
    message sets itself, in both colours, after inlining; text on images and gradients is passed over. The ratio is
    at least 4.5:1, for large text (24 px, or 18.66 px and bold) 3:1.

    Reference: WCAG 2.2 §1.4.3

    Bad:

        <div style="background-color: #ffffff"><p style="color: #999999">Your order is on its way.</p></div>

    Bad:

        <table role="presentation"><tr><td bgcolor="#ff9900">
        <a href="https://acme-shop.com/" style="color: #fff">See your order</a></td></tr></table>

    Good:

        <div style="background: #ffffff"><p style="color: #767676">Your order is on its way.</p>
        <h1 style="color: #949494">Thank you</h1></div>
        <div style="background: #ffffff url(https://acme-shop.com/sky.png)"><p style="color: #eeeeee">Hello</p></div>
        <p style="color: #eeeeee">Hello</p>
    """
    if not _STYLED.search(document.html):
        return
    looks = _looks(document)
    found: dict[tuple[Colour, Colour, bool], list[Element]] = {}
    for token, element in document.texts:
        look = looks[element.index] if element else None
        if element is None or look is None or look.colour is None or look.ground is None or look.by is None:
            continue
        large = look.size >= _LARGE or (look.bold and look.size >= _LARGE_BOLD)
        if ratio_of(look.colour, look.ground) >= (_ENOUGH_LARGE if large else _ENOUGH) - 0.005:
            continue
        if (
            look.size > _SMALLEST
            and _is_read(element)
            and _WORD.search(unescape(document.html[token.start : token.end]))
        ):
            found.setdefault((look.colour, look.ground, large), []).append(look.by)
    for (colour, ground, large), places in found.items():
        yield _finding(colour, ground, large, places)


def _finding(colour: Colour, ground: Colour, large: bool, places: list[Element]) -> Finding:
    ratio = int(ratio_of(colour, ground) * 100) / 100
    words = "large text" if large else "text"
    more = f", in {len(places)} places" if len(places) > 1 else ""
    problem = f"{words} in {show_colour(colour)} on {show_colour(ground)} has a contrast of {ratio:.2f}:1{more}"
    need = _ENOUGH_LARGE if large else _ENOUGH
    return Finding(places[0].tag, problem, f"make the text darker or lighter, to {need:g}:1 at least")


def _is_read(element: Element) -> bool:
    return not element.is_hidden and not any(
        one.name in _UNSEEN or one.get("aria-hidden").lower() == "true" for one in (element, *element.ancestors)
    )


def _looks(document: HtmlDocument) -> list[_Look]:
    """How text looks in each element, by index."""
    looks: list[_Look] = []
    plain = _Look()
    for element in document.elements:
        around = looks[element.parent.index] if element.parent else plain
        looks.append(_look(element, around))
    return looks


def _look(element: Element, around: _Look) -> _Look:
    colour, ground, size, bold, by = around
    name = element.name
    if name == "a":
        colour = None
    if name in _SIZES:
        size *= _SIZES[name]
    bold = bold or name in _BOLD
    if "=" not in element.source:
        return (
            around
            if (colour, size, bold) == (around.colour, around.size, around.bold)
            else around._replace(colour=colour, size=size, bold=bold)
        )
    named = element.attributes
    for change in (_by_attributes(element), _read(named["style"]) if "style" in named else None):
        if change is None:
            continue
        if change.colour is not None or change.ground is not None:
            by = element
        colour = colour if change.colour is None else _known(change.colour)
        ground = ground if change.ground is None else _known(change.ground)
        size = _sized(size, around.size, change.size)
        bold = bold if change.bold is None else change.bold
    return _Look(colour, ground, size, bold, by)


def _known(colour: Colour | bool) -> Colour | None:
    return None if isinstance(colour, bool) else colour


def _by_attributes(element: Element) -> _Change | None:
    named = element.attributes
    ground: Colour | bool | None = None
    colour: Colour | bool | None = None
    if "bgcolor" in named and element.name in ("body", "table", "tr", "td", "th", "tbody", "thead", "tfoot"):
        ground = read_colour(named["bgcolor"], attribute=True) or False
    if named.get("background"):
        ground = False
    if "color" in named and element.name == "font":
        colour = read_colour(named["color"], attribute=True) or False
    if "text" in named and element.name == "body":
        colour = read_colour(named["text"], attribute=True) or False
    return None if colour is None and ground is None else _Change(colour, ground)


@lru_cache(maxsize=2048)
def _read(style: str) -> _Change:
    """What a style attribute changes; of two declarations the later counts."""
    change = _Change()
    for declaration in read_declarations(style):
        change = _declared(change, declaration)
    return change


def _declared(change: _Change, declaration: Declaration) -> _Change:
    name, value = declaration.name, declaration.value.strip().lower()
    if name == "color":
        return change if value == "inherit" else change._replace(colour=read_colour(value) or False)
    if name == "background-color":
        return change._replace(ground=_ground(value, change.ground))
    if name == "background":
        return change._replace(ground=_shorthand(value))
    if name == "background-image" and value != "none":
        return change._replace(ground=False)
    if name == "opacity" and value not in ("1", "100%"):
        return change._replace(colour=False)
    if name in ("filter", "mix-blend-mode", "-webkit-text-fill-color", "position") and value not in (
        "static",
        "relative",
    ):
        return change._replace(colour=False, ground=False)
    if name == "font-size":
        match = _LENGTH.fullmatch(value)
        return change._replace(size=(float(match[1]), match[2]) if match else None)
    if name == "font":
        match = _LENGTH.search(value)
        size = (float(match[1]), match[2]) if match else None
        return change._replace(size=size, bold=bool(_BOLD_WORD.search(value)))
    if name == "font-weight":
        return change._replace(bold=value in ("bold", "bolder") or (value.isdecimal() and int(value[:4]) >= 700))
    return change


def _ground(value: str, before: Colour | bool | None) -> Colour | bool | None:
    """A background colour over what the same style said of an image."""
    if before is False:
        return False
    if value in ("transparent", "none"):
        return None
    return read_colour(value) or False


def _shorthand(value: str) -> Colour | bool | None:
    """The colour of ``background``, when that is all there is."""
    if value in ("none", "transparent", "0 0", "inherit"):
        return None if value != "inherit" else False
    if "url(" in value or "gradient" in value or "image" in value:
        return False
    whole = read_colour(value)
    if whole:
        return whole
    for word in value.split():
        colour = read_colour(word)
        if colour:
            return colour
    return False


def _sized(size: float, around: float, given: tuple[float, str] | None) -> float:
    if given is None:
        return size
    number, unit = given
    if unit in _UNITS:
        return number * _UNITS[unit]
    return around * (number / 100 if unit == "%" else number)
