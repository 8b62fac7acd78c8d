"""Questions about domains to a name server (RFC 1035), each answered, or an error that says how it was not."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from mailtemplates.errors import MailTemplatesError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import dns.resolver


class NoDnsError(MailTemplatesError):
    """There is nobody to ask, or no answer came."""


class NoDomainError(MailTemplatesError):
    """The domain does not exist (NXDOMAIN)."""


class BrokenDnsError(MailTemplatesError):
    """An answer came that is none: SERVFAIL, a loop of aliases, a malformed message."""


class NameServer:
    """Who is asked.

    :param where: ``HOST:PORT``, ``HOST``, or empty for the name server of this machine.
    :param left: gives the seconds that are left for everything.
    :raises NoDnsError: dnspython is not installed, or this machine has no name server.
    :raises SettingsError: ``where`` is no address.
    """

    def __init__(self, where: str, left: Callable[[], float]) -> None:
        try:
            import dns.resolver
        except ImportError:
            raise NoDnsError("dnspython is not installed", cure="pip install 'mailtemplates[dns]'") from None
        self._left = left
        try:
            self._resolver = dns.resolver.Resolver(configure=not where)
        except (dns.resolver.NoResolverConfiguration, OSError):
            raise NoDnsError("this machine has no name server", cure="give --nameserver HOST:PORT") from None
        self._resolver.search = []
        if where:
            host, port = host_and_port(where)
            self._resolver.nameservers = [host]
            self._resolver.port = port

    def texts(self, name: str) -> list[str]:
        """TXT records, each with its strings joined (RFC 7208 §3.3)."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def exchanges(self, name: str) -> list[tuple[int, str]]:
        """MX records by preference: preference and host without its last dot; an empty host is a null MX (RFC 7505)."""
        return sorted((record.preference, _plain(record.exchange)) for record in self._ask(name, "MX"))

    def addresses(self, name: str, version: int = 0) -> list[str]:
        """A and AAAA records, or those of one version of IP."""
        kinds = {4: ("A",), 6: ("AAAA",)}.get(version, ("A", "AAAA"))
        return [record.address for kind in kinds for record in self._ask(name, kind)]

    def names(self, address: str) -> list[str]:
        """PTR records of an address."""
        return [_plain(record.target) for record in self._ask(ipaddress.ip_address(address).reverse_pointer, "PTR")]

    def _ask(self, name: str, kind: str) -> Any:
        """The records; none when the name exists and has no such record.

        :raises NoDomainError: there is no such name.
        :raises BrokenDnsError: the answer is broken.
        :raises NoDnsError: there is no answer.
        """
        import dns.exception
        import dns.resolver

        try:
            answer = self._resolver.resolve(name, kind, lifetime=max(0.05, self._left()), raise_on_no_answer=False)
            return answer.rrset or ()
        except dns.resolver.NXDOMAIN:
            raise NoDomainError(f"{name} does not exist") from None
        except (dns.exception.Timeout, OSError):
            raise NoDnsError(f"no answer about {name}") from None
        except dns.resolver.NoNameservers as error:
            raise _refused(name, error) from None
        except dns.exception.DNSException as error:
            words = "its aliases (CNAME) go in a loop" if type(error).__name__ == "ChainTooLong" else str(error)
            raise BrokenDnsError(f"the answer about {name} is broken: {words}") from None


def _refused(name: str, error: dns.resolver.NoNameservers) -> MailTemplatesError:
    said = " ".join(str(detail[3]) for detail in error.kwargs.get("errors", ()))
    if "SERVFAIL" in said or "REFUSED" in said:
        return BrokenDnsError(f"the name server fails at {name}: {said[:100]}")
    if "chain" in said.lower():
        return BrokenDnsError(f"the answer about {name} is broken: its aliases (CNAME) go in a loop")
    return NoDnsError(f"no answer about {name}: {said[:100]}")


def _plain(name: Any) -> str:
    return str(name).rstrip(".").lower()


def host_and_port(where: str) -> tuple[str, int]:
    """The address and the port of ``HOST:PORT`` or ``HOST``.

    :raises SettingsError: it is no address.
    """
    host, colon, port = where.rpartition(":") if where.count(":") == 1 or where.startswith("[") else (where, "", "")
    try:
        number = int(port) if colon else 53
        if not 0 < number < 65536:
            raise ValueError(number)
        return str(ipaddress.ip_address(host.strip("[]"))), number
    except ValueError:
        raise SettingsError(f"--nameserver {where} is no address", cure="write 192.0.2.53 or 127.0.0.1:5353") from None
