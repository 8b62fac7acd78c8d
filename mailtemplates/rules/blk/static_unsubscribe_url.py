from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.listuri import read_list_uris
from mailtemplates.octets.message import Batch, RawMessage


@rule("BLK005", severity="warning", profile="bulk")
def static_unsubscribe_url(batch: Batch) -> Findings:
    """Two recipients have the same unsubscribe URL.

    With one-click the mail program sends a POST and nothing that says who the reader is: no cookie, no login. So the
    URL itself must name the recipient and the list. One that is the same for all unsubscribes nobody, or a stranger.

    Reference: RFC 8058 §3.1, §3.2

    Bad:

        To: Ann <ann@reader.example>
        List-Unsubscribe: <https://acme-shop.com/unsubscribe>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
        ═══
        To: Ben <ben@reader.example>
        Message-ID: <order-2@acme-shop.com>
        List-Unsubscribe: <https://acme-shop.com/unsubscribe>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Good:

        To: Ann <ann@reader.example>
        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
        ═══
        To: Ben <ben@reader.example>
        Message-ID: <order-2@acme-shop.com>
        List-Unsubscribe: <https://acme-shop.com/u/81bc>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …
    """
    seen: dict[str, frozenset[str]] = {}
    for index, message in enumerate(batch.messages):
        field = message.first("List-Unsubscribe")
        readers = _readers(message)
        for uri in read_list_uris(field).uris if field and readers else ():
            if uri.scheme == "https" and field and seen.setdefault(uri.text, readers) != readers:
                problem = f"another recipient has the same unsubscribe URL `{shorten(uri.text)}`"
                where = field.at(uri.start, uri.end)
                yield Finding(where, problem, "put a token of the recipient and the list in the URL", message=index)


def _readers(message: RawMessage) -> frozenset[str]:
    """The addresses in To, in lower case."""
    field = message.first("To")
    boxes = read_addresses(field).mailboxes if field else ()
    return frozenset(box.spec.text.lower() for box in boxes if box.spec)
