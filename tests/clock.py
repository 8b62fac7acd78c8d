"""Time that passes only while somebody sleeps: what is tested is the order of things, on a machine of any speed."""

from __future__ import annotations


class Clock:
    """Stands for the module :mod:`time`."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
