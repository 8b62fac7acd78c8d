from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hyperlinks import Hyperlink, each_url, read_hyperlinks, times
from mailtemplates.links.weburl import UrlFault, find_fault, has_marks
from mailtemplates.linting.rule import rule

_MOST_RELATIVE = 3


@rule("LNK002", severity="error", texts=True)
def invalid_url(document: HtmlDocument) -> Findings:
    """A link or an image leads nowhere: its URL is empty, relative, or no URL.

    A message has no base URL that would make `/reset` whole, so the reader's click opens nothing, or a file. An empty
    `href` is mostly a variable that was not there. Characters that must be percent-encoded are mended by most programs
    and cut the link in others.

    Reference: RFC 3986 §3, §2.1, §4.2; RFC 6068 §2; RFC 3966 §3

    Bad:

        <p><a href="">Choose a new password</a></p>

    Bad:

        <p><a href="/reset?token=7f3a">Choose a new password</a></p>

    Bad:

        <p><img src="//cdn.acme-shop.com/logo.png" alt="Acme"></p>

    Bad:

        <p><a href="https:/acme-shop.com/help">Get help</a></p>

    Bad:

        <p><a href="https://acme-shop.com/summer sale">See the summer sale</a></p>

    Bad:

        <p><a href="mailto:support">Write to us</a></p>

    Bad:

        <p><a href="#">Track your parcel</a></p>

    Good:

        <p><a href="https://acme-shop.com/summer%20sale?to=b%40acme-shop.com#shoes">See the summer sale</a></p>
        <p><a href="mailto:help@acme-shop.com?subject=Order%201">Write to us</a></p>
        <p><a href="tel:+1-555-0100">Call us</a></p>
        <p><img src="cid:logo" alt="Acme"></p>
    """
    relative: list[tuple[Hyperlink, int, UrlFault]] = []
    for link, count, fault in _faults(document):
        if _is_relative(link):
            relative.append((link, count, fault))
        else:
            yield _finding(link, count, fault)
    several = len(relative) > _MOST_RELATIVE
    for link, count, fault in relative[: 1 if several else _MOST_RELATIVE]:
        finding = _finding(link, count, fault)
        rest = f", and so are {len(relative) - 1} other URLs" if several else ""
        yield finding._replace(problem=finding.problem + rest)


def _faults(document: HtmlDocument) -> Iterator[tuple[Hyperlink, int, UrlFault]]:
    """The links with a fault, one for each URL, how many have that URL, and the fault."""
    targets: set[str] | None = None
    links = [link for link in read_hyperlinks(document) if link.kind == "link" or link.attribute == "src"]
    based = document.first("base") is not None
    for link, count in each_url(links, lambda _: True):
        if link.text.startswith("#") and link.kind == "link":
            targets = _targets(document) if targets is None else targets
            fault = _anchor_fault(link, targets)
        else:
            fault = find_fault(link.url)
        if fault and not (based and _is_relative(link)):
            yield link, count, fault


def _is_relative(link: Hyperlink) -> bool:
    """Whether a base URL would make it whole."""
    url = link.url
    return (
        bool(url.text) and not url.scheme and url.authority is None and not url.text.lower().startswith(("#", "www."))
    )


def _finding(link: Hyperlink, count: int, fault: UrlFault) -> Finding:
    what = f"the {link.noun} `{shorten(link.text, 80)}`" if link.text else f"the {_whose(link)}"
    problem = f"{what} {fault.problem}{times(count)}"
    return Finding(link.span, problem, fault.cure, severity="warning" if fault.works else None)


def _whose(link: Hyperlink) -> str:
    """What has an empty URL: its attribute, and the words of the link."""
    words = link.words or link.alternatives or link.element.get("alt")
    return f"{link.attribute} of `{shorten(words, 40)}`" if words else f"{link.attribute} of <{link.element.name}>"


def _targets(document: HtmlDocument) -> set[str]:
    """What fragments may name: the ids of elements and the names of anchors."""
    found = {"top"}
    for element in document.elements:
        if "id" in element.source or "name" in element.source or "ID" in element.source or "NAME" in element.source:
            found.update((element.get("id"), element.get("name")))
    return found


def _anchor_fault(link: Hyperlink, targets: set[str]) -> UrlFault | None:
    name = link.text[1:]
    if has_marks(link.text):
        return None
    if not name:
        return UrlFault("is a placeholder: it leads nowhere", "write the URL", True)
    if name in targets or name.lower() == "top":
        return None
    return UrlFault("leads to no element: none has that id or name", "give the element that id, or write the URL", True)
