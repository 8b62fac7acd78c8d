from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.links.orgdomain import is_aligned
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.signature import read_tags

_FREE = frozenset(
    (
        *(
            "gmail.com",
            "googlemail.com",
            "yahoo.com",
            "yahoo.co.uk",
            "yahoo.co.jp",
            "yahoo.fr",
            "yahoo.de",
            "ymail.com",
        ),
        *(
            "rocketmail.com",
            "outlook.com",
            "hotmail.com",
            "hotmail.co.uk",
            "hotmail.fr",
            "live.com",
            "msn.com",
            "aol.com",
        ),
        *(
            "icloud.com",
            "me.com",
            "mac.com",
            "gmx.de",
            "gmx.net",
            "gmx.com",
            "gmx.at",
            "web.de",
            "t-online.de",
            "mail.ru",
        ),
        *("yandex.ru", "yandex.com", "proton.me", "protonmail.com", "orange.fr", "free.fr", "libero.it", "qq.com"),
        *("163.com", "126.com", "naver.com", "comcast.net", "zoho.com", "mail.com"),
    )
)
_RESERVED = frozenset(("example.com", "example.net", "example.org"))
_RESERVED_TOP = frozenset(("example", "test", "invalid", "localhost", "localdomain"))


@rule("ADR011", severity="warning")
def foreign_or_reserved_from(message: RawMessage) -> Findings:
    """From is an address at a mailbox provider, or at a domain that exists in examples only.

    Nobody but Gmail may send for gmail.com: its DMARC policy has receivers quarantine the rest, and Gmail says "don't
    impersonate Gmail From: headers". Yahoo, Outlook.com, AOL and others do the same. Domains such as `example.com` and
    `.test` are reserved for documents and tests; they receive no mail, and a message from there was never finished.
    A message that carries the provider's own signature, or that has been on its way already, is taken for genuine.

    Reference: Gmail sender guidelines; RFC 2606 §2–3; RFC 6761 §6

    Bad:

        From: Acme <acme.shop@gmail.com>
        …

    Bad:

        From: Acme <hello@mail.example.com>
        …

    Bad:

        From: Acme <hello@acme.test>
        …

    Good:

        From: Acme <hello@acme-shop.com>
        Reply-To: Acme <acme.shop@gmail.com>
        …

    Good:

        From: Ann <ann@gmail.com>
        DKIM-Signature: v=1; a=rsa-sha256; d=gmail.com; s=20230601; h=from:to:subject:date:message-id; bh=AA==; b=AA==
        …
    """
    for field in message.fields_named("From")[:1]:
        for box in read_addresses(field).mailboxes:
            if box.spec is None or not box.spec.domain.isascii():
                continue
            domain = box.spec.domain.lower()
            where = field.at(*box.spec.domain_at)
            if domain in _FREE and not _is_genuine(message, domain):
                problem = f"From is at `{domain}`, for which only its provider may send"
                yield Finding(where, problem, "send from a domain of your own, and put this address in Reply-To")
            elif _is_reserved(domain):
                yield Finding(
                    where, f"From is at `{shorten(domain)}`, which is reserved for examples", "write the real domain"
                )


def _is_genuine(message: RawMessage, domain: str) -> bool:
    """Whether the provider has signed the message, or a server has taken it already."""
    if message.first("Received"):
        return True
    tags = [read_tags(field).get("d") for field in message.fields_named("DKIM-Signature")]
    return any(tag and is_aligned(tag.value, domain) for tag in tags)


def _is_reserved(domain: str) -> bool:
    labels = domain.rsplit(".", 2)
    return labels[-1] in _RESERVED_TOP or ".".join(labels[-2:]) in _RESERVED
