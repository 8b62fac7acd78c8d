"""Which html and css a feature of caniemail's data is about, and how much its lack harms.

A feature is found by keys, such as ``property:gap``, ``value:display:flex``, ``at-rule:import``, ``unit:rem``,
``function:clamp``, ``pseudo:hover``, ``element:video``, ``attribute:srcset`` or ``image:webp``. Most keys follow from
the feature's name; the rest stand in ``HAND``, and ``UNMAPPED`` says of the others why nothing finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from mailtemplates.clients.support import Feature, read_support
from mailtemplates.pattern import pattern

_PROPERTY_TITLE = pattern(r"[a-z-]+(?: (?:property|shorthand|CSS property|properties))?\s*")
_ATTRIBUTE_TITLE = pattern(r"([a-z-]+)(?: and ([a-z-]+))? attributes?")
_ELEMENT_TITLE = pattern(r"(?:Embedded )?<([a-z]+)>(?: (?:element|image))?")
_MECHANICAL = (
    (pattern(r"css-at-media-(.+)"), "media"),
    (pattern(r"css-at-(.+)"), "at-rule"),
    (pattern(r"css-pseudo-(?:class|element)-(.+)"), "pseudo"),
    (pattern(r"css-unit-(.+)"), "unit"),
    (pattern(r"css-function-(.+)"), "function"),
    (pattern(r"css-(\w+-gradient|rgba?)"), "function"),
    (pattern(r"css-selector-(.+)"), "selector"),
    (pattern(r"html-input-(.+)"), "input"),
    (pattern(r"html-button-(.+)"), "button"),
    (pattern(r"html-(aria-.+)"), "attribute"),
    (pattern(r"image-(.+)"), "image"),
)

_LOGICAL_EDGES = tuple(f"{axis}-{edge}" for axis in ("inline", "block") for edge in ("start", "end"))


def _slugs(category: str, names: str) -> frozenset[str]:
    return frozenset(f"{category}-{name}" for name in names.split())


def _properties(*names: str) -> tuple[str, ...]:
    return tuple(f"property:{name}" for name in names)


#: Features whose names do not say what they are about.
HAND: Mapping[str, tuple[str, ...]] = {
    "css-at-media": ("at-rule:media",),
    "css-block-inline-size": _properties("block-size"),
    "css-border": _properties(
        "border", "border-width", "border-style", "border-color",
        *(f"border-{edge}{part}" for edge in ("top", "right", "bottom", "left")
          for part in ("", "-width", "-style", "-color")),
    ),
    "css-border-inline-block": _properties("border-inline", "border-block"),
    "css-border-inline-block-individual": _properties(
        *(f"border-{axis}-{part}" for axis in ("inline", "block") for part in ("width", "style", "color"))
    ),
    "css-border-inline-block-longhand": _properties(
        *(f"border-{edge}{part}" for edge in _LOGICAL_EDGES for part in ("", "-width", "-style", "-color"))
    ),
    "css-border-radius-logical": _properties(
        *(f"border-{one}-{two}-radius" for one in ("start", "end") for two in ("start", "end"))
    ),
    "css-column-layout-properties": _properties(
        "columns", "column-width", "column-fill", "column-rule", "column-rule-color", "column-rule-style",
        "column-rule-width", "column-span",
    ),
    "css-display-flex": ("value:display:flex", "value:display:inline-flex"),
    "css-display-grid": ("value:display:grid", "value:display:inline-grid"),
    "css-display-none": ("value:display:none",),
    "css-flex-direction": ("value:flex-direction:column", "value:flex-direction:column-reverse"),
    "css-flex-wrap": ("value:flex-wrap:wrap", "value:flex-wrap:wrap-reverse"),
    "css-gap": _properties("gap", "column-gap", "row-gap"),
    "css-grid-template": _properties(
        "grid-template", "grid-template-columns", "grid-template-rows", "grid-template-areas"
    ),
    "css-inert-attribute": ("attribute:inert",),
    "css-intrinsic-size": ("word:fit-content", "word:min-content", "word:max-content"),
    "css-left-right-top-bottom": _properties("left", "right", "top", "bottom"),
    "css-margin": _properties("margin", "margin-top", "margin-right", "margin-bottom", "margin-left"),
    "css-margin-block-start-end": _properties("margin-block-start", "margin-block-end"),
    "css-margin-inline-block": _properties("margin-inline", "margin-block"),
    "css-margin-inline-start-end": _properties("margin-inline-start", "margin-inline-end"),
    "css-modern-color": tuple(f"function:{name}" for name in ("lch", "oklch", "lab", "oklab")),
    "css-nesting": ("rule:nested",),
    "css-padding": _properties("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"),
    "css-padding-block-start-end": _properties("padding-block-start", "padding-block-end"),
    "css-padding-inline-block": _properties("padding-inline", "padding-block"),
    "css-padding-inline-start-end": _properties("padding-inline-start", "padding-inline-end"),
    "css-scroll-snap": _properties("scroll-snap-type", "scroll-snap-align", "scroll-snap-stop"),
    "css-sytem-ui": tuple(f"word:{name}" for name in
                          ("system-ui", "ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace")),
    "css-unit-calc": ("function:calc",),
    "css-unit-initial": ("word:initial",),
    "css-unit-percent": ("unit:%",),
    "css-variables": ("function:var",),
    "html-address": ("element:address",),
    "html-anchor-links": ("link:#",),
    "html-base": ("element:base",),
    "html-h1-h6": tuple(f"element:h{level}" for level in range(1, 7)),
    "html-image-maps": ("attribute:usemap",),
    "html-lists": ("element:ul", "element:ol", "element:dl"),
    "html-loading-attribute": ("attribute:loading",),
    "html-mailto-links": ("link:mailto",),
    "html-semantics": tuple(f"element:{name}" for name in (
        "article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark", "nav", "section",
        "summary", "time")),
    "image-heif": ("image:heif", "image:heic"),
    "image-jpg": ("image:jpg", "image:jpeg"),
    "image-tiff": ("image:tiff", "image:tif"),
}  # fmt: skip

#: Features that no rule of this family looks for, and why.
UNMAPPED: Mapping[str, str] = {
    "amp": "a part of its own beside the html, not html",
    "bimi": "a record in the DNS, not a part of a message",
    "css-at-import": "external-stylesheet finds it",
    "css-comments": "style-stripping-construct finds those that cost something",
    "css-important": "rules that stay in <style> need it, and inlining leaves it out",
    "html-comments": "every client reads them",
    "html-doctype": "missing-doctype-or-root judges it",
    "html-form": "active-content finds it",
    "html-link": "external-stylesheet finds it",
    "html-meta-color-scheme": "color-scheme-meta judges it",
    "html-object": "active-content finds it",
    "html-style": "style-placement judges it",
    "image-base64": "data-uri-image finds it",
    "image-hdr": "nothing in the html tells it from any other image",
}

#: What nobody misses when it is gone, or for which nothing better exists: never reported by itself.
QUIET = _slugs("css", """
    at-font-face at-keyframes at-media at-media-device-pixel-ratio at-media-hover at-media-orientation box-sizing
    at-media-prefers-color-scheme at-media-prefers-reduced-motion at-supports color-scheme cursor direction display-none
    font-kerning font-size-adjust font-stretch height hyphenate-character hyphenate-limit-chars hyphens
    inert-attribute left-right-top-bottom letter-spacing line-height max-height max-width orphans
    outline-offset overflow overflow-wrap pseudo-class-active pseudo-class-checked pseudo-class-default
    pseudo-class-focus pseudo-class-focus-visible pseudo-class-focus-within pseudo-class-hover pseudo-class-link
    pseudo-class-target pseudo-class-visited resize selector-adjacent-sibling selector-attribute selector-chaining
    selector-child selector-class selector-descendant selector-general-sibling selector-grouping selector-id
    selector-type selector-universal sytem-ui text-wrap transition unit-initial user-select widows width word-break
    word-wrap z-index
    """) | _slugs("html", """
    abbr acronym align aria-describedby aria-hidden aria-label aria-labelledby aria-live background base bdi body dfn
    dir height lang lists loading-attribute picture required role rp rt ruby srcset target wbr width
    """) | {"image-gif", "image-apng"}  # fmt: skip

#: What a message does well without: no more than an info, and only where a whole family lacks it.
GRACEFUL = _slugs("css", """
    accent-color animation aspect-ratio backdrop-filter background background-blend-mode background-clip
    background-image background-origin background-position background-repeat background-size border-image
    border-radius border-radius-logical border-spacing box-shadow caption-side clear clip-path column-count
    column-layout-properties conic-gradient empty-cells filter intrinsic-size linear-gradient list-style-image
    list-style-position mask-image min-height min-width mix-blend-mode object-fit object-position opacity outline
    pseudo-element-first-letter pseudo-element-first-line pseudo-element-marker pseudo-element-placeholder
    radial-gradient scroll-snap shape-margin shape-outside tab-size table-layout text-align-last
    text-decoration-color text-decoration-line text-decoration-skip-ink text-decoration-style
    text-decoration-thickness text-emphasis text-emphasis-position text-justify text-orientation text-overflow
    text-shadow text-underline-offset text-underline-position transform visibility white-space white-space-collapse
    word-spacing
    """) | {"html-semantics"}  # fmt: skip

#: Where support is partial, the use that it is partial for, in ``element|name: value``. Other uses are supported.
PARTLY: Mapping[str, re.Pattern[str]] = {
    "css-border": pattern(r"(?<![\d.#])(?:9|[1-9]\d+)(?:\.\d+)?px"),
    "css-display": pattern(r": (?:flow-root|contents|inline-flex|inline-grid|inline flow\S*|revert)\b"),
    "css-font-size": pattern(r"\Z(?!\Z)"),
    "css-font-weight": pattern(r": (?![1-9]00\b)\d"),
    "css-list-style": pattern(r"url\(", re.I),
    "css-margin": pattern(r"[ :]-\.?\d"),
    "css-padding": pattern(r"^(?:p|div)\|[a-z-]+: (?:.* )?\.?0*[1-9]"),
    "css-rgb": pattern(r"rgb\((?:[^,()]*,){3}"),
    "css-rgba": pattern(r"\|(?:background|border|color)"),
    "css-text-align": pattern(r": (?:start|end|match-parent)\b"),
    "css-text-decoration": pattern(r"overline|line.*line"),
    "css-text-indent": pattern(r": -"),
    "css-text-transform": pattern(r"lowercase"),
    "html-mailto-links": pattern(r"[?&]b?cc="),
}


def keys_of(feature: Feature) -> tuple[str, ...]:
    """The keys that find a feature; none for one that is unmapped."""
    slug = feature.slug
    if slug in HAND or slug in UNMAPPED:
        return HAND.get(slug, ())
    for form, kind in _MECHANICAL:
        if found := form.fullmatch(slug):
            return (f"{kind}:{found[1]}",)
    category, _, name = slug.partition("-")
    return _html_keys(name, feature.title) if category == "html" else _css_keys(name, feature.title)


def _html_keys(name: str, title: str) -> tuple[str, ...]:
    if element := _ELEMENT_TITLE.fullmatch(title):
        return (f"element:{element[1]}",) if element[1] == name else ()
    attribute = _ATTRIBUTE_TITLE.fullmatch(title)
    return tuple(f"attribute:{one}" for one in attribute.groups() if one) if attribute else ()


def _css_keys(name: str, title: str) -> tuple[str, ...]:
    return (f"property:{name}",) if _PROPERTY_TITLE.fullmatch(title) and title.startswith(name) else ()


@cache
def features_by_key() -> Mapping[str, tuple[Feature, ...]]:
    """The features that a key finds."""
    found: dict[str, tuple[Feature, ...]] = {}
    for feature in read_support().features.values():
        for key in keys_of(feature):
            found[key] = (*found.get(key, ()), feature)
    return found


def find_features(word: str) -> Iterable[Feature]:
    """The features that a person means: by name, key, title, or a part of the name."""
    lower = word.strip().lower()
    features = read_support().features
    if lower in features:
        return [features[lower]]
    bare = lower.strip("<>@:()").removesuffix("()").replace(" ", "").replace("display:", "display-")
    titled = [one for one in features.values() if lower == one.title.lower()]
    same = titled or [one for one in features.values() if bare in words_of(one)]
    return same or [one for one in features.values() if bare and bare in one.slug]


def words_of(feature: Feature) -> set[str]:
    """What a person may call it, in lower case."""
    return {feature.slug.partition("-")[2] or feature.slug, *(key.partition(":")[2] for key in keys_of(feature))}
