from __future__ import annotations

from html import unescape
from urllib.parse import unquote

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.contentid import cid_urls, content_id, mentioned
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern

_STEP = pattern(r"[^\s\"'()<>/=,;?#]+")
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
    known: set[str] = set()
    for related in message.parts:
        if related.media_type != "multipart/related" or len(related.children) < 2 or related.defects:
            continue
        texts = [part for part in related.walk() if part.media_type.startswith("text/") or "xml" in part.media_type]
        if not any(part.media_type == "text/html" for part in texts):
            continue
        shown = [one for one in related.children[1:] if one.media_type.startswith(_SHOWN) and not _is_file(one)]
        used: set[str] = set().union(*map(mentioned, texts)) if shown else set()
        loose = [part for part in shown if content_id(part) not in used]
        named = set().union(*map(_steps, texts)) if any(part.first("Content-Location") for part in loose) else set()
        unused = [part for part in loose if not named or _last_step(part) not in named]
        known = known or ({content_id(part) for part in message.parts} if unused else known)
        if unused and len(unused) > _lost(texts, known):
            yield from map(_finding, unused)


def _is_file(part: Part) -> bool:
    return part.disposition == "attachment" or part.is_composite


def _lost(texts: list[Part], known: set[str]) -> int:
    """How many identifiers the html names that no part has: as many parts may have lost theirs by a typing error."""
    return len({url.identifier for part in texts if part.media_type == "text/html" for url in cid_urls(part)} - known)


def _steps(text: Part) -> set[str]:
    """The last steps of all URLs in html, and many words that are none."""
    html = text.decoded.decode("latin-1")
    plain = unescape(html) if "&" in html else html
    return {unquote(step) for step in _STEP.findall(plain)}


def _last_step(part: Part) -> str:
    """The last step of a part's Content-Location: html may name the part by all of it or by that."""
    location = "".join(part.field("Content-Location").split())
    step = _STEP.findall(location)
    return unquote(step[-1]) if step else ""


def _finding(part: Part) -> Finding:
    field = part.first("Content-ID") or part.first("Content-Type") or part.fields[0] if part.fields else None
    identifier = content_id(part)
    name = f"`{shorten(identifier)}`" if identifier else "without a Content-ID"
    return Finding(
        field.at(0, len(field.raw)) if field else part.header,
        f"no html refers to the inline part {name}",
        'leave the part out, show it with <img src="cid:…">, or send it with Content-Disposition: attachment',
    )
