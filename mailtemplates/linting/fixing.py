"""Fixes applied to octets: only what must change is written anew.

:func:`apply_fixes` applies what it is given; :func:`fix_octets` lints and fixes until nothing is left, and
keeps only what did good.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from mailtemplates.finding import Edit, Fix
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.span import Span

#: What finds the faults of some octets.
Judge = Callable[[bytes], Sequence[Diagnostic]]

#: How often fixes are tried apart in one round to find those that do harm; what is untried by then is left out.
_TRIES = 64


def apply_fixes(octets: bytes, fixes: Iterable[Fix]) -> bytes:
    """The octets with as many of the fixes as do not touch each other, the first ones first.

    A fix is applied whole or not at all; what is left out is found again in the next round. Two that insert at one
    place touch each other.
    """
    return _edited(octets, _edits(_compatible(sorted(fixes, key=_order))))


def fix_octets(octets: bytes, judge: Judge, *, unsafe: bool = False, rounds: int = 10) -> bytes:
    """The octets with all fixed that can be: linted and fixed again until nothing is left to fix.

    A fix that leaves its finding where it is, or that brings an error of another rule, is not applied.

    :param judge: what is wrong with some octets.
    :param unsafe: apply the fixes too that change what a reader sees.
    :param rounds: the most rounds; each costs a bounded number of judgements.
    """
    refused: set[_Key] = set()
    before = judge(octets)
    for _ in range(rounds):
        candidates = _candidates(before, unsafe, refused)
        if not candidates:
            break
        trial = _Trial(octets, before, judge)
        trial.keep(candidates)
        moves = _Moves(_edits(one.fix for one in trial.kept))
        refused = {moves.moved(key) for key in refused | trial.refused}
        octets, before = trial.result, trial.after
    return octets


class _Key(NamedTuple):
    """A finding's fix, told from others while the octets before it change."""

    code: str
    start: int


class _Candidate(NamedTuple):
    key: _Key
    fix: Fix


class _Trial:
    """One round over the same octets: fixes that do not touch each other are kept when they do good together."""

    def __init__(self, octets: bytes, before: Sequence[Diagnostic], judge: Judge) -> None:
        self.octets = self.result = octets
        self.before = self.after = before
        self.judge = judge
        self.kept: list[_Candidate] = []
        self.refused: set[_Key] = set()
        self.tries = _TRIES

    def keep(self, candidates: list[_Candidate]) -> None:
        """Keep those that do good: all at once, or else the halves of them one after the other."""
        if not self.tries:
            return
        self.tries -= 1
        together = [*self.kept, *candidates]
        result = _edited(self.octets, _edits(one.fix for one in together))
        after = self.judge(result)
        if _is_better(self.before, after, together):
            self.kept, self.result, self.after = together, result, after
        elif len(candidates) == 1:
            self.refused.add(candidates[0].key)
        else:
            middle = len(candidates) // 2
            self.keep(candidates[:middle])
            self.keep(candidates[middle:])


class _Moves:
    """Where what stood at an offset stands once the edits are made."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self.ends = [edit.span.end for edit in edits]
        self.growth = [0, *accumulate(len(edit.octets) - (edit.span.end - edit.span.start) for edit in edits)]

    def moved(self, key: _Key) -> _Key:
        """The key of the same finding."""
        return _Key(key.code, key.start + self.growth[bisect_right(self.ends, key.start)])


def _candidates(found: Iterable[Diagnostic], unsafe: bool, refused: set[_Key]) -> list[_Candidate]:
    """The fixes that are allowed and do not touch each other, in order."""
    allowed: dict[int, _Candidate] = {}
    for one in found:
        if one.fix and one.fix.edits and (one.fix.safe or unsafe):
            key = _Key(one.code, one.fix.edits[0].span.start)
            if key not in refused:
                allowed[id(one.fix)] = _Candidate(key, one.fix)
    ordered = sorted(allowed.values(), key=lambda one: (_order(one.fix), one.key))
    return [allowed[id(fix)] for fix in _compatible(one.fix for one in ordered)]


def _compatible(fixes: Iterable[Fix]) -> list[Fix]:
    """Those that touch none before them."""
    taken: list[Edit] = []
    chosen = []
    for fix in fixes:
        edits = sorted(fix.edits)
        if any(_touch(one.span, other.span) for one, other in pairwise(edits)):
            continue
        if edits and not any(_touches_any(edit.span, taken) for edit in edits):
            chosen.append(fix)
            for edit in edits:
                insort(taken, edit)
    return chosen


def _is_better(before: Sequence[Diagnostic], after: Sequence[Diagnostic], taken: Sequence[_Candidate]) -> bool:
    """Whether the findings of the fixes are gone, and no rule has more errors than before."""
    left = Counter(one.code for one in before)
    left.subtract(one.key.code for one in taken)
    now = Counter(one.code for one in after)
    if any(now[one.key.code] > left[one.key.code] for one in taken):
        return False
    errors = Counter(one.code for one in before if one.severity == "error")
    new = Counter(one.code for one in after if one.severity == "error")
    return all(count <= errors[code] for code, count in new.items())


def _order(fix: Fix) -> tuple[Edit, ...]:
    return fix.edits


def _edits(fixes: Iterable[Fix]) -> list[Edit]:
    """The edits of fixes in the order of the octets."""
    return sorted(edit for fix in fixes for edit in fix.edits)


def _touches_any(span: Span, taken: Sequence[Edit]) -> bool:
    """Whether a span touches one of some edits in order, which do not touch each other: only its neighbours can."""
    at = bisect_left(taken, span, key=lambda edit: edit.span)
    return any(_touch(span, edit.span) for edit in taken[max(0, at - 1) : at + 1])


def _touch(span: Span, other: Span) -> bool:
    return span == other or (span.start < other.end and other.start < span.end)


def _edited(octets: bytes, edits: Iterable[Edit]) -> bytes:
    pieces = []
    at = 0
    for edit in edits:
        pieces += [octets[at : edit.span.start], edit.octets]
        at = edit.span.end
    return b"".join([*pieces, octets[at:]])
