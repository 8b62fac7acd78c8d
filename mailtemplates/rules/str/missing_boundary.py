from __future__ import annotations

from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.delimiters import guess_boundary
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.span import Span


@rule("STR006", severity="error", fix="part", parts=("broken",))
def missing_boundary(part: Part) -> Findings:
    """A multipart has no boundary.

    Without the boundary parameter no reader can tell the parts apart: the reader sees raw MIME, or nothing.

    Reference: RFC 2046 §5.1.1

    Bad:

        Content-Type: multipart/mixed
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=""
        …

        Hello Ben.

    Good:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--
    """
    field = part.first("Content-Type")
    if field is None or all(one.kind != "no-boundary" for one in part.defects):
        return
    read = read_parametric(field.latin, "type")
    if any(fault.name == "boundary" or "boundary" in fault.problem.lower() for fault in read.faults):
        return
    written = read.named("boundary")
    guess = guess_boundary(part.octets, part.body)
    help = (
        f'write boundary="{guess}", which the body uses' if guess else "add boundary=… with the line that the body uses"
    )
    if written:
        where = field.at(written[0].start, written[-1].end)
        fix = replace(where, f'boundary="{guess}"'.encode("ascii")) if guess else None
        problem = f"the boundary of {part.media_type} is empty"
    else:
        where = field.at(read.start, read.end)
        fix = replace(Span(where.end, where.end), f'; boundary="{guess}"'.encode("ascii")) if guess else None
        problem = f"{part.media_type} has no boundary"
    yield Finding(where, problem, help, fix if is_ours(part) else None)
