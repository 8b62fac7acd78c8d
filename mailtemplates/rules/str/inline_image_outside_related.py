from __future__ import annotations

from collections import Counter

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.contentid import cid_urls, content_id, htmls
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partshape import holders, is_sound
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.regrouping import delimiter, entity_octets, fresh_boundary, multipart_fields, removal
from mailtemplates.span import Span


@rule("STR014", severity="warning", fix="part")
def inline_image_outside_related(message: RawMessage) -> Findings:
    """An image that the html shows is not in one multipart/related with it.

    Readers look for what a `cid:` URL names among the parts of the html's own multipart/related. Of an image elsewhere
    some show an empty box and list the image as an attachment; inside a multipart/alternative it may be shown instead
    of the message.

    Reference: RFC 2387; RFC 2557 §8.3

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: multipart/alternative; boundary=two

        --two
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --two
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben. <img src="cid:dot@acme-shop.com" alt="">
        --two--
        --one
        Content-Type: image/gif; name=dot.gif
        Content-Disposition: inline; filename=dot.gif
        Content-Transfer-Encoding: base64
        Content-ID: <dot@acme-shop.com>

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=two
        …

        --two
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --two
        Content-Type: multipart/related; type="text/html"; boundary=one

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
        --two--
    """
    if not message.root.children or not message.identified:
        return
    named = {content_id(part): part for part in reversed(message.leaves) if part.media_type != "text/html"}
    named.pop("", None)
    around = holders(message.root) if named else {}
    named = {one: part for one, part in named.items() if around[id(part)].media_type != "multipart/related"}
    if not named or not all(is_sound(part) for part in message.parts if part.is_multipart):
        return
    numbers = {id(child): number for part in message.parts for number, child in enumerate(part.children)}
    for html in htmls(message):
        wanted = dict.fromkeys(url.identifier for url in cid_urls(html))
        outside = [named[one] for one in wanted if one in named]
        if outside:
            yield _finding(html, outside, around, numbers)


def _finding(html: Part, images: list[Part], around: dict[int, Part], numbers: dict[int, int]) -> Finding:
    image = images[0]
    holder = around[id(image)]
    field = image.first("Content-ID")
    more = f" (and {len(images) - 1} more)" if len(images) > 1 else ""
    return Finding(
        field.body if field else image.header,
        f"the image `{shorten(content_id(image), 40)}`, which the html shows, is in {holder.media_type}{more}",
        "put it behind the html, in one multipart/related with it",
        _fix(html, images, around, numbers),
    )


def _fix(html: Part, images: list[Part], around: dict[int, Part], numbers: dict[int, int]) -> Fix | None:
    """The images moved into a new multipart/related with the html, when all are the message's own and no more."""
    holder = around.get(id(html))
    if holder is None or holder.media_type == "multipart/related" or not all(is_ours(one) for one in (html, *images)):
        return None
    holders_of_images = {id(around[id(image)]): around[id(image)] for image in images}
    taken = Counter(id(around[id(image)]) for image in images)
    if any(_stays_whole(one, taken[number]) for number, one in holders_of_images.items()):
        return None
    gone = [edit for image in images if (edit := removal(around[id(image)], numbers[id(image)]))]
    if len(gone) < len(images):
        return None
    boundary = fresh_boundary(html)
    end = newline(html.octets)
    line = delimiter(boundary, html)
    fields = multipart_fields("related", boundary, html, *images).replace(b"; ", b'; type="text/html"; ', 1)
    behind = b"".join(end + line + entity_octets(image) for image in images) + end + b"--" + boundary + b"--"
    edits = [
        Edit(Span(html.header.start, html.header.start), fields + end + line),
        Edit(Span(html.body.end, html.body.end), behind),
        *gone,
    ]
    return Fix(tuple(sorted(edits)))


def _stays_whole(holder: Part, taken: int) -> bool:
    """Whether nothing may be taken out of a multipart: nothing would be left, or its delimiters are damaged."""
    return taken == len(holder.children) or any(one.kind == "bad-delimiter" for one in holder.defects)
