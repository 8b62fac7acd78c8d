"""What is worked out once for an object, when it is first asked for.

``functools.cached_property`` takes a lock up to Python 3.11, and with it as long as many of the answers that are kept
here. These take none: two threads that ask at the same time work the same answer out twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, TypeVar, overload

Holder = TypeVar("Holder")
Answer = TypeVar("Answer")


class once(Generic[Answer]):  # noqa: N801 (it reads as ``property`` does)
    """A property that is worked out once and kept with its object, which has a ``__dict__``."""

    def __init__(self, ask: Callable[[Any], Answer]) -> None:
        self._ask = ask
        self._name = ask.__name__
        self.__doc__ = ask.__doc__

    @overload
    def __get__(self, holder: None, kind: type) -> once[Answer]: ...
    @overload
    def __get__(self, holder: object, kind: type) -> Answer: ...
    def __get__(self, holder: object | None, kind: type) -> once[Answer] | Answer:
        if holder is None:
            return self
        answer = holder.__dict__[self._name] = self._ask(holder)
        return answer


def once_each(ask: Callable[[Holder], Answer]) -> Callable[[Holder], Answer]:
    """A function of one object, such as a part, whose answer is kept with that object: several rules ask it."""
    name = f"{ask.__module__}.{ask.__qualname__}"

    @wraps(ask)
    def known(holder: Holder) -> Answer:
        kept: dict[str, Any] = holder.__dict__
        if name in kept:
            answer: Answer = kept[name]
            return answer
        answer = kept[name] = ask(holder)
        return answer

    return known
