from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hyperlinks import each_url, read_hyperlinks, times
from mailtemplates.links.lookalike import find_lookalike
from mailtemplates.links.weburl import Url
from mailtemplates.linting.rule import rule


@rule("LNK006", severity="error", texts=True)
def homograph_host(document: HtmlDocument) -> Findings:
    """The host of a link, or the domain of an address in it, looks like another one.

    A Cyrillic а looks like the Latin a, so `аcme-shop.com` passes for `acme-shop.com`. Gmail refuses mail with
    such mixtures, browsers show their raw form, and a copied word or a wrong keyboard brings them in by accident too.

    Reference: UTS #39 §5.2; Gmail: "Don't use … homographs"; RFC 5890 §4.4

    Bad:

        <p><a href="https://аcme-shop.com/reset">Choose a new password</a></p>

    Bad:

        <p><a href="https://xn--cme-shop-06g.com/reset">Choose a new password</a></p>

    Bad:

        <p><a href="mailto:help@ехасе.com">Write to us</a></p>

    Good:

        <p><a href="https://bücher.example/">Our books</a></p>
        <p><a href="https://почта.example/">Our post</a></p>
        <p><a href="https://日本語tokyo.example/">Our shop</a></p>
    """
    for link, count in each_url(read_hyperlinks(document), _may):
        for host in _hosts(link.url):
            why = find_lookalike(host)
            if why:
                problem = f"the host `{shorten(host, 60)}` {why}{times(count)}"
                yield Finding(link.span, problem, "type the domain anew, in one script")
                break


def _may(url: Url) -> bool:
    """Whether there can be such a host: most URLs are ASCII without A-labels."""
    return not url.text.isascii() or "xn--" in url.text.lower() or (url.scheme == "mailto" and "%" in url.path)


def _hosts(url: Url) -> list[str]:
    from urllib.parse import unquote

    if url.scheme == "mailto":
        return [one.rpartition("@")[2].strip().lower() for one in unquote(url.path).split(",") if "@" in one]
    return [unquote(url.host)] if url.is_web else []
