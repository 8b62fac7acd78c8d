from __future__ import annotations

from html import unescape
from urllib.parse import unquote

from mailtemplates.characters import shorten
from mailtemplates.contentid import cid_urls, content_id, mentioned
from mailtemplates.finding import Finding, Findings
from mailtemplates.mime import Part
from mailtemplates.rawmessage import RawMessage
from mailtemplates.rule import rule

_SHOWN = ("image/", "audio/", "video/", "font/", "text/css")


@rule("ATT002", severity="warning")
def unreferenced_inline_part(message: RawMessage) -> Findings:
    """An inline part that no html refers to.

    The reader downloads an image that nothing shows. Some mail programs list it as an attachment, with a paper clip on
    the message.

    Reference: RFC 2387 §3; RFC 2392 §2; RFC 2557 §8

    Bad:

        Content-Type: multipart/related; boundary=b; type="text/html"
        …

        --b
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello
        --b
        Content-Type: image/gif
        Content-Transfer-Encoding: base64
        Content-ID: <one@acme-shop.com>
        Content-Disposition: inline; filename=one.gif

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --b--

    Good:

        Content-Type: multipart/related; boundary=b; type="text/html"
        …

        --b
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello <img src="cid:one@acme-shop.com" alt="">
        --b
        Content-Type: image/gif
        Content-Transfer-Encoding: base64
        Content-ID: <one@acme-shop.com>
        Content-Disposition: inline; filename=one.gif

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --b--
    """
    for related in message.parts:
        if related.media_type != "multipart/related" or len(related.children) < 2 or related.defects:
            continue
        texts = [part for part in related.walk() if part.media_type.startswith("text/") or "xml" in part.media_type]
        if not any(part.media_type == "text/html" for part in texts):
            continue
        shown = [one for one in related.children[1:] if one.media_type.startswith(_SHOWN) and not _is_file(one)]
        used: set[str] = set().union(*map(mentioned, texts)) if shown else set()
        unused = [part for part in shown if not _is_used(part, used, texts)]
        if unused and len(unused) > _lost(message, texts):
            yield from map(_finding, unused)


def _is_file(part: Part) -> bool:
    return part.disposition == "attachment" or part.is_composite


def _lost(message: RawMessage, texts: list[Part]) -> int:
    """How many identifiers the html names that no part has: as many parts may have lost theirs by a typing error."""
    known = {content_id(part) for part in message.parts}
    return len({url.identifier for part in texts if part.media_type == "text/html" for url in cid_urls(part)} - known)


def _is_used(part: Part, used: set[str], texts: list[Part]) -> bool:
    identifier = content_id(part)
    if identifier and identifier in used:
        return True
    location = "".join(part.field("Content-Location").split())
    return bool(location) and any(_mentions(text, location) for text in texts if text is not part)


def _mentions(text: Part, location: str) -> bool:
    """Whether html names a Content-Location, whole or by its last step."""
    html = text.decoded.decode("latin-1")
    name = location.rpartition("/")[2] or location
    return name in html or (("&" in html or "%" in html) and unquote(name) in unquote(unescape(html)))


def _finding(part: Part) -> Finding:
    field = part.first("Content-ID") or part.first("Content-Type") or part.fields[0] if part.fields else None
    identifier = content_id(part)
    name = f"`{shorten(identifier)}`" if identifier else "without a Content-ID"
    return Finding(
        field.at(0, len(field.raw)) if field else part.header,
        f"no html refers to the inline part {name}",
        'leave the part out, show it with <img src="cid:…">, or send it with Content-Disposition: attachment',
    )
