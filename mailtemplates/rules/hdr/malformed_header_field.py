from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix, Severity, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.field import Defect
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_NAME = pattern(rb"[^:\r\n]{1,60}(?=:)")
_KNOWN = frozenset(
    b"message-id mime-version content-type content-transfer-encoding content-disposition content-id reply-to "
    b"in-reply-to list-unsubscribe list-unsubscribe-post list-id".split()
)


@rule("HDR007", severity="error", fix="part", parts=("broken",))
def malformed_header_field(part: Part) -> Findings:
    """A line of the header is no field, or a field that is written in an obsolete way.

    A line without a right name and a colon ends the header for some programs: what stands below it is shown as text,
    and fields are lost. White space before the colon and lines of white space inside a field are the obsolete syntax,
    which readers must take and writers must not write; servers treat them differently, so they are warnings.

    Reference: RFC 5322 §2.2, §3.2.2, §4.2, §4.5

    Bad:

        Subject: Your order
        Campaign Name: autumn
        …

    Bad:

        Reply To: Acme <service@acme-shop.com>
        …

    Bad:

        Subject : Your order
        …

    Bad:

        Subject: Your order
        ␠
         has been sent
        …

    Bad:

        From hello@acme-shop.com Mon Nov  2 12:00:00 2026
        Subject: Your order
        …

    Good:

        Subject: Your order
         has been sent
        X-Campaign-Name: autumn
        …
    """
    stray = [one.span for one in part.defects if one.kind == "stray-line"]
    if stray:
        yield _stray(part, stray)
    spaces = [one for one in part.defects if one.kind == "space-before-colon"]
    if spaces:
        yield _spaces(spaces, "white space stands before the colon", "fields have white space before the colon")
    blank = [one for one in part.defects if one.kind == "blank-fold"]
    if blank:
        whole = [one._replace(span=_whole_line(part, one)) for one in blank]
        yield _spaces(whole, "a line of the field is white space only", "lines inside fields are white space only")
    for one in part.defects:
        if one.kind == "mbox-from":
            fix = replace(one.span, b"") if part.place == "message" else None
            yield Finding(one.span, "a line of a mailbox file stands before the header", "remove it", fix, "warning")


def _stray(part: Part, stray: list[Span]) -> Finding:
    start, end = stray[0]
    line = part.octets[start : min(end, start + 200)].partition(b"\n")[0].rstrip(b"\r")
    name = _NAME.match(line)
    text = name[0] if name else line
    what = "field name" if name else "header field"
    problem = f"`{shorten(text.decode('utf-8', 'replace'), 40)}` is no {what}"
    if len(stray) > 1:
        problem += f", and {len(stray) - 1} more lines are none"
    edits = [edit for span in stray for edit in _renamed(part, span)]
    fix = Fix(tuple(edits)) if len(edits) == len(stray) else None
    cure = f"write {edits[0].octets.decode()}" if fix else "write Name: value, or remove the line"
    return Finding(Span(start, start + len(text)), problem, cure, fix)


def _renamed(part: Part, span: Span) -> Iterator[Edit]:
    """The name that a line surely begins with, when it is a known one but for white space in it, and is missing."""
    name = _NAME.match(part.octets, span.start, span.end)
    words = name[0].split() if name else []
    mended = b"-".join(words)
    if name and mended.lower() in _KNOWN and not part.first(mended.decode("ascii")):
        yield Edit(Span(span.start, name.end()), mended)


def _spaces(defects: list[Defect], one: str, many: str, severity: Severity = "warning") -> Finding:
    problem = one if len(defects) == 1 else f"{len(defects)} {many}"
    edits = tuple(Edit(defect.span, b"") for defect in defects)
    return Finding(
        defects[0].span, problem, "remove it" if len(defects) == 1 else "remove it all", Fix(edits), severity
    )


def _whole_line(part: Part, blank: Defect) -> Span:
    """The line with the line end before it, so that without it the field is as it was."""
    start = blank.span.start - 1
    return Span(start - (part.octets[start - 1 : start] == b"\r"), blank.span.end)
