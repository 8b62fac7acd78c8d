from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.field import RawField
from mailtemplates.octets.listuri import ListUri, read_list_uris
from mailtemplates.octets.message import RawMessage

_VALUE = "List-Unsubscribe=One-Click"


@rule("BLK003", severity="error", profile="bulk")
def invalid_one_click(message: RawMessage) -> Findings:
    """List-Unsubscribe-Post is there, and one-click cannot work.

    Mail programs send exactly `List-Unsubscribe=One-Click` to exactly one https URI. With another value, no
    List-Unsubscribe, two web addresses or one of plain http they show no button.

    Reference: RFC 8058 §3.1, §5

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: One-Click
        …

    Bad:

        List-Unsubscribe: <http://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>, <https://acme-shop.com/preferences>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Bad (also missing-list-unsubscribe):

        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Good:

        List-Unsubscribe: <mailto:leave@acme-shop.com?subject=7f3a>,
         <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
    """
    post, field = message.first("List-Unsubscribe-Post"), message.first("List-Unsubscribe")
    if post is None:
        return
    if post.value != _VALUE:
        start = len(post.latin) - len(post.latin.lstrip(" \t\r\n"))
        where = post.at(start, max(start, len(post.latin.rstrip(" \t\r\n"))))
        yield Finding(where, f"the value `{shorten(post.value, 40)}` is not {_VALUE}", f"write {_VALUE}")
    if field is None:
        yield Finding(
            post.extent, "List-Unsubscribe-Post without List-Unsubscribe", "add List-Unsubscribe: <https://…>"
        )
        return
    yield from _judge(field, [uri for uri in read_list_uris(field).uris if uri.scheme in ("http", "https")])


def _judge(field: RawField, web: list[ListUri]) -> Findings:
    if len(web) > 1:
        problem = f"List-Unsubscribe has {len(web)} web addresses, and one-click takes one"
        yield Finding(field.at(web[1].start, web[-1].end), problem, "leave the one https URI that unsubscribes")
    elif web and web[0].scheme == "http":
        problem = f"one-click with http: `{shorten(web[0].text)}`"
        yield Finding(field.at(web[0].start, web[0].end), problem, "write an https URI")
