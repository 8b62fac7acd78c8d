"""The memory of answers keeps what is new, and no more than its limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.memo import Memo


@given(st.integers(0, 50), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12))))
def test_the_weight_stays_within_the_limit(limit: int, puts: list[tuple[int, int]]) -> None:
    memo: Memo[int, tuple[int, int]] = Memo(limit)
    for key, weight in puts:
        assert memo.put(key, (key, weight), weight) == (key, weight)
        kept = [found for number in range(10) if (found := memo.get(number))]
        assert sum(weight for _, weight in kept) <= limit
        assert len(kept) == len(memo)


def test_the_oldest_leave_first() -> None:
    memo: Memo[int, int] = Memo(16)
    for number in range(100):
        memo.put(number, number)
        assert memo.get(number) == number
    assert memo.get(0) is None
    assert all(memo.get(number) is not None for number in range(90, 100))


def test_what_is_too_heavy_is_not_kept() -> None:
    memo: Memo[str, str] = Memo(3)
    assert memo.put("a", "b", 4) == "b"
    assert memo.get("a") is None
