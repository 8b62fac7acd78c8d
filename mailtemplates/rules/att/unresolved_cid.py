from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.contentid import CidUrl, cid_urls, content_id, htmls, mentioned
from mailtemplates.finding import Finding, Findings
from mailtemplates.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.rawmessage import RawMessage
from mailtemplates.rule import rule
from mailtemplates.source import nearest

_EMPTY = pattern(rb"cid:[\s\"'>)]")
_BROKEN = frozenset(("no-boundary", "boundary-not-found", "not-closed", "no-parts", "too-deep", "encoded-composite"))


@rule("ATT001", severity="error")
def unresolved_cid(message: RawMessage) -> Findings:
    """The html refers to a part that the message does not have.

    A `cid:` URL names the Content-ID of another part of the same multipart/related. When no part has it, the reader
    sees a broken image.

    Reference: RFC 2392 §2; RFC 2557 §8.3

    Bad:

        Content-Type: text/html; charset=utf-8
        …

        <!DOCTYPE html><p>Hello <img src="cid:logo@acme-shop.com" alt="Acme">

    Bad:

        Content-Type: multipart/related; boundary=b; type="text/html"
        …

        --b
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello <img src="cid:one@acme-shop.com" alt="">
        <p style="background: url(cid:tow@acme-shop.com)">you
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

        <!DOCTYPE html><p>Hello <img src="cid:one%40acme-shop.com" alt="">
        --b
        Content-Type: image/gif
        Content-Transfer-Encoding: base64
        Content-ID: <one@acme-shop.com>
        Content-Disposition: inline; filename=one.gif

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --b--
    """
    html = htmls(message)
    named: set[str] = set().union(*map(mentioned, html))
    known = {content_id(part) for part in message.parts} - {""}
    related = sum(part.media_type == "multipart/related" for part in message.parts)
    if (named <= known and related < 2 and not _has_empty(html)) or _is_broken(message):
        return
    for part in html:
        found = cid_urls(part)
        lost: dict[str, list[CidUrl]] = {}
        for url in found:
            if url.identifier not in known and url.written not in known:
                lost.setdefault(url.identifier, []).append(url)
        for identifier, places in lost.items():
            yield _lost(identifier, places, known)
        yield from _elsewhere(message, part, [url for url in found if url.identifier in known])


def _has_empty(html: list[Part]) -> bool:
    return any(_EMPTY.search(part.decoded) for part in html)


def _is_broken(message: RawMessage) -> bool:
    """Whether parts may be hidden by a broken structure."""
    return any(defect.kind in _BROKEN for part in message.parts for defect in part.defects)


def _lost(identifier: str, places: list[CidUrl], known: set[str]) -> Finding:
    times = f" ({len(places)} times)" if len(places) > 1 else ""
    alike = next((one for one in known if one.lower() == identifier.lower()), None)
    similar = alike or nearest(identifier[:200], sorted(known)[:200])
    return Finding(
        places[0].span,
        f"no part has the Content-ID `{shorten(identifier)}` that the html refers to{times}",
        f"did you mean cid:{shorten(similar)}?" if similar else "attach the image as a part of a multipart/related",
        severity="warning" if alike else None,
    )


def _elsewhere(message: RawMessage, html: Part, urls: list[CidUrl]) -> Findings:
    """References to a part of another multipart/related than the html's own."""
    if not urls:
        return
    related = [part for part in message.parts if part.media_type == "multipart/related"]
    around = [part for part in related if _holds(part, html)]
    own = {content_id(part) for one in around for part in one.walk()}
    theirs = {content_id(part) for one in related if one not in around for part in one.children}
    seen = set()
    for url in urls:
        if url.identifier not in own and url.identifier in theirs and url.identifier not in seen:
            seen.add(url.identifier)
            yield Finding(
                url.span,
                f"the part `{shorten(url.identifier)}` is in another multipart/related than the html",
                "put the image and the html in one multipart/related",
                severity="warning",
            )


def _holds(container: Part, part: Part) -> bool:
    return container.body.start <= part.header.start and part.body.end <= container.body.end
