"""Organizational domains: which domains belong to one owner (RFC 7489 §3.2).

The right way asks the Public Suffix List, which changes every week. Here the last two labels are the domain of
an organization, three where the last two are a common suffix such as ``co.uk``. So the answer is an approximation: for
suffixes that are not in the table, two owners look like one.
"""

from __future__ import annotations

from mailtemplates.pattern import pattern

#: Where anybody may own a third label; elsewhere, as in ``co.de``, the second label is one owner's.
_SUFFIX = pattern(
    r"(?:ac|co|com|edu|gob?|gov|gouv|id|ltd|me|mil|net?|nhs|nom|org?|plc|police|sch|school)\."
    r"(?:a[ru]|b[dr]|c[nry]|do|e[cg]|fj|g[ht]|hk|i[dln]|k[erw]|l[bk]|m[atxyz]|n[agipz]|om|p[aehkry]|s[agv]|t[hrtwz]|"
    r"u[agky]|v[en]|z[amw])|(?:ac|ad|co|ed|go|gr|lg|ne|or)\.jp"
)


def organizational_domain(domain: str) -> str:
    """The domain of the organization that a domain belongs to, in lower case.

    >>> organizational_domain("mail.News.acme.co.uk")
    'acme.co.uk'
    """
    labels = domain.lower().strip(".").split(".")
    last = ".".join(labels[-2:])
    return ".".join(labels[-3:]) if _SUFFIX.fullmatch(last) else last


def is_aligned(domain: str, other: str) -> bool:
    """Whether two domains are one organization's: relaxed alignment (RFC 7489 §3.1)."""
    return organizational_domain(domain) == organizational_domain(other)
