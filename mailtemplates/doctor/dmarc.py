"""DMARC policies in the DNS (RFC 7489 §6.3, §6.6.3)."""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.doctor.dkimrecord import read_tags
from mailtemplates.doctor.domainname import NameServer, NoDomainError
from mailtemplates.links.orgdomain import organizational_domain


class Policy(NamedTuple):
    """What a domain wants done with mail that fails.

    :param domain: that has the record.
    :param wish: ``none``, ``quarantine`` or ``reject``.
    :param strict_spf: whether the domains must be the same, and not only of one organization; so ``strict_dkim``.
    """

    domain: str
    wish: str
    strict_spf: bool
    strict_dkim: bool


def find_policy(server: NameServer, domain: str) -> Policy | None:
    """The policy of a domain, or that of its organization; None when there is none that can be used."""
    for at in dict.fromkeys((domain, organizational_domain(domain))):
        try:
            texts = server.texts(f"_dmarc.{at}")
        except NoDomainError:
            continue
        records = [read_tags(text) for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
        if len(records) == 1:
            tags = records[0]
            wish = tags.get("p" if at == domain else "sp", tags.get("p", "none")).lower()
            return Policy(at, wish, tags.get("aspf") == "s", tags.get("adkim") == "s")
    return None
