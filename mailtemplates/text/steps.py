"""Stretches of html as they are remembered, and the places in a document where they were read."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from mailtemplates.html.markup import decode
from mailtemplates.text.effects import Effect, Situation
from mailtemplates.text.flow import ENDS_PARAGRAPH, Flow, Op
from mailtemplates.text.nesting import Frame, image_words, target
from mailtemplates.text.targets import cannot_say, needs_shield, spaced
from mailtemplates.text.wrapping import tidy


class Stretch(NamedTuple):
    """What a stretch of html says: steps of writing, the frame after it, and an end that later pieces complete."""

    ops: tuple[Op, ...]
    frame: Frame
    rest: str


class Step:
    """A stretch at a :class:`Node`: ``head`` goes to the paragraph at hand, ``body`` ends it, ``tail`` begins another.

    ``effects`` are those of the body by what came of the paragraph: None before the first time, then whether one can be
    recorded, then the effect and the node after it.
    """

    __slots__ = ("body", "effects", "frame", "head", "is_known", "rest", "tail", "then")

    def __init__(self, stretch: Stretch, then: Node) -> None:
        ops, self.frame, self.rest = stretch
        ends = [at for at, op in enumerate(ops) if not isinstance(op, str) and op[0] in ENDS_PARAGRAPH]
        begin, end = (ends[0], ends[-1] + 1) if ends else (len(ops), len(ops))
        self.head, self.body, self.tail = ops[:begin], ops[begin:end], ops[end:]
        self.then = then
        self.is_known = then.known is not None
        self.effects: list[tuple[Effect, Node] | bool | None] = [None] * 4

    def without_head(self, said: int) -> Step:
        """The step once the first of its head is said."""
        found: Step = copy(self)
        found.head = self.head[said:]
        return found


class Node:
    """A frame and a flow's situation, with the stretches that were read there. Without a situation nothing is known."""

    __slots__ = ("after", "frame", "hidden", "known", "tags")

    def __init__(self, frame: Frame, known: Situation | None) -> None:
        self.frame = frame
        self.hidden = frame.hidden
        self.known = known
        self.after: dict[str, Step] = {}
        self.tags: dict[tuple[str, ...], TagStep] = {}


class TagStep(NamedTuple):
    """What stands around the one value of a tag, and the step behind it: see :class:`_Tag`.

    ``around`` is what a link writes before and behind a value that needs no care, with all its words and no other;
    ``without_words`` is the step behind them.
    """

    begun: str
    ended: str
    says: bool
    is_link: bool
    is_safe: bool
    step: Step
    around: tuple[str, str] | None
    without_words: Step

    def say(self, value: str, flow: Flow) -> Step:
        """Say the value, which stays in its attribute, and perhaps the words of the link; the step behind."""
        around = self.around
        written = f"{self.begun}{value}{self.ended}"
        if around is not None and "&" not in value and " " not in value and value.isprintable():
            flow.words.append(f"{around[0]}{value}{around[1]}")
            flow.shown.add(written)
            return self.without_words
        if "&" in written:
            written = decode(written)
        if self.is_safe:
            flow.link(written.strip("\t\n\f\r "))
        elif self.is_link:
            flow.link(target(written))
        else:
            flow.words.append(image_words(written))
        return self.step


def around(begun: str, ended: str, head: tuple[Op, ...]) -> tuple[str, str] | None:
    """What a link writes around a value in its target when ``head`` is its words and its end; None for others."""
    if len(head) < 2 or not isinstance(head[0], str) or head[1] != (Flow.leave_link, None):
        return None
    known = begun + ended
    words = tidy(head[0]).strip(" \n")
    if not words or "&" in ended or needs_shield(known) or not cannot_say(words, begun):
        return None
    before, _, after = spaced(head[0], "\n").partition("\n")
    return f"{before}{words} <{begun}", f"{ended}>{after}"
