"""Fixes: whole ones only, none that touches another, nothing changes outside them, and only those that do good."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.finding import Edit, Fix, Severity
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.fixing import apply_fixes, fix_octets
from mailtemplates.span import Span

OCTETS = b"0123456789" * 4


def fix(*edits: tuple[int, int, bytes], safe: bool = True) -> Fix:
    return Fix(tuple(Edit(Span(start, end), octets) for start, end, octets in edits), safe)


def touch(one: Fix, other: Fix) -> bool:
    """Whether two fixes touch, by looking at each pair of edits."""
    for a, b in ((edit.span, another.span) for edit in one.edits for another in other.edits):
        if a == b or (a.start < b.end and b.start < a.end):
            return True
    return False


@st.composite
def fixes(draw: st.DrawFn) -> Fix:
    cuts = sorted(draw(st.sets(st.integers(0, len(OCTETS)), min_size=2, max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return fix(*[(start, draw(st.sampled_from([start, end])), draw(st.binary(max_size=3))) for start, end in pairs])


@given(st.lists(fixes(), max_size=8), st.randoms())
def test_the_result_is_that_of_a_naive_application(given: list[Fix], random: object) -> None:
    taken: list[Fix] = []
    for one in sorted(given, key=lambda one: one.edits):
        if not any(touch(one, other) for other in taken):
            taken.append(one)
    naive = OCTETS
    edits = sorted((edit for one in taken for edit in one.edits), reverse=True)
    for edit in edits:
        naive = naive[: edit.span.start] + edit.octets + naive[edit.span.end :]
    assert apply_fixes(OCTETS, given) == naive
    random.shuffle(given)  # type: ignore[attr-defined]
    assert apply_fixes(OCTETS, given) == naive


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], b"abcdef"),
        ([fix((0, 1, b"X"), (4, 5, b"Y"))], b"XbcdYf"),
        ([fix((0, 1, b"X"), (4, 5, b"Y")), fix((3, 6, b"-"))], b"XbcdYf"),
        ([fix((1, 3, b"X")), fix((3, 4, b"Y"))], b"aXYef"),
        ([fix((2, 2, b"X")), fix((2, 2, b"Y"))], b"abXcdef"),
        ([fix((2, 2, b"X")), fix((2, 4, b"Y"))], b"abXYef"),
        ([fix((1, 4, b"X")), fix((2, 2, b"Y"))], b"aXef"),
        ([fix((1, 4, b"X"), (2, 3, b"Y"))], b"abcdef"),
        ([Fix(())], b"abcdef"),
    ],
    ids=["none", "two-edits", "whole-or-not", "neighbours", "same-place", "insert-before", "inside", "broken", "empty"],
)
def test_fixes_that_touch_leave_the_later_one_out(given: list[Fix], expected: bytes) -> None:
    assert apply_fixes(b"abcdef", given) == expected


def test_a_hundred_thousand_fixes_take_little_time() -> None:
    many = [fix((at, at + 1, b"y")) for at in range(0, 200_000, 2)]
    begun = time.process_time()
    assert apply_fixes(b"x" * 200_000, reversed(many)) == b"yx" * 100_000
    assert time.process_time() - begun < 60


def finding(code: str, one: Fix | None, severity: Severity = "warning") -> Diagnostic:
    return Diagnostic(code, code.lower(), severity, "", "", 1, 1, 1, 1, fix=one)


def judge(**rules: Callable[[int], Fix | None]) -> Callable[[bytes], list[Diagnostic]]:
    """Each rule is an octet that must not stand anywhere, and what it would do about it; capitals are errors."""
    severity: dict[bool, Severity] = {True: "error", False: "warning"}

    def find(octets: bytes) -> list[Diagnostic]:
        return [
            finding(name, rules[name](at), severity[name.isupper()])
            for at, octet in enumerate(octets)
            for name in [chr(octet)]
            if name in rules
        ]

    return find


def becomes(octets: bytes, *, safe: bool = True) -> Callable[[int], Fix]:
    return lambda at: fix((at, at + 1, octets), safe=safe)


@pytest.mark.parametrize(
    ("octets", "find", "unsafe", "expected"),
    [
        (b"-a-a-", judge(a=becomes(b"")), False, b"---"),
        (b"-a-", judge(a=becomes(b"b"), b=becomes(b"c")), False, b"-c-"),
        (b"-a-b-", judge(a=becomes(b"aa"), b=becomes(b"")), False, b"-a--"),
        (b"-a-b-", judge(a=becomes(b"E"), E=lambda at: None, b=becomes(b"")), False, b"-a--"),
        (b"-a-", judge(a=becomes(b"e"), e=lambda at: None), False, b"-e-"),
        (b"-a-", judge(a=becomes(b"", safe=False)), False, b"-a-"),
        (b"-a-", judge(a=becomes(b"", safe=False)), True, b"--"),
        (b"-E-E-", judge(E=becomes(b"")), False, b"---"),
        (b"-a-", lambda octets: [finding("a", None)], False, b"-a-"),
    ],
    ids=["all", "chain", "useless", "harm", "warning", "unsafe", "allowed", "own", "nothing"],
)
def test_only_fixes_that_do_good_are_kept(
    octets: bytes, find: Callable[[bytes], Sequence[Diagnostic]], unsafe: bool, expected: bytes
) -> None:
    assert fix_octets(octets, find, unsafe=unsafe) == expected


def test_fixes_that_never_end_are_stopped() -> None:
    calls: list[bytes] = []
    find = judge(a=becomes(b"b"), b=becomes(b"a"))

    def count(octets: bytes) -> list[Diagnostic]:
        calls.append(octets)
        return find(octets)

    assert fix_octets(b"a", count, rounds=10) == b"a"
    assert len(calls) == 11


def test_one_harmful_fix_among_many_does_not_hold_the_others_back() -> None:
    octets = b"a" * 500 + b"x" + b"a" * 500
    assert fix_octets(octets, judge(a=becomes(b""), x=becomes(b"E"), E=lambda at: None)) == b"x"


def test_judgements_are_few_when_every_fix_does_harm() -> None:
    calls = 0
    find = judge(a=becomes(b"E"), E=lambda at: None)

    def count(octets: bytes) -> list[Diagnostic]:
        nonlocal calls
        calls += 1
        return find(octets)

    assert fix_octets(b"a" * 2_000, count, rounds=3) == b"a" * 2_000
    assert calls < 200


@given(st.text("abE-", max_size=30))
def test_no_error_is_ever_brought(text: str) -> None:
    octets = text.encode()
    find = judge(a=becomes(b"E"), b=becomes(b"aa"), E=becomes(b"E"))
    fixed = fix_octets(octets, find)
    assert fixed.count(b"E") == octets.count(b"E")
