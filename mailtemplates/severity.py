"""How bad a finding is.

Floor 0.
"""

from __future__ import annotations

from typing import Literal

Severity = Literal["error", "warning", "info"]

#: From the least to the most severe.
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
