"""One line a finding: ``path:line:column: error CODE name: message``."""

from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import ascii_controls
from mailtemplates.linting.report import Report, total_line


def write(report: Report) -> Iterator[str]:
    """A line a finding, and the total."""
    for one in report.diagnostics:
        sample = f" ({one.sample})" if one.sample else ""
        text = f"{one.severity} {one.code} {one.name}: {one.message}{sample}"
        yield ascii_controls(f"{one.path}:{one.line}:{one.column}: {text}")
    if report.total:
        yield total_line(report)
