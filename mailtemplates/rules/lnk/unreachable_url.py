from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hyperlinks import Hyperlink, each_url, read_hyperlinks, times
from mailtemplates.links.optout import leads_out
from mailtemplates.links.weburl import Url, has_marks
from mailtemplates.linting.rule import rule

if TYPE_CHECKING:
    from http.client import HTTPResponse

_MOST_OCTETS = 1_000_000
_MAY_BE_RIGHT = frozenset((401, 403, 405, 406, 429, 451, 501, 503, 999))
_AT_ONCE = 8
_KNOWN: dict[tuple[str, bool, int], tuple[str, bool]] = {}
_MOST_KNOWN = 2_000


@rule("LNK008", severity="error", default=False, network=True)
def unreachable_url(document: HtmlDocument, *, timeout: int = 5, most: int = 50) -> Findings:
    """A link or an image does not answer, or the image has over 1 MB.

    Each URL is asked once in a run, without cookies, at most `most` of a message, `timeout` seconds each. Nothing is
    asked that has `unsubscribe` or the like in it, and no answer such as 403 or 429, which robots get, is held against
    a URL more than as a warning. The rule uses the network, so it runs only when selected by its name.

    Reference: RFC 9110 §15

    Bad:

        <p><a href="https://acme-shop.com/gone">See the summer sale</a></p>

    Good:

        <p><a href="https://acme-shop.com/">See the summer sale</a></p>
    """
    links = list(each_url(read_hyperlinks(document), _is_asked))[:most]
    for (link, count), (problem, sure) in zip(links, _answers([one for one, _ in links], timeout), strict=True):
        if problem:
            found = f"`{shorten(link.text, 80)}` {problem}{times(count)}"
            yield Finding(link.span, found, "mend the URL or the server", severity=None if sure else "warning")


def _is_asked(url: Url) -> bool:
    return url.is_web and not has_marks(url.text) and not leads_out(url.text)


def _answers(links: Sequence[Hyperlink], timeout: int) -> list[tuple[str, bool]]:
    """What is wrong with each link's answer, and whether that is sure; several are asked at once, none twice."""
    from concurrent.futures import ThreadPoolExecutor

    keys = [(link.text.partition("#")[0], link.kind == "image", timeout) for link in links]
    if len(_KNOWN) > _MOST_KNOWN:
        _KNOWN.clear()
    asked = [key for key in dict.fromkeys(keys) if key not in _KNOWN]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        _KNOWN.update(zip(asked, pool.map(lambda key: _ask(*key), asked), strict=True))
    return [_KNOWN[key] for key in keys]


def _ask(url: str, is_image: bool, timeout: int) -> tuple[str, bool]:
    """Ask by HEAD, and by GET where HEAD is refused."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.parse import quote

    address = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    for method in ("HEAD", "GET"):
        try:
            with _opened(address, method, timeout) as response:
                return _size_of(response) if is_image else ("", True)
        except HTTPError as error:
            status = error.code
            error.close()
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            return f"does not answer: {shorten(str(reason) or type(reason).__name__, 60)}", True
        if method == "GET" or status in (404, 410):
            return f"answers {status}", status not in _MAY_BE_RIGHT
    return "", True


def _opened(url: str, method: str, timeout: int) -> HTTPResponse:
    from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

    opener = build_opener(ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPRedirectHandler())
    request = Request(url, method=method, headers={"User-Agent": "Mozilla/5.0 (compatible; mailtpl)", "Accept": "*/*"})
    response: HTTPResponse = opener.open(request, timeout=timeout)
    return response


def _size_of(response: HTTPResponse) -> tuple[str, bool]:
    """What is wrong with the size of an image: by Content-Length, else nothing."""
    length = response.headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() and len(length) < 12 else 0
    return (f"has {size:,} octets", False) if size > _MOST_OCTETS else ("", True)
