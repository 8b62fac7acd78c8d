"""Every report format, as what reads it reads it: a person at a terminal, a JSON parser, CI services."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.errors import RuleError, SettingsError
from mailtemplates.finding import Severity, replace
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.report import Report, Trouble, fingerprints, total_line
from mailtemplates.reports import format_names, load_format
from mailtemplates.span import Span
from mailtemplates.text.wrapping import display_width

SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-2.1.0-rtm.5.json").read_text())
SARIF = jsonschema.Draft4Validator(SCHEMA)
NASTY = "a\x1b[31mb\x00c\nd\udc80 <&\"'> ]]> 注文, 50%: ::error::"


def finding(
    message: str = "the message has no From field",
    *,
    severity: Severity = "error",
    path: str = "mails/a.eml",
    line: int = 1,
    column: int = 1,
    length: int = 3,
    source: str = "To: ben@reader.example",
    fixable: bool = False,
    help: str = "add From: Name <local@domain>",
    sample: str = "",
    code: str = "HDR001",
) -> Diagnostic:
    fix = replace(Span(0, 1), b"x") if fixable else None
    end = column + length
    return Diagnostic(
        code, "missing-from", severity, message, path, line, column, line, end, help, sample, "RFC 5322 §3.6", source,
        (column - 1, length), fix,
    )  # fmt: skip


def written(name: str, *found: Diagnostic, **options: Any) -> str:
    files = tuple(dict.fromkeys(one.path for one in found)) or ("mails/a.eml",)
    return "\n".join(load_format(name)(Report(found, options.pop("files", files), **options)))


def test_the_formats_are_the_files_of_the_folder() -> None:
    assert format_names() == ["concise", "full", "github", "gitlab", "json", "json-lines", "junit", "sarif"]


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean 'sarif'"):
        load_format("sarfi")


def test_full_shows_the_line_with_a_caret_and_the_help() -> None:
    shown = written("full", finding(column=5, line=12, fixable=True), finding(severity="warning", help="", source=""))
    assert shown == (
        "mails/a.eml:12:5: error HDR001 missing-from: the message has no From field\n"
        "   |\n"
        "12 | To: ben@reader.example\n"
        "   |     ^^^\n"
        "   = help: add From: Name <local@domain>\n"
        "\n"
        "mails/a.eml:1:1: warning HDR001 missing-from: the message has no From field\n"
        "\n"
        "Found 1 error, 1 warning in 1 file. 1 fixable with --fix."
    )


def test_full_names_the_sample() -> None:
    assert "\n  = sample: examples[1]" in written("full", finding(sample="examples[1]"))


@pytest.mark.parametrize(
    "source", ["x" * 500, "注文" * 200, "a注b文" * 99, "é\u0301" * 99], ids=["x", "wide", "mixed", "mn"]
)
@pytest.mark.parametrize(("column", "length"), [(1, 1), (1, 400), (120, 5), (190, 8), (60, 60)])
def test_the_caret_stands_under_what_is_marked_in_80_columns(source: str, column: int, length: int) -> None:
    """The marked characters, and those above the carets, are the same ones, however wide they are."""
    at = column - 1
    one = finding(column=column, length=length, source=source)
    lines = written("full", one).split("\n")
    assert all(display_width(line) <= 80 for line in lines[1:4])
    drawn, carets = lines[2][4:], lines[3][4:]
    before = len(carets) - len(carets.lstrip(" "))
    cells = [char for char in drawn for _ in range(display_width(char))]
    above = "".join(cells[before : before + carets.count("^")])
    marked = "".join(char * display_width(char) for char in source[at : at + length])
    assert above.rstrip("…") and marked.startswith(above.rstrip("…"))


def test_full_breaks_long_texts_at_words_on_a_terminal_only() -> None:
    one = finding("word " * 40, help="word " * 40)
    assert max(map(len, written("full", one).split("\n"))) > 200
    lines = written("full", one, width=60).split("\n")
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith("  word")


def test_colour_is_all_that_it_adds() -> None:
    coloured = written("full", finding(), colour=True)
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == written("full", finding())


@pytest.mark.parametrize("name", ["full", "concise"])
def test_what_the_message_holds_cannot_reach_the_terminal(name: str) -> None:
    """Control characters of messages, paths and sources are written as escapes."""
    shown = written(name, finding(NASTY, path=f"{NASTY}.eml", source=NASTY, help=NASTY, sample=NASTY))
    assert all(char.isprintable() for line in shown.split("\n") for char in line)
    assert "\\x1b[31mb" in shown


TOTALS = [
    ([], "No findings in 3 files."),
    ([finding()], "Found 1 error in 3 files."),
    ([finding(severity="info"), finding(severity="info")], "Found 2 infos in 3 files."),
    (
        [finding(fixable=True), finding(severity="warning")],
        "Found 1 error, 1 warning in 3 files. 1 fixable with --fix.",
    ),
]


@pytest.mark.parametrize(("found", "expected"), TOTALS, ids=[row[1] for row in TOTALS])
def test_the_total(found: list[Diagnostic], expected: str) -> None:
    assert total_line(Report(found, ("a", "b", "c"))) == expected


def test_the_total_tells_unsafe_fixes_apart() -> None:
    unsafe = finding()._replace(fix=replace(Span(0, 1), b"", safe=False))
    assert total_line(Report([unsafe], ("a",))) == "Found 1 error in 1 file. 1 fixable with --unsafe-fixes."
    both = total_line(Report([unsafe, finding(fixable=True)], ("a",)))
    assert both.endswith("1 fixable with --fix, 1 with --unsafe-fixes.")


def test_concise_is_one_line_a_finding() -> None:
    shown = written("concise", finding("two\nlines", sample="examples[0]"), finding(), total=False)
    assert shown == (
        "mails/a.eml:1:1: error HDR001 missing-from: two\\nlines (examples[0])\n"
        "mails/a.eml:1:1: error HDR001 missing-from: the message has no From field"
    )


OBJECT = {
    "code": "HDR001",
    "name": "missing-from",
    "severity": "error",
    "message": "the message has no From field",
    "path": "mails/a.eml",
    "line": 1,
    "column": 1,
    "end_line": 1,
    "end_column": 4,
    "sample": None,
    "reference": "RFC 5322 §3.6",
    "fixable": False,
}


def test_json_is_a_list_of_objects_with_these_members() -> None:
    assert json.loads(written("json", finding())) == [OBJECT]
    assert json.loads(written("json", finding(sample="examples[0]", fixable=True))) == [
        {**OBJECT, "sample": "examples[0]", "fixable": True}
    ]
    assert json.loads(written("json")) == []


def test_json_lines_is_one_object_a_line() -> None:
    lines = written("json-lines", finding(), finding(NASTY)).split("\n")
    assert [json.loads(line)["message"] for line in lines] == [OBJECT["message"], NASTY]
    assert written("json-lines") == ""


def test_sarif_validates_and_says_what_the_rule_is() -> None:
    log = json.loads(written("sarif", finding(), finding(severity="info", code="XXX999"), finding(severity="warning")))
    SARIF.validate(log)
    run = log["runs"][0]
    assert [result["level"] for result in run["results"]] == ["error", "note", "warning"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["HDR001", "XXX999", "HDR001"]
    assert rules[0]["shortDescription"]["text"] == "The message has no From field."
    assert rules[0]["helpUri"] == "https://www.rfc-editor.org/rfc/rfc5322#section-3.6"
    assert run["columnKind"] == "unicodeCodePoints"
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endLine"], region["endColumn"]) == (1, 1, 1, 4)


URIS = [
    ("a b/注.eml", "a%20b/%E6%B3%A8.eml"),
    ("c:d%20#?.eml", "c%3Ad%2520%23%3F.eml"),
    ("<stdin>", "%3Cstdin%3E"),
    ("/tmp/a b.eml", "file:///tmp/a%20b.eml"),
    ("a\udcff.eml", "a%FF.eml"),
]


@pytest.mark.parametrize(("path", "uri"), URIS, ids=[row[1] for row in URIS])
def test_sarif_names_files_as_uris(path: str, uri: str) -> None:
    log = json.loads(written("sarif", finding(path=path)))
    SARIF.validate(log)
    assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_sarif_of_a_run_with_a_crashed_rule_is_no_success() -> None:
    trouble = Trouble("mails/b.eml", RuleError("the rule x crashed"))
    log = json.loads(written("sarif", troubles=[trouble]))
    SARIF.validate(log)
    invocation = log["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "the rule x crashed" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_github_commands_are_escaped() -> None:
    shown = written(
        "github", finding("50%\r\n::error::x", path="a,b:c%.eml", severity="info"), finding(severity="warning")
    )
    first, second = shown.split("\n")
    assert first == (
        "::notice file=a%2Cb%3Ac%25.eml,line=1,col=1,endColumn=4,endLine=1,title=HDR001 missing-from::"
        "50%25%0D%0A::error::x%0Ahelp: add From: Name <local@domain>"
    )
    assert second.startswith("::warning file=mails/a.eml,")


def test_gitlab_findings_have_fingerprints_of_their_own() -> None:
    entries = json.loads(written("gitlab", finding(), finding(), finding(severity="warning", path="b.eml")))
    assert len({entry["fingerprint"] for entry in entries}) == 3
    assert entries[2]["location"] == {"path": "b.eml", "lines": {"begin": 1, "end": 1}}
    assert [entry["severity"] for entry in entries] == ["major", "major", "minor"]
    assert entries[0]["check_name"] == "missing-from"


def test_fingerprints_stay_while_lines_come_and_go() -> None:
    """A finding that is moved is the same finding; another rule, file or line of text is another one."""
    first = fingerprints([finding(line=3)])
    assert fingerprints([finding(line=90, column=7)]) == first
    assert fingerprints([finding(path="b.eml")]) != first
    assert fingerprints([finding(source="To: x@y.example")]) != first


def test_junit_has_a_suite_a_file_and_a_failure_a_finding() -> None:
    shown = written(
        "junit", finding(), finding(severity="warning"), files=("mails/a.eml", "mails/right.eml"),
        troubles=[Trouble("mails/c.eml", RuleError("the rule x crashed"))],
    )  # fmt: skip
    root = ElementTree.fromstring(shown)
    assert root.attrib == {"name": "mailtpl lint", "tests": "4", "failures": "2", "errors": "1"}
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["mails/a.eml", "mails/right.eml", "mails/c.eml"]
    assert [one.get("type") for one in suites["mails/a.eml"].iter("failure")] == ["error", "warning"]
    assert [len(case) for case in suites["mails/right.eml"]] == [0]
    assert [one.get("message") for one in suites["mails/c.eml"].iter("error")] == ["the rule x crashed"]


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_text_makes_well_formed_reports(message: str, path: str, source: str) -> None:
    """Whatever octets a message holds, JSON, XML and SARIF stay what they are."""
    one = finding(message or "x", path=path or "x", source=source, column=1, length=max(1, len(source)))
    for name in ("json", "gitlab"):
        assert len(json.loads(written(name, one))) == 1
    SARIF.validate(json.loads(written("sarif", one)))
    shown = written("junit", one).encode("utf-8")
    assert len(list(ElementTree.fromstring(shown).iter("failure"))) == 1
    assert "\n" not in written("github", one)
    written("full", one, width=40)
    assert "\n" not in written("concise", one, total=False)
