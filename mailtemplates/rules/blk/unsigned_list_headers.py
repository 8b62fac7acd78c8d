from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.signature import read_tags, signed_fields

_LIST = ("List-Unsubscribe", "List-Unsubscribe-Post")


@rule("BLK008", severity="error", profile="bulk")
def unsigned_list_headers(message: RawMessage) -> Findings:
    """No DKIM signature covers From and the fields of one-click.

    Anybody on the way may change a field that is not signed. So mail programs offer one-click only where List-
    Unsubscribe and List-Unsubscribe-Post stand in the `h=` of a valid signature; and a signature without From is
    invalid. A message that is not signed yet is not judged.

    Reference: RFC 8058 §4; RFC 6376 §5.4

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        DKIM-Signature: v=1; a=rsa-sha256; d=acme-shop.com; s=a;
         h=From:To:Subject:Date:Message-ID; bh=AA==; b=AA==
        …

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        DKIM-Signature: v=1; a=rsa-sha256; d=acme-shop.com; s=a;
         h=To:List-Unsubscribe:List-Unsubscribe-Post; bh=AA==; b=AA==
        …

    Good:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        DKIM-Signature: v=1; a=rsa-sha256; d=acme-shop.com; s=a;
         h=From:To:Subject:Date:Message-ID
         :List-Unsubscribe : List-Unsubscribe-Post; bh=AA==; b=AA==
        …
    """
    signatures = [(field, read_tags(field)) for field in message.fields_named("DKIM-Signature")]
    if not signatures:
        return
    needed = ["From", *[name for name in _LIST if message.first(name)]]
    lacking = [[name for name in needed if name.lower() not in signed_fields(tags)] for _, tags in signatures]
    if all(lacking):
        best = min(range(len(lacking)), key=lambda index: len(lacking[index]))
        field, tags = signatures[best]
        names = ", ".join(lacking[best])
        where = tags["h"].span if "h" in tags else field.extent
        yield Finding(where, f"the DKIM signature's h= lacks {names}", f"sign {names} too: add them to h=")
