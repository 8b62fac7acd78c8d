"""Work that is watched from outside, since it does not keep its time by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from mailtemplates.doctor.steperror import LateError

_Given = TypeVar("_Given")

_GRACE = 0.3
"""Seconds over its time after which work is given up."""


def within(seconds: float, work: Callable[[], _Given]) -> _Given | Exception:
    """What the work gives or raises; :class:`LateError` when it is not done in time: it is left to itself then.

    :param seconds: 0 for work that keeps its time.
    """
    results: list[_Given | Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    if seconds:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(seconds + _GRACE)
    else:
        run()
    return results[0] if results else LateError(f"there was no answer within {seconds:g} s")
