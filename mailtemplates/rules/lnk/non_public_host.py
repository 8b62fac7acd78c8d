from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hostkind import why_not_final, why_not_public
from mailtemplates.links.hyperlinks import each_url, read_hyperlinks, times
from mailtemplates.links.weburl import Url, find_fault
from mailtemplates.linting.rule import rule


@rule("LNK003", severity="error", texts=True)
def non_public_host(document: HtmlDocument, *, allowed: tuple[str, ...] = ()) -> Findings:
    """A link or an image is on a host that only its developers reach.

    A URL of localhost, of a private network, or under `.local` or `.test` works at the desk where the mail was written
    and for no reader. A host such as `staging.acme-shop.com` may answer, with data of yesterday. `allowed` names hosts
    that are right all the same, for mail inside one network.

    Reference: RFC 6761 §6; RFC 6762 §3; RFC 1918 §3; RFC 4193

    Bad:

        <p><a href="http://localhost:8000/reset?token=7f3a">Choose a new password</a></p>

    Bad:

        <p><img src="https://192.168.1.20/logo.png" alt="Acme"></p>

    Bad:

        <p><a href="https://acme.test/help">Get help</a></p>

    Bad:

        <p><a href="https://staging.acme-shop.com/reset">Choose a new password</a></p>

    Good:

        <p><a href="https://acme-shop.com/help">Get help</a></p>
        <p><a href="https://acme.example/privacy">Read about privacy</a></p>
    """
    for link, count in each_url(read_hyperlinks(document), _is_judged):
        url = link.url
        if url.host in allowed:
            continue
        if url.scheme in ("file", "blob"):
            problem = f"the {link.noun} `{shorten(link.text, 80)}` is on the author's computer{times(count)}"
            yield Finding(link.span, problem, "write the URL that readers reach")
            continue
        sure = why_not_public(url.host)
        why = sure or why_not_final(url.host)
        if why:
            problem = f"the host `{shorten(url.host, 80)}` {why}{times(count)}"
            yield Finding(link.span, problem, "write the host that readers reach", severity=None if sure else "warning")


def _is_judged(url: Url) -> bool:
    if url.scheme in ("file", "blob"):
        return True
    if not url.is_web:
        return False
    fault = find_fault(url)
    return fault is None or fault.works
