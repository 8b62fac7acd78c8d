from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.links.hyperlinks import Hyperlink, read_hyperlinks
from mailtemplates.links.optout import leads_out, says_way_out
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodies import Bodies, Body
from mailtemplates.octets.listuri import read_list_uris
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_TARGET = pattern(r"(?i)https?://|mailto:|\S@\S|www\.|\*\||%\w+%|\{\{|\[\w+\]")
_AROUND = 300


@rule("BLK006", severity="error", profile="bulk")
def no_visible_unsubscribe(bodies: Bodies) -> Findings:
    """A mailing has no link in its body by which the reader can unsubscribe.

    Gmail and Yahoo ask for "a clearly visible unsubscribe link in the message body" beside the header field, Outlook
    for a visible way out, and the law in most countries does too. Who does not find it presses Spam.

    Reference: Gmail sender guidelines; Yahoo sender requirements; 15 U.S.C. §7704(a)(3)

    Bad:

        Content-Type: multipart/alternative; boundary=one
        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        …

        --one
        Content-Type: text/plain; charset=utf-8

        See the summer sale: https://acme-shop.com/sale
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p><a href="https://acme-shop.com/sale">See the summer sale</a></p>
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        …

        --one
        Content-Type: text/plain; charset=utf-8

        See the summer sale: https://acme-shop.com/sale
        Abbestellen: https://acme-shop.com/u/7f3a
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p><a href="https://acme-shop.com/sale">See the summer sale</a></p>
        <p>Newsletter <a href="https://acme-shop.com/u/7f3a">abbestellen</a></p>
        --one--

    Good:

        …

        See the summer sale: https://acme-shop.com/sale
        To unsubscribe, write to leave@acme-shop.com.
    """
    body = bodies.html or bodies.text
    if body is None or not body.text.strip():
        return
    field = bodies.message.first("List-Unsubscribe")
    given = [uri.text for uri in read_list_uris(field).uris] if field else []
    if bodies.html and bodies.html.document:
        if any(_leads_out(link, given) for link in read_hyperlinks(bodies.html.document)):
            return
    elif _is_in_text(body.text, given):
        return
    yield Finding(_place(body), "no link in the body unsubscribes the reader", "add a link that says Unsubscribe")


def _leads_out(link: Hyperlink, given: list[str]) -> bool:
    if link.kind != "link":
        return False
    if link.text in given or leads_out(link.text) or says_way_out(link.words or link.alternatives):
        return True
    document = link.element.document
    near = Span(max(link.span.start - _AROUND, 0), min(link.element.end + _AROUND, len(document.html)))
    return near.end - near.start < 10 * _AROUND and says_way_out(document.text_between(near))


def _is_in_text(text: str, given: list[str]) -> bool:
    return any(one in text for one in given) or (
        (says_way_out(text) or leads_out(text)) and _TARGET.search(text) is not None
    )


def _place(body: Body) -> Span:
    """The start tag of the html's body, or the first character of the text."""
    tag = body.document.first("body") if body.document else None
    if tag is not None:
        return body.span(*tag.tag)
    first = len(body.text) - len(body.text.lstrip())
    return body.span(first, min(first + 1, len(body.text)))
