"""Which selectors match which start tag: the question that is put to an engine.

The engine gets the document's skeleton: its tags with only the attributes that selectors look at, each with a
mark, and hardly any text. It never sees the author's words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from mailtemplates.errors import MailTemplatesError
from mailtemplates.html.markup import VOID, attributes, cut
from mailtemplates.inliners import PROPERTY, Engine
from mailtemplates.inlining.anatomy import Anatomy
from mailtemplates.inlining.depth import depth, with_stack
from mailtemplates.inlining.rulebook import OWN_STYLE, Rulebook, plain_name
from mailtemplates.pattern import pattern

_MARK = "data-mailtemplates-mark"
_STYLE_SELECTOR = pattern(r"""("[^"]*"|'[^']*'|\\[\s\S])|(\[\s*)style(?![-\w])""", re.I)
_NUMBER = pattern(rf"{PROPERTY}(\d{{1,9}})\s*:")
_SPACES = "\t\n\f\r "
_DOCTYPE = pattern(r"""<!doctype\s+html(\s+(public|system)(\s*("[^"<>&]*"|'[^'<>&]*')){1,2})?\s*>""", re.I | re.A)
_UNSAFE = pattern("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Matching(NamedTuple):
    """For each start tag of a document, in order: the numbers of the selectors that match it, and the number of the
    start tag whose element is its nearest ancestor in the tree (-1 for none). ``parents[n]`` is None for a tag that
    made no element or more than one. ``implied[n]`` are the selectors that match elements without a tag, such as a
    ``tbody``, that precede tag ``n``; ``loose`` those that no tag follows."""

    numbers: tuple[tuple[int, ...], ...]
    parents: tuple[int | None, ...]
    implied: tuple[tuple[int, ...], ...]
    loose: tuple[int, ...]

    def needed(self) -> frozenset[int]:
        """The selectors that match an element without a tag."""
        return frozenset(self.loose).union(*self.implied)

    def to_json(self) -> bytes:
        """For a store."""
        distinct = list(dict.fromkeys((*self.numbers, *self.implied, self.loose)))
        place = {numbers: index for index, numbers in enumerate(distinct)}
        places = [[place[numbers] for numbers in group] for group in (self.numbers, self.implied, (self.loose,))]
        return json.dumps([distinct, *places, self.parents]).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Matching:
        """What :meth:`to_json` wrote. Raises :class:`ValueError` for anything else."""
        try:
            distinct, *places, parents = json.loads(data)
            known = [tuple(map(int, numbers)) for numbers in distinct]
            numbers, implied, (loose,) = (tuple([known[place] for place in group]) for group in places)
            return cls(numbers, tuple(parents), implied, loose)
        except (TypeError, IndexError, ValueError) as error:
            raise ValueError("not a stored matching") from error


def skeleton(anatomy: Anatomy, rulebook: Rulebook) -> list[str]:
    """The document reduced to what an element's matches can depend on. A start tag is one item that begins with
    ``<`` and a letter; joined, it is the document's structure key."""
    html = anatomy.html
    parts: list[str] = []
    for kind, start, end, name in anatomy.tokens:
        if kind == "start":
            parts.append(rulebook.facts(html[start:end], name).skeleton)
        elif kind == "end":
            parts.append(f"</{plain_name(name)}>")
        elif kind == "text":
            parts.append("x" if html[start:end].strip(_SPACES) else " ")
        elif kind == "raw":
            parts.append("" if name == "style" else "x")
        elif kind == "doctype" and _DOCTYPE.fullmatch(html[start:end]):
            parts.append(html[start:end])
    return [_UNSAFE.sub("\ufffd", part) for part in parts] if _UNSAFE.search(html) else parts


def match(parts: list[str], selectors: Sequence[str], engine: Engine) -> Matching:
    """Ask ``engine`` about a skeleton. Raises :class:`MailTemplatesError` when the engine fails."""
    marked, total = [], 0
    for part in parts:
        if len(part) > 2 and part[0] == "<" and part[1].isalpha():
            at = _name_end(part)
            marked.append(f'{part[:at]} {_MARK}="{total}"{part[at:]}')
            total += 1
        else:
            marked.append(part)
    if not selectors:
        return Matching(((),) * total, (None,) * total, ((),) * total, ())
    asked = [_asked(selector) for selector in selectors]
    try:
        output = with_stack(depth(parts), lambda: engine("".join(marked), asked))
    except MailTemplatesError:
        raise
    except Exception as error:
        raise MailTemplatesError(
            f"the inliner engine failed: {type(error).__name__}: {error}", cure="try the other inliner engine"
        ) from error
    return _read(output, total, len(selectors))


def _asked(selector: str) -> str:
    """A selector as engines get it: a style attribute has another name in a skeleton, since engines read its css."""
    renamed = _STYLE_SELECTOR.sub(lambda found: found[1] or f"{found[2]}{OWN_STYLE}", selector)
    return _UNSAFE.sub("\ufffd", renamed)


def _name_end(tag: str) -> int:
    for at, char in enumerate(tag):
        if char in " >":
            return at
    return len(tag)


def _read(output: str, total: int, selectors: int) -> Matching:
    """What the engine said. Marks and numbers that were never given are not believed."""
    numbers: list[tuple[int, ...]] = [()] * total
    parents: list[int | None] = [None] * total
    implied: list[tuple[int, ...]] = [()] * total
    seen: set[int] = set()
    loose: set[int] = set()
    open_marks = [-1]
    open_names = [""]
    for kind, start, end, name in cut(output):
        if kind == "end":
            if name == open_names[-1]:
                open_names.pop()
                open_marks.pop()
        elif kind == "start":
            found = attributes(output[start:end])
            given = found.get(_MARK, "")
            mark = int(given) if given.isdecimal() and int(given) < total else -1
            matched = {int(number) for number in _NUMBER.findall(found.get("style", "")) if int(number) < selectors}
            if mark < 0:
                loose |= matched if name != "head" else set()
            elif mark in seen:
                parents[mark] = None
            else:
                seen.add(mark)
                numbers[mark] = tuple(sorted(matched))
                implied[mark] = tuple(sorted(loose))
                loose.clear()
                parents[mark] = open_marks[-1]
            if name not in VOID:
                open_names.append(name)
                open_marks.append(mark if mark >= 0 else open_marks[-1])
    return Matching(tuple(numbers), tuple(parents), tuple(implied), tuple(sorted(loose)))
