from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.field import Defect
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.span import Span


@rule("STR011", severity="error", fix="part", parts=("broken",))
def missing_header_body_separator(part: Part) -> Findings:
    """No empty line stands between a header and its body, or one stands before the header.

    The empty line is what ends the header. Without it some readers take the first lines of the text for fields and
    drop them, and others take the fields for text and show them.

    Reference: RFC 5322 §2.1; RFC 2046 §5.1

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8
        Hello Ben,

        your order is on its way.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Hello Ben.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8
        ␠
        Hello Ben.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one

        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--

    Good:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--
    """
    for defect in part.defects:
        if defect.kind == "early-separator":
            fix = replace(defect.span, b"") if is_ours(part) else None
            where = "in the midst of" if part.header.start < defect.span.start else "before"
            yield Finding(defect.span, f"an empty line stands {where} the header of a part", "take it out", fix)
        if defect.kind == "no-separator" and not (part.cut and defect.span.end >= part.body.end):
            yield _finding(part, defect)


def _finding(part: Part, defect: Defect) -> Finding:
    line = part.octets[defect.span.start : defect.span.end].rstrip(b"\r\n")
    where = Span(defect.span.start, defect.span.start + len(line))
    if not line.strip(b" \t"):
        fix = replace(where, b"") if is_ours(part) else None
        return Finding(where, "the line that ends the header holds white space", "leave that line empty", fix)
    seen = shorten(line.decode("utf-8", "replace"), 40)
    sure = not part.fields or line.startswith((b"<", b"--"))
    mends = is_ours(part) and (part.fields or part.section)
    fix = replace(Span(where.start, where.start), newline(part.octets), safe=sure) if mends else None
    what = "the header" if part.fields else "the body, which has no header,"
    problem = f"no empty line stands between {what} and `{seen}`"
    if not part.fields:
        problem = f"no empty line stands before `{seen}`, where a header ends or is left out"
    is_bare = not part.fields and not part.section
    help = (
        "write the fields first (From, Date, Subject, …), then an empty line" if is_bare else "put an empty line there"
    )
    return Finding(where, problem, help, fix)
