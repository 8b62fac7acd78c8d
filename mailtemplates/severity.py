"""How bad a finding is."""

from __future__ import annotations

from typing import Literal

Severity = Literal["error", "warning", "info"]

#: From the least to the most severe.
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")


def reaches(severity: Severity, threshold: Severity) -> bool:
    """Whether a severity is at or over a threshold."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(threshold)
