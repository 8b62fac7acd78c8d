from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.boundary import find_boundary, rename
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.span import Span


class _Nested(NamedTuple):
    """A multipart and the boundaries of those it stands in."""

    part: Part
    boundary: str
    outer: tuple[str, ...]


@rule("STR009", severity="error", fix="part")
def boundary_collision(message: RawMessage) -> Findings:
    """A boundary is the beginning of another one around it, or of a line of the content.

    A line that begins with two dashes and the boundary is a delimiter, whatever comes after, as the standard has it.
    Readers that go by it cut the message at the wrong place: parts are lost, or an attachment becomes text. Each
    multipart needs a boundary of its own that stands nowhere else.

    Reference: RFC 2046 §5.1.1, §5.1.2

    Bad:

        Content-Type: multipart/mixed; boundary="one"
        …

        --one
        Content-Type: multipart/alternative; boundary="one-two"

        --one-two
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one-two
        Content-Type: text/html; charset=utf-8

        <p>Hello Ben.</p>
        --one-two--
        --one
        Content-Type: text/plain; charset=utf-8
        Content-Disposition: attachment; filename=a.txt

        More.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary="one"
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one more thing
        --one--

    Good:

        Content-Type: multipart/mixed; boundary="one"
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        -- one more thing
        --one--
    """
    if not message.root.children:
        return
    nested = list(_nested(message.root, ()))
    lines = {line.start for one in nested for line in one.part.delimiters}
    told: set[str] = set()
    for one in nested:
        rival = _rival(one)
        if rival is not None:
            told.update((rival, one.boundary))
            yield _nested_finding(one, rival)
    for one in nested:
        if one.boundary not in told:
            yield from _in_content(one, lines)


def _nested(root: Part, outer: tuple[str, ...]) -> Iterator[_Nested]:
    stack = [(root, outer)]
    while stack:
        part, outer = stack.pop()
        boundary = part.parameters.get("boundary", "").rstrip() if part.is_multipart else ""
        if boundary:
            yield _Nested(part, boundary, outer)
        inside = (*outer, boundary) if boundary else outer
        stack += [(child, inside) for child in reversed(part.children)]


def _rival(one: _Nested) -> str | None:
    """The boundary around a multipart that its own begins with, or that begins with its own."""
    for other in one.outer:
        if one.boundary.startswith(other) or other.startswith(one.boundary):
            return other
    return None


def _nested_finding(one: _Nested, rival: str) -> Finding:
    found = find_boundary(one.part)
    where = one.part.fields[0].span if one.part.fields else one.part.header
    if found:
        where = found[0].at(found[1].value_start, found[1].end)
    own, around = shorten(one.boundary, 40), shorten(rival, 40)
    if own == around:
        problem = f"the boundary `{own}` is that of a multipart around it too"
    elif one.boundary.startswith(rival):
        problem = f"the boundary `{own}` begins with `{around}`, the boundary of a multipart around it"
    else:
        problem = f"the boundary `{around}` of a multipart around it begins with this one, `{own}`"
    fix = None if one.boundary == rival else rename(one.part)
    return Finding(where, problem, "give each multipart a boundary of its own", fix, severity=_severity(one.part))


def _in_content(one: _Nested, lines: set[int]) -> Findings:
    """Lines of the content that begin as a delimiter does."""
    part = one.part
    if not part.delimiters or part.alone:
        return
    mark = b"\n--" + one.boundary.encode("utf-8", "surrogateescape")
    end = part.delimiters[-1].start
    start = max(part.body.start - 1, 0)
    at = part.octets.find(mark, start, end)
    first, count = -1, 0
    while at >= 0:
        if at + 1 not in lines:
            first = first if count else at + 1
            count += 1
        at = part.octets.find(mark, at + 1, end)
    if count:
        line_end = part.octets.find(b"\n", first)
        where = Span(first, line_end - (part.octets[line_end - 1 : line_end] == b"\r"))
        more = f" ({count} lines)" if count > 1 else ""
        yield Finding(
            where,
            f"a line of the content begins like a delimiter, with `--{shorten(one.boundary, 40)}`{more}",
            "give the multipart another boundary, one that stands nowhere in its parts",
            rename(part),
            severity=_severity(part),
        )


def _severity(part: Part) -> Severity | None:
    return "warning" if part.place == "embedded" else None
