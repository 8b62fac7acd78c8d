"""What a rule says: a place, the problem, the cure, and perhaps a fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtemplates.severity import SEVERITIES as SEVERITIES
from mailtemplates.severity import Severity as Severity
from mailtemplates.source import Location
from mailtemplates.span import Span


class Edit(NamedTuple):
    """Octets that come instead of those of a span; an empty span inserts."""

    span: Span
    octets: bytes


class Fix(NamedTuple):
    """Edits that make a finding go away and change nothing else.

    :param edits: in the order of their spans, which do not overlap.
    :param safe: the reader's view of the message stays the same, or becomes what was surely meant.
    """

    edits: tuple[Edit, ...]
    safe: bool = True


class Finding(NamedTuple):
    """One thing that a rule found.

    :param span: where, in octets of the message.
    :param problem: what is wrong, one short sentence without a full stop, with the words that are at fault.
    :param help: what to write instead.
    :param fix: how a program mends it.
    :param severity: when it is not the rule's own; less where the rule cannot be sure.
    :param message: which message of a batch, for rules over batches.
    :param related: another place that takes part: where the macro that made a finding's text is called.
    """

    span: Span
    problem: str
    help: str = ""
    fix: Fix | None = None
    severity: Severity | None = None
    message: int = 0
    related: Location | None = None


Findings = Iterator[Finding]


def replace(span: Span, octets: bytes, *, safe: bool = True) -> Fix:
    """A fix of one edit."""
    return Fix((Edit(span, octets),), safe)
