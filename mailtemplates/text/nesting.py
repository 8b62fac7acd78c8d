"""Which elements are open, what that means for the text, and what each tag says.

A :class:`Frame` is an element that is open, with all that are open around it. Frames never change, and the same tags
lead to the same frame: so what a stretch of html does to the text can be remembered by the frame it began in. The rules
are those of the HTML parser that text needs: implied end tags, tags that end nothing, elements left open, scopes.
"""

from __future__ import annotations

from html import unescape
from typing import Any, NamedTuple

from mailtemplates.html.hiding import display, is_hidden, keeps_lines, list_markers, sets_right
from mailtemplates.html.markup import VOID, attributes
from mailtemplates.pattern import pattern
from mailtemplates.text.flow import Flow, Op
from mailtemplates.text.numbering import MARKERS, ListStyle
from mailtemplates.text.tables import CellStyle
from mailtemplates.text.wrapping import JOINT, visible, visible_lines

_LINE = frozenset({
    "address", "article", "aside", "caption", "center", "details", "dialog", "div", "dt", "fieldset", "figcaption",
    "footer", "form", "header", "hgroup", "legend", "main", "nav", "optgroup", "option", "search", "section", "summary",
})  # fmt: skip
_PARAGRAPH = frozenset({"p", "figure", "dl"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_CLOSES_P = (
    _LINE - {"optgroup", "option", "caption", "legend"} | _PARAGRAPH | _LISTS
    | {"blockquote", "pre", "hr", "table", "li", "dd", "listing", "xmp", "plaintext"}
)  # fmt: skip
_TABLE_PARTS = {"td": "#cell", "th": "#cell", "tr": "#row", "tbody": "#rows", "thead": "#rows", "tfoot": "#rows"}
_SCOPES = {"table": (), "#cell": ("table", "#rows", "#row"), "caption": ("table",)}
_TRACKED = _LINE | _PARAGRAPH | _LISTS | {
    "a", "q", "sup", "button", "#h", "li", "dd", "blockquote", "pre", "table", "#cell", "#row", "#rows", "caption",
}  # fmt: skip
_ARRANGED = _CLOSES_P | {"#h", "#cell", "#row", "#rows", "caption", "option", "optgroup", "legend"}
_LINE_DISPLAYS = frozenset({"block", "flex", "grid", "flow-root", "table", "table-row", "table-caption", "list-item"})
_BOX_DISPLAYS = frozenset({"inline-block", "inline-flex", "inline-grid", "inline-table", "table-cell"})
_PRESSED = frozenset({"submit", "button", "reset"})
_UNSEEN = frozenset({"svg", "template"})
_CANNOT_HIDE = frozenset({"html", "body"})

_NO_TARGET = pattern(r"(?i)(?:javascript|data|vbscript):|#")
_ROMAN_OR_LETTER = frozenset("1aAiI")
_WIDEST_SPAN = 100
_LARGEST_NUMBER = 10**9

_GAP_1: Op = (Flow.gap, 1)
_GAP_2: Op = (Flow.gap, 2)

SHOWN, HIDDEN, PRE = "shown", "hidden", "pre"
OWN_LINE, BOX = "line", "box"


class Meaning(NamedTuple):
    """What a tag says, wherever it stands.

    ``key`` names what it opens or ends (None: nothing); ``state`` is that of the element it opens; ``ops`` are written
    once it is open.
    """

    key: str | None
    ops: tuple[Op, ...] = ()
    state: str = SHOWN
    ends: bool = False
    void: bool = False


class Frame:
    """An open element and those around it.

    ``hidden``: nothing in it is text; ``pre``: its white space stays; ``unseen``: the selectors of what style sheets
    hid before.
    """

    __slots__ = (
        "_children", "_made", "_steps", "_styled", "after", "hidden", "key", "nodes", "opened", "parent", "pre",
        "state", "unseen",
    )  # fmt: skip

    def __init__(self, key: str, state: str, parent: Frame | None) -> None:
        self.key = key
        self.state = state
        self.parent = parent
        self.hidden: bool = state == HIDDEN or (parent is not None and parent.hidden)
        self.pre: bool = state == PRE or key == "pre" or (parent is not None and parent.pre)
        self.opened: dict[str, Frame] = self._scope(parent.opened if parent else {})
        self.opened[key] = self
        self._made: list[int] = parent._made if parent else [0]
        self._made[0] += 1
        self.unseen: frozenset[str] = parent.unseen if parent else frozenset()
        self._styled: dict[frozenset[str], Frame] = {}
        self._children: dict[tuple[str, str], Frame] = {}
        self._steps: dict[tuple[str, str, bool, bool], tuple[tuple[Op, ...], Frame]] = {}
        self.after: dict[object, Any] = {}
        self.nodes: dict[object, Any] = {}

    def _scope(self, around: dict[str, Frame]) -> dict[str, Frame]:
        key = self.key
        if key in _SCOPES:
            return {name: around[name] for name in _SCOPES[key] if name in around}
        inside = dict(around)
        if key in _LISTS or key == "dl":
            for name in ("li", "dt", "dd"):
                inside.pop(name, None)
        return inside

    def child(self, key: str, state: str) -> Frame:
        """The frame of an element opened in this one."""
        found = self._children.get((key, state))
        if found is None:
            found = self._children[key, state] = Frame(key, state, self)
        return found

    def styled(self, unseen: frozenset[str]) -> Frame:
        """The same frame behind a style sheet that hides what ``unseen`` selects, too."""
        wanted = self.unseen | unseen
        found = self._styled.get(wanted)
        if found is None and wanted == self.unseen:
            found = self
        if found is None:
            path: list[Frame] = []
            frame = self
            while frame.parent is not None:
                path.append(frame)
                frame = frame.parent
            found = frame._restyled(wanted)
            for inner in reversed(path):
                found = found.child(inner.key, inner.state)
            self._styled[wanted] = found
        return found

    def _restyled(self, unseen: frozenset[str]) -> Frame:
        """This outermost frame with other selectors."""
        found = self._styled.get(unseen)
        if found is None:
            found = self._styled[unseen] = Frame("", SHOWN, None)
            found.unseen = unseen
            found._made = self._made
        return found

    def step(self, meaning: Meaning) -> tuple[tuple[Op, ...], Frame]:
        """What a tag closes and opens here: the steps of writing before the tag's own, and the frame after it."""
        key = (meaning.key or "", meaning.state, meaning.ends, meaning.void)
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = self._end(key[0]) if meaning.ends else self._start(meaning)
        return found

    def descendants(self) -> int:
        """How many frames belong to the same root as this one."""
        return self._made[0]

    def _start(self, meaning: Meaning) -> tuple[tuple[Op, ...], Frame]:
        key = meaning.key or ""
        ops: list[Op] = []
        frame = self
        for implied in _implied_ends(key):
            frame = _close(frame, implied, ops)
        if meaning.void:
            return tuple(ops), frame
        if key in ("#cell", "#row", "#rows", "caption"):
            if "table" not in frame.opened:
                return (*ops, _GAP_1 if key == "#row" else " "), frame
            if key == "#cell" and "#row" not in frame.opened:
                frame = frame.child("#row", SHOWN)
                if not frame.hidden:
                    ops.append((Flow.row, None))
        return tuple(ops), frame.child(key, meaning.state)

    def _end(self, key: str) -> tuple[tuple[Op, ...], Frame]:
        ops: list[Op] = []
        frame = _close(self, key, ops)
        if frame is self and key == "p" and not self.hidden:
            ops.append(_GAP_2)
        return tuple(ops), frame

    def closing(self) -> tuple[Op, ...]:
        """The steps of writing at this element's end."""
        if self.hidden:
            return ()
        return _CLOSING.get(self.key, (_GAP_1,) if self.key in _LINE else ()) + _AROUND.get(self.state, ())

    def unwind(self) -> list[Op]:
        """The steps of writing that end everything that is open."""
        ops: list[Op] = []
        frame: Frame | None = self
        while frame is not None:
            ops += frame.closing()
            frame = frame.parent
        return ops


_CLOSING: dict[str, tuple[Op, ...]] = {
    "p": (_GAP_2,), "figure": (_GAP_2,), "dl": (_GAP_2,), "#h": ((Flow.leave, 2),), "pre": ((Flow.leave, 2),),
    "blockquote": ((Flow.leave, 2),), "dd": ((Flow.leave, 1),), "li": ((Flow.leave, 1),),
    "a": ((Flow.leave_link, None),), "q": ('"',), "sup": ((Flow.leave_superscript, None),),
    "button": (JOINT,), "table": ((Flow.leave_table, None),), **dict.fromkeys(_LISTS, ((Flow.leave_list, None),)),
}  # fmt: skip
_AROUND: dict[str, tuple[Op, ...]] = {OWN_LINE: (_GAP_1,), BOX: (JOINT,)}


def _implied_ends(key: str) -> tuple[str, ...]:
    """What a start tag of ``key`` ends before it opens."""
    if key in ("#cell", "#row", "#rows", "caption"):
        order = ("caption", "#cell", "#row", "#rows")
        return order[: order.index(key) + 1]
    if key in ("a", "button", "option", "li"):
        return (key, "p") if key == "li" else (key,)
    if key in ("dt", "dd"):
        return ("dt", "dd", "p")
    if key == "#h":
        return ("p", "#h")
    return ("p",) if key in _CLOSES_P else ()


def _close(frame: Frame, key: str, ops: list[Op]) -> Frame:
    """Close elements up to the open one of ``key``; without one, nothing."""
    target = frame.opened.get(key)
    if target is None or target.parent is None:
        return frame
    while True:
        ops += frame.closing()
        parent = frame.parent
        if frame is target or parent is None:
            return parent or frame
        frame = parent


def root() -> Frame:
    """A new frame for the outside of everything."""
    return Frame("", SHOWN, None)


def end_meaning(name: str) -> Meaning:
    """What the end tag of ``name`` says."""
    if name == "br":
        return Meaning(None, ((Flow.line_break, None),))
    return Meaning(_key(name), ends=True)


def start_meaning(tag: str, name: str, unseen: frozenset[str] = frozenset()) -> Meaning:
    """What a start tag, given as written, says where a style sheet hides what the ``unseen`` selectors select."""
    key = _key(name)
    found = attributes(tag) if len(tag) > len(name) + 2 else {}
    words = found.get("data-text")
    if words is not None:
        return _replaced(name, key, "" if words.strip().lower() == "skip" else words)
    if name not in _CANNOT_HIDE and (name in _UNSEEN or is_hidden(name, found, unseen)):
        empty = name in VOID or (name == "svg" and tag.endswith("/>"))
        return Meaning(None) if empty else Meaning(key, state=HIDDEN)
    if name in VOID:
        return _void_meaning(name, found)
    state = _state(key, found.get("style", ""))
    ops = _opening(name, key, found)
    if ops is None and state == SHOWN:
        return Meaning(None)
    return Meaning(key, _AROUND.get(state, ()) + (ops or ()), state)


def _state(key: str, style: str) -> str:
    """The state of an element that is shown. Words in a box stand apart; what is a line of its own anyway stays so."""
    if keeps_lines(style):
        return PRE
    shown = display(style) if key not in _ARRANGED else ""
    return OWN_LINE if shown in _LINE_DISPLAYS else BOX if shown in _BOX_DISPLAYS else SHOWN


def silent_meaning(frame: Frame, name: str) -> Meaning:
    """What a start tag of ``name`` says inside the hidden ``frame``: only what its end tag will end."""
    key = _key(name)
    if name == "hr":
        return Meaning(name, void=True)
    return Meaning(key if name not in VOID and (key in _TRACKED or key in frame.opened) else None)


def _key(name: str) -> str:
    if name in _HEADINGS:
        return "#h"
    return _TABLE_PARTS.get(name, name)


def _replaced(name: str, key: str, words: str) -> Meaning:
    """The meaning of a tag with ``data-text``: its words, and nothing of what is in the element."""
    said = visible(words)
    gap = _GAP_2 if key in _PARAGRAPH or key == "#h" else _GAP_1 if key in _CLOSES_P else None
    ops: tuple[Op, ...] = (gap, said, gap) if gap else (said,)
    ops = ops if said.strip() else ()
    if key == "#cell":
        ops = ((Flow.cell, CellStyle()), *ops)
    return Meaning(None, ops) if name in VOID else Meaning(key, ops, HIDDEN)


def _void_meaning(name: str, found: dict[str, str]) -> Meaning:
    if name == "br":
        return Meaning(None, ((Flow.line_break, None),))
    if name == "hr":
        return Meaning("hr", ((Flow.rule, None),), void=True)
    if name == "img":
        words = image_words(found.get("alt", found.get("title", "")))
        return Meaning(None, (words,) if words and not _is_pixel(found) else ())
    if name == "input":
        kind = found.get("type", "").strip().lower()
        words = found.get("value", "") if kind in _PRESSED else found.get("alt", "") if kind == "image" else ""
        return Meaning(None, (image_words(words),) if words.strip() else ())
    if name == "area" and (href := target(found.get("href", ""))):
        alt = visible(found.get("alt", "")).strip()
        return Meaning(None, (" ", (Flow.link, href), alt, (Flow.leave_link, None), " "))
    return Meaning(None)


def _is_pixel(found: dict[str, str]) -> bool:
    sizes = {found.get(name, "").strip().removesuffix("px") for name in ("width", "height")}
    return bool(sizes & {"0", "1"}) or found.get("aria-hidden", "").lower() == "true"


def _opening(name: str, key: str, found: dict[str, str]) -> tuple[Op, ...] | None:
    """The steps of writing at an element's start; None for one that says nothing."""
    if key in _LINE:
        return (_GAP_1,)
    if key in _PARAGRAPH:
        return (_GAP_2,)
    if key == "#h":
        return ((Flow.heading, _HEADINGS[name]),)
    if key in _LISTS:
        return ((Flow.begin_list, _list_style(name, found)),)
    if key == "#cell":
        return ((Flow.cell, _cell_style(name, found)),)
    if key == "a":
        called = visible(found.get("aria-label") or found.get("title", "")).strip()
        begun: Op = (Flow.link, target(found.get("href", "")))
        return (begun, (Flow.name_link, called)) if called else (begun,)
    if key == "table":
        return ((Flow.table, found.get("role", "").strip().lower() in ("presentation", "none")),)
    if key == "li":
        return ((Flow.item, _number(found.get("value"))),)
    return _OPENING.get(key)


_OPENING: dict[str, tuple[Op, ...]] = {
    "#row": ((Flow.row, None),), "#rows": (), "caption": (_GAP_1,), "pre": ((Flow.preformatted, None),),
    "blockquote": ((Flow.quotation, None),), "dd": ((Flow.indented, None),), "q": ('"',),
    "sup": ((Flow.superscript, None),), "button": (JOINT,),
}  # fmt: skip


def image_words(alt: str) -> str:
    """What is said instead of an image whose decoded ``alt`` is given."""
    return f"{JOINT}{visible(alt)}{JOINT}" if alt.strip() else ""


def target(href: str) -> str:
    """The target that a link's decoded ``href`` names; empty when it leads nowhere outside the message."""
    href = href.strip("\t\n\f\r ")
    return "" if _NO_TARGET.match(href) else href


def _list_style(name: str, found: dict[str, str]) -> ListStyle:
    said = next((MARKERS[word] for word in list_markers(found.get("style", "")) if word in MARKERS), None)
    if name != "ol":
        return ListStyle("*" if said is None else said)
    written = found.get("type", "").strip()
    style = written if written in _ROMAN_OR_LETTER else "1"
    return ListStyle(style if said is None else said, _number(found.get("start")), "reversed" in found)


def _cell_style(name: str, found: dict[str, str]) -> CellStyle:
    right = found.get("align", "").strip().lower() == "right" or sets_right(found.get("style", ""))
    columns, rows = (min(max(_number(found.get(span)) or 1, 1), _WIDEST_SPAN) for span in ("colspan", "rowspan"))
    return CellStyle(name == "th", columns, rows, right)


def _number(written: str | None) -> int | None:
    """An integer attribute, or None when it is absent, no number, or larger than any list."""
    text = (written or "").strip()
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return None
    return int(text)


def said_text(raw: str, pre: bool) -> str:
    """Text of the html as it is said: references decoded, white space folded unless ``pre``."""
    text = unescape(raw) if "&" in raw else raw
    return visible_lines(text) if pre else visible(text)
