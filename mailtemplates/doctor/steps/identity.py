"""Step 12: whether receivers can believe where the mail comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.doctor.steperror import StepError

if TYPE_CHECKING:
    from mailtemplates.doctor.origin import Origin

SPECIAL = frozenset(("test", "example", "invalid", "localhost", "local", "internal", "onion", "arpa", "alt"))
"""Top-level domains that no public name server knows (RFC 6761 and its registry)."""


@step(12, keeps_time=False)
def identity(case: Case) -> Passed | Skipped:
    """Asked of the DNS; skipped where there is none, and for domains that no public name server knows."""
    domain = case.envelope.sender.rpartition("@")[2].lower()
    if not (domain or case.message):
        return Skipped("nobody is named as the sender: give --from or a message")
    if domain.startswith("["):
        return Skipped(f"{domain} is an address and no domain: the DNS says nothing of it")
    if domain.rpartition(".")[2] in SPECIAL and not (case.request.nameserver or case.message):
        return _not_public(domain)
    return _asked(case, domain)


def _not_public(domain: str) -> Skipped:
    return Skipped(f"{domain} is a domain for tests or of this network: no DNS knows it")


def _asked(case: Case, domain: str) -> Passed | Skipped:
    from mailtemplates.doctor.domainname import NameServer, NoDnsError  # 6 ms, for domains that are public
    from mailtemplates.doctor.origin import Inquiry, Origin

    origin = Origin(domain, domain, address=_address(case))
    if case.message:
        origin = _written(origin, case)
    if origin.author.rpartition(".")[2] in SPECIAL and not case.request.nameserver:
        return _not_public(origin.author)
    try:
        inquiry = Inquiry(NameServer(case.request.nameserver, lambda: case.seconds_left), origin)
        inquiry.ask()
    except NoDnsError as error:
        return Skipped(error.problem + (f": {error.cure}" if error.cure else ""))
    facts = {"domain": origin.author, "troubles": [one.failure for one in inquiry.troubles], "aligned": inquiry.aligned}
    if inquiry.troubles:
        first = inquiry.troubles[0]
        text = "\n".join([*(one.problem for one in inquiry.troubles), *inquiry.words])
        raise StepError(text, first.failure, cure=first.cure, facts=facts)
    return Passed("\n".join(inquiry.words), facts)


def _written(origin: Origin, case: Case) -> Origin:
    """The origin with what the message's From and signatures say."""
    from mailtemplates.doctor.origin import Origin
    from mailtemplates.octets.address import read_addresses  # only for an examination with a message
    from mailtemplates.octets.message import read_message
    from mailtemplates.octets.signature import read_tags

    assert case.message is not None
    raw = read_message(case.message.octets)
    field = raw.first("From")
    specs = [box.spec for box in read_addresses(field).mailboxes if box.spec] if field else []
    author = specs[0].domain.lower() if specs else origin.author
    tags = [read_tags(one) for one in raw.fields_named("DKIM-Signature")]
    signatures = tuple((one["s"].value, one["d"].value.lower()) for one in tags if "s" in one and "d" in one)
    keys = case.request.keys() if signatures and case.request.keys else {}
    return Origin(author, origin.envelope or author, signatures, True, origin.address, keys)


def _address(case: Case) -> str:
    """Where mail comes from: as asked, or this machine's own address where it delivers by itself to the world."""
    if case.request.ip:
        return case.request.ip
    import ipaddress

    if case.wire is None or case.wire.sock is None or case.login or case.endpoint.path:
        return ""
    try:
        own = ipaddress.ip_address(case.wire.sock.getsockname()[0])
    except (OSError, ValueError):
        return ""
    return str(own) if own.is_global else ""
