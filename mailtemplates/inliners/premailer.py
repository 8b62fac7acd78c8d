"""The engine premailer, with its faults mended where that can be done from outside.

Premailer gets a tree that html5lib parsed, since its own parser does not build the tree that browsers build. Selectors
with a pseudo-class, which premailer cuts at the colon, or with capitals, which it takes for other names, are matched
with the same selector library that it uses.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from mailtemplates.css.selector import split_list
from mailtemplates.inliners import answer
from mailtemplates.pattern import pattern

_LINK = pattern(r":(?:any-)?link(?![-\w])", re.I)
_NOT = pattern(r":not\(([^()]*)\)", re.I)


def _plain(selector: str) -> str:
    """The selector in older words: no ``:link``, and one ``:not`` for each part of its list."""
    selector = _LINK.sub("[href]", selector)
    return _NOT.sub(lambda found: "".join(f":not({part.strip()})" for part in split_list(found[1])), selector)


def inline(document: str, selectors: Sequence[str]) -> str:
    """See :mod:`mailtemplates.inliners`."""
    import html5lib
    from lxml import etree
    from lxml.cssselect import CSSSelector
    from premailer import Premailer

    tree = html5lib.parse(document, treebuilder="lxml", namespaceHTMLElements=False).getroot()
    css = []
    late = []
    for number, selector in enumerate(selectors):
        try:
            compiled = CSSSelector(_plain(selector), translator="html")
        except Exception:
            continue
        if ":" in selector or "\\" in selector or selector != selector.lower():
            late.append((number, compiled))
        else:
            css.append(f"{selector}{{{answer(number)}}}")
    Premailer(
        tree,
        css_text="\n".join(css),
        include_star_selectors=True,
        disable_leftover_css=True,
        disable_basic_attributes=["align", "bgcolor", "valign", "width", "height"],
        disable_link_rewrites=True,
        disable_validation=True,
        align_floating_images=False,
        strip_important=False,
        allow_network=False,
        cssutils_logging_level=logging.CRITICAL,
    ).transform()
    for number, compiled in late:
        for element in compiled(tree):
            element.set("style", f"{element.get('style', '')};{answer(number)}")
    return str(etree.tostring(tree, method="html", encoding="unicode"))
