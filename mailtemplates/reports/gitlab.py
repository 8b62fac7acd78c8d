"""GitLab Code Quality: a JSON list with fingerprints that stay while lines come and go."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mailtemplates.linting.report import Report, fingerprints

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def write(report: Report) -> Iterator[str]:
    """The list, indented."""
    entries = [
        {
            "description": f"{one.code} {one.name}: {one.message}",
            "check_name": one.name,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[one.severity],
            "location": {"path": one.path, "lines": {"begin": one.line, "end": one.end_line}},
        }
        for one, fingerprint in zip(report.diagnostics, fingerprints(report.diagnostics), strict=True)
    ]
    yield json.dumps(entries, indent=2)
