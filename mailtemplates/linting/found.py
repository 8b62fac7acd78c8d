"""What was found, before it has a place in a file."""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.finding import Finding, Severity
from mailtemplates.linting.rule import Rule
from mailtemplates.octets.bodies import Body


class Found(NamedTuple):
    """A finding, who found it, and the severity it has after all.

    :param body: where the fix is in characters of a body and not in octets of the message: that body.
    """

    rule: Rule
    finding: Finding
    severity: Severity
    body: Body | None = None
