"""What a step of the doctor is: one decorated function in one file, which is all there is to it.

The name is the function's and the file's. It looks at a :class:`~mailtemplates.doctor.case.Case`, writes down there
what later steps need, and says what it saw: :class:`Passed` or :class:`Skipped`; it raises
:class:`~mailtemplates.doctor.steperror.StepError`, or any
other exception, where mail does not go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from mailtemplates.doctor.case import Case

Needs = Literal["nothing", "server", "session", "health"]
"""What a step needs: a mail server at all; one that has been greeted; or that nothing before it failed."""


class Passed(NamedTuple):
    """Mail goes on here.

    :param text: what was seen, one line or more.
    :param facts: the same for programs; values that JSON has.
    """

    text: str
    facts: Mapping[str, Any] = MappingProxyType({})


class Skipped(NamedTuple):
    """Nothing was looked at.

    :param why: a reason for people.
    """

    why: str


class Step(NamedTuple):
    """One step.

    :param order: where it comes; ``early`` is where it comes when TLS is spoken from the first octet.
    :param keeps_time: whether it ends within its time by itself; another is watched from outside.
    """

    name: str
    order: float
    early: float
    needs: Needs
    keeps_time: bool
    take: Callable[[Case], Passed | Skipped]


def step(
    order: float, *, early: float | None = None, needs: Needs = "nothing", keeps_time: bool = True
) -> Callable[[Callable[[Case], Passed | Skipped]], Step]:
    """Make a step of the function below."""

    def decorate(take: Callable[[Case], Passed | Skipped]) -> Step:
        return Step(take.__name__, order, order if early is None else early, needs, keeps_time, take)

    return decorate
