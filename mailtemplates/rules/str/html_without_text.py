from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partshape import has_whole_header, holders, is_sound, related_root, type_span
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.regrouping import wrap
from mailtemplates.octets.textversion import text_version
from mailtemplates.span import Span

_TEXT = frozenset(("text/plain", "text/enriched", "text/richtext", "text/markdown"))


@rule("STR001", severity="warning", fix="part")
def html_without_text(message: RawMessage) -> Findings:
    """The message has an html body and no text version of it.

    Watches, screen readers, terminals and notifications read the text version, and filters count mail without one as
    likely spam. The two versions stand in a multipart/alternative, the text first.

    Reference: RFC 2046 §5.1.4

    Bad:

        Content-Type: text/html; charset=utf-8
        …

        <!DOCTYPE html><p>Hello Ben.</p><p>Your order is on its way.</p>

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        <!DOCTYPE html><p>Gr=C3=BC=C3=9Fe, Ben.</p>
        --one
        Content-Type: text/csv; charset=utf-8
        Content-Disposition: attachment; filename=a.csv

        1,2
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
    htmls = [part for part in message.bodies if part.media_type == "text/html" and part.decoded.strip()]
    if not htmls or any(part.media_type in _TEXT and part.disposition != "attachment" for part in message.leaves):
        return
    if not has_whole_header(message.root) or not all(is_sound(part) for part in message.parts if part.is_multipart):
        return
    html = htmls[0]
    around = holders(message.root)
    holder = around.get(id(html))
    if holder and holder.media_type == "multipart/alternative" and len(holder.children) == 1:
        return
    yield Finding(
        type_span(html),
        "the html has no text version",
        "put a text/plain part before it, in a multipart/alternative",
        _fix(html, around) if len(htmls) == 1 else None,
    )


def _fix(html: Part, around: dict[int, Part]) -> Fix | None:
    """A text version made of the html, beside it or beside the multipart/related whose root it is."""
    text = text_version(html) if is_ours(html) else None
    if text is None:
        return None
    target = html
    holder = around.get(id(html))
    if holder and holder.media_type == "multipart/related" and related_root(holder) is html:
        target, holder = holder, around.get(id(holder))
    if holder and holder.media_type == "multipart/alternative":
        line = holder.delimiters[0]
        if line.start == line.end:
            return None
        first = holder.octets[line.start : line.end] + text + newline(holder.octets)
        return Fix((Edit(Span(line.start, line.start), first),))
    if holder and holder.media_type == "multipart/related":
        return None
    return Fix(tuple(wrap(target, "alternative", before=text)))
