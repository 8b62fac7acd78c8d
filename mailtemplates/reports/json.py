"""A JSON list of objects, one a finding."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mailtemplates.linting.report import Report, as_object


def write(report: Report) -> Iterator[str]:
    """The list, indented."""
    yield json.dumps([as_object(one) for one in report.diagnostics], indent=2)
