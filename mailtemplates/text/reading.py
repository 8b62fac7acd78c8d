"""Stretches of html as steps of writing, remembered by the frame they begin in.

A document comes in pieces: stretches of a template that are the same each time, and values between them. What a stretch
says depends only on the elements open where it begins, so a :class:`Memory` keeps it. A tag, comment or character
reference that a piece leaves open is read with the pieces that follow.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.html.hiding import hidden_selectors
from mailtemplates.html.markup import RAW_TEXT, VOID, Token, cut, decode
from mailtemplates.pattern import pattern
from mailtemplates.text.effects import Situation, apply, recorded, situation
from mailtemplates.text.flow import ENDS_PARAGRAPH, Flow, Op, run
from mailtemplates.text.nesting import (
    SHOWN,
    Frame,
    Meaning,
    end_meaning,
    image_words,
    root,
    said_text,
    silent_meaning,
    start_meaning,
    target,
)  # fmt: skip
from mailtemplates.text.steps import Node, Step, Stretch, TagStep, around
from mailtemplates.text.wrapping import JOINT

_KEPT_TEXT = {"textarea": False, "xmp": True, "plaintext": True}
_OPEN_TEXT = pattern(r"(?:</?|&#?[0-9A-Za-z]*)\Z")
_PLAIN_ATTRIBUTES = r"""((?:[ \t\n\f\r]+(?!href=)[a-z][a-z-]*="[^"<>]*")*)"""
_PLAIN_LINK = pattern(rf"""<a{_PLAIN_ATTRIBUTES}[ \t\n\f\r]+href="([^"<>]*)"{_PLAIN_ATTRIBUTES}[ \t\n\f\r]*>""")
_NEXT_VALUE = rf"""{_PLAIN_ATTRIBUTES}[ \t\n\f\r]+(href|alt|src|lang|dir|title|content|bgcolor)="([^"<>]*)"""
_TAG_BEGUN = pattern(rf"<([a-z][a-z0-9]*){_NEXT_VALUE}")
_TAG_GOES_ON = pattern(rf"""([^"<>]*)"{_NEXT_VALUE}""")
_TAG_ENDED = pattern(rf"""([^"<>]*)"{_PLAIN_ATTRIBUTES}[ \t\n\f\r]*/?>""")
_TITLE_BEGUN = pattern(r"<title>[^<]*")
_TITLE_ENDED = pattern(r"[^<>]*</title>")
_ANY = "xyzzy"
_SAYS = {"a": "href", "img": "alt"}
_LONG_ENOUGH = 500
_TELLS_SCHEME = 12
_FRAMES = 20_000
_CHARACTERS = 4_000_000
_ENTRY = 400
_LONGEST_STRETCH = 200_000
_LONGEST_TAG = 2_000


_hidden_selectors = lru_cache(64)(hidden_selectors)


class _Tag(NamedTuple):
    """What a tag says whose text is known but for plain values in its attributes, and the stretch after it.

    ``hole`` is the index of the value that is said, as (part of) a link's target or an image's words; -1 when none is.
    ``begun`` and ``ended`` are the known parts of that attribute.
    """

    hole: int
    begun: str
    ended: str
    is_link: bool
    before: tuple[Op, ...]
    then: Stretch
    after: Frame

    def said(self, values: list[str]) -> Stretch:
        """The stretch with these values."""
        if self.hole < 0:
            return self.then
        written = f"{self.begun}{values[self.hole]}{self.ended}"
        value = decode(written) if "&" in written else written
        op: Op = (Flow.link, target(value)) if self.is_link else image_words(value)
        return Stretch((*self.before, op, *self.then.ops), self.then.frame, self.then.rest)


class Memory:
    """What is known of stretches and tags, bounded. Threads may share one: at worst they learn the same thing twice."""

    def __init__(self) -> None:
        self.root = root()
        self._meanings: dict[object, Meaning] = {}
        self._begin: dict[int, Node] = {}
        self._size = 0

    def is_full(self) -> bool:
        """Whether it is time for a new memory."""
        return self._size > _CHARACTERS or self.root.descendants() > _FRAMES

    def stretch(self, frame: Frame, html: str, key: object = None) -> Stretch:
        """What ``html``, begun in ``frame``, says; remembered as ``frame.after[key]`` when there is a key."""
        html = str(html)
        tokens = cut(html)
        done = _settled(html, tokens)
        ops, after = self.read(frame, html, tokens, done)
        found = Stretch(tuple(ops), after, html[done:])
        if key is not None and len(html) < _LONGEST_STRETCH:
            frame.after[key] = found
            self._size += len(html) + _ENTRY
        return found

    def begin(self, flow: Flow) -> Node:
        """The node of a document's beginning."""
        node = self._begin.get(flow.width)
        if node is None:
            node = self._begin[flow.width] = self.node(self.root, flow)
        return node

    def node(self, frame: Frame, flow: Flow) -> Node:
        """The node of a frame and the situation that the flow is in."""
        return self._node(frame, situation(flow))

    def _node(self, frame: Frame, known: Situation | None) -> Node:
        node: Node | None = frame.nodes.get(known)
        if node is None:
            node = frame.nodes[known] = Node(frame, known)
            self._size += _ENTRY
        return node

    def step(self, node: Node, html: str) -> Step:
        """What ``html`` says at a node; remembered when it has markup."""
        key = html if "<" in html else None
        stretch = node.frame.after.get(key) or self.stretch(node.frame, html, key)
        step = self._step(node, stretch)
        if key is not None and len(html) < _LONGEST_STRETCH:
            node.after[str(html)] = step
            self._size += _ENTRY
        return step

    def _step(self, node: Node, stretch: Stretch) -> Step:
        return Step(stretch, node if stretch.frame is node.frame else self._node(stretch.frame, node.known))

    def tag(self, node: Node, begun: str, *more: str) -> TagStep | None:
        """What a tag with values between its known parts says at a node, when it can be remembered."""
        ended = more[-1]
        found = None
        if _TAG_BEGUN.fullmatch(begun):
            key = (begun, *more)
            tag: _Tag | None = node.frame.after.get(key) or self._learn_tag(node.frame, key)
            found = self._tag_step(node, tag) if tag is not None else None
        elif _TITLE_BEGUN.fullmatch(begun) and (title := _TITLE_ENDED.match(ended)):
            step = self._step(node, self.stretch(node.frame, ended[title.end() :]))
            found = TagStep("", "", False, False, False, step, None, step)
        if found is not None and sum(map(len, more)) + len(begun) < _LONGEST_STRETCH:
            node.tags[begun, *map(str, more)] = found
            self._size += _ENTRY
        return found

    def _tag_step(self, node: Node, tag: _Tag) -> TagStep | None:
        says = tag.hole >= 0
        if says and tag.before:
            return None
        step = self._step(self._node(tag.after, node.known), tag.then)
        long = len(tag.begun.strip()) >= _TELLS_SCHEME and "&" not in tag.begun
        is_safe = tag.is_link and long and bool(target(tag.begun))
        written = around(tag.begun, tag.ended, step.head) if is_safe else None
        without_words = step.without_head(2) if written is not None else step
        return TagStep(tag.begun, tag.ended, says, tag.is_link, is_safe, step, written, without_words)

    def learn(self, step: Step, flow: Flow, outcome: int) -> Node:
        """Write the body of a step behind a paragraph; remembered from the second time on."""
        if step.is_known and not flow.links and not flow.spots:
            if step.effects[outcome]:
                before = situation(flow)
                found = recorded(step.body, before) if before is not None else None
                if found is not None:
                    apply(found[0], flow)
                    node = self._node(step.frame, found[1])
                    step.effects[outcome] = (found[0], node)
                    self._size += _ENTRY
                    return node
            step.effects[outcome] = step.effects[outcome] is None
        run(step.body, flow)
        return self.node(step.frame, flow)

    def resume(self, frame: Frame, pieces: list[str]) -> Stretch:
        """What the pieces together say in ``frame``; the last may end what the first opens."""
        if len(pieces) % 2:
            key = tuple(pieces[::2])
            known = frame.after.get(key) or self._learn_tag(frame, key)
            if known is not None and _are_plain(values := pieces[1::2]):
                said: Stretch = known.said(values)
                return said
        return self._completed(frame, "".join(pieces), pieces[-1])

    def _learn_tag(self, frame: Frame, known: tuple[str, ...]) -> _Tag | None:
        """What a tag says that has values between its ``known`` parts."""
        begun, ended = _TAG_BEGUN.fullmatch(known[0]), _TAG_ENDED.match(known[-1])
        parts = [_TAG_GOES_ON.fullmatch(part) for part in known[1:-1]]
        if not begun or not ended or not all(parts) or begun[1] in RAW_TEXT:
            return None
        name = begun[1]
        attributes = [begun[3], *(part[3] for part in parts if part)]
        speaking = [at for at, attribute in enumerate(attributes) if attribute in ("href", "alt")]
        meaning = self._meaning(frame, "start", _ANY.join((*known[:-1], ended[0])), name)
        hole, opening, closing = -1, "", ""
        if speaking and not frame.hidden:
            hole = speaking[0]
            opening = [begun[4], *(part[4] for part in parts if part)][hole]
            closing = [*(part[1] for part in parts if part), ended[1]][hole]
            value = decode(f"{opening}{_ANY}{closing}")
            expected: Op = (Flow.link, target(value)) if name == "a" else image_words(value)
            if len(speaking) > 1 or attributes[hole] != _SAYS.get(name) or meaning.ops[-1:] != (expected,):
                return None
        known_ops = meaning.ops[:-1] if hole >= 0 else meaning.ops
        if any(_ANY in str(op) for op in known_ops):
            return None
        ops: list[Op] = []
        after = _apply(frame, meaning._replace(ops=known_ops), ops)
        if frame.hidden and not after.hidden:
            return None
        then = self.stretch(after, known[-1][ended.end() :])
        if hole < 0:
            then = Stretch((*ops, *then.ops), then.frame, then.rest)
            after = frame
        found = _Tag(hole, opening, closing, name == "a", tuple(ops), then, after)
        size = sum(map(len, known))
        if size < _LONGEST_STRETCH:
            frame.after[known] = found
            self._size += size + _ENTRY
        return found

    def _completed(self, frame: Frame, html: str, last: str) -> Stretch:
        """What ``html`` says that begins within markup, when ``last``, the end of it, may end that."""
        before = len(html) - len(last)
        end = html.find(">", before) + 1
        tokens = cut(html[:end])
        if not end or _settled(html[:end], tokens) != end:
            return self.stretch(frame, html)
        ops, frame = self.read(frame, html, tokens, end)
        if end == len(html):
            return Stretch(tuple(ops), frame, "")
        key = (last, end - before)
        then = frame.after.get(key) or self.stretch(frame, html[end:], key)
        return Stretch((*ops, *then.ops), then.frame, then.rest)

    def _is_plain(self, before: str, after: str, unseen: frozenset[str]) -> bool:
        """Whether a link with these attributes around its ``href`` is shown, and says nothing but its target."""
        key = f"{before}>{after}"
        meaning = self._meanings.get(key)
        if meaning is None:
            meaning = self._meanings[key] = start_meaning(f'<a{before} href="x"{after}>', "a")
        return meaning.ops == ((Flow.link, "x"),) and meaning.state == SHOWN

    def read(self, frame: Frame, html: str, tokens: list[Token], done: int) -> tuple[list[Op], Frame]:
        """What the tokens of ``html`` before offset ``done`` say when they begin in ``frame``, and the frame after."""
        ops: list[Op] = []
        tag = ""
        for kind, start, end, name in tokens:
            if end > done:
                if kind != "text" or start >= done:
                    break
                end = done
            if kind == "text":
                if not frame.hidden:
                    _say(ops, said_text(html[start:end], frame.pre), frame.pre)
            elif kind == "start" or kind == "end":
                tag = html[start:end]
                meaning = self._meaning(frame, kind, tag, name)
                if meaning.key is not None or meaning.ops:
                    frame = _apply(frame, meaning, ops)
            elif kind == "raw" and name == "style":
                if "media" not in tag and (unseen := _hidden_selectors(html[start:end])):
                    frame = frame.styled(unseen)
            elif kind == "raw" and name in _KEPT_TEXT and not frame.hidden:
                _say(ops, said_text(html[start:end], _KEPT_TEXT[name]), True)
        return ops, frame

    def _meaning(self, frame: Frame, kind: str, tag: str, name: str) -> Meaning:
        if kind == "end":
            return self._meanings.get("/" + name) or self._known("/" + name, len(name), end_meaning(name))
        if frame.hidden:
            silent = silent_meaning(frame, name)
            if silent.key is None or frame.step(silent)[1].hidden:
                return silent
        meaning = self._start_meaning(frame, tag, name)
        return Meaning(name) if meaning.key is None and name in frame.opened and name not in VOID else meaning

    def _start_meaning(self, frame: Frame, tag: str, name: str) -> Meaning:
        unseen = frame.unseen
        key = (tag, unseen) if unseen else tag
        found = self._meanings.get(key)
        if found is not None:
            return found
        if name == "a" and (link := _PLAIN_LINK.fullmatch(tag)) and self._is_plain(link[1], link[3], unseen):
            return Meaning("a", ((Flow.link, target(decode(link[2]))),))
        return self._known(key, len(tag), start_meaning(tag, name, unseen))

    def _known(self, key: object, size: int, meaning: Meaning) -> Meaning:
        """``meaning``, remembered when the ``size`` characters it comes from are few."""
        if size < _LONGEST_TAG:
            self._meanings[key] = meaning
            self._size += size + _ENTRY
        return meaning


def _are_plain(values: list[str]) -> bool:
    """Whether values in quotes stay in their attributes."""
    return not any('"' in value or "<" in value or ">" in value for value in values)


def _say(ops: list[Op], text: str, pre: bool = False) -> None:
    """Add words; a space that begins or ends a paragraph is none."""
    last = ops[-1] if ops else ""
    if type(last) is str and ops and len(last) < _LONG_ENOUGH:
        ops[-1] = last + text
    elif text and (((text != " " or pre) and text != JOINT) or type(last) is str or last[0] not in ENDS_PARAGRAPH):
        ops.append(text)


def _do(ops: list[Op], steps: tuple[Op, ...]) -> None:
    """Add steps, without those that the next one makes needless."""
    for step in steps:
        if type(step) is str:
            _say(ops, step, True)
            continue
        if step[0] in ENDS_PARAGRAPH:
            if ops and ops[-1] in (" ", JOINT):
                ops.pop()
            if ops and type(last := ops[-1]) is tuple and last[0] is Flow.gap:
                space = step[1] if step[0] is Flow.gap else 1
                if space >= last[1]:
                    ops.pop()
                elif step[0] is Flow.gap:
                    continue
            if step[0] is Flow.cell and ops and ops[-1] == (Flow.row, None):
                ops[-1] = (Flow.row_and_cell, step[1])
                continue
        ops.append(step)


def _apply(frame: Frame, meaning: Meaning, ops: list[Op]) -> Frame:
    if meaning.key is None:
        if not frame.hidden:
            _do(ops, meaning.ops)
        return frame
    before, after = frame.step(meaning)
    _do(ops, before)
    if meaning.ops and (meaning.void or after.key == meaning.key):
        around = after if meaning.void else after.parent
        if around is not None and not around.hidden:
            _do(ops, meaning.ops)
    return after


def _settled(html: str, tokens: list[Token]) -> int:
    """Offset up to which more text behind ``html`` changes nothing."""
    if not tokens:
        return 0
    kind, start, end, name = tokens[-1]
    if kind == "text":
        unsettled = _OPEN_TEXT.search(html, start)
        return unsettled.start() if unsettled else end
    if kind == "raw":
        return tokens[-2].start
    if kind == "start":
        return start if name in RAW_TEXT else end
    return end if kind == "end" or is_closed(html[start:end]) else start


def is_closed(markup: str) -> bool:
    """Whether a comment or declaration that ends a string is complete."""
    if markup.startswith("<!--"):
        return markup.endswith("-->") or (markup.endswith("--!>") and len(markup) > 7)
    return markup.endswith(">") and not re.match(r"</?[a-zA-Z]", markup)
