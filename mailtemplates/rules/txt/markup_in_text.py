from __future__ import annotations

import re
from html import entities

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodies import Bodies
from mailtemplates.pattern import pattern

_TAG = pattern(
    r"(?i)</?(?:a|abbr|address|area|article|b|big|blockquote|body|br|button|caption|center|code|col|dd|div|dl|dt|em|font|"
    r"footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav|o:p|ol|p|pre|s|script|section|"
    r"small|span|strike|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul)(?:\s[^<>]{0,1000})?/?>"
    r"|<!doctype\s[^<>]{0,300}>|<!--|<!\[(?:if|endif)"
)
_WORDS = frozenset(
    ("address", "area", "big", "body", "button", "caption", "center", "code", "footer", "form", "head", "header",
     "input", "label", "link", "main", "section", "small", "style", "sub", "title")
)  # fmt: skip
_REFERENCE = pattern(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
_CSS = pattern(
    r"\{\s{0,20}-?(?:accent|align|background|border|box|clear|color|content|cursor|direction|display|float|font|height|"
    r"letter|line|list|margin|max|min|mso|ms|opacity|outline|overflow|padding|position|table|text|vertical|visibility|"
    r"webkit|white|width|word)(?:-[a-z-]{2,30})?\s{0,5}:[^{}]{1,200}[;}]|@(?:media|font-face|import)\b[^{\n]{0,100}[{;]"
)


@rule("TXT004", severity="warning")
def markup_in_text(bodies: Bodies) -> Findings:
    """The plain text has tags, character references or style rules in it.

    Nobody renders the text version: its readers see `<p>` and `&nbsp;` as they stand, and a URL with `&amp;` in it
    leads to another page. Mostly the text was made from html by cutting, or a template escaped it. What the html shows
    to its reader too, such as a sample of code, is no fault.

    Reference: RFC 2046 §4.1.3

    Bad:

        …

        <p>Hello Ben,</p>
        <p>your order is on its way.</p>

    Bad:

        …

        Hello Ben,

        pay here: https://acme-shop.com/pay?order=1&amp;token=7f3a

    Bad:

        …

        p { color: #333333; margin: 0 }

        Hello Ben, your order is on its way.

    Good:

        …

        Hello Ben,

        your order is on its way: <https://acme-shop.com/order?id=1&token=7f3a>. Write to <help@acme-shop.com>.
        We <3 our customers, and Q&A; is at a < b.
    """
    text = bodies.text
    if text is None:
        return
    words = text.text
    said = bodies.said if bodies.html else ""
    pieces = _pieces(words)
    shown = {piece for piece in {match[0] for match in pieces} if piece in said}
    found = [match for match in pieces if match[0] not in shown]
    if not found:
        return
    first = found[0]
    rest = len({match[0].lower() for match in found}) - 1
    more = f" and {rest} other kind{'s' if rest > 1 else ''} of markup" if rest else ""
    count = f" ({len(found)} places)" if len(found) > 1 else ""
    problem = f"the text has the {_what(first[0])} `{shorten(' '.join(first[0].split()), 40)}`{more}{count}"
    yield Finding(text.span(*first.span()), problem, "write it as a person reads it")


def _pieces(text: str) -> list[re.Match[str]]:
    """Markup in the order of the text."""
    found: list[re.Match[str]] = []
    if "<" in text:
        lower = text.lower()
        found += (one for one in _TAG.finditer(text) if not _is_word(one[0].lower(), lower))
    if "&" in text:
        found += (one for one in _REFERENCE.finditer(text) if not one[1] or one[1] + ";" in entities.html5)
    if "{" in text or "@" in text:
        found += _CSS.finditer(text)
    return sorted(found, key=lambda match: match.start())


def _is_word(tag: str, lower: str) -> bool:
    """Whether a tag is rather a word in brackets that stands for something: ``<title>`` that nothing closes."""
    return tag[1:-1] in _WORDS and f"</{tag[1:-1]}" not in lower


def _what(piece: str) -> str:
    if piece.startswith("<"):
        return "tag" if piece[1].isalpha() or piece[1] == "/" else "markup"
    return "character reference" if piece.startswith("&") else "style"
