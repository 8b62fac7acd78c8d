from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.contentid import CidUrl, cid_urls, content_id, htmls
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.messageid import IdFault, read_message_id
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.span import Span

_ERRORS = frozenset(("empty", "brackets", "outside", "many-at", "space"))
# What obsolete syntax allows, and what a name in one message can do without.
_ALLOWED = frozenset(("host", "obsolete-space"))


@rule("ATT004", severity="error", fix="part")
def malformed_content_id(message: RawMessage) -> Findings:
    """A Content-ID is not written as one, or the html writes it in another way.

    A Content-ID is `<name@domain>`, and its URL is `cid:name@domain`, percent-encoded where a URL needs it. Without
    the angle brackets some mail programs do not find the image.

    Reference: RFC 2045 §7; RFC 2392 §2

    Bad:

        Content-Type: multipart/related; boundary=b; type="text/html"
        …

        --b
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello <img src="cid:one@acme-shop.com" alt="">
        --b
        Content-Type: image/gif
        Content-Transfer-Encoding: base64
        Content-ID: one@acme-shop.com
        Content-Disposition: inline; filename=one.gif

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --b--

    Bad:

        Content-Type: multipart/related; boundary=b; type="text/html"
        …

        --b
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello <img src="cid:one%20b@acme-shop.com" alt="">
        --b
        Content-Type: image/gif
        Content-Transfer-Encoding: base64
        Content-ID: <one%20b@acme-shop.com>
        Content-Disposition: inline; filename=one.gif

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --b--

    Good:

        Content-Type: multipart/related; boundary=b; type="text/html"
        …

        --b
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello <img src="cid:one%25b@acme-shop.com" alt="">
        --b
        Content-Type: image/gif
        Content-Transfer-Encoding: base64
        Content-ID: <one%b@acme-shop.com>
        Content-Disposition: inline; filename=one.gif

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --b--
    """
    named = [(part, field) for part in message.identified for field in part.fields_named("Content-ID")[:1]]
    bare = []
    for part, field in named:
        faults = read_message_id(field.latin).faults if field.raw.isascii() else ()
        fault = next((fault for fault in faults if fault.kind not in _ALLOWED), None)
        if fault and fault.kind == "no-at":
            bare.append(field.at(fault.start, fault.end))
        elif fault and not (fault.kind == "character" and "[" in field.latin):
            yield _malformed(part, field, fault)
    if bare:
        yield _without_domain(bare)
    if not any("%" in field.latin for _, field in named):
        return
    known = {content_id(part) for part, _ in named}
    for url in (url for part in htmls(message) for url in cid_urls(part)):
        if url.identifier not in known and url.written in known:
            yield _unencoded(url)


def _malformed(part: Part, field: RawField, fault: IdFault) -> Finding:
    return Finding(
        field.at(fault.start, fault.end),
        f"in the Content-ID: {fault.problem}",
        "write Content-ID: <name@domain>",
        _fix(part, field, fault),
        severity=None if fault.kind in _ERRORS else "warning",
    )


def _without_domain(spans: list[Span]) -> Finding:
    """Identifiers without a domain work in one message; all of them are one finding."""
    count = "a Content-ID has" if len(spans) == 1 else f"{len(spans)} Content-IDs have"
    help_ = "write Content-ID: <name@domain>, and cid:name@domain in the html"
    return Finding(spans[0], f"{count} no @", help_, severity="warning")


def _fix(part: Part, field: RawField, fault: IdFault) -> Fix | None:
    text = fault.text
    if text is None and fault.kind == "brackets":
        bare = field.latin.strip(" \t\r\n<>")
        alone = field.latin[fault.start : fault.end].strip("<>") == bare
        text = f"<{bare}>" if bare and alone and not set(bare) & set(' \t\r\n<>()",;') else None
    return replace(field.at(fault.start, fault.end), text.encode("latin-1"), safe=is_ours(part)) if text else None


def _unencoded(url: CidUrl) -> Finding:
    """A URL that holds the identifier as it stands, though a percent sign in it has a meaning of its own."""
    fix = None
    octets = url.part.octets[url.span.start : url.span.end]
    written = url.written.replace("%", "%25")
    if octets == url.written.encode("latin-1") and url.part.encoding in ("7bit", "8bit"):
        fix = replace(url.span, written.encode("latin-1"), safe=is_ours(url.part))
    return Finding(
        url.span,
        f"`cid:{shorten(url.written)}` means the Content-ID `{shorten(url.identifier)}`, which no part has",
        f"write cid:{shorten(written)}: a percent sign of the identifier is %25 in its URL",
        fix,
        severity="warning",
    )
