from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix, replace
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import attribute_spans
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_TAG = pattern(r"(?:[a-z]{2,3}|[a-z]{4,8}|[xi]-[a-z0-9]{1,8})(?:-[a-z0-9]{1,8})*", 2)
_UNDERSCORE = pattern(r"([a-z]{2,3})_([a-z]{2}|[a-z]{4})(?:\.[\w-]+|@\w+)?", 2)


@rule("ACC001", severity="warning", fix="part")
def html_lang(document: HtmlDocument) -> Findings:
    """The html does not say its language.

    A screen reader reads the words by the rules of that language; without it German is read aloud as English. Mail
    programs use it to hyphenate, to choose quotes and fonts, and to offer a translation or not.

    Reference: WCAG 2.2 §3.1.1; HTML §3.2.6.2; BCP 47

    Bad:

        <!doctype html>
        <html>
        <head><title>Your order</title></head>
        <body><p>Hello</p></body>
        </html>

    Bad:

        <!doctype html>
        <html lang="">
        <head><title>Your order</title></head>
        <body><p>Hello</p></body>
        </html>

    Bad:

        <!doctype html>
        <html lang="de_AT">
        <head><title>Bestellung</title></head>
        <body><p>Hallo</p></body>
        </html>

    Bad:

        <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
        <html xmlns="http://www.w3.org/1999/xhtml" xml:lang="de">
        <head><title>Bestellung</title></head>
        <body><p>Hallo</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="zh-Hant-TW">
        <head><title>Your order</title></head>
        <body><p>Hello</p></body>
        </html>

    Good:

        <!doctype html>
        <html>
        <head><title>Your order</title></head>
        <body><div lang="en"><p>Hello</p></div></body>
        </html>
    """
    root = document.first("html")
    if root is None:
        return
    lang = root.get("lang")
    if not lang:
        if not _is_said_inside(document):
            yield _missing(root)
    elif not _TAG.fullmatch(lang):
        mended = _UNDERSCORE.fullmatch(lang)
        right = f"{mended[1]}-{mended[2]}" if mended else ""
        yield Finding(
            root.span_of("lang"),
            f"{shorten(lang, 40)!r} is not a language tag",
            f"write {right or 'a tag such as en or de-AT'}",
            _with_lang(root, right) if right else None,
        )


def _missing(root: Element) -> Finding:
    known = root.get("xml:lang")
    problem = "lang is empty on <html>" if "lang" in root.attributes else "<html> has no lang"
    if known:
        problem += ", and xml:lang does not count in html"
    right = known if _TAG.fullmatch(known) else ""
    fix = _with_lang(root, right) if right else None
    return Finding(root.tag, problem, f'write lang="{right or "…"}", the language of the message', fix)


def _is_said_inside(document: HtmlDocument) -> bool:
    """Whether the body, or the one block that holds everything in it, names the language."""
    body = document.first("body")
    start = body.index if body else 0
    size = len(document.html) - document.elements[start].tag.end
    return any(
        one.get("lang") and (one is body or (one.content.end - one.tag.start) * 2 > size)
        for one in document.elements[start : start + 10]
    )


def _with_lang(root: Element, value: str) -> Fix:
    """The fix that gives an element its language."""
    for one in attribute_spans(root.source):
        if one.name == "lang" and one.quote:
            start = root.tag.start
            return replace(Span(start + one.value_start, start + one.value_end), value.encode())
        if one.name == "lang":
            return replace(root.span_of("lang"), f'lang="{value}"'.encode())
    return Fix((Edit(Span(root.name_end, root.name_end), f' lang="{value}"'.encode()),))
