from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.listuri import read_list_uris
from mailtemplates.octets.message import RawMessage


@rule("BLK002", severity="error", profile="bulk")
def missing_one_click(message: RawMessage) -> Findings:
    """List-Unsubscribe does not offer one-click: no https URI, or no List-Unsubscribe-Post beside it.

    With one-click the mail program unsubscribes the reader by itself, with a POST to the https URI. Gmail and Yahoo
    require it of bulk mail; a mailto alone, or an https URI without List-Unsubscribe-Post, does not count.

    Reference: RFC 8058 §3.1; Gmail sender guidelines

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        …

    Bad:

        List-Unsubscribe: <mailto:leave@acme-shop.com?subject=7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Bad:

        List-Unsubscribe: <mailto:leave@acme-shop.com?subject=7f3a>
        …

    Good:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>, <mailto:leave@acme-shop.com?subject=7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
    """
    field = message.first("List-Unsubscribe")
    uris = read_list_uris(field).uris if field else ()
    if field is None or not uris:
        return
    if all(uri.scheme == "mailto" for uri in uris):
        where = field.at(uris[0].start, uris[-1].end)
        yield Finding(where, "List-Unsubscribe has a mailto only", "add an https URI: <https://…>, <mailto:…>")
    elif not message.first("List-Unsubscribe-Post"):
        problem = "List-Unsubscribe without List-Unsubscribe-Post is no one-click"
        yield Finding(field.extent, problem, "add List-Unsubscribe-Post: List-Unsubscribe=One-Click")
