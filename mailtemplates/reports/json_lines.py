"""One JSON object a line, one line a finding."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mailtemplates.linting.report import Report, as_object


def write(report: Report) -> Iterator[str]:
    """A line a finding; nothing when there is none."""
    for one in report.diagnostics:
        yield json.dumps(as_object(one))
