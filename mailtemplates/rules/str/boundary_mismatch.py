from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix, Severity, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.boundary import find_boundary
from mailtemplates.octets.delimiters import guess_boundary
from mailtemplates.octets.encodedword import read_words
from mailtemplates.octets.field import Defect
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.span import Span

_LOST = frozenset(("boundary-not-found", "not-closed", "no-parts"))


@rule("STR007", severity="error", fix="part")
def boundary_mismatch(message: RawMessage) -> Findings:
    """The delimiters of a multipart are not those of its boundary, or the last one is missing.

    A delimiter is a line of two dashes and the boundary, letter by letter; the last one has two dashes more at its
    end. Readers differ in what they make of another line: parts are lost, or one part's octets are shown as another's
    text. Where the last delimiter is missing the message was probably cut off on its way.

    Reference: RFC 2046 §5.1.1

    Bad:

        Content-Type: multipart/mixed; boundary=two
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        -one
        Content-Type: text/csv; charset=utf-8
        Content-Disposition: attachment; filename=a.csv

        1,2
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one--

    Good:

        Content-Type: multipart/mixed; boundary=one
        …

        Text before the first delimiter is for old readers.
        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--
        Text behind the last delimiter is not shown.
    """
    if not message.has_defects:
        return
    told = -1
    for part, outer in _multiparts(message.root):
        if part.header.start < told:
            continue
        severity: Severity | None = "warning" if part.place == "embedded" else None
        for defect in part.defects:
            if defect.kind == "bad-delimiter":
                yield _damaged(part, defect, severity)
            elif defect.kind == "not-closed":
                told = _cut_at(part)
                yield _not_closed(message, part, severity)
            elif defect.kind == "boundary-not-found" and not _is_known(part, outer):
                yield _not_found(part, severity)
            elif defect.kind == "no-parts":
                where = part.delimiters[0]
                yield Finding(where, f"{part.media_type} has no parts", "put a part before it", None, severity)


def _multiparts(root: Part) -> Iterator[tuple[Part, frozenset[str]]]:
    """The multiparts that have faults, each with the boundaries of those around it, from the outermost inwards."""
    stack: list[tuple[Part, frozenset[str]]] = [(root, frozenset())]
    while stack:
        part, outer = stack.pop()
        if part.is_multipart and part.defects:
            yield part, outer
        inside = outer | {part.parameters.get("boundary", "").rstrip()} if part.is_multipart else outer
        stack += [(child, inside) for child in reversed(part.children)]


def _is_known(part: Part, outer: frozenset[str]) -> bool:
    """Whether other rules say why the boundary is not found: it is that of a multipart around, or miswritten."""
    field = part.first("Content-Type")
    faults = read_parametric(field.latin, "type").faults if field else ()
    boundary = part.parameters["boundary"].rstrip()
    if field and "=?" in boundary and any(not word.is_legal for word in read_words(field)):
        return True
    return boundary in outer or any(fault.name == "boundary" for fault in faults)


def _cut_at(part: Part) -> int:
    """Up to where the multiparts inside have no fault of their own: the last part, where all is cut off."""
    return part.body.end if part.children and _is_cut_inside(part.children[-1]) else -1


def _is_cut_inside(part: Part) -> bool:
    return any(one.kind in _LOST for one in part.defects) or bool(part.children and _is_cut_inside(part.children[-1]))


def _not_closed(message: RawMessage, part: Part, severity: Severity | None) -> Finding:
    boundary = shorten(part.parameters["boundary"], 40)
    problem = f"the close delimiter `--{boundary}--` is missing"
    end = part.body.end
    if len(message.octets) - end <= 2:
        return Finding(_last_line(part), problem, "the message seems to be cut off; send it whole", None, severity)
    line = newline(part.octets) + b"--" + part.parameters["boundary"].encode("utf-8", "surrogateescape") + b"--"
    fix = replace(Span(end, end), line) if is_ours(part) else None
    return Finding(_last_line(part), problem, f"end the last part with --{boundary}--", fix, severity)


def _last_line(part: Part) -> Span:
    """The last delimiter that there is: behind it the closing one is missing."""
    line = part.delimiters[-1]
    return Span(line.start, line.start + len(part.octets[line.start : line.end].rstrip(b"\r\n")))


def _not_found(part: Part, severity: Severity | None) -> Finding:
    boundary = part.parameters["boundary"]
    found = find_boundary(part)
    where = found[0].at(found[1].value_start, found[1].end) if found else part.header
    guess = guess_boundary(part.octets, part.body)
    problem = f"no line `--{shorten(boundary, 40)}` stands in the body"
    if not part.content.strip():
        return Finding(where, f"{part.media_type} is empty", "give it a part, or another type", None, severity)
    if not guess:
        return Finding(where, problem, "the delimiters must be the boundary, letter by letter", None, severity)
    fix = replace(where, b'"' + guess.encode("ascii") + b'"') if found and is_ours(part) else None
    how = _difference(boundary, guess)
    return Finding(where, problem, f'write boundary="{guess}": the delimiters{how} are `--{guess}`', fix, severity)


def _difference(boundary: str, guess: str) -> str:
    if boundary.lower() == guess.lower():
        return " differ from it in case only, and"
    if boundary and (boundary in guess or guess in boundary):
        return " differ from it in the characters around only, and"
    return ""


def _damaged(part: Part, defect: Defect, severity: Severity | None) -> Finding:
    boundary = part.parameters["boundary"].rstrip().encode("utf-8", "surrogateescape")
    edits = []
    last = len(part.delimiters) - 1
    closed = all(one.kind != "not-closed" for one in part.defects)
    for number, line in enumerate(part.delimiters):
        bare = part.octets[line.start : line.end].rstrip(b" \t\r\n")
        right = b"--" + boundary + (b"--" if number == last and closed else b"")
        before = b"" if part.octets[line.start - 1 : line.start] == b"\n" else newline(part.octets)
        if before or bare != right:
            after = b"" if bare else newline(part.octets)
            edits.append(Edit(Span(line.start, line.start + len(bare)), before + right + after))
    words = part.octets[defect.span.start : defect.span.end].strip(b"\r\n")
    seen = shorten(words.decode("utf-8", "replace"), 60)
    where = Span(defect.span.start, defect.span.start + len(words))
    fix = Fix(tuple(edits)) if edits and is_ours(part) else None
    boundary_text = shorten(part.parameters["boundary"].rstrip(), 40)
    help = f"write --{boundary_text} on a line of its own, and --{boundary_text}-- behind the last part only"
    return Finding(where, f"{defect.problem}: `{seen}`" if seen else defect.problem, help, fix, severity)
