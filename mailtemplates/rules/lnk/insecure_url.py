from __future__ import annotations

from collections.abc import Iterable

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hostkind import why_not_public
from mailtemplates.links.hyperlinks import Hyperlink, each_url, read_hyperlinks, times
from mailtemplates.links.weburl import Url, find_fault
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span


@rule("LNK001", severity="warning", fix="part", texts=True)
def insecure_url(document: HtmlDocument) -> Findings:
    """A link or an image has an `http:` URL.

    Whoever sits between the reader and the server sees and changes what goes over http: a token in a reset link, the
    page behind it. Apple Mail and several webmail services don't load images over http at all, and browsers warn.

    Reference: RFC 9110 §4.2.2, §17.1; caniemail (images over http)

    Bad:

        <p><a href="http://acme-shop.com/reset?token=7f3a">Choose a new password</a></p>

    Bad:

        <p><img src="http://acme-shop.com/logo.png" alt="Acme"></p>

    Bad:

        <table role="presentation" background="http://acme-shop.com/back.png"><tr><td>Hello</td></tr></table>

    Good:

        <p><a href="https://acme-shop.com/reset?token=7f3a">Choose a new password</a></p>
    """
    links = read_hyperlinks(document)
    for link, count in each_url(links, _is_insecure):
        same = [one for one in links if one.text == link.text] if count > 1 else [link]
        problem = f"the {link.noun} `{shorten(link.text, 80)}` is not encrypted{times(count)}"
        yield Finding(link.span, problem, "write https:// when the server has it", _fix(document, same))


def _is_insecure(url: Url) -> bool:
    if url.scheme != "http" or not url.is_web or why_not_public(url.host):
        return False
    fault = find_fault(url)
    return fault is None or fault.works


def _fix(document: HtmlDocument, same: Iterable[Hyperlink]) -> Fix | None:
    """An `s` for every link with the URL, where the scheme is written out."""
    edits = []
    for link in same:
        scheme = Span(link.span.start, link.span.start + 4)
        if document.html[scheme.start : scheme.end].lower() != "http":
            return None
        edits.append(Edit(scheme, b"https"))
    return Fix(tuple(edits), safe=False)
