"""At most so many messages in a time: ``10/s``, ``600/m``, ``5000/h``. A token bucket; safe between threads."""

from __future__ import annotations

import re
import threading
import time

from mailtemplates.pattern import pattern

_RATE = pattern(r"(\d{1,9})(?:/([smh]))?", re.ASCII)
_NAP = 0.2
_UNITS = {"s": 1, "m": 60, "h": 3600}


def read_rate(text: str) -> float | None:
    """Messages a second for ``10/s`` and its like; None when the text is no rate."""
    match = _RATE.fullmatch(text)
    return int(match[1]) / _UNITS[match[2] or "s"] if match and int(match[1]) else None


class Throttle:
    """Lets through ``rate`` messages a second, and a burst of one second's worth, at least one."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._burst = max(1.0, rate)
        self._held = self._burst
        self._at = time.monotonic()
        self._lock = threading.Lock()
        self._hurried = False

    @property
    def pause(self) -> float:
        """Seconds until the next message may go."""
        held = min(self._burst, self._held + (time.monotonic() - self._at) * self._rate)
        return max(0.0, (1 - held) / self._rate)

    def hurry(self, hurried: bool) -> None:
        """Let nobody wait any more, or again. It may be called in a signal handler."""
        self._hurried = hurried

    def wait(self) -> None:
        """Sleep until the next message may go."""
        with self._lock:
            now = time.monotonic()
            self._held = min(self._burst, self._held + (now - self._at) * self._rate) - 1
            self._at = now
            until = now + max(0.0, -self._held / self._rate)
        while (left := until - time.monotonic()) > 0 and not self._hurried:
            time.sleep(min(left, _NAP))
