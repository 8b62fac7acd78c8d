"""Files watched for changes, by their sizes and times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

Look = TypeVar("Look")

_PAUSE = 0.3


def changes(look: Callable[[], Look], pause: float = _PAUSE) -> Iterator[Look]:
    """What ``look`` sees, at once and whenever it sees something else; for ever.

    :param pause: seconds between looks.
    """
    before = look()
    yield before
    while True:
        time.sleep(pause)
        now = look()
        if now != before:
            before = now
            yield now
