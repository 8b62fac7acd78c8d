from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.links.hyperlinks import Hyperlink, read_hyperlinks, read_text_urls, times
from mailtemplates.links.optout import leads_out, says_way_out, says_web_copy
from mailtemplates.links.weburl import Url, ascii_host, has_marks, read_url
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodies import Bodies, Body
from mailtemplates.octets.listuri import read_list_uris
from mailtemplates.pattern import pattern

_TRACKING = pattern(
    r"(?i)utm_\w+|mc_[ce]id|gclid|fbclid|msclkid|dclid|yclid|igshid|_hs\w+|hs\w*|mkt_tok|trk\w*|track\w*|ref\w*|src|source"
    r"|medium|campaign\w*|cmp\w*|cid|sc_\w+|vero_\w+|oly_\w+|_ke|elq\w*|pk_\w+|mtm_\w+|at_\w+|s_cid|format|via|channel|link"
)
_SOCIAL = frozenset(
    ("facebook.com", "twitter.com", "x.com", "linkedin.com", "instagram.com", "youtube.com", "pinterest.com",
     "tiktok.com", "github.com", "t.me", "discord.gg", "discord.com", "vk.com", "xing.com", "threads.net",
     "mastodon.social", "vimeo.com", "plus.google.com", "apps.apple.com", "itunes.apple.com", "play.google.com",
     "medium.com", "snapchat.com", "wa.me", "bsky.app", "reddit.com", "tumblr.com", "flickr.com", "weibo.com",
     "line.me", "behance.net", "dribbble.com")
)  # fmt: skip
_SPACE = pattern(r"\s+|[<>]")
_MOST = 5


class _Target(NamedTuple):
    """Where a link leads, without what only counts clicks."""

    place: str
    query: frozenset[tuple[str, str]]
    fragment: str


@rule("TXT003", severity="warning")
def link_missing_from_text(bodies: Bodies) -> Findings:
    """A link of the html is not in the plain text.

    Who reads the text cannot do what the message asks for: confirm, pay, choose a password. A URL with the same host
    and path is enough, parameters that only count clicks aside. Links of images without words, of a copy on the web,
    and of a home page are not asked for, nor a way out that the header has.

    Reference: RFC 2046 §5.1.4

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, please choose a new password.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, please <a href="https://acme-shop.com/reset?t=7f3a">choose a new password</a>.</p>
        --one--

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, please choose a new password: https://acme-shop.com/reset?t=
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, please <a href="https://acme-shop.com/reset?t=7f3a">choose a new password</a>.</p>
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, please choose a new password: <https://acme-shop.com/reset?t=7f3a&utm_medium=text>
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, please <a href="https://www.acme-shop.com/reset/?t=7f3a">choose a new password</a>.
        <a href="https://acme-shop.com/"><img src="cid:logo" alt="Acme"></a></p>
        --one--
    """
    if bodies.pair is None or bodies.is_generated or len(bodies.pair[0].text.split()) < 3:
        return
    text, html = bodies.pair
    missing = _missing(bodies, text.text, html)
    if not missing:
        return
    several = len(missing) > _MOST
    for same in missing[: 1 if several else _MOST]:
        link = same[0]
        rest = f" nor {len(missing) - 1} other links of the html" if several else times(len(same))
        problem = f"the text does not have the link `{shorten(link.text, 80)}`{rest}"
        yield Finding(html.span(*link.span), problem, "write the URL in the text too")


def _missing(bodies: Bodies, text: str, html: Body) -> list[list[Hyperlink]]:
    """The links that the text does not have, those of one URL together."""
    assert html.document is not None
    wanted: dict[_Target, list[Hyperlink]] = {}
    in_header = _in_header(bodies)
    for link in read_hyperlinks(html.document):
        if _is_wanted(link, in_header):
            wanted.setdefault(_target(link.url), []).append(link)
    if not wanted:
        return []
    row = unquote(_SPACE.sub("", text)).casefold()
    urls = {_target(read_url(one.text)) for one in read_text_urls(text)}
    urls |= {_target(read_url(one.text)) for one in read_text_urls(_joined(text))}
    return [same for target, same in wanted.items() if not _has(target, urls, row)]


def _has(target: _Target, urls: set[_Target], row: str) -> bool:
    there = [one for one in urls if one.place == target.place]
    if not there:
        return target.place.casefold() in row
    return any(target.query <= one.query and target.fragment == one.fragment for one in there)


def _is_wanted(link: Hyperlink, in_header: frozenset[str]) -> bool:
    url = link.url
    if link.kind != "link" or link.attribute != "href" or not url.is_web or has_marks(link.text):
        return False
    if _is_replaced(link):
        return False
    words = link.words or link.alternatives
    host = url.host.removeprefix("www.")
    if not words or says_web_copy(words) or (not link.words and (host in _SOCIAL or url.path in ("", "/"))):
        return False
    if link.text in in_header or (in_header and (says_way_out(words) or leads_out(link.text))):
        return False
    return not (host in _SOCIAL and len(words) < 16)


def _is_replaced(link: Hyperlink) -> bool:
    """Whether the author gives other words for the text version, by ``data-text``."""
    element = link.element
    if "data-text" not in element.document.html:
        return False
    return any("data-text" in above.source for above in (element, *element.ancestors))


def _in_header(bodies: Bodies) -> frozenset[str]:
    field = bodies.message.first("List-Unsubscribe")
    return frozenset(uri.text for uri in read_list_uris(field).uris) if field else frozenset()


def _target(url: Url) -> _Target:
    place = ascii_host(url.host.removeprefix("www.")) + unquote(url.path).rstrip("/").casefold()
    query = frozenset(pair for pair in parse_qsl(url.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0]))
    leads = "/" in url.fragment or "=" in url.fragment
    return _Target(place, query, url.fragment if leads else "")


def _joined(text: str) -> str:
    """A text whose lines are one: for URLs that stand on several."""
    return "".join(text.split("\n")).replace("\r", "") if "\n" in text else ""
