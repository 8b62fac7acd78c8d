"""What selectors match, as a function of the path of open tags.

When no selector looks at siblings or children, the selectors that match an element depend only on the element
and its ancestors. A :class:`PathGraph` learns from documents that an engine has answered for, as long as their tags
nest as their elements do, and then answers for every document made of the same paths: any number of rows and branches.
"""

from __future__ import annotations

from threading import Lock

from mailtemplates.html.markup import VOID, Token
from mailtemplates.inlining.anatomy import Anatomy
from mailtemplates.inlining.matching import Matching
from mailtemplates.inlining.rulebook import Rulebook

_MAX_NODES = 5_000
_MAX_PHASES = 8
_SPACES = "\t\n\f\r "
_OUTER = frozenset({"html", "head", "body"})
_FOREIGN = frozenset({"svg", "math"})


class Node:
    """A path of open tags. ``outer`` nodes are the document, ``<html>`` and ``<head>``, where what came before matters
    too: it is in ``phases``."""

    __slots__ = ("children", "foreign", "name", "outer", "parent", "phases", "siblings")

    def __init__(self, parent: Node | None, name: str, phases: tuple[str, ...] = ()) -> None:
        self.parent = parent
        self.name = name
        self.phases = phases
        self.outer = name in ("", "html", "head")
        self.foreign: bool = name in _FOREIGN or (parent is not None and parent.foreign)
        self.children: dict[str, Step | None] = {}
        self.siblings: dict[str, Node] = {}

    def after(self, phase: str) -> Node | None:
        """The same node, once something stood in it; None when too much did."""
        if not self.outer or (self.phases and self.phases[-1] == phase):
            return self
        if len(self.phases) >= _MAX_PHASES:
            return None
        known = self.siblings.get(phase)
        return known or self.siblings.setdefault(phase, Node(self.parent, self.name, (*self.phases, phase)))


class Step:
    """A start tag seen in a node: the selectors that match, where it leads, and the selectors that match elements which
    the tag implies."""

    __slots__ = ("implied", "node", "numbers")

    def __init__(self, numbers: tuple[int, ...], node: Node) -> None:
        self.implied: frozenset[int] = frozenset()
        self.numbers = numbers
        self.node = node


class PathGraph:
    """The paths known for one rulebook. Bounded: it forgets all and learns anew when it grows too large."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.root = Node(None, "")
        self._size = 0
        self._lock = Lock()

    def enter(self, node: Node, tag: str, name: str) -> Step | None:
        """The step that a start tag makes; None when it is not known, or known not to nest."""
        return node.children.get(self.rulebook.facts(tag, name).skeleton)

    def leave(self, node: Node, name: str) -> Node | None:
        """The node after an end tag; None when it closes something else than the innermost open tag."""
        if node.name != name or node.parent is None:
            return None
        return node.parent.after(name if name in _OUTER else "content")

    def text(self, node: Node, blank: bool) -> Node | None:
        """The node after a stretch of text; None where text would open the body."""
        return node if blank or not node.outer else None

    def learn(self, anatomy: Anatomy, matching: Matching) -> None:
        """Take in an answered document, up to the first tag that does not nest as its element does."""
        with self._lock:
            self._learn(anatomy, matching)

    def _learn(self, anatomy: Anatomy, matching: Matching) -> None:
        if self._size > _MAX_NODES:
            self.root, self._size = Node(None, ""), 0
        node: Node | None = self.root
        open_tags = [-1]
        number = -1
        for token in anatomy.tokens:
            if node is None:
                return
            if token.kind == "start":
                number += 1
                node = self._learn_tag(node, anatomy.html, token, number, matching, open_tags)
            elif token.kind == "end":
                node = self.leave(node, token.name)
                open_tags.pop()
            else:
                node = self.other(node, token, anatomy.html)

    def other(self, node: Node, token: Token, html: str) -> Node | None:
        """The node after a token that is no tag."""
        if token.kind == "text" and node.outer:
            return self.text(node, not html[token.start : token.end].strip(_SPACES))
        if token.kind == "doctype":
            return node.after(html[token.start : token.end]) if node.outer else node
        return node

    def _learn_tag(
        self, node: Node, html: str, token: Token, number: int, matching: Matching, open_tags: list[int]
    ) -> Node | None:
        tag = html[token.start : token.end]
        skeleton = self.rulebook.facts(tag, token.name).skeleton
        if self.rulebook.selectors and matching.parents[number] != open_tags[-1]:
            node.children[skeleton] = None
            return None
        step = node.children.get(skeleton)
        if step is None:
            step = self._step(node, tag, token.name, matching.numbers[number])
            if step is None:
                return None
            node.children[skeleton] = step
            self._size += 1
        step.implied |= frozenset(matching.implied[number])
        if step.node.parent is node:
            open_tags.append(number)
        return step.node

    @staticmethod
    def _step(node: Node, tag: str, name: str, numbers: tuple[int, ...]) -> Step | None:
        foreign = node.foreign or name in _FOREIGN
        if name in VOID or (foreign and tag.endswith("/>")):
            following = node.after("content")
            return Step(numbers, following) if following else None
        return Step(numbers, Node(node, name))
