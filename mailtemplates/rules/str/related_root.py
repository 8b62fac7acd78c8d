from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import Parameters, read_parametric
from mailtemplates.octets.partshape import identifier, is_sound, shown_type, type_span
from mailtemplates.octets.partshape import related_root as find_root
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.regrouping import reorder

_SHOWN = ("text/html", "multipart/alternative", "application/xhtml+xml")


@rule("STR013", severity="error", fix="part", parts=("multipart/related",))
def related_root(part: Part) -> Findings:
    """The root of a multipart/related is not where it is looked for, or its type is not given.

    The root is the document that refers to the other parts: the first one, or that which `start` names. With another
    part in its place the reader sees an image or nothing, and the html as an attachment. The parameter `type`, the
    root's media type, is demanded by the standard and left out by most; that is told for information only.

    Reference: RFC 2387 §3.1, §3.2

    Bad:

        Content-Type: multipart/related; type="text/html"; start="<text@acme-shop.com>"; boundary=one
        …

        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben. <img src="cid:dot@acme-shop.com" alt="">
        --one
        Content-Type: image/gif; name=dot.gif
        Content-Disposition: inline; filename=dot.gif
        Content-Transfer-Encoding: base64
        Content-ID: <dot@acme-shop.com>

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --one--

    Bad:

        Content-Type: multipart/related; type="text/html"; boundary=one
        …

        --one
        Content-Type: image/gif; name=dot.gif
        Content-Disposition: inline; filename=dot.gif
        Content-Transfer-Encoding: base64
        Content-ID: <dot@acme-shop.com>

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben. <img src="cid:dot@acme-shop.com" alt="">
        --one--

    Bad:

        Content-Type: multipart/related; boundary=one
        …

        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben. <img src="cid:dot@acme-shop.com" alt="">
        --one
        Content-Type: image/gif; name=dot.gif
        Content-Disposition: inline; filename=dot.gif
        Content-Transfer-Encoding: base64
        Content-ID: <dot@acme-shop.com>

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --one--

    Good:

        Content-Type: multipart/related; type="text/html"; boundary=one
        …

        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben. <img src="cid:dot@acme-shop.com" alt="">
        --one
        Content-Type: image/gif; name=dot.gif
        Content-Disposition: inline; filename=dot.gif
        Content-Transfer-Encoding: base64
        Content-ID: <dot@acme-shop.com>

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --one--
    """
    field = part.first("Content-Type")
    if field is None or not is_sound(part):
        return
    read = read_parametric(field.latin, "type")
    start = part.parameters.get("start", "")
    root = find_root(part)
    if start and identifier(root.field("Content-ID")) != identifier(start):
        yield _lost_start(part, field, read, start)
    elif not start and shown_type(root).startswith("image/") and any(_is_shown(one) for one in part.children):
        yield _misplaced(part)
    else:
        yield from _type(part, root, field, read)


def _is_shown(part: Part) -> bool:
    return part.media_type in _SHOWN and part.disposition != "attachment"


def _lost_start(part: Part, field: RawField, read: Parameters, start: str) -> Finding:
    written = read.named("start")
    where = field.at(written[0].start, written[-1].end)
    fix = None
    if is_ours(part) and _is_shown(part.children[0]):
        semicolon = field.latin.rfind(";", 0, written[0].start)
        fix = replace(field.at(semicolon, written[-1].end), b"") if semicolon >= 0 else None
    return Finding(
        where,
        f"no part has the Content-ID `{shorten(identifier(start), 50)}` that start names",
        "name the Content-ID of the html, or leave start out when the html is first",
        fix,
    )


def _misplaced(part: Part) -> Finding:
    html = next(child for child in part.children if _is_shown(child))
    others = [child for child in part.children if child is not html]
    fix = Fix(tuple(reorder(list(part.children), [html, *others]))) if is_ours(html) else None
    return Finding(
        type_span(html),
        f"the {html.media_type} is not the first part of multipart/related, and no start names it",
        "put it first",
        fix,
    )


def _type(part: Part, root: Part, field: RawField, read: Parameters) -> Findings:
    """The parameter ``type``, when nothing else of the field is wrong."""
    given = part.parameters.get("type", "").strip().lower()
    if read.faults or part.place == "embedded":
        return
    if not given:
        at = field.at(read.end, read.end)
        fix = Fix((Edit(at, f'; type="{root.media_type}"'.encode("ascii", "replace")),)) if is_ours(part) else None
        yield Finding(
            type_span(part),
            "multipart/related has no type parameter",
            f'write type="{root.media_type}", the type of the first part',
            fix,
            "info",
        )
    elif given not in (root.media_type, shown_type(root), *_inside(root)):
        written = read.named("type")
        where = field.at(written[0].start, written[-1].end)
        fix = replace(where, f'type="{root.media_type}"'.encode("ascii", "replace")) if is_ours(part) else None
        problem = f"type says {shorten(given, 40)}, and the root of multipart/related is {root.media_type}"
        yield Finding(where, problem, f'write type="{root.media_type}"', fix, "warning")


def _inside(root: Part) -> list[str]:
    """What an alternative holds: some programs give that for the root's type, and no reader minds."""
    return [child.media_type for child in root.children] if root.media_type == "multipart/alternative" else []
