from __future__ import annotations

from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span


@rule("HTM001", severity="warning", fix="part")
def missing_doctype_or_root(document: HtmlDocument) -> Findings:
    """The html has no doctype, or is a bare fragment without `<html>` and `<body>`.

    Without a doctype browsers and webmail work in quirks mode: tables do not inherit font size and colour, and line
    heights and widths are computed in another way than in every other message. A fragment also has no language, no
    title and no place for styles.

    Reference: HTML §13.1.1; caniemail html-doctype

    Bad:

        <html lang="en">
        <head><title>Your order</title></head>
        <body><p>Hello</p></body>
        </html>

    Bad:

        <p>Your order is on its way.</p>
        <!doctype html>
        <html lang="en"><head><title>Your order</title></head><body><p>Hello</p></body></html>

    Good:

        <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
          "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
        <html lang="en"><head><title>Your order</title></head><body><p>Hello</p></body></html>

    Good:

        <!-- made by hand -->
        <!doctype html>
        <html lang="en"><head><title>Your order</title></head><body><p>Hello</p></body></html>
    """
    if document.doctype is not None:
        if _has_content_before(document, document.doctype.start):
            where = Span(document.doctype.start, document.doctype.end)
            yield Finding(where, "the doctype stands behind content, where it does not count", "put it first")
        return
    start = _start(document)
    if document.is_fragment:
        problem = "the html is a fragment: it has no doctype, no <html> and no <body>"
        yield Finding(start, problem, "put it into a whole document", severity="info")
        return
    root = document.first("html")
    fix = replace(Span(start.start, start.start), b"<!doctype html>\n")
    yield Finding(
        root.tag if root else start,
        "the html has no doctype",
        "begin it with <!doctype html>",
        fix if root and not _has_content_before(document, root.tag.start) else None,
    )


def _has_content_before(document: HtmlDocument, at: int) -> bool:
    """Whether an element or words stand before an offset; comments may."""
    for token in document.tokens:
        if token.start >= at:
            return False
        if token.kind in ("start", "end", "raw"):
            return True
        if token.kind == "text" and document.html[token.start : token.end].strip("\ufeff \t\r\n\f"):
            return True
    return False


def _start(document: HtmlDocument) -> Span:
    """The first token that is more than white space."""
    for token in document.tokens:
        text = document.html[token.start : token.end]
        if token.kind != "text" or text.strip():
            start = token.start + len(text) - len(text.lstrip())
            return Span(start, start + min(len(text.strip().split("\n")[0]), 80))
    return Span(0, 0)
