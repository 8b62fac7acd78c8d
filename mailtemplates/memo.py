"""A bounded, thread-safe memory of answers: the oldest leave when it is full."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memo(Generic[Key, Value]):
    """Answers by key. ``limit`` bounds the sum of their weights, whatever their number."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._kept: dict[Key, tuple[Value, int]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Value | None:
        """The answer for ``key``, or None when it is not known, or no longer."""
        found = self._kept.get(key)
        return found[0] if found else None

    def put(self, key: Key, value: Value, weight: int = 1) -> Value:
        """Keep an answer, unless it alone is heavier than the limit. Returns ``value``."""
        if weight > self._limit:
            return value
        with self._lock:
            old = self._kept.pop(key, None)
            self._weight += weight - (old[1] if old else 0)
            self._kept[key] = (value, weight)
            if self._weight > self._limit:
                self._forget(self._limit - self._limit // 8)
        return value

    def _forget(self, goal: int) -> None:
        """Let the oldest go until the rest weighs no more than ``goal``; many at once, so that each put stays cheap."""
        oldest = []
        for key, (_, weight) in self._kept.items():
            if self._weight <= goal:
                break
            self._weight -= weight
            oldest.append(key)
        for key in oldest:
            del self._kept[key]
