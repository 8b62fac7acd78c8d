"""A name server on loopback that answers from a table, or as badly as a test wants."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from dnslib import QTYPE, RCODE, RR, DNSRecord


@dataclass
class DnsServer:
    """``records`` has lines of a zone file by name; a name that is not in it does not exist.

    :param fails: names at which the server says SERVFAIL.
    :param silent: whether it says nothing at all.
    """

    records: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fails: Sequence[str] = ()
    silent: bool = False

    def __enter__(self) -> Self:
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.where = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            knock.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            octets, peer = self._socket.recvfrom(4096)
            if not octets:
                return
            if not self.silent:
                self._socket.sendto(self._answer(DNSRecord.parse(octets)).pack(), peer)

    def _answer(self, question: DNSRecord) -> DNSRecord:
        name = str(question.q.qname).rstrip(".").lower()
        kind = QTYPE[question.q.qtype]
        self.asked.append(f"{name} {kind}")
        reply = question.reply()
        if name in self.fails:
            reply.header.rcode = RCODE.SERVFAIL
        elif name not in self.records:
            reply.header.rcode = RCODE.NXDOMAIN
        for _ in range(20):
            lines = self.records.get(name, ())
            found = [RR.fromZone(f"{name}. 60 IN {line}")[0] for line in lines if line.split()[0] in (kind, "CNAME")]
            reply.add_answer(*found)
            aliases = [str(one.rdata).rstrip(".") for one in found if one.rtype == QTYPE.CNAME]
            if not aliases or kind == "CNAME":
                break
            name = aliases[0]
        return reply
