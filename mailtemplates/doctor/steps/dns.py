"""Step 1: the addresses of the server, as the system finds them."""

from __future__ import annotations

import socket

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.smtp.endpoint import find_addresses

_MOST_SHOWN = 4


@step(1, needs="server")
def dns(case: Case) -> Passed | Skipped:
    """A and AAAA records, or what else the system's resolver knows."""
    endpoint = case.endpoint
    case.addresses = find_addresses(endpoint)
    if endpoint.path:
        return Skipped("a socket of this machine has no name")
    places = list(dict.fromkeys(address[4][0] for address in case.addresses))
    if places == [endpoint.host]:
        return Passed(f"{endpoint.host} is an address", {"addresses": places})
    more = f" and {len(places) - _MOST_SHOWN} more" if len(places) > _MOST_SHOWN else ""
    six = any(address[0] == socket.AF_INET6 for address in case.addresses)
    return Passed(f"{endpoint.host} -> {', '.join(places[:_MOST_SHOWN])}{more}", {"addresses": places, "ipv6": six})
