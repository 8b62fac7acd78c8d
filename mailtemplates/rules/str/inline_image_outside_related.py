from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.contentid import cid_urls, content_id, htmls
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.mime import Part
from mailtemplates.partshape import holders, is_sound
from mailtemplates.rawbody import newline
from mailtemplates.rawfield import Span
from mailtemplates.rawmessage import RawMessage
from mailtemplates.reencoding import is_ours
from mailtemplates.regrouping import delimiter, entity_octets, fresh_boundary, multipart_fields, removal
from mailtemplates.rule import rule


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
    if not message.root.children:
        return
    named = {content_id(part): part for part in reversed(message.leaves) if part.media_type != "text/html"}
    named.pop("", None)
    if not named or not all(is_sound(part) for part in message.parts if part.is_multipart):
        return
    around = holders(message.root)
    related = {number for number, part in around.items() if part.media_type == "multipart/related"}
    for html in htmls(message):
        wanted = dict.fromkeys(url.identifier for url in cid_urls(html))
        outside = [named[one] for one in wanted if one in named and id(named[one]) not in related]
        if outside:
            yield _finding(html, outside, around)


def _finding(html: Part, images: list[Part], around: dict[int, Part]) -> Finding:
    image = images[0]
    holder = around[id(image)]
    field = image.first("Content-ID")
    more = f" (and {len(images) - 1} more)" if len(images) > 1 else ""
    return Finding(
        field.body if field else image.header,
        f"the image `{shorten(content_id(image), 40)}`, which the html shows, is in {holder.media_type}{more}",
        "put it behind the html, in one multipart/related with it",
        _fix(html, images, around),
    )


def _fix(html: Part, images: list[Part], around: dict[int, Part]) -> Fix | None:
    """The images moved into a new multipart/related with the html, when all are the message's own and no more."""
    holder = around.get(id(html))
    if holder is None or holder.media_type == "multipart/related" or not all(is_ours(one) for one in (html, *images)):
        return None
    gone = [_taken_out(image, around) for image in images]
    if len({edit for edit in gone if edit}) < len(images) or any(
        _leaves_nothing(image, images, around) for image in images
    ):
        return None
    boundary = fresh_boundary(html)
    end = newline(html.octets)
    line = delimiter(boundary, html)
    fields = multipart_fields("related", boundary, html, *images).replace(b"; ", b'; type="text/html"; ', 1)
    behind = b"".join(end + line + entity_octets(image) for image in images) + end + b"--" + boundary + b"--"
    edits = [
        Edit(Span(html.header.start, html.header.start), fields + end + line),
        Edit(Span(html.body.end, html.body.end), behind),
        *(edit for edit in gone if edit),
    ]
    return Fix(tuple(sorted(edits)))


def _taken_out(image: Part, around: dict[int, Part]) -> Edit | None:
    holder = around[id(image)]
    if any(one.kind == "bad-delimiter" for one in holder.defects):
        return None
    return removal(holder, next(at for at, child in enumerate(holder.children) if child is image))


def _leaves_nothing(image: Part, images: list[Part], around: dict[int, Part]) -> bool:
    """Whether the multipart around an image would have no parts left."""
    return all(any(child is one for one in images) for child in around[id(image)].children)
