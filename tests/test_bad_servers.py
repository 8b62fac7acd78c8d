"""Bad servers, one by one: each fault ends in time, in an outcome for every recipient, and in words that help.

The table in docs/transports.md is made of these very runs: ``pytest --update-golden`` writes it anew.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from mailrig import held_ports
from smtplab import LONG
from smtpserver import Answer, Certificates, CloseError, Link, Server, SilenceError, close, silence

from mailtemplates import Envelope, Message
from mailtemplates.delivery.outcome import NotTried, Outcome, Phase
from mailtemplates.smtp.endpoint import LIMITS
from mailtemplates.transports import open_transport

PAGE = Path(__file__).parent.parent / "docs" / "transports.md"
PASSWORD, TOKEN = "pässwörd-s3cret", "ya29.t0ken-s3cret"
TIMEOUT = 1.0
RECIPIENTS = ("ann@example.test", "ben@example.test", "carl@example.test")
FEATURES = ("PIPELINING", "SIZE 100000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN XOAUTH2")


@dataclass(frozen=True)
class Fault:
    """A server, how it is spoken to, and what becomes of the recipients.

    :param silent: the phase in which it says nothing, and which is left little time therefore.
    """

    states: str
    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    to: int = 1
    tls: str = "starttls"
    scheme: str = ""
    certificate: str = "right"
    features: tuple[str, ...] = FEATURES
    options: str = ""
    token: bool = False
    octets: bytes = b"Subject: hi\r\n\r\nHello\r\n"
    utf8: bool = False
    listens: bool = True
    trusted: bool = True
    silent: Phase | None = None

    @property
    def url_scheme(self) -> str:
        return self.scheme or {"starttls": "smtp+starttls", "implicit": "smtps", "": "smtp"}[self.tls]


def late(link: Link) -> str:
    time.sleep(0.5)
    return "220 mx.example.test ESMTP"


def inject(link: Link) -> str:
    link.sock.sendall(b"220 go\r\n250 AUTH PLAIN\r\n235 ok\r\n")
    raise SilenceError


def stall(link: Link) -> str:
    link.sock.sendall(b"220 go\r\n")
    raise SilenceError


def cut(link: Link) -> str:
    """Closes amid the content, at a message that is larger than what the system keeps."""
    return close(link)


def early_yes(link: Link) -> str:
    """Answers the final dot before it is there."""
    link.sock.sendall(b"354 go\r\n")
    link.fill()
    return "250 2.0.0 Ok"


def early_no(link: Link) -> str:
    link.sock.sendall(b"354 go\r\n")
    link.fill()
    return "552 5.3.4 Message too big\r\n354 go"


LARGE = b"Subject: hi\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 120_000
ENDLESS = b"250-on and on\r\n" * 20_000
JSON = "334 " + b64encode(b'{"status":"400","schemes":"Bearer"}').decode()
BUSY, GONE = "421 4.3.2 Service shutting down", "550 5.1.1 No such user here"

FAULTS: dict[str, Fault] = {
    "Nobody listens": Fault("not_tried", listens=False),
    "The certificate is of an unknown authority": Fault("not_tried", certificate="unsigned", trusted=False),
    "The certificate has another name": Fault("not_tried", certificate="other_name", trusted=False),
    "The certificate is not the pinned one": Fault("not_tried", options=f"pin={'0' * 64}", trusted=False),
    "STARTTLS is not offered": Fault("not_tried", tls="", scheme="smtp+starttls", trusted=False),
    "STARTTLS is refused": Fault("not_tried", {"STARTTLS": "454 4.7.0 TLS not available"}, trusted=False),
    "Replies come before the handshake": Fault("not_tried", {"STARTTLS": inject}, trusted=False),
    "The handshake never ends": Fault("not_tried", {"STARTTLS": stall}, trusted=False, silent="tls"),
    "A port of TLS is spoken to in clear": Fault("not_tried", tls="implicit", scheme="smtp+starttls", trusted=False, silent="greeting"),
    "A port in clear is spoken to in TLS": Fault("not_tried", tls="", scheme="smtps", trusted=False),
    "The greeting is late, but in time": Fault("accepted", {"GREETING": late}),
    "No greeting": Fault("not_tried", {"GREETING": silence}, trusted=False, silent="greeting"),
    "The greeting is 421": Fault("not_tried", {"GREETING": "421 4.7.0 Too many connections"}, trusted=False),
    "The greeting is 554": Fault("not_tried", {"GREETING": "554 5.7.1 Your address is on a list"}, trusted=False),
    "A web server": Fault("not_tried", {"GREETING": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, trusted=False),
    "421 at EHLO": Fault("not_tried", {"EHLO": BUSY}, trusted=False),
    "EHLO is answered without end": Fault("not_tried", {"EHLO": ENDLESS}, trusted=False),
    "Our name is refused": Fault("not_tried", {"EHLO": "501 5.5.4 Invalid domain name"}, trusted=False),
    "421 at STARTTLS": Fault("not_tried", {"STARTTLS": BUSY}, trusted=False),
    "421 at EHLO after TLS": Fault("not_tried", {"EHLO": [None, BUSY]}),  # type: ignore[list-item]
    "The password is wrong (535)": Fault("not_tried", {"AUTH": "535 5.7.8 Authentication failed"}),
    "An app password is wanted (534)": Fault(
        "not_tried", {"AUTH": "534 5.7.9 Application-specific password required"}
    ),
    "Logins cannot be checked now (454)": Fault("not_tried", {"AUTH": "454 4.7.0 Temporary failure"}),
    "421 at AUTH": Fault("not_tried", {"AUTH": BUSY}),
    "Silence at AUTH": Fault("not_tried", {"AUTH": silence}, silent="auth"),
    "AUTH is answered without end": Fault("not_tried", {"AUTH": ENDLESS}),
    "The token is refused, in JSON": Fault(
        "not_tried", {"AUTH": JSON, "AUTH2": ["535 5.7.8 Username and Password not accepted"]}, token=True
    ),
    "XOAUTH2 hangs after the JSON": Fault("not_tried", {"AUTH": JSON, "AUTH2": [silence]}, token=True, silent="auth"),
    "A login is wanted first (530)": Fault("not_tried", {"MAIL": "530 5.7.0 Authentication required"}),
    "The sender is refused": Fault("failed", {"MAIL": "553 5.7.1 Sender address rejected: not owned by user"}),
    "421 at MAIL": Fault("deferred", {"MAIL": BUSY}),
    "MAIL is answered without end": Fault("deferred", {"MAIL": ENDLESS}),
    "The link closes at MAIL": Fault("deferred", {"MAIL": close}),
    "One of two recipients is refused": Fault("failed accepted", {"RCPT": [GONE, "250 ok"]}, to=2),
    "Both recipients are refused": Fault("failed failed", {"RCPT": GONE}, to=2),
    "452 for the third recipient": Fault(
        "accepted accepted accepted", {"RCPT": ["250 ok", "250 ok", "452 4.5.3 Too many recipients", "250 ok"]}, to=3
    ),
    "Greylisting (451)": Fault("deferred", {"RCPT": "451 4.7.1 Greylisted, try again in 5 minutes"}),
    "421 at the second recipient": Fault("deferred deferred", {"RCPT": ["250 ok", BUSY]}, to=2),
    "Silence at RCPT": Fault("deferred", {"RCPT": silence}, silent="rcpt"),
    "RCPT is answered without end": Fault("deferred", {"RCPT": ENDLESS}),
    "421 at DATA": Fault("deferred", {"DATA": BUSY}),
    "The link closes at DATA": Fault("deferred", {"DATA": close}),
    "The link closes within the content": Fault(
        "deferred", {"CONTENT": cut}, octets=b"a: b\r\n\r\n" + b"x" * 9_000_000 + b"\r\n",
        features=("PIPELINING", "AUTH PLAIN"),
    ),
    "The message is over SIZE": Fault("failed", octets=b"a: b\r\n\r\n" + b"x" * 200_000),
    "SMTPUTF8 is needed and not offered": Fault("failed", utf8=True, features=("PIPELINING", "AUTH PLAIN")),
    "8BITMIME is needed and not offered": Fault(
        "failed", octets="a: b\r\n\r\nGrüße\r\n".encode(), features=("PIPELINING", "AUTH PLAIN")
    ),
    "REQUIRETLS is asked for and not offered": Fault("failed", options="requiretls=1"),
    "An answer comes before it is asked for": Fault("deferred", {"DATA": "354 go\r\n250 2.0.0 Ok"}),
    "A yes comes while the content is under way": Fault("deferred", {"DATA": early_yes}, octets=LARGE, features=("PIPELINING", "AUTH PLAIN")),
    "A no comes while the content is under way": Fault("failed", {"DATA": early_no}, octets=LARGE, features=("PIPELINING", "AUTH PLAIN")),
    "A no, and then a yes to the final dot": Fault("deferred", {"DATA": "354 go\r\n452 4.3.1 full"}),
    "Two answers to the final dot": Fault("uncertain", {"DOT": "250 2.0.0 Ok\r\n554 5.7.1 This is spam"}),
    "The content is refused": Fault("failed", {"DOT": "554 5.7.1 This is spam"}),
    "421 after the final dot": Fault("deferred", {"DOT": BUSY}),
    "The link closes after the final dot": Fault("uncertain", {"DOT": close}),
    "Silence after the final dot": Fault("uncertain", {"DOT": silence}, silent="dot"),
    "The final dot is answered without end": Fault("uncertain", {"DOT": ENDLESS}),
    "Nonsense after the final dot": Fault("uncertain", {"DOT": b"\xff\xfe what\r\n"}),
    "LMTP: the link closes between two answers": Fault(
        "accepted uncertain", {"DOT": ["250 2.1.5 ok", close]}, to=2, tls="", scheme="lmtp", features=("PIPELINING",)
    ),
    "LMTP: one answer too many, with the goodbye": Fault(
        "uncertain uncertain", {"QUIT": "550 5.1.1 No such user here\r\n221 bye"}, to=2, tls="", scheme="lmtp",
        features=("PIPELINING",),
    ),
    "A reply has two codes": Fault("deferred", {"RCPT": "250-ok\r\n550 5.1.1 no"}),
    "The reply to the final dot has two codes": Fault("uncertain", {"DOT": "250-ok\r\n451 4.3.0 later"}),
    "QUIT is answered 502": Fault("accepted", {"QUIT": "502 5.5.1 What?"}),
    "The link closes at QUIT": Fault("accepted", {"QUIT": close}),
    "Silence at QUIT": Fault("accepted", {"QUIT": silence}, silent="quit"),
}  # fmt: skip


Run = tuple[list[Outcome], Server, float]
"""What became of one message, what the server saw, and the seconds that it took to send and close."""

_known: dict[int, Run] = {}


def run(fault: Fault, certificates: Certificates) -> Run:
    """Each fault is tried once, for its test and for the table."""
    if id(fault) not in _known:
        _known[id(fault)] = _try(fault, certificates)
    return _known[id(fault)]


def _try(fault: Fault, certificates: Certificates) -> Run:
    context = getattr(certificates, fault.certificate)
    server = Server(dict(fault.answers), fault.features, fault.tls, context, lmtp=fault.scheme == "lmtp")
    access: dict[str, Any] = {"token": lambda: TOKEN} if fault.token else {"password": PASSWORD}
    secure = fault.url_scheme in ("smtp+starttls", "smtps")
    trust = f"&cafile={certificates.cafile}" if secure else ""
    user = "alice@" if secure else ""
    recipients = ("jörg@example.test",) if fault.utf8 else RECIPIENTS[: fault.to]
    message = Message(fault.octets, Envelope("alice@example.test", recipients, fault.utf8), "1@example.test")
    with server, held_ports(1) as (nobody,), pytest.MonkeyPatch.context() as patch:
        if fault.silent:
            patch.setitem(LIMITS, fault.silent, TIMEOUT)
        port = server.port if fault.listens else nobody
        began = time.monotonic()
        url = f"{fault.url_scheme}://{user}localhost:{port}?{LONG}&{fault.options}{trust}"
        with open_transport(url.replace("?&", "?").replace("&&", "&").rstrip("&"), **access) as transport:
            receipt = transport.send(message)
        took = time.monotonic() - began
    assert [delivery.address for delivery in receipt.deliveries] == list(recipients)
    return [delivery.outcome for delivery in receipt.deliveries], server, took


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_fault_ends_in_time_with_an_outcome_for_everybody(fault: Fault, certificates: Certificates) -> None:
    outcomes, server, took = run(fault, certificates)
    assert " ".join(outcome.state for outcome in outcomes) == fault.states
    assert took < 30, "a hang past the times of its phases"
    check_copies(outcomes, server)
    check_secret(outcomes, server, fault)
    for outcome in outcomes:
        assert outcome.text
        assert not isinstance(outcome, NotTried) or outcome.cure or outcome.code or outcome.temporary


def check_copies(outcomes: list[Outcome], server: Server) -> None:
    """Accepted is there once, uncertain at most once, and what is neither is not there."""
    for address, outcome in zip(RECIPIENTS, outcomes, strict=False):
        there = sum(address in taken.recipients for taken in server.taken)
        assert there <= 1
        assert (outcome.state != "accepted") or there == 1
        assert outcome.state in ("accepted", "uncertain") or there == 0


def check_secret(outcomes: list[Outcome], server: Server, fault: Fault) -> None:
    """No password leaves unless TLS was verified, and none is in what is said."""
    said = f"\0alice\0{PASSWORD}".encode()
    heard = b"".join(server.octets)
    if not fault.trusted:
        assert "AUTH" not in server.verbs
        assert PASSWORD.encode() not in heard
        assert b64encode(said) not in heard
    assert "s3cret" not in repr(outcomes)
    assert b64encode(said).decode() not in repr(outcomes)


def rows(certificates: Certificates) -> Iterator[str]:
    yield "| What the server does | Outcome | What is said |"
    yield "|---|---|---|"
    for name, fault in FAULTS.items():
        outcomes, _, _ = run(fault, certificates)
        told = next((one for one in outcomes if one.state != "accepted"), outcomes[0])
        cure = getattr(told, "cure", "")
        text = re.sub(r"localhost:\d+", "mx.example:587", f"{told.text}{f' → {cure}' if cure else ''}")
        text = re.sub(r"SHA-256 [0-9a-f]{64}", "SHA-256 3f…", text).replace(
            f"{TIMEOUT:g} s at the final dot", "600 s at the final dot"
        )
        text = text.replace(f"{TIMEOUT:g} s", "300 s")
        states = ", ".join(fault.states.split())
        yield f"| {name} | {states} | {text.replace('|', chr(92) + '|')} |"


def test_the_page_shows_what_happens(certificates: Certificates, pytestconfig: pytest.Config) -> None:
    """The table of faults in the documentation is the real output."""
    page = PAGE.read_text(encoding="utf-8")
    before, begin, rest = page.partition("<!-- faults: made by tests/test_bad_servers.py -->\n")
    _, end, after = rest.partition("<!-- end -->")
    assert begin
    assert end
    table = "\n".join(rows(certificates)) + "\n"
    made = before + begin + table + end + after
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(made, encoding="utf-8")
        page = made
    assert steady(page) == steady(made)


def steady(page: str) -> str:
    """The page without what differs from one run to the next, and between versions of OpenSSL."""
    return re.sub(r"broke the link: [^|]*|closed the link at [^|]*|is not trusted: [^→]*", "…", page)


class Cutting:
    """A socket that closes after so many octets were sent."""

    def __init__(self, sock: Any, most: int) -> None:
        self._sock = sock
        self.left = most

    def sendall(self, octets: bytes) -> None:
        self._sock.sendall(octets[: self.left])
        self.left -= len(octets)
        if self.left < 0:
            raise CloseError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


@pytest.mark.parametrize("features", [("PIPELINING",), ("8BITMIME",)], ids=["pipelined", "step by step"])
@pytest.mark.parametrize("scheme", ["smtp", "lmtp"])
def test_a_link_that_is_cut_between_any_two_octets(
    scheme: str, features: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the message is accepted or uncertain, and nobody has it twice; only who may have it is in doubt."""
    monkeypatch.setattr("mailtemplates.smtp.connectionpool._FIRST_PAUSE", 0.0)
    for octets in count():
        cut: list[Cutting] = []

        def greet(link: Link, cut: list[Cutting] = cut, octets: int = octets) -> str:
            cut.append(Cutting(link.sock, 10_000 if cut else octets))
            link.sock = cut[-1]  # type: ignore[assignment]
            return "220 hi"

        with Server({"GREETING": greet}, features=features, lmtp=scheme == "lmtp") as server:
            with open_transport(f"{scheme}://127.0.0.1:{server.port}?{LONG}") as transport:
                receipts = list(transport.send_all([message(number) for number in range(2)]))
            taken = Counter((one.octets, address) for one in server.taken for address in one.recipients)
        for number, receipt in enumerate(receipts):
            for address, outcome in receipt.deliveries:
                copies = taken[message(number).octets, address]
                doubt = "accepted uncertain" if copies else "deferred not_tried"
                doubt += " uncertain" if scheme == "lmtp" else ""  # who comes after the cut has no answer
                assert copies <= 1, (octets, number, address)
                assert outcome.state in doubt, (octets, number, address, outcome)
        if cut[0].left >= 0:
            return


def message(number: int) -> Message:
    octets = f"Subject: {number}\r\n\r\nHello\r\n".encode()
    return Message(
        octets, Envelope("alice@example.test", ("bob@example.test", "carol@example.test")), f"{number}@x.test"
    )
