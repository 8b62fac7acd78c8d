"""The contract of every transport, and what each one that writes to this machine leaves there."""

from __future__ import annotations

import asyncio
import errno
import mailbox
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from smtplab import LONG
from smtpserver import Certificates, Link, Server

from mailtemplates import Envelope, Message
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried, Outcome, Uncertain
from mailtemplates.delivery.storing import unique_name
from mailtemplates.delivery.transport import WITHHELD, Transport
from mailtemplates.errors import AddressError, SettingsError
from mailtemplates.transports import open_transport, transport_names
from mailtemplates.transports.failover import FailoverTransport
from mailtemplates.transports.memory import MemoryTransport

BOB, CAROL = "bob@example.test", "carol@example.test"


def mail(number: int = 1, *recipients: str, octets: bytes = b"") -> Message:
    content = octets or b"Subject: %d\r\n\r\nFrom here\r\n.\r\n>From there\r\n" % number
    return Message(content, Envelope("alice@example.test", recipients or (BOB, CAROL)), f"{number}@example.test")


Make = Callable[[str], str]


@pytest.fixture
def make_url(tmp_path: Path, certificates: Certificates) -> Iterator[Make]:
    """A URL that works for a scheme, with a server behind it where one is needed."""
    with ExitStack() as servers:

        def make(scheme: str) -> str:
            if scheme in ("null", "memory"):
                return f"{scheme}:"
            if scheme in ("file", "maildir", "mbox"):
                return f"{scheme}:{tmp_path}/box"
            if scheme == "failover":
                return f"failover({make('smtp')} null:)"
            if scheme == "lmtp+unix":
                servers.enter_context(Server(lmtp=True, unix=tmp_path / "socket"))
                return f"lmtp+unix:{tmp_path}/socket"
            tls = {"smtp+starttls": "starttls", "smtps": "implicit"}.get(scheme, "")
            server = servers.enter_context(Server(tls=tls, context=certificates.right, lmtp=scheme == "lmtp"))
            trust = f"?cafile={certificates.cafile}" if tls else ""
            return f"{scheme}://localhost:{server.port}{trust}"

        yield make


