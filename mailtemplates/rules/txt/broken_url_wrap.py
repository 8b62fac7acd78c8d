from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.links.hyperlinks import read_hyperlinks, read_text_urls
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodies import Bodies
from mailtemplates.pattern import pattern

_NEXT = pattern(r"[ \t]*\r?\n(?:> ?)*[ \t]*([^\s<>]+)")
_ENCLOSED = pattern(r"(?:[ \t]*\r?\n[ \t]*[^\s<>]{1,998}){1,5}>")
_REST = pattern(r"[^\s<>\"]*")
_LINKLIKE = pattern(r"(?=\S*[=&%/?])(?=\S*[0-9=&%])\S+|(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[\w-]{10,}")
_PROSE = pattern(r"[^\W\d_]+[.,;:!?)]*")
_OPEN_END = "/?&=-%_+#"
_LONG = 60


class _Cut(NamedTuple):
    """A URL that ends with its line: its offsets, its beginning and the word that the next line begins with."""

    start: int
    end: int
    begun: str
    word: str
    column: int


@rule("TXT005", severity="warning")
def broken_url_wrap(bodies: Bodies) -> Findings:
    """A URL in the plain text is cut by a line break.

    Mail programs make a link of what stands on one line: the reader's click opens the first half, without the token or
    the end of the path. Long URLs stand on a line of their own, however long.

    Reference: RFC 3986 appendix C; RFC 5322 §2.1.1

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Choose a new password: https://acme-shop.com/account/reset?
        token=7f3a9c21
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p><a href="https://acme-shop.com/account/reset?token=7f3a9c21">Choose a new password</a></p>
        --one--

    Bad:

        …

        Choose a new password: <https://acme-shop.com/account/
        reset?token=7f3a9c21>

    Good:

        …

        Choose a new password:
        <https://acme-shop.com/account/reset?token=7f3a9c21&back=https%3A%2F%2Facme-shop.com%2Faccount%2Forders>
        Read more at https://acme-shop.com/
        help is there at any time.
    """
    text = bodies.text
    if text is None or "://" not in text.text:
        return
    flowed = text.part.parameters.get("delsp", "").lower() == "yes"
    hrefs = (
        [link.text for link in read_hyperlinks(bodies.html.document)] if bodies.html and bodies.html.document else []
    )
    found = [one for one in _cuts(text.text) if not (flowed and text.text[one.end : one.end + 1] == " ")]
    broken = [one for one in found if _is_broken(text.text, one, hrefs)]
    if broken:
        first = broken[0]
        count = f" ({len(broken)} URLs)" if len(broken) > 1 else ""
        problem = (
            f"the URL `{shorten(first.begun, 60)}` is cut: `{shorten(first.word, 40)}` stands on the next line{count}"
        )
        yield Finding(text.span(first.start, first.end), problem, "leave the URL on one line")


def _cuts(text: str) -> Iterator[_Cut]:
    for url in read_text_urls(text):
        rest = _REST.match(text, url.end)
        end = rest.end() if rest else url.end
        match = _NEXT.match(text, end)
        if match:
            line = text.rfind("\n", 0, url.start) + 1
            yield _Cut(url.start, end, text[url.start : end], match[1], end - line)


def _is_broken(text: str, cut: _Cut, hrefs: list[str]) -> bool:
    if "://" in cut.word or cut.begun in hrefs:
        return False
    if text[cut.start - 1 : cut.start] == "<" and _ENCLOSED.match(text, cut.end):
        return True
    if hrefs:
        return any(_goes_on(href, cut) for href in hrefs)
    return cut.column >= _LONG and cut.begun[-1:] in _OPEN_END and _LINKLIKE.fullmatch(cut.word) is not None


def _goes_on(href: str, cut: _Cut) -> bool:
    """Whether a link of the html begins as the URL does and goes on with the next line's first word."""
    if not href.startswith(cut.begun) or len(href) <= len(cut.begun):
        return False
    rest = href[len(cut.begun) :]
    if cut.begun.endswith("/") and cut.column < _LONG and _PROSE.fullmatch(cut.word):
        return False
    return rest.startswith(cut.word) or (cut.word.startswith(rest) and not cut.word[len(rest) :].strip(".,;:!?)]\"'"))
