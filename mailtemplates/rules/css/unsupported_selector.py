from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.clients.verdict import Tally
from mailtemplates.finding import Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.sentstyle import SentRule, SentStyle, sent_style
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.settings import CLIENTS
from mailtemplates.span import Span

_PSEUDO = pattern(r"\"[^\"]*+\"?|'[^']*+'?|::?([a-zA-Z-]++)")
_FOR_ONE_CLIENT = pattern(r"data-ogs|ExternalClass|MessageView|\.moz-|yshortcuts|AppleLinks|(?:^|[\s,])[u*#]\s*\+|@")
_NO_CONTENT = frozenset({"", "''", '""', "none", "normal"})


@rule("CSS002", severity="warning", structural=True)
def unsupported_selector(document: HtmlDocument, *, clients: tuple[str, ...] = CLIENTS) -> Findings:
    r"""A rule that stays in <style> has a selector that mail clients do not know.

    A client drops such a rule, and all that it says. Most selectors are settled when styles are inlined, and then it
    does not matter who knows them; what is left are parts that a rule makes, such as ::before, and style sheets that
    are kept as they are. Rules for :hover and the like, and what stands in @media, are extras, and are not judged.

    Reference: caniemail.com, css-selector-*, css-pseudo-*, css-nesting

    Bad:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>.price::before { content: "€ "; }</style>
        </head>
        <body>
        <p class="price">20</p>
        </body>
        </html>

    Bad:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>.card { color: #333333; & p { color: #666666; } }</style>
        </head>
        <body>
        <div class="card"><p>Hello Ben</p></div>
        </body>
        </html>

    Good:

        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <style>
        a:hover { color: #336699 !important; }
        @media (max-width: 480px) { td:nth-child(2) { display: none !important; } }
        </style>
        </head>
        <body>
        <p>Hello <a href="https://www.acme-shop.com/orders">Ben</a></p>
        </body>
        </html>
    """
    tally = Tally(document, clients)
    style = sent_style(document)
    for one in style.rules:
        if one.inside or one.prelude.startswith("@") or _FOR_ONE_CLIENT.search(one.prelude):
            continue
        where = Span(one.span.start, one.span.start + len(one.prelude))
        if one.nested:
            tally.use("rule:nested", "a rule inside a rule", where)
        for name in _pseudos(one, style):
            tally.use(f"pseudo:{name}", f":{name}", where)
    yield from tally.findings()


def _pseudos(one: SentRule, style: SentStyle) -> Iterator[str]:
    """The pseudo-classes and pseudo-elements of a rule that shows something."""
    if ":" not in one.prelude or not one.declarations or _is_inlined(one, style):
        return
    contents = [placed.declaration.value.strip() for placed in one.declarations if placed.declaration.name == "content"]
    for name in dict.fromkeys(found.lower() for found in _PSEUDO.findall(one.prelude) if found):
        if name not in ("before", "after") or (contents and contents[-1] not in _NO_CONTENT):
            yield name


def _is_inlined(one: SentRule, style: SentStyle) -> bool:
    """Whether elements have in their style attributes what the rule says: then it stays for other ones."""
    first = one.declarations[0].declaration
    return all(selector.static for selector in one.selectors) and (first.name, first.value) in style.inlined
