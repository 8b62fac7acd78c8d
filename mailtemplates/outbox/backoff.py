"""When a message that was put off is tried again: later each time, and never all at once."""

from __future__ import annotations

import random
from dataclasses import dataclass

from mailtemplates.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that grow, with full jitter: each is somewhere between ``least`` and the whole of its length.

    :param first: seconds, the longest first pause; it doubles with each attempt.
    :param longest: seconds, the most that a pause may be.
    :param least: seconds, the least: greylisting servers want some minutes.
    :param attempts: how often a message is tried in all, before only a person does so.
    """

    first: float = 300.0
    longest: float = 4 * 3600.0
    least: float = 1.0
    attempts: int = 30

    def __post_init__(self) -> None:
        if not (0 <= self.least <= self.longest and self.first > 0 and self.attempts >= 1):
            raise SettingsError(
                "pauses must grow from least to longest, and attempts be 1 or more", cure="mend Backoff"
            )

    def pause(self, attempt: int) -> float:
        """Seconds to wait after this attempt, the first of which is 1."""
        whole = min(self.longest, self.first * 2 ** min(attempt - 1, 40))
        return random.uniform(min(self.least, whole), whole)
