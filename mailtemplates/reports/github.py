"""Workflow commands of GitHub Actions: annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.report import Report

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def write(report: Report) -> Iterator[str]:
    """A command a finding."""
    for one in report.diagnostics:
        properties = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in _properties(one))
        text = "\n".join(
            filter(None, [one.message, one.help and f"help: {one.help}", one.sample and f"sample: {one.sample}"])
        )
        yield f"::{_COMMANDS[one.severity]} {properties}::{text.translate(_DATA)}"


def _properties(one: Diagnostic) -> list[tuple[str, str]]:
    """The place; columns only within one line, which is what GitHub takes."""
    place = [("file", one.path), ("line", str(one.line))]
    if one.end_line == one.line:
        place += [("col", str(one.column)), ("endColumn", str(max(one.end_column, one.column)))]
    return [*place, ("endLine", str(one.end_line)), ("title", f"{one.code} {one.name}")]
