"""SARIF 2.1.0, for GitHub code scanning and other viewers of findings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mailtemplates.linting.catalogue import find_rule
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.report import Report, fingerprints
from mailtemplates.linting.rule import Rule
from mailtemplates.pattern import pattern
from mailtemplates.version import VERSION

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_RFC = pattern(r"RFC (\d+)(?: §([\d.]*\d))?")


def write(report: Report) -> Iterator[str]:
    """The log of one run, indented."""
    codes = sorted({one.code for one in report.diagnostics})
    names = {one.code: one.name for one in report.diagnostics}
    rules = [_rule(find_rule(code), code, names[code]) for code in codes]
    driver = {"name": "mailtpl", "semanticVersion": VERSION, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [
            _result(one, codes.index(one.code), fingerprint)
            for one, fingerprint in zip(report.diagnostics, fingerprints(report.diagnostics), strict=True)
        ],
    }
    yield json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule | None, code: str, name: str) -> dict[str, Any]:
    """What a viewer shows of a rule."""
    if rule is None:
        return {"id": code, "name": name}
    page = rule.page
    described: dict[str, Any] = {
        "id": code,
        "name": name,
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": " ".join(page.why.split()) or page.summary},
        "help": {"text": f"{page.summary}\n\n{page.why}\n\nReference: {page.reference}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["email", rule.family],
            "reference": page.reference,
            "fix": rule.fix,
            "profile": rule.profile,
        },
    }
    standard = _RFC.search(page.reference)
    if standard:
        section = f"#section-{standard[2]}" if standard[2] else ""
        described["helpUri"] = f"https://www.rfc-editor.org/rfc/rfc{standard[1]}{section}"
    return described


def _result(one: Diagnostic, index: int, fingerprint: str) -> dict[str, Any]:
    text = f"{one.message}. Help: {one.help}" if one.help else one.message
    properties = {"fixable": one.fixable, **({"sample": one.sample} if one.sample else {})}
    return {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": _LEVELS[one.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(one.path)}, "region": _region(one)}}],
        **_related(one),
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
        "properties": properties,
    }


def _related(one: Diagnostic) -> dict[str, Any]:
    """Where the macro that made the words is called."""
    path, line, column = (*one.related.rsplit(":", 2), "", "")[:3]
    if not line.isdecimal() or not column.isdecimal():
        return {}
    place = {
        "artifactLocation": {"uri": _uri(path)},
        "region": {"startLine": int(line), "startColumn": int(column)},
    }
    return {"relatedLocations": [{"id": 0, "message": {"text": "called here"}, "physicalLocation": place}]}


def _region(one: Diagnostic) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": one.line,
        "startColumn": one.column,
        "endLine": one.end_line,
        "endColumn": one.end_column,
    }
    return {**region, "snippet": {"text": one.source}} if one.source else region


def _uri(path: str) -> str:
    """A path as a reference relative to the working folder, or as a file URI (RFC 3986 §4)."""
    if (absolute := Path(path)).is_absolute():
        return absolute.as_uri()
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _invocation(report: Report) -> dict[str, Any]:
    notes = [
        {
            "level": "error",
            "message": {"text": str(trouble.error)},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(trouble.path)}}}],
        }
        for trouble in report.troubles
    ]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
