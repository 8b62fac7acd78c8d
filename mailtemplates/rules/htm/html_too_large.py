from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span

_MOST_NAMED = 3
_SHARE = 10


@rule("HTM007", severity="error")
def html_too_large(document: HtmlDocument, *, limit_kb: int = 102, warn_kb: int = 80) -> Findings:
    """The html is so large that Gmail cuts it off.

    Gmail shows the first 102 KB of the decoded html and behind it "[Message clipped] View entire message". What is cut
    off is the end: the link to unsubscribe, the legal text, the pixel that counts opens.

    Reference: hteumeuleu/email-bugs#41 (measured; Google does not document it)

    Bad:

        <p>Hello</p>
        <!-- ⟨x×110000⟩ -->

    Bad:

        <p>Hello</p>
        <p>⟨Your order is on its way. ×3500⟩</p>

    Good:

        <p>Hello</p>
    """
    html = document.html
    size = len(html) if html.isascii() else len(html.encode("utf-8", "surrogatepass"))
    over, near = size > limit_kb * 1024, size > warn_kb * 1024
    if not over and not near:
        return
    heaviest = _heaviest(document)
    named = ", ".join(f"{_name(one)} {_size(one) * size // len(html) // 1024} KB" for one in heaviest[:_MOST_NAMED])
    limit = f"over the {limit_kb} KB at which Gmail cuts" if over else f"near the {limit_kb} KB at which Gmail cuts"
    yield Finding(
        heaviest[0].tag if heaviest else Span(0, 0),
        f"the html has {size / 1024:.0f} KB, {limit}" + (f"; the heaviest: {named}" if named else ""),
        "take out what no reader needs: comments, unused styles, repeated blocks, white space",
        severity=None if over else "warning",
    )


def _heaviest(document: HtmlDocument) -> list[Element]:
    """The largest blocks, where no single one has most of the html in it; the largest first."""
    children: dict[int, list[Element]] = {}
    for element in document.elements:
        children.setdefault(element.parent.index if element.parent else -1, []).append(element)
    inside = children.get(-1, [])
    while True:
        large = sorted(inside, key=_size, reverse=True)
        if not large:
            return []
        within = children.get(large[0].index, [])
        if (
            _size(large[0]) * 2 < sum(map(_size, inside))
            or not within
            or _size(max(within, key=_size)) * _SHARE < _size(large[0])
        ):
            return [one for one in large if _size(one) * _SHARE >= _size(large[0])]
        inside = within + [one for one in large[1:] if _size(one) * _SHARE > _size(large[0])]


def _size(element: Element) -> int:
    return element.content.end - element.tag.start


def _name(element: Element) -> str:
    """An element as its author knows it: with its id or class."""
    for name in ("id", "class"):
        if element.get(name):
            return f'<{element.name} {name}="{shorten(element.get(name), 30)}">'
    return f"<{element.name}>"
