from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern

_ZERO_FONT = pattern(r"(?:^|;)\s*font-size\s*:\s*0*(?:\.0+|[01]?)(?:px|pt)?\s*(?:!important\s*)?(?:;|\Z)", 2)
_FILLER = pattern(
    "[\\s\u00a0\u00ad\u034f\u200b-\u200f\u2007\u2060-\u2064\u2800\ufeff\u180e\u115f\u1160\u17b4\u17b5\u3164]+"
)
_UNSEEN = frozenset({"head", "style", "script", "input", "title", "template"})
_PREHEADER = 500


@rule("HTM009", severity="warning")
def hidden_content(document: HtmlDocument, *, limit: int = 200) -> Findings:
    """A long text is hidden from the reader, and it is no preheader.

    Gmail asks senders not to hide content with css, and filters count hidden text as a trick. A short line at the top,
    the preheader, is what everybody does and is passed over, as is what a class may show on phones.

    Reference: Gmail sender guidelines, "Don't use HTML and CSS to hide content"

    Bad:

        <p>Your order is on its way.</p>
        <div style="display:none">⟨cheap watches and best prices for everybody ×8⟩</div>

    Bad:

        <p>Your order is on its way.</p>
        <p style="font-size:0px;color:#333333">⟨cheap watches and best prices for everybody ×8⟩</p>

    Good:

        <div style="display:none;max-height:0;overflow:hidden">Your order is on its way.⟨&nbsp;&zwnj;×150⟩</div>
        <p>Hello</p>

    Good:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title>
        <style>@media (max-width: 480px) { .phone { display: block !important } }</style>
        </head>
        <body>
        <p>Your order is on its way.</p>
        <div class="phone" style="display:none;mso-hide:all">⟨The same for a narrow screen. ×10⟩</div>
        </body>
        </html>
    """
    done = 0
    may_be_tiny = "font-size" in document.html
    for element, hidden in zip(document.elements, document.hidden, strict=True):
        if element.tag.start < done or not (hidden or (may_be_tiny and _is_tiny(element))) or element.name in _UNSEEN:
            continue
        done = element.content.end
        size = len(_FILLER.sub(" ", element.text))
        if size <= limit or element.get("data-text") == "skip" or _can_be_shown(element):
            continue
        if size <= _PREHEADER and _is_first(element):
            continue
        problem = f"{size} characters of text are hidden from the reader"
        yield Finding(element.tag, problem, "take them out, or show them")


def _is_tiny(element: Element) -> bool:
    """Whether it holds only words, in a font of no size."""
    style = element.attributes.get("style")
    if not style or not _ZERO_FONT.search(style):
        return False
    return "<" not in element.document.html[slice(*element.content)]


def _can_be_shown(element: Element) -> bool:
    """Whether a style could show it: it, or one in it or around it, has a class or id that a style names."""
    styles = " ".join(element.document.html[slice(*one.content)] for one in element.document.select("style"))
    return bool(styles) and any(
        word in styles
        for one in (element, *element.ancestors)
        for name in ("class", "id")
        for word in element.document.elements[one.index].get(name).split()
    )


def _is_first(element: Element) -> bool:
    """Whether no words stand before it in the body."""
    document = element.document
    body = document.first("body")
    head = document.first("head")
    start = body.tag.end if body else head.end if head else 0
    return not any(
        token.kind == "text" and document.html[token.start : token.end].strip()
        for token in document.tokens
        if start <= token.start < element.tag.start
    )
