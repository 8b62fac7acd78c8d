"""Where a message says it comes from, and what the DNS says of that: MX, SPF, DKIM, DMARC, PTR."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mailtemplates.doctor.dkimrecord import check_dkim
from mailtemplates.doctor.dmarc import Policy, find_policy
from mailtemplates.doctor.domainname import BrokenDnsError, NameServer, NoDomainError
from mailtemplates.doctor.spf import Spf, SpfError, check_spf
from mailtemplates.doctor.steperror import StepError
from mailtemplates.links.orgdomain import is_aligned

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """What a message says.

    :param author: the domain of From.
    :param envelope: the domain of the reverse-path, which SPF is about.
    :param signatures: selector and domain of each DKIM signature.
    :param signs: whether it would be known if there were a signature: whether there is a message at all.
    :param address: that the mail comes from; empty when it is not known.
    :param keys: for names of DKIM records the record that a private key belongs to.
    """

    author: str
    envelope: str
    signatures: tuple[tuple[str, str], ...] = ()
    signs: bool = False
    address: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Inquiry:
    """The questions about an origin, each by itself, so that what is wrong with one keeps no other from being asked.

    :ivar words: what is well.
    :ivar troubles: what is not, the gravest first.
    :ivar aligned: by which of SPF and DKIM a receiver can believe the domain of From.
    """

    server: NameServer
    origin: Origin
    words: list[str] = field(default_factory=list)
    troubles: list[StepError] = field(default_factory=list)
    aligned: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """Ask all.

        :raises NoDnsError: nobody answers.
        """
        if not self._well(self._exchanges):
            return
        policy: list[Policy | None] = []
        self._well(lambda: policy.append(find_policy(self.server, self.origin.author)))
        found = policy[0] if policy else None
        self._well(lambda: self._spf(found))
        for selector, domain in self.origin.signatures:
            self._well(lambda selector=selector, domain=domain: self._dkim(selector, domain, found))  # type: ignore[misc]
        self._well(lambda: self._dmarc(found))
        if self.origin.address:
            self._well(self._pointer)

    def _well(self, question: Callable[[], None]) -> bool:
        try:
            question()
        except StepError as error:
            self.troubles.append(error)
        except SpfError as error:
            self.troubles.append(StepError(error.problem, "spf-broken", cure=error.cure))
        except BrokenDnsError as error:
            self.troubles.append(StepError(error.problem, "sender-dns-broken"))
        else:
            return True
        return False

    def _exchanges(self) -> None:
        """Whether the domain can get an answer or a bounce (RFC 5321 §5.1, RFC 7505)."""
        domain = self.origin.author
        try:
            hosts = self.server.exchanges(domain)
        except NoDomainError:
            raise StepError(f"the domain {domain} of the sender does not exist", "sender-domain-unknown") from None
        if [host for _, host in hosts] == [""]:
            raise StepError(f"{domain} says that it takes no mail (null MX)", "sender-domain-unknown")
        if not hosts and not self.server.addresses(domain):
            raise StepError(f"{domain} has no MX and no address", "sender-domain-unknown")
        names = ", ".join(host for _, host in hosts[:_MOST_NAMES])
        self.words.append(f"MX of {domain}: {names or 'none, its own address counts'}")

    def _spf(self, policy: Policy | None) -> None:
        domain = self.origin.envelope
        spf = check_spf(self.server, domain, self.origin.address)
        if not spf.record:
            self.words.append(f"SPF: {domain} has no record")
            return
        same = self._same(domain, policy is not None and policy.strict_spf)
        if spf.result in ("fail", "softfail"):
            raise StepError(f"SPF of {domain} says {spf.result} for {self.origin.address}", "spf-fails")
        if same and spf.result in ("", "pass"):
            self.aligned.append("SPF")
        self.words.append(self._spf_words(domain, spf))

    def _spf_words(self, domain: str, spf: Spf) -> str:
        said = f"{spf.result} for {self.origin.address}" if spf.result else "is well formed"
        ends = "" if spf.result else "; not evaluated: the sending address is not known (--ip)"
        return f"SPF of {domain} {said}, {spf.lookups} of 10 lookups{ends}"

    def _dkim(self, selector: str, domain: str, policy: Policy | None) -> None:
        self.words.append(check_dkim(self.server, selector, domain, self.origin.keys))
        if self._same(domain, policy is not None and policy.strict_dkim):
            self.aligned.append("DKIM")

    def _dmarc(self, policy: Policy | None) -> None:
        """Whether SPF or DKIM speaks for the domain of From."""
        author = self.origin.author
        record = f"DMARC of {policy.domain}: p={policy.wish}" if policy else f"DMARC: {author} has no policy"
        if not self.origin.signs:
            self.words.append(f"{record}; DKIM is seen with a message only (--message, --template)")
        elif self.aligned:
            self.words.append(f"{record}; aligned by {' and '.join(dict.fromkeys(self.aligned))}")
        elif policy and policy.wish != "none":
            raise StepError(f"{record}, and neither SPF nor DKIM speaks for {author}", "dmarc-fails")
        else:
            raise StepError(f"neither SPF nor DKIM speaks for {author} ({record})", "not-authenticated-mail")

    def _same(self, domain: str, strict: bool) -> bool:
        return domain == self.origin.author if strict else is_aligned(domain, self.origin.author)

    def _pointer(self) -> None:
        """The name of the address, and that name's address (forward-confirmed reverse DNS)."""
        address = ipaddress.ip_address(self.origin.address)
        try:
            names = self.server.names(str(address))
        except NoDomainError:
            names = []
        if not names:
            raise StepError(f"PTR: {address} has no name", "no-reverse-dns")
        for name in names[:_MOST_NAMES]:
            if str(address) in self._addresses(name, address.version):
                self.words.append(f"PTR: {address} is {name}, and back")
                return
        raise StepError(f"PTR: {address} is {names[0]}, which has another address", "no-reverse-dns")

    def _addresses(self, name: str, version: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(one)) for one in self.server.addresses(name, version)]
        except NoDomainError:
            return []
