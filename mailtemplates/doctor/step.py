"""What a step of the doctor is: one decorated function in one file, which is all there is to it.

The name is the function's and the file's. It looks at a :class:`~mailtemplates.doctor.case.Case`, writes down there
what later steps need, and says what it saw: :class:`Passed` or :class:`Skipped`; it raises
:class:`~mailtemplates.doctor.steperror.StepError`, or any
other exception, where mail does not go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mailtemplates.doctor.case import Case

Needs = Literal["nothing", "server", "session", "health"]
"""What a step needs: a mail server at all; one that has been greeted; or that nothing before it failed."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Mail goes on here.

    :param text: what was seen, one line or more.
    :param facts: the same for programs; values that JSON has.
    """

    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing was looked at.

    :param why: a reason for people.
    """

    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    :param order: where it comes; ``early`` is where it comes when TLS is spoken from the first octet.
    """

    name: str
    order: float
    early: float
    needs: Needs
    take: Callable[[Case], Passed | Skipped]


def step(
    order: float, *, early: float | None = None, needs: Needs = "nothing"
) -> Callable[[Callable[[Case], Passed | Skipped]], Step]:
    """Make a step of the function below."""

    def decorate(take: Callable[[Case], Passed | Skipped]) -> Step:
        return Step(take.__name__, order, order if early is None else early, needs, take)

    return decorate
