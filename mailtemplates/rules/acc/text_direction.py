from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_LANGUAGES = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi", "arz", "apc"}
)
_SCRIPTS = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "aran"})
_LETTERS = pattern("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]")
_OTHERS = pattern(r"[^\W\d_\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]")
_DIRECTION = pattern(r"direction\s*:\s*rtl", 2)
_FEWEST = 20


@rule("ACC008", severity="warning", fix="part")
def text_direction(document: HtmlDocument) -> Findings:
    """The language is written from right to left, and the html does not say so.

    Without `dir="rtl"` lines begin at the wrong side, full stops and numbers jump to the wrong end, and columns stand
    in the wrong order.

    Reference: WCAG 2.2 §1.3.2; caniemail html-dir

    Bad:

        <!doctype html>
        <html lang="he">
        <head><title>Shalom</title></head>
        <body><p>Shalom</p></body>
        </html>

    Bad:

        <!doctype html>
        <html lang="en">
        <head><title>Order</title></head>
        <body><p>مرحبا، طلبك في الطريق إليك. شكرا لك على التسوق معنا.</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="ar" dir="rtl">
        <head><title>Order</title></head>
        <body><p>مرحبا، طلبك في الطريق إليك. شكرا لك على التسوق معنا.</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="en">
        <head><title>Order</title></head>
        <body><p>Hello means مرحبا, and thank you means شكرا, in the language of our shop.</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="ur-Latn">
        <head><title>Order</title></head>
        <body><p>Salaam</p></body>
        </html>
    """
    root = document.first("html")
    lang = root.get("lang") if root else ""
    by_lang = _is_right_to_left(lang)
    if not by_lang and not _LETTERS.search(document.html) and "&#1" not in document.html:
        return
    place = root or document.first("body")
    if place is None or (not by_lang and not _is_mostly_right_to_left(document)) or _says(document):
        return
    why = f"the language {lang!r} is" if by_lang else "the text is"
    problem = f"{why} written from right to left, and nothing says dir"
    yield Finding(place.tag, problem, 'write dir="rtl" on <html>, and on the outermost block in the body', _fix(place))


def _is_right_to_left(lang: str) -> bool:
    words = lang.lower().replace("_", "-").split("-")
    script = next((word for word in words[1:] if len(word) == 4 and word.isalpha()), "")
    return script in _SCRIPTS if script else words[0] in _LANGUAGES


def _is_mostly_right_to_left(document: HtmlDocument) -> bool:
    text = document.text_between(Span(0, len(document.html)))
    count = len(_LETTERS.findall(text))
    return count >= _FEWEST and count > len(_OTHERS.findall(text))


def _says(document: HtmlDocument) -> bool:
    """Whether the direction is said anywhere."""
    return bool(_DIRECTION.search(document.html)) or any("dir" in one.attributes for one in document.elements)


def _fix(place: Element) -> Fix | None:
    return replace(Span(place.name_end, place.name_end), b' dir="rtl"') if place.name == "html" else None
