from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.contentid import content_id
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part


@rule("ATT003", severity="error")
def duplicate_content_id(message: RawMessage) -> Findings:
    """Two parts have the same Content-ID.

    A Content-ID names one part in the world. Of two with the same one a mail program shows the first or the last, and
    the reader sees one image in both places.

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
        Content-ID: <one@acme-shop.com>
        Content-Disposition: inline; filename=one.gif

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
        --b
        Content-Type: image/gif
        Content-Transfer-Encoding: base64
        Content-ID: <one@acme-shop.com>
        Content-Disposition: inline; filename=two.gif

        R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==
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
    named: dict[str, list[Part]] = {}
    for part in message.identified:
        identifier = content_id(part)
        if identifier and part.media_type != "message/external-body":
            named.setdefault(identifier, []).append(part)
    for identifier, parts in named.items():
        field = parts[1].first("Content-ID") if len(parts) > 1 else None
        if field:
            same = all(one.decoded == parts[0].decoded for one in parts[1:])
            yield Finding(
                field.at(len(field.latin) - len(field.latin.lstrip()), len(field.latin.rstrip())),
                f"{len(parts)} parts have the Content-ID `{shorten(identifier)}`",
                "give each part an identifier of its own",
                severity="warning" if same else None,
            )
