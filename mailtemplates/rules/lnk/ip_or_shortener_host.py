from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hostkind import ip_address, is_shortener, why_not_public
from mailtemplates.links.hyperlinks import Hyperlink, each_url, read_hyperlinks, times
from mailtemplates.links.weburl import Url, find_fault
from mailtemplates.linting.rule import rule


@rule("LNK005", severity="warning", texts=True)
def ip_or_shortener_host(document: HtmlDocument, *, allowed: tuple[str, ...] = ()) -> Findings:
    """A link hides its owner: its host is an IP address, or a public service for short URLs.

    Nobody can tell where such a link leads, so those who cheat use them most: filters count them against the message,
    and lists of bad domains name the shorteners. `allowed` names hosts that are right all the same.

    Reference: SpamAssassin rules NUMERIC_HTTP_ADDR, URI_TRY_SHORTENER; Spamhaus DBL (abused redirectors)

    Bad:

        <p><a href="https://93.184.216.34/reset">Choose a new password</a></p>

    Bad:

        <p><a href="https://bit.ly/3xYzAbC">See the summer sale</a></p>

    Good:

        <p><a href="https://acme-shop.com/sale">See the summer sale</a></p>
    """
    for link, count in each_url(read_hyperlinks(document), _is_judged):
        if link.url.host not in allowed:
            yield from _judge(link, count)


def _judge(link: Hyperlink, count: int) -> Findings:
    host = link.url.host
    shown = shorten(link.text, 80)
    if ip_address(host) is not None and not why_not_public(host):
        problem = f"`{shown}` has an IP address for a host{times(count)}"
        yield Finding(link.span, problem, "write the domain")
    elif link.kind == "link" and is_shortener(host):
        problem = f"`{shown}` is a short URL of `{host}`, which hides where it leads{times(count)}"
        yield Finding(link.span, problem, "link to the page itself, or shorten with a domain of your own")


def _is_judged(url: Url) -> bool:
    if not url.is_web:
        return False
    fault = find_fault(url)
    return fault is None or fault.works
