"""What a step raises where mail does not go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailtemplates.errors import MailTemplatesError


class StepError(MailTemplatesError):
    """Mail does not go on here.

    :param failure: the name or the id of the row of the failure table.
    :param cure: what to do, where it is known better than the row says.
    :param facts: what was seen, for programs.
    :param ends_with: the exit code.
    """

    def __init__(
        self,
        problem: str,
        failure: str,
        *,
        cure: str = "",
        facts: Mapping[str, Any] | None = None,
        ends_with: int = 1,
    ) -> None:
        super().__init__(problem, cure=cure)
        self.failure = failure
        self.facts = facts or {}
        self.ends_with = ends_with


class LateError(MailTemplatesError):
    """A step did not end within its time."""
