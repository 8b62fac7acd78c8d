"""SPF (RFC 7208): whether a record can be evaluated at all, and what it says of an address.

Macros, ``exists`` and ``ptr`` depend on a connection that is not there: they count as lookups and match nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from mailtemplates.doctor.domainname import NameServer, NoDomainError
from mailtemplates.errors import MailTemplatesError
from mailtemplates.pattern import pattern

_MOST_LOOKUPS = 10
_TERM = pattern(r"([-+~?]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=])([^/ ]*))?(?:/(\d{1,3}))?(?://(\d{1,3}))?")
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral", "": "pass"}
_MECHANISMS = frozenset(("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"))

_Answer = TypeVar("_Answer")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class SpfError(MailTemplatesError):
    """The record is one that receivers answer with permerror."""


@dataclass
class Spf:
    """What a domain's record says.

    :param record: of the domain; empty when it has none.
    :param result: for the address, a word of RFC 7208 §2.6; empty when none was given or nobody can tell.
    :param lookups: DNS queries that receivers make for it, of ten at most (§4.6.4).
    """

    record: str = ""
    result: str = ""
    lookups: int = 0


@dataclass
class _Check:
    server: NameServer
    address: Address | None
    lookups: int = 0
    seen: list[str] = field(default_factory=list)

    def count(self, domain: str) -> None:
        self.lookups += 1
        if self.lookups > _MOST_LOOKUPS:
            raise SpfError(
                f"SPF of {self.seen[0]} needs more than {_MOST_LOOKUPS} DNS lookups (at {domain})",
                cure="take out includes that are not used: receivers stop at ten",
            )


def check_spf(server: NameServer, domain: str, address: str = "") -> Spf:
    """Evaluate the record of a domain.

    :param address: that mail comes from; empty when it is not known: then every term is followed.
    :raises SpfError: two records, a term that is none, too many lookups, a loop of includes.
    """
    record = _record(server, domain)
    if not record:
        return Spf()
    check = _Check(server, ipaddress.ip_address(address) if address else None)
    result = _evaluate(check, domain, record)
    return Spf(record, result if address else "", check.lookups)


def _record(server: NameServer, domain: str) -> str:
    try:
        texts = server.texts(domain)
    except NoDomainError:
        return ""
    found = [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
    if len(found) > 1:
        raise SpfError(f"{domain} has {len(found)} SPF records", cure="merge them into one")
    return found[0] if found else ""


def _evaluate(check: _Check, domain: str, record: str) -> str:
    if domain in check.seen:
        raise SpfError(f"SPF of {check.seen[0]} includes itself through {domain}", cure="take that include out")
    check.seen.append(domain)
    redirect = ""
    result = ""
    for sign, name, value, prefix in _terms(domain, record):
        if name == "redirect":
            redirect = value
        elif name in _MECHANISMS and not (result and check.address) and _matches(check, domain, name, value, prefix):
            result = result or _RESULTS[sign]
    if not result and redirect:
        check.count(redirect)
        result = _other(check, redirect)
    check.seen.pop()
    return result or "neutral"


def _terms(domain: str, record: str) -> Iterator[tuple[str, str, str, str]]:
    for word in record.split()[1:]:
        if word[:4].lower() in ("ip6:", "+ip6", "-ip6", "~ip6", "?ip6"):
            sign, _, value = word.partition(":")
            yield sign[:-3], "ip6", value, ""
            continue
        read = _TERM.fullmatch(word)
        if read is None or (read[3] != "=" and read[2].lower() not in _MECHANISMS):
            raise SpfError(f"SPF of {domain} has a term that is none: {word[:60]}", cure="mend the record")
        prefix = f"/{read[5]}" if read[5] else ""
        yield read[1], read[2].lower(), (read[4] or ""), prefix


def _matches(check: _Check, domain: str, name: str, value: str, prefix: str) -> bool:
    if name == "all":
        return True
    if name in ("ip4", "ip6"):
        return _in_network(check, domain, value + prefix)
    check.count(value or domain)
    if name == "include":
        return _other(check, value) == "pass" and check.address is not None
    if name in ("exists", "ptr") or "%" in value or check.address is None:
        return False
    hosts = [value or domain]
    if name == "mx":
        hosts = [host for _, host in _known(check.server.exchanges, value or domain)][:_MOST_LOOKUPS]
    version = check.address.version
    found = [one for host in hosts for one in _known(lambda host: check.server.addresses(host, version), host)]
    return any(_in_network(check, domain, f"{one}{prefix}") for one in found)


def _in_network(check: _Check, domain: str, written: str) -> bool:
    try:
        network = ipaddress.ip_network(written, strict=False)
    except ValueError:
        raise SpfError(f"SPF of {domain} has no address in {written[:60]}", cure="mend the record") from None
    return check.address is not None and check.address in network


def _other(check: _Check, domain: str) -> str:
    """The result of another domain's record, which must have one (§5.2)."""
    if "%" in domain:
        return "neutral"
    record = _record(check.server, domain)
    if not record:
        raise SpfError(f"SPF of {check.seen[0]} includes {domain}, which has none", cure="take that include out")
    return _evaluate(check, domain, record)


def _known(ask: Callable[[str], list[_Answer]], name: str) -> list[_Answer]:
    try:
        return ask(name)
    except NoDomainError:
        return []
