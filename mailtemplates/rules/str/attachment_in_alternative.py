from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.contentid import htmls, mentioned
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.mime import Part
from mailtemplates.partshape import holders, identifier, is_sound
from mailtemplates.rawbody import newline
from mailtemplates.rawfield import Span
from mailtemplates.rawmessage import RawMessage
from mailtemplates.reencoding import is_ours
from mailtemplates.regrouping import entity_octets, is_top, removal, wrap
from mailtemplates.rule import rule


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
    for part in message.parts:
        if part.media_type != "multipart/alternative" or len(part.children) < 2 or not is_sound(part):
            continue
        for number, child in enumerate(part.children):
            if not _is_file(child):
                continue
            if shown is None:
                shown = {one for html in htmls(message) for one in mentioned(html)}
            if identifier(child.field("Content-ID")) not in shown:
                yield _finding(message, part, number)


def _is_file(part: Part) -> bool:
    """Whether a part is a file and no version of a text; calendars are versions, and ways to fetch a file."""
    if part.media_type in ("text/calendar", "message/external-body") or part.is_multipart:
        return False
    if part.media_type.startswith("text/"):
        return part.disposition == "attachment"
    return part.is_attachment


def _finding(message: RawMessage, part: Part, number: int) -> Finding:
    child = part.children[number]
    field = child.first("Content-Disposition") or child.first("Content-Type")
    where = field.span if field else child.header
    name = f"`{shorten(child.filename, 40)}`" if child.filename else f"({child.media_type})"
    return Finding(
        where._replace(end=where.end - len(newline(part.octets))) if field else where,
        f"the attachment {name} is a part of multipart/alternative",
        "put it in a multipart/mixed, behind the multipart/alternative",
        _fix(message, part, number) if is_ours(child) else None,
        "warning" if child.media_type == "application/ics" else None,
    )


def _fix(message: RawMessage, part: Part, number: int) -> Fix | None:
    """The attachment moved behind the alternative: into the multipart/mixed around it, or into a new one."""
    gone = removal(part, number)
    if gone is None or any(one.kind == "bad-delimiter" for one in part.defects):
        return None
    octets = entity_octets(part.children[number])
    holder = holders(message.root).get(id(part))
    if holder is None or holder.media_type != "multipart/mixed":
        if holder is not None and holder.media_type == "multipart/related":
            return None
        if is_top(part) and part.delimiters[-1].end == part.body.end and not part.octets.endswith(b"\n"):
            return None
        return Fix(tuple(sorted([gone, *wrap(part, "mixed", after=octets)])))
    end = newline(part.octets)
    again = end + b"--" + holder.parameters["boundary"].rstrip().encode("utf-8", "surrogateescape") + end + octets
    return Fix((gone, Edit(Span(part.body.end, part.body.end), again)))
