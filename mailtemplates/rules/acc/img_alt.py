from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_TINY = pattern(r"\s*0*[01](?:\.0*)?(?:px)?\s*", 2)
_TINY_STYLE = pattern(r"(?:^|;)\s*(?:max-)?(width|height)\s*:\s*0*[01](?:\.0*)?(?:px)?\s*(?:!important\s*)?(?=;|\Z)", 2)


@rule("ACC002", severity="error", fix="part")
def img_alt(document: HtmlDocument) -> Findings:
    """An image has no `alt` text.

    Many readers see no images until they ask for them: then `alt` is all there is of a button, a logo, a headline. A
    screen reader without it reads the file's name aloud. An image that only decorates has `alt=""`.

    Reference: WCAG 2.2 §1.1.1; HTML §4.8.3

    Bad:

        <p><img src="cid:logo" width="116" height="36"></p>

    Bad:

        <img src="https://acme-shop.com/open.gif" width="1" height="1">

    Bad:

        <p><img role="presentation" src="cid:line"/></p>

    Good:

        <p><img src="cid:logo" alt="Acme"> <img src="cid:line" alt=""> <img src="cid:line" alt></p>
    """
    for element in document.select("img"):
        if "alt" in element.attributes or element.get("aria-label") or element.get("aria-labelledby"):
            continue
        fix = Span(element.name_end, element.name_end)
        source = shorten(element.get("src").rsplit("/", 1)[-1].removeprefix("cid:").partition("@")[0], 40)
        named = f"the image {source}" if source else "an image"
        if _is_decoration(element):
            problem = f'{named} has no alt; it shows nothing to read, so it needs alt=""'
            yield Finding(element.tag, problem, 'write alt=""', replace(fix, b' alt=""'), "info")
        else:
            help_ = 'say in alt what it shows, or alt="" when it only decorates'
            yield Finding(element.tag, f"{named} has no alt", help_, replace(fix, b' alt=""', safe=False))


def _is_decoration(element: Element) -> bool:
    """Whether it shows nothing to read: a pixel that counts, or its author says so."""
    if element.get("role").lower() in ("presentation", "none") or element.get("aria-hidden").lower() == "true":
        return True
    style = element.get("style")
    if element.is_hidden or {one.lower() for one in _TINY_STYLE.findall(style)} == {"width", "height"}:
        return True
    return bool(_TINY.fullmatch(element.get("width")) and _TINY.fullmatch(element.get("height")))
