"""What rules over html find that depends on its structure alone: judged once for all messages of one structure.

What is remembered has places in the key of the structure, and is placed anew in each document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailtemplates.finding import Edit, Fix
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.structure import read_structure
from mailtemplates.linting.found import Found
from mailtemplates.memo import Memo
from mailtemplates.span import Span

_KEPT_CHARACTERS = 4_000_000
_FINDING = 500

#: What is found in a document.
Judge = Callable[[HtmlDocument], Iterable[Found]]


class Remembered:
    """Findings by structure. Thread-safe; bounded by the characters of the keys.

    :param judge: what finds them; nothing but the structure of a document may decide.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._kept: Memo[tuple[str, str], tuple[Found, ...]] = Memo(_KEPT_CHARACTERS)

    def __len__(self) -> int:
        """How many structures are remembered."""
        return len(self._kept)

    def find(self, document: HtmlDocument) -> list[Found]:
        """What is found in a document, from memory when one of its structure was judged before."""
        structure = read_structure(document)
        if structure is None:
            return list(self._judge(document))
        key = document.name, structure.key
        known = self._kept.get(key)
        if known is not None:
            return [_moved(one, structure.outward) for one in known]
        found = list(self._judge(document))
        placed = tuple(_moved(one, structure.inward) for one in found)
        self._kept.put(key, placed, len(structure.key) + _FINDING * (len(placed) + 1))
        return found


def _moved(found: Found, move: Callable[[int], int]) -> Found:
    """The same at other places."""
    finding, fix = found.finding, found.finding.fix
    if fix is not None:
        edits = tuple(Edit(Span(move(span.start), move(span.end)), octets) for span, octets in fix.edits)
        fix = Fix(edits, fix.safe)
    span = Span(move(finding.span.start), move(finding.span.end))
    return found._replace(finding=finding._replace(span=span, fix=fix))
