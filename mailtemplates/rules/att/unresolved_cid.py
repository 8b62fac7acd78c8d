from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.contentid import CidUrl, cid_urls, content_id, has_empty, htmls, mentioned
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.source import nearest

_MOST = 20
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
    known = {one for part in message.identified for one in _names(part)} - {""}
    related = sum(part.media_type == "multipart/related" for part in message.parts)
    if (named <= known and related < 2 and not any(map(has_empty, html))) or _is_broken(message):
        return
    families = _Families(message) if related > 1 else None
    told = 0
    for part in html:
        found = cid_urls(part)
        lost: dict[str, list[CidUrl]] = {}
        for url in found:
            if url.identifier not in known and url.written not in known:
                lost.setdefault(url.identifier, []).append(url)
        yield from _lost(lost, known if told < _MOST else set())
        told += len(lost)
        if families:
            yield from _elsewhere(families, part, found)


def _names(part: Part) -> Iterator[str]:
    """A part's Content-ID as readers compare it; as it is written too, for white space in it is another rule's."""
    yield _decoded(content_id(part))
    yield part.field("Content-ID").strip(" \t\r\n<>")


def _decoded(identifier: str) -> str:
    """An identifier that somebody encoded, which is a fault of its own, as it was meant."""
    return decode(identifier).strip(" <>") if identifier.startswith("=?") else identifier


def _is_broken(message: RawMessage) -> bool:
    """Whether parts may be hidden by a broken structure."""
    return any(defect.kind in _BROKEN for part in message.parts for defect in part.defects)


def _lost(lost: dict[str, list[CidUrl]], known: set[str]) -> Findings:
    for number, (identifier, places) in enumerate(lost.items(), 1):
        times = f" ({len(places)} times)" if len(places) > 1 else ""
        if number == _MOST and len(lost) > _MOST:
            times = f", nor any of {len(lost) - _MOST} others"
        alike = next((one for one in known if one.lower() == identifier.lower()), None)
        similar = alike or nearest(identifier[:200], sorted(known)[:200])
        yield Finding(
            places[0].span,
            f"no part has the Content-ID `{shorten(identifier)}` that the html refers to{times}",
            f"did you mean cid:{shorten(similar)}?" if similar else "attach the image as a part of a multipart/related",
            severity="warning" if alike else None,
        )
        if number == _MOST:
            return


class _Families:
    """The parts of each multipart/related."""

    def __init__(self, message: RawMessage) -> None:
        self.parents = {id(child): part for part in message.parts for child in part.children}
        self.ids: dict[int, set[str]] = {}
        self.everywhere = {
            content_id(child)
            for part in message.parts
            if part.media_type == "multipart/related"
            for child in part.children
        } - {""}

    def own(self, part: Part) -> set[str]:
        """The identifiers in every multipart/related round a part."""
        found: set[str] = set()
        above = self.parents.get(id(part))
        while above is not None:
            if above.media_type == "multipart/related":
                if id(above) not in self.ids:
                    self.ids[id(above)] = {content_id(one) for one in above.walk()}
                found |= self.ids[id(above)]
            above = self.parents.get(id(above))
        return found


def _elsewhere(families: _Families, html: Part, urls: list[CidUrl]) -> Findings:
    """References to a part of another multipart/related than the html's own."""
    if not urls:
        return
    own = families.own(html)
    others = (url.identifier for url in urls if url.identifier in families.everywhere and url.identifier not in own)
    for identifier in list(dict.fromkeys(others))[:_MOST]:
        yield Finding(
            next(url for url in urls if url.identifier == identifier).span,
            f"the part `{shorten(identifier)}` is in another multipart/related than the html",
            "put the image and the html in one multipart/related",
            severity="warning",
        )
