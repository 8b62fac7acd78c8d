from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partshape import is_sound, type_span
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.regrouping import unwrap
from mailtemplates.octets.textversion import text_version
from mailtemplates.span import Span


@rule("STR004", severity="warning", fix="part", parts=("multipart/alternative",))
def degenerate_alternative(part: Part) -> Findings:
    """A multipart/alternative has one part only, or two of the same type.

    The parts of an alternative are versions of the same, each of another type. One part alone is no choice, and of two
    with the same type a reader shows the last one only: what the other says is lost.

    Reference: RFC 2046 §5.1.4

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben.</p>
        --one--

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one
        Content-Type: text/plain; charset=utf-8

        Your order is on its way.
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben.</p>
        --one--
    """
    if not is_sound(part):
        return
    if len(part.children) == 1:
        child = part.children[0]
        is_html = child.media_type == "text/html"
        help = "put a text/plain part before it" if is_html else "send it without the multipart/alternative"
        problem = f"a multipart/alternative has one part only, {child.media_type}"
        yield Finding(type_span(part), problem, help, _fix(part, child) if is_ours(child) else None)
        return
    seen: dict[tuple[str, str], Part] = {}
    for child in part.children:
        if child.media_type not in ("text/plain", "text/html") or child.disposition == "attachment":
            continue
        language = child.field("Content-Language").lower()
        if (child.media_type, language) in seen:
            problem = f"a multipart/alternative has two {child.media_type} parts, of which one is shown"
            yield Finding(type_span(child), problem, "join them, or put them in a multipart/mixed")
            return
        seen[child.media_type, language] = child


def _fix(part: Part, child: Part) -> Fix | None:
    """A text version before the html; for other parts, the part in the place of its multipart."""
    if child.media_type != "text/html":
        edits = unwrap(part)
        return Fix(tuple(edits)) if edits else None
    text = text_version(child)
    line = part.delimiters[0]
    if text is None or line.start == line.end:
        return None
    return Fix((Edit(Span(line.start, line.start), part.octets[line.start : line.end] + text + newline(part.octets)),))
