"""Fixes applied to octets: only what must change is written anew.

Floor 3.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailtemplates.finding import Edit, Fix


def apply_fixes(octets: bytes, fixes: Iterable[Fix]) -> bytes:
    """The octets with as many of the fixes as do not touch each other, the first ones first.

    A fix is applied whole or not at all; what is left out is found again in the next round. Two that insert at one
    place touch each other.
    """
    taken: list[Edit] = []
    for fix in sorted(fixes, key=lambda fix: fix.edits[0].span):
        if not any(_touch(edit, other) for edit in fix.edits for other in taken):
            taken.extend(fix.edits)
    pieces = []
    at = 0
    for edit in sorted(taken, key=lambda edit: edit.span):
        pieces += [octets[at : edit.span.start], edit.octets]
        at = edit.span.end
    return b"".join([*pieces, octets[at:]])


def _touch(edit: Edit, other: Edit) -> bool:
    if edit.span == other.span:
        return True
    return edit.span.start < other.span.end and other.span.start < edit.span.end
