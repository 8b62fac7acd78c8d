"""The engine premailer, with its faults mended where that can be done from outside.

Premailer gets a tree that html5lib parsed, since its own parser does not build the tree that browsers build. Selectors
with a pseudo-class, which premailer cuts at the colon, with capitals, which it takes for other names, or with values
of attributes, which it compares as they are written, are matched with the same selector library that it uses. What
that cannot read is said to match an element of our own, so that its rule stays.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from mailtemplates.css.selector import split_list
from mailtemplates.inliners import answer
from mailtemplates.pattern import pattern

_LINK = pattern(r":any-link(?![-\w])", re.I)
_OF_TYPE = (
    "xpath_first_of_type_pseudo",
    "xpath_last_of_type_pseudo",
    "xpath_only_of_type_pseudo",
    "xpath_nth_of_type_function",
    "xpath_nth_last_of_type_function",
)
_ANY_CASE = frozenset(
    (
        *("accept", "accept-charset", "align", "alink", "axis", "bgcolor", "charset", "checked", "clear", "codetype"),
        *("color", "compact", "declare", "defer", "dir", "direction", "disabled", "enctype", "face", "frame"),
        *("hreflang", "http-equiv", "lang", "language", "link", "media", "method", "multiple", "nohref", "noresize"),
        *("noshade", "nowrap", "readonly", "rel", "rev", "rules", "scope", "scrolling", "selected", "shape", "target"),
        *("text", "type", "valign", "valuetype", "vlink"),
    )
)
"""Attributes of HTML whose values selectors compare in any case (HTML §4.16.2)."""

_NOT = pattern(r":not\(([^()]*)\)", re.I)


def _plain(selector: str) -> str:
    """The selector in older words: ``:link``, and one ``:not`` for each part of its list."""
    selector = _LINK.sub(":link", selector)
    return _NOT.sub(lambda found: "".join(f":not({part.strip()})" for part in split_list(found[1])), selector)


@cache
def _translator_class() -> type[Any]:
    """What cssselect does not say as browsers do: ``:first-of-type`` and its like without a tag name, said for each
    name there is, and attributes of HTML in any case."""
    from cssselect import HTMLTranslator
    from cssselect.parser import Attrib

    def said(name: str) -> Callable[..., Any]:
        plain = getattr(HTMLTranslator, name)

        def method(self: Any, xpath: Any, *arguments: Any) -> Any:
            if xpath.element != "*":
                return plain(self, xpath, *arguments)
            conditions = (
                (tag, plain(self, self.xpathexpr_cls(element=tag), *arguments).condition) for tag in self.names
            )
            return xpath.add_condition(
                " or ".join(f"name() = '{tag}' and ({one or 'true()'})" for tag, one in conditions)
            )

        return method

    def xpath_attrib(self: Any, one: Any) -> Any:
        has_none = getattr(one, "flag", "") is None  # older versions know no flags
        if has_none and one.value is not None and one.attrib.lower() in _ANY_CASE:
            one = Attrib(one.selector, one.namespace, one.attrib, one.operator, one.value, "i")
        return HTMLTranslator.xpath_attrib(self, one)

    return type(
        "AsInBrowsers", (HTMLTranslator,), {name: said(name) for name in _OF_TYPE} | {"xpath_attrib": xpath_attrib}
    )


def inline(document: str, selectors: Sequence[str]) -> str:
    """See :mod:`mailtemplates.inliners`."""
    import html5lib
    from lxml import etree
    from lxml.cssselect import CSSSelector
    from premailer import Premailer

    translator = _translator_class()()
    tree = html5lib.parse(document, treebuilder="lxml", namespaceHTMLElements=False).getroot()
    for element in tree.iter("*"):
        element.tag = element.tag.rpartition("}")[2]  # an svg is in a namespace all the same
    translator.names = sorted({element.tag for element in tree.iter("*")})
    css = []
    late = []
    unread = []
    for number, selector in enumerate(selectors):
        try:
            compiled = CSSSelector(_plain(selector), translator=translator)
        except Exception:
            unread.append(answer(number))
            continue
        if ":" in selector or "\\" in selector or "=" in selector or selector != selector.lower():
            late.append((answer(number), compiled(tree)))
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
    for told, elements in late:
        for element in elements:
            element.set("style", f"{element.get('style', '')};{told}")
    etree.SubElement(tree, "span", style=";".join(unread))
    return str(etree.tostring(tree, method="html", encoding="unicode"))
