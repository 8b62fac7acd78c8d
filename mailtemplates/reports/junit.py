"""JUnit XML: a test suite a file, a failed test a finding."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.report import Report
from mailtemplates.pattern import pattern

_NO_XML = pattern("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 §2.2 does not allow as a character."""


def write(report: Report) -> Iterator[str]:
    """The suites, in the order of the files; a file without findings is a test that passed."""
    found: dict[str, list[Diagnostic]] = {path: [] for path in report.files}
    for one in report.diagnostics:
        found.setdefault(one.path, []).append(one)
    troubles: dict[str, list[str]] = {}
    for trouble in report.troubles:
        found.setdefault(trouble.path, [])
        troubles.setdefault(trouble.path, []).append(str(trouble.error))
    tests = sum(max(1, len(ones) + len(troubles.get(path, ()))) for path, ones in found.items())
    counts = f'failures="{len(report.diagnostics)}" errors="{len(report.troubles)}"'
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<testsuites name="mailtpl lint" tests="{tests}" {counts}>'
    for path, ones in found.items():
        yield from _suite(path, ones, troubles.get(path, []))
    yield "</testsuites>"


def _suite(path: str, found: list[Diagnostic], troubles: list[str]) -> Iterator[str]:
    tests = max(1, len(found) + len(troubles))
    counts = f'tests="{tests}" failures="{len(found)}" errors="{len(troubles)}" skipped="0"'
    yield f"  <testsuite name={_quoted(path)} {counts}>"
    for one in found:
        name = _quoted(f"{one.code} {one.name}")
        yield f"    <testcase name={name} classname={_quoted(path)} line={_quoted(one.line)}>"
        failure = f"<failure type={_quoted(one.severity)} message={_quoted(one.message)}>"
        yield f"      {failure}{_text(_words(one))}</failure>"
        yield "    </testcase>"
    for trouble in troubles:
        yield f'    <testcase name="lint" classname={_quoted(path)}>'
        yield f'      <error type="error" message={_quoted(trouble.partition(chr(10))[0])}>{_text(trouble)}</error>'
        yield "    </testcase>"
    if not found and not troubles:
        yield f'    <testcase name="lint" classname={_quoted(path)}/>'
    yield "  </testsuite>"


def _words(one: Diagnostic) -> str:
    notes = [f"sample: {one.sample}"] if one.sample else []
    notes += [f"help: {one.help}"] if one.help else []
    return "\n".join([f"{one.path}:{one.line}:{one.column}: {one.message}", one.source, *notes])


def _quoted(value: str | int) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", str(value)), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _text(value: str) -> str:
    return escape(_NO_XML.sub("\ufffd", value), {"\r": "&#13;"})
