"""Relative URLs made absolute, in tags and in css.

``cid:``, ``mailto:``, ``data:`` and every other URL that has a scheme stay as they are, and so do
``#fragment``, the empty URL, and what still holds a template's braces.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from mailtemplates.errors import SettingsError
from mailtemplates.html.markup import attribute_spans, decode, encode
from mailtemplates.pattern import pattern

URL_ATTRIBUTES = frozenset({"href", "src", "background", "poster", "cite", "action", "longdesc", "data"})
"""Attributes whose value is one URL. ``srcset`` and ``style``, which hold URLs, are handled as well."""

_CSS_URL = pattern(
    r"""(?i:(?P<open>url\()(?P<space>\s*)(?P<quote>["']?)(?P<url>[^"')\\]*)(?P=quote)(?=\s*\))"""
    r"""|(?P<import>@import\s+)(?P<mark>["'])(?P<sheet>[^"'\\]*)(?P=mark))"""
)
_ABSOLUTE = pattern(r"[a-zA-Z][a-zA-Z0-9+.-]*:|#|\s*\Z|.*\{[{%]")
_CANDIDATE = pattern(r"([,\s]*)([^\s,]\S*[^\s,]|[^\s,])([^,]*)")


def check_base(base_url: str) -> str:
    """``base_url`` itself when it can be one: a scheme and a host. Raises :class:`SettingsError`."""
    if not re.match(r"https?://[^/\s]", base_url):
        raise SettingsError(f"{base_url!r} is not a base URL", cure="give one such as https://www.example.com/")
    return base_url


def absolute_url(url: str, base_url: str) -> str:
    """``url`` seen from ``base_url``."""
    if _ABSOLUTE.match(url):
        return url
    try:
        return urljoin(base_url, url.strip())
    except ValueError:
        return url


def absolute_css(css: str, base_url: str) -> str:
    """Css text with the relative URLs in ``url(…)`` and ``@import "…"`` made absolute."""

    def replace(match: re.Match[str]) -> str:
        if match["import"]:
            return f"{match['import']}{match['mark']}{absolute_url(match['sheet'], base_url)}{match['mark']}"
        url = absolute_url(match["url"].strip(), base_url)
        return f"{match['open']}{match['space']}{match['quote']}{url}{match['quote']}"

    return _CSS_URL.sub(replace, css)


def absolute_tag(tag: str, base_url: str) -> str:
    """A start tag's text with its relative URLs made absolute; all else stays."""
    for span in reversed(attribute_spans(tag)):
        if span.name not in URL_ATTRIBUTES and span.name not in ("srcset", "style"):
            continue
        value = decode(tag[span.value_start : span.value_end])
        if span.name == "style":
            absolute = absolute_css(value, base_url)
        elif span.name == "srcset":
            absolute = _CANDIDATE.sub(lambda match: match[1] + absolute_url(match[2], base_url) + match[3], value)
        else:
            absolute = absolute_url(value, base_url)
        if absolute != value:
            written = encode(absolute, span.quote) if span.quote else f'"{encode(absolute)}"'
            tag = tag[: span.value_start] + written + tag[span.value_end :]
    return tag