@pytest.mark.parametrize("scheme", transport_names())
class TestContract:
    """What holds for every transport, those that are put into the folder later too."""

    @pytest.fixture
    def transport(self, scheme: str, make_url: Make) -> Iterator[Transport]:
        with open_transport(make_url(scheme)) as opened:
            yield opened

    def test_every_recipient_has_an_outcome_in_the_order_of_the_envelope(self, transport: Transport) -> None:
        receipt = transport.send(mail())
        assert [delivery.address for delivery in receipt.deliveries] == [BOB, CAROL]
        assert receipt.message_id == "1@example.test"
        assert receipt.accepted
        assert isinstance(receipt[CAROL], Accepted)

    def test_a_receipt_for_each_message_in_their_order(self, transport: Transport) -> None:
        receipts = list(transport.send_all(mail(number) for number in range(20)))
        assert [receipt.message_id for receipt in receipts] == [f"{number}@example.test" for number in range(20)]
        assert list(transport.send_all([])) == []

    def test_an_envelope_without_recipients_is_refused(self, transport: Transport) -> None:
        with pytest.raises(AddressError, match="no recipient"):
            transport.send(Message(b"a: b\r\n", Envelope("alice@example.test", ()), "1"))

    def test_it_works_again_after_it_was_closed(self, transport: Transport) -> None:
        transport.send(mail(1))
        transport.close()
        transport.close()
        assert transport.send(mail(2)).accepted

    def test_threads_may_share_it(self, transport: Transport) -> None:
        accepted: list[bool] = []
        threads = [
            threading.Thread(target=lambda number=number: accepted.append(transport.send(mail(number)).accepted))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert accepted == [True] * 8

    def test_it_asks_before_a_message_goes_out(self, transport: Transport) -> None:
        """A ledger notes there that a message is about to be taken: later would be too late to tell a crash from a loss."""
        asked: list[tuple[str, tuple[str, ...], int]] = []

        def mark(message: Message, taken: Sequence[str], known: Mapping[str, Outcome]) -> bool:
            asked.append((message.message_id, tuple(taken), len(known)))
            return True

        receipts = list(transport.send_all([mail(1), mail(2, CAROL)], mark))
        assert asked == [("1@example.test", (BOB, CAROL), 0), ("2@example.test", (CAROL,), 0)]
        assert all(receipt.accepted for receipt in receipts)

    def test_a_message_that_is_withdrawn_then_stays(self, transport: Transport) -> None:
        receipts = list(transport.send_all([mail(1), mail(2), mail(3)], lambda message, *_: message != mail(2)))
        assert [receipt.accepted for receipt in receipts] == [True, False, True]
        assert receipts[1][BOB] == WITHHELD

    def test_what_the_mark_raises_stops_everything(self, transport: Transport) -> None:
        def full(*_: object) -> bool:
            raise OSError("the disk is full")

        with pytest.raises(OSError, match="full"):
            transport.send(mail(1), full)
        assert transport.send(mail(2)).accepted

    def test_it_shows_itself(self, transport: Transport, scheme: str) -> None:
        assert scheme in repr(transport)


def test_a_folder_gets_the_octets_that_would_be_sent(tmp_path: Path) -> None:
    with open_transport(f"file:{tmp_path}/out") as transport:
        receipts = list(transport.send_all([mail(1), mail(2)]))
    files = sorted((tmp_path / "out").iterdir())
    assert {file.read_bytes() for file in files} == {mail(1).octets, mail(2).octets}
    outcome = receipts[0][BOB]
    assert isinstance(outcome, Accepted)
    assert Path(outcome.text).read_bytes() == mail(1).octets
    assert all(file.suffix == ".eml" for file in files)


def test_a_maildir_is_read_by_others(tmp_path: Path) -> None:
    with open_transport(f"maildir:{tmp_path}/box") as transport:
        list(transport.send_all([mail(1), mail(2)]))
    with closing(mailbox.Maildir(tmp_path / "box", create=False)) as box:
        assert sorted(str(message["subject"]) for message in box) == ["1", "2"]
    assert not list((tmp_path / "box" / "tmp").iterdir())


def test_an_mbox_is_read_by_others(tmp_path: Path) -> None:
    with open_transport(f"mbox:{tmp_path}/box") as transport:
        list(transport.send_all([mail(1), mail(2)]))
    with closing(mailbox.mbox(tmp_path / "box", create=False)) as box:
        assert [message["subject"] for message in box] == ["1", "2"]
    text = (tmp_path / "box").read_bytes()
    assert text.startswith(b"From alice@example.test ")
    assert b"\n>From here\n.\n>>From there\n\nFrom alice@" in text


@pytest.mark.parametrize(
    "half", [b"From alice@example.test Sat\nSubject: 0\n\nHel", b"From a@b.test x\nSubject: 0\n", b"\n"]
)
def test_an_entry_of_an_mbox_begins_a_line_whatever_a_killed_process_left(half: bytes, tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(half)
    with open_transport(f"mbox:{tmp_path}/box") as transport:
        list(transport.send_all([mail(1), mail(2)]))
    with closing(mailbox.mbox(tmp_path / "box", create=False)) as box:
        assert [message["subject"] for message in box][-2:] == ["1", "2"]
    assert (tmp_path / "box").read_bytes().startswith(half)


@pytest.mark.parametrize("scheme", ["file", "maildir", "mbox"])
def test_a_place_that_cannot_be_written(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "file").write_text("in the way")
    outcome = open_transport(f"{scheme}:{tmp_path}/file/box").send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert not outcome.temporary, "waiting mends nothing here"
    assert str(tmp_path) in outcome.text


@pytest.mark.parametrize(("scheme", "place"), [("file", ".{}.part"), ("maildir", "tmp/{}")])
def test_what_a_killed_process_left_half_written_is_cleared_away(scheme: str, place: str, tmp_path: Path) -> None:
    """That of a process that lives, of another machine, and what is not ours stays."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    name = unique_name()
    ours = f"P{os.getpid()}Q"
    assert ours in name
    stays = [name, name.replace(ours, f"P{os.getppid()}Q"), f"{name.replace(ours, f'P{gone.pid}Q')}.other", "x"]
    paths = [tmp_path / place.format(one) for one in (*stays, name.replace(ours, f"P{gone.pid}Q"))]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text("half of a mess")
    assert open_transport(f"{scheme}:{tmp_path}").send(mail()).accepted
    assert [path.exists() for path in paths] == [True, True, True, True, False]


@pytest.mark.parametrize("scheme", ["file", "maildir", "mbox"])
def test_a_full_disk_may_have_room_later(tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        outcome = open_transport(f"{scheme}:{tmp_path}/box").send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert outcome.temporary
    assert open_transport(f"{scheme}:{tmp_path}/box").send(mail()).accepted


def test_the_memory_keeps_what_was_sent_and_says_what_it_is_told() -> None:
    def answer(message: Message, address: str) -> Outcome:
        return Failed(550, "5.1.1", "userunknown", "no") if address == CAROL else Accepted("ok")

    transport = MemoryTransport(answer)
    receipt = transport.send(mail())
    assert [delivery.outcome.state for delivery in receipt.deliveries] == ["accepted", "failed"]
    assert transport.sent == [mail()]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NotTried("no way"), True),
        (Deferred(451, "4.7.1", "later"), True),
        (Failed(550, "5.1.1", "userunknown", "no"), False),
        (Uncertain("dot"), False),
        (Accepted("ok"), False),
    ],
    ids=lambda value: getattr(value, "state", str(value)),
)
def test_failover_gives_on_only_whom_surely_nobody_has(first: Outcome, second: bool) -> None:
    """What is uncertain may have been delivered, so it never goes to another server."""
    one = MemoryTransport(lambda message, address: first if address == BOB else Accepted("one"))
    two = MemoryTransport()
    receipt = FailoverTransport("failover(…)", [one, two]).send(mail())
    assert receipt[CAROL] == Accepted("one")
    assert [message.envelope.recipients for message in two.sent] == ([(BOB,)] if second else [])
    assert receipt[BOB] == (Accepted("kept in memory") if second else first)


def test_a_system_without_sockets_of_its_own_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")
    with pytest.raises(SettingsError, match="no such sockets"):
        open_transport("lmtp+unix:/run/lmtp")


def test_failover_leaves_a_dead_server_in_peace_for_a_while() -> None:
    asked = []

    def dead(message: Message, address: str) -> Outcome:
        asked.append(address)
        return NotTried("no way")

    transport = FailoverTransport("failover(…)", [MemoryTransport(dead), MemoryTransport()])
    assert all(receipt.accepted for receipt in transport.send_all(mail(number, BOB) for number in range(5)))
    assert asked == [BOB]


def test_failover_gives_on_nobody_whose_message_was_withdrawn() -> None:
    """Somebody else sends it: that is no fault of the transport, and no matter of the next one."""
    asked: list[str] = []

    def mark(message: Message, taken: Sequence[str], known: Mapping[str, Outcome]) -> bool:
        asked.append(message.message_id)
        return message.message_id != "1@example.test"

    one, two = MemoryTransport(), MemoryTransport()
    receipts = list(FailoverTransport("failover(…)", [one, two]).send_all([mail(1), mail(2)], mark))
    assert [receipt.accepted for receipt in receipts] == [False, True]
    assert asked == ["1@example.test", "2@example.test"]
    assert (len(one.sent), len(two.sent)) == (1, 0)


def test_failover_sends_over_a_server_in_its_pipeline_and_goes_on_when_it_is_gone() -> None:
    """One connection for many messages; when the server goes away, the rest goes over the next, each once."""
    ahead: list[bool] = []

    def dot(link: Link) -> str:
        link.sock.settimeout(60)
        while b"DATA\r\n" not in link.buffer:
            link.fill()
        ahead.append(True)
        return "250 2.0.0 ok"

    first = Server({"DOT": [dot, dot, dot, "421 4.3.2 bye"], "GREETING": ["220 hello", "421 4.3.2 gone"]})
    with first, Server() as second:
        url = f"failover(smtp://localhost:{first.port}?{LONG} smtp://localhost:{second.port}?{LONG})"
        with open_transport(url) as transport:
            receipts = list(transport.send_all(mail(number, BOB) for number in range(8)))
    assert all(receipt.accepted for receipt in receipts)
    assert [receipt.message_id for receipt in receipts] == [f"{number}@example.test" for number in range(8)]
    assert ahead == [True] * 3
    assert len(first.links) == 2
    taken = [server.octets for server in (*first.taken, *second.taken)]
    assert sorted(octets.partition(b"\r\n")[0] for octets in taken) == [b"Subject: %d" % number for number in range(8)]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_aiosmtpd_takes_what_we_send(certificates: Certificates) -> None:
    """A second server, written by others: STARTTLS, a login and many messages."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult

    class Handler:
        def __init__(self) -> None:
            self.octets: list[bytes] = []

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            self.octets.append(envelope.content)
            return "250 2.0.0 OK: queued as A1"

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"alice", "pässwörd".encode()), handled=False)

    class LocalController(Controller):
        def factory(self) -> Any:
            return SMTP(
                self.handler,
                enable_SMTPUTF8=True,
                hostname="localhost",
                tls_context=certificates.right,
                auth_required=True,
                authenticator=check,
            )

    handler = Handler()
    port = free_port()
    controller = LocalController(handler, hostname="127.0.0.1", port=port, loop=asyncio.new_event_loop())
    controller.start()
    try:
        url = f"smtp+starttls://alice@localhost:{port}?cafile={certificates.cafile}&{LONG}"
        with open_transport(url, password="pässwörd") as transport:
            assert all(receipt.accepted for receipt in transport.send_all(mail(number) for number in range(10)))
            assert transport.send(mail(octets=b".\r\n..\r\nend")).accepted
        with open_transport(url, password="wrong") as transport:
            outcome = transport.send(mail())[BOB]
        assert isinstance(outcome, NotTried)
        assert outcome.code == 535
    finally:
        controller.stop()
    assert handler.octets == [*(mail(number).octets for number in range(10)), b".\r\n..\r\nend\r\n"]


def test_what_the_engine_renders_arrives_as_it_was_made(make_engine: Any) -> None:
    """The octets on the wire are the composer's; Bcc is in the envelope only."""
    engine = make_engine({"t.j2": "{% block subject %}Grüße{% endblock %}{% block html %}<p>.\n.x</p>{% endblock %}"})
    message = engine.render("t.j2", {}, from_="a@example.test", to=BOB, bcc=CAROL).message()
    with Server() as server, open_transport(f"smtp://localhost:{server.port}?{LONG}") as transport:
        assert transport.send(message).accepted
    taken = server.taken[0]
    assert taken.recipients == [BOB, CAROL]
    assert taken.octets.replace(b"\r\n..", b"\r\n.") == message.octets
    assert CAROL.encode() not in taken.octets
