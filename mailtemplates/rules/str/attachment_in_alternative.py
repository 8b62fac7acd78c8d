from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.contentid import htmls, mentioned
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partshape import holders, identifier, is_sound
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.regrouping import delimiter, entity_octets, fresh_boundary, is_top, removal, wrap
from mailtemplates.span import Span


@rule("STR005", severity="error", fix="part")
def attachment_in_alternative(message: RawMessage) -> Findings:
    """An attachment is a part of a multipart/alternative, as if it were a version of the text.

    Of an alternative a reader shows one part, the last that it can. Either the attachment is never seen, or it is shown
    and the message is not. Attachments stand in a multipart/mixed, behind the alternative.

    Reference: RFC 2046 §5.1.4

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben.</p>
        --one
        Content-Type: application/pdf
        Content-Disposition: attachment; filename=a.pdf
        Content-Transfer-Encoding: base64

        JVBERi0xLjQK
        --one--

    Good:

        Content-Type: multipart/mixed; boundary=two
        …

        --two
        Content-Type: multipart/alternative; boundary=one

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben.</p>
        --one--
        --two
        Content-Type: application/pdf
        Content-Disposition: attachment; filename=a.pdf
        Content-Transfer-Encoding: base64

        JVBERi0xLjQK
        --two--
    """
    shown: set[str] | None = None
    around: dict[int, Part] = {}
    for part in message.parts:
        if part.media_type != "multipart/alternative" or len(part.children) < 2:
            continue
        files = [number for number, child in enumerate(part.children) if _is_file(child)]
        if not files or not is_sound(part):
            continue
        if shown is None:
            shown = {one for html in htmls(message) for one in mentioned(html)}
            around = holders(message.root)
        files = [number for number in files if identifier(part.children[number].field("Content-ID")) not in shown]
        if files:
            yield _finding(part, files, around.get(id(part)))


def _is_file(part: Part) -> bool:
    """Whether a part is a file and no version of a text; calendars are versions, and ways to fetch a file."""
    if part.media_type in ("text/calendar", "message/external-body") or part.is_multipart:
        return False
    if part.media_type.startswith("text/"):
        return part.disposition == "attachment"
    return part.is_attachment


def _finding(part: Part, files: list[int], holder: Part | None) -> Finding:
    first = part.children[files[0]]
    field = first.first("Content-Disposition") or first.first("Content-Type")
    name = f"`{shorten(first.filename, 40)}`" if first.filename else f"({first.media_type})"
    more = f" (and {len(files) - 1} more)" if len(files) > 1 else ""
    are_calendars = all(part.children[number].media_type == "application/ics" for number in files)
    return Finding(
        Span(field.span.start, field.body.end) if field else first.header,
        f"the attachment {name} is a part of multipart/alternative{more}",
        "put it in a multipart/mixed, behind the multipart/alternative",
        _fix(part, files, holder) if is_ours(first) else None,
        "warning" if are_calendars else None,
    )


def _fix(part: Part, files: list[int], holder: Part | None) -> Fix | None:
    """The attachments moved behind the alternative: into the multipart/mixed around it, or into a new one."""
    gone = [edit for number in files if (edit := removal(part, number))]
    damaged = any(one.kind == "bad-delimiter" for one in part.defects)
    if damaged or len(gone) < len(files) or len(files) == len(part.children):
        return None
    end = newline(part.octets)
    moved = [entity_octets(part.children[number]) for number in files]
    if holder is None or holder.media_type != "multipart/mixed":
        if holder is not None and holder.media_type == "multipart/related":
            return None
        if is_top(part) and part.delimiters[-1].end == part.body.end and not part.octets.endswith(b"\n"):
            return None
        after = (end + delimiter(fresh_boundary(part), part)).join(moved)
        return Fix(tuple(sorted([*gone, *wrap(part, "mixed", after=after)])))
    line = end + b"--" + holder.parameters["boundary"].rstrip().encode("utf-8", "surrogateescape") + end
    return Fix((*gone, Edit(Span(part.body.end, part.body.end), b"".join(line + octets for octets in moved))))
