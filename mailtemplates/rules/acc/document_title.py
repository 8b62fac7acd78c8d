from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.rule import rule


@rule("ACC004", severity="warning")
def document_title(document: HtmlDocument) -> Findings:
    """The html has no title, or an empty one.

    A screen reader says the title first, and "view in browser", printed pages and saved messages have it as their name.

    Reference: WCAG 2.2 §2.4.2

    Bad:

        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"></head>
        <body><p>Hello</p></body>
        </html>

    Bad:

        <!doctype html>
        <html lang="en">
        <head><title> </title></head>
        <body><p>Hello</p></body>
        </html>

    Good:

        <!doctype html>
        <html lang="en">
        <head><title>Your order</title></head>
        <body><p>Hello</p></body>
        </html>
    """
    place = document.first("head") or document.first("html")
    if place is None:
        return
    titles = [one for one in document.select("title") if not any(up.name == "svg" for up in one.ancestors)]
    if not titles:
        yield Finding(
            place.tag, "the html has no <title>", "write the subject, or what the message is about, as <title>"
        )
    elif not titles[0].text:
        yield Finding(titles[0].tag, "the <title> is empty", "write the subject, or what the message is about, into it")
