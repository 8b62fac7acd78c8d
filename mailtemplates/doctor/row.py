"""What a step said: one row of the doctor's answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from mailtemplates.failures.failure import Failure

Status = Literal["ok", "fail", "skip", "not_reached"]


class Row(NamedTuple):
    """One step, taken or not.

    :param number: where it comes in this examination, from 0.
    :param step: its name.
    :param text: what was seen, or why nothing was looked at.
    :param seconds: that it took.
    :param failure: which row of the failure table it is, when it failed.
    :param cure: what to do about it.
    :param facts: what was seen, for programs.
    :param exit_code: what the command ends with when this is the first that failed.
    """

    number: int
    step: str
    status: Status
    text: str = ""
    seconds: float = 0.0
    failure: Failure | None = None
    cure: str = ""
    facts: Mapping[str, Any] = MappingProxyType({})
    exit_code: int = 0
