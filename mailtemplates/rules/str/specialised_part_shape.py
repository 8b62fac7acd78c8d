from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.octets.partshape import holders, is_sound, shown_type, type_span
from mailtemplates.pattern import pattern

_METHOD = pattern(rb"^METHOD[^:\r\n]{0,80}:[ \t]*([A-Za-z-]{1,40})", 8 | 2)
_AMP = "text/x-amp-html"


@rule("STR015", severity="warning")
def specialised_part_shape(message: RawMessage) -> Findings:
    """A calendar, AMP or multilingual part is not shaped as its readers want it.

    An invitation without `method`, or with another one than its calendar says, is shown as a file and not as an
    invitation. AMP is read only in a multipart/alternative, before the html. A multipart/multilingual begins with a
    preface, and each other part says its language.

    Reference: RFC 6047 §2.4; RFC 8255 §3; AMP for Email, "Structure and rendering"

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Shall we meet?
        --one
        Content-Type: text/calendar; charset=utf-8

        BEGIN:VCALENDAR
        METHOD:REQUEST
        END:VCALENDAR
        --one--

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
        Content-Type: text/x-amp-html; charset=utf-8

        <!doctype html><html amp4email></html>
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Shall we meet?
        --one
        Content-Type: text/calendar; charset=utf-8; method=REQUEST

        BEGIN:VCALENDAR
        METHOD:REQUEST
        END:VCALENDAR
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one
        Content-Type: text/x-amp-html; charset=utf-8

        <!doctype html><html amp4email></html>
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben.</p>
        --one--
    """
    around: dict[int, Part] | None = None
    judged: set[int] = set()
    for part in message.parts:
        if part.media_type in ("text/calendar", _AMP):
            around = holders(message.root) if around is None else around
            holder = around.get(id(part))
            if part.media_type == "text/calendar":
                yield from _calendar(part, holder)
            elif id(holder) not in judged:
                judged.add(id(holder))
                yield from _amp(part, holder)
        elif part.media_type == "multipart/multilingual" and is_sound(part):
            yield from _multilingual(part)


def _calendar(part: Part, holder: Part | None) -> Findings:
    """The parameter ``method``; of a calendar that is sent as a file it may be missing."""
    field = part.first("Content-Type")
    read = read_parametric(field.latin, "type") if field else None
    if field is None or read is None or read.faults:
        return
    match = _METHOD.search(part.decoded[:10_000])
    said = match[1].decode("ascii") if match else ""
    written = read.named("method")
    if not written:
        is_version = holder is not None and holder.media_type == "multipart/alternative"
        if is_version or (said and not part.is_attachment):
            help = (
                f"write method={said} behind text/calendar" if said else "write METHOD in the calendar and method= here"
            )
            yield Finding(type_span(part), "the calendar has no method parameter", help)
        return
    method = read.values["method"].strip()
    if said and method.upper() != said.upper():
        yield Finding(
            field.at(written[0].start, written[-1].end),
            f"method says {shorten(method, 40)}, and the calendar {said}",
            f"write method={said}",
        )


def _amp(part: Part, holder: Part | None) -> Findings:
    """The first AMP part of a multipart."""
    if part.disposition == "attachment":
        return
    if holder is None or holder.media_type != "multipart/alternative":
        yield Finding(type_span(part), "the AMP part is not in a multipart/alternative", "put it between text and html")
        return
    if not is_sound(holder):
        return
    types = [shown_type(child) for child in holder.children]
    at = types.index(_AMP)
    if "text/html" in types[:at]:
        yield Finding(type_span(part), "the AMP part stands behind the html", "put it before the html")
    elif "text/plain" in types[at:]:
        yield Finding(type_span(part), "the AMP part stands before the text", "put it behind the text")
    elif "text/html" not in types:
        yield Finding(type_span(part), "the AMP part has no html beside it", "put a text/html part behind it")


def _multilingual(part: Part) -> Findings:
    preface, *others = part.children
    if not others:
        yield Finding(type_span(part), "multipart/multilingual has one part only", "add a part for each language")
    elif preface.media_type.startswith("message/"):
        yield Finding(
            type_span(preface),
            "multipart/multilingual does not begin with a preface",
            "put a text first that says in all languages what this is",
        )
    else:
        silent = [child for child in others if not child.field("Content-Language")]
        if silent:
            more = f" (and {len(silent) - 1} more)" if len(silent) > 1 else ""
            problem = f"a part of multipart/multilingual has no Content-Language{more}"
            yield Finding(type_span(silent[0]), problem, "write Content-Language: de, or what it is in")
