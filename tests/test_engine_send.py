"""Engine.send and asend: a web app sends each mail once, and its event loop goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from smtpserver import Link, Server
from test_web_apps import get

from mailtemplates import Engine, Ledger, LintError, Message, Stamp
from mailtemplates.delivery.outcome import Accepted, Deferred, Outcome
from mailtemplates.errors import DataError, SettingsError, TemplateError
from mailtemplates.ledger.key import token_of
from mailtemplates.transports.memory import MemoryTransport

ANN: dict[str, Any] = {"user": {"name": "Ann", "email": "ann@reader.example"}}
TEMPLATE = (
    "{% extends 'base.j2' %}{% block from %}Acme <hello@acme.example>{% endblock %}"
    "{% block to %}{{ user|mailbox }}{% endblock %}{% block subject %}Hi {{ user.name }}{% endblock %}"
    "{% block html %}{% include 'foot.j2' %}<p>{{ user.name }}{{ more }}</p>{% endblock %}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "welcome.j2").write_text(TEMPLATE)
    (templates / "base.j2").write_text("{% block html %}{% endblock %}")
    (templates / "foot.j2").write_text("<p>foot</p>")
    return templates


def an_engine(folder: Path, transport: MemoryTransport | str, *, ledger: bool = True, **more: Any) -> Engine:
    path = folder.parent / "outbox.db" if ledger else None
    return Engine(folder, variables={"more": ""}, transport=transport, ledger=path, **more)


def test_the_same_key_is_sent_once(folder: Path) -> None:
    transport = MemoryTransport()
    with an_engine(folder, transport) as engine:
        first = engine.send("welcome.j2", ANN, key="welcome-1")
        again = engine.send("welcome.j2", ANN, key="welcome-1")
        other = engine.send("welcome.j2", ANN, key="welcome-2")
    assert first == again
    assert first.accepted
    assert first.message_id != other.message_id
    assert [message.message_id for message in transport.sent] == [first.message_id, other.message_id]


def test_the_message_id_comes_from_the_key(folder: Path) -> None:
    with an_engine(folder, MemoryTransport(), ledger=False) as engine:
        receipts = [engine.send("welcome.j2", ANN, key="welcome-1") for _ in range(2)]
        random = [engine.send("welcome.j2", ANN) for _ in range(2)]
    assert {receipt.message_id for receipt in receipts} == {f"{token_of('welcome-1')}@acme.example"}
    assert random[0].message_id != random[1].message_id


def test_without_a_key_one_is_made_of_version_recipient_and_data(folder: Path) -> None:
    transport = MemoryTransport()

    def sends(engine: Engine, data: dict[str, Any] = ANN, **given: Any) -> int:
        before = len(transport.sent)
        engine.send("welcome.j2", data, **given)
        return len(transport.sent) - before

    lasting = {**ANN, "paid": Decimal("1.50"), "day": date(2026, 1, 2), "tags": {"a", "b"}}
    with an_engine(folder, transport) as engine:
        assert sends(engine) == 1
        assert sends(engine) == 0
        assert sends(engine, to="bob@reader.example") == 1
        assert sends(engine, lasting) == 1
        assert sends(engine, dict(reversed(lasting.items()))) == 0
        assert sends(engine, {**lasting, "paid": Decimal("1.51")}) == 1
        (folder / "foot.j2").write_text("<p>another foot</p>")
        assert sends(engine) == 1
    with an_engine(folder, transport) as engine:
        assert sends(engine) == 0


def test_data_without_a_lasting_form_needs_a_key(folder: Path) -> None:
    """An object's repr has its address in memory: a key made of it would send twice."""
    data = {**ANN, "order": object()}
    transport = MemoryTransport()
    with an_engine(folder, transport) as engine:
        with pytest.raises(DataError, match="has no lasting form"):
            engine.send("welcome.j2", data)
        assert engine.send("welcome.j2", data, key="order-1").accepted


def test_a_rendered_mail_and_a_message(folder: Path) -> None:
    transport = MemoryTransport()
    with an_engine(folder, transport) as engine:
        mail = engine.render("welcome.j2", ANN)
        message = mail.message(Stamp.parse("2026-01-02T03:04:05Z,mine"))
        for what in (mail, engine.render("welcome.j2", ANN), message, message):
            assert engine.send(what).accepted
        assert engine.send(mail, key="a").message_id == f"{token_of('a')}@acme.example"
    assert len(transport.sent) == 3
    assert transport.sent[1] == message


def test_what_is_wrong_is_raised_before_anything_is_kept(folder: Path) -> None:
    (folder / "bad.j2").write_text("{% block subject %}{{")
    with an_engine(folder, MemoryTransport()) as engine:
        with pytest.raises(TemplateError):
            engine.send("bad.j2", ANN)
        with pytest.raises(TemplateError):
            engine.send("missing.j2", ANN, key="x")
        with pytest.raises(SettingsError, match="cannot be a key"):
            engine.send("welcome.j2", ANN, key="a\nb")
        with pytest.raises(LintError):
            engine.send("welcome.j2", ANN, headers={"X-A": "=?utf-8?q?" + "x" * 90 + "?="}, lint="info")
    with Ledger(folder.parent / "outbox.db") as ledger:
        assert list(ledger.entries()) == []


def test_an_engine_without_transport_says_so(folder: Path) -> None:
    with pytest.raises(SettingsError, match="no transport"):
        Engine(folder).send("welcome.j2", ANN)
    with pytest.raises(SettingsError, match="no ledger"):
        an_engine(folder, MemoryTransport(), ledger=False).queue("welcome.j2", ANN)
    Engine(folder).close()


def test_what_is_put_off_waits_for_a_resume_by_key(folder: Path) -> None:
    """As with a task queue: the task carries the key, the ledger the message."""
    answers: list[Outcome] = [Deferred(451, "4.7.1", "greylisted"), Accepted("ok")]
    with an_engine(folder, MemoryTransport(lambda message, address: answers.pop(0))) as engine:
        assert engine.send("welcome.j2", ANN, key="a")["ann@reader.example"].state == "deferred"
        (dispatch,) = engine.resume("a")
        assert dispatch.receipt.accepted


def test_a_task_carries_the_key_only(folder: Path) -> None:
    with an_engine(folder, "null:") as app:
        key = app.queue("welcome.j2", ANN)
        assert app.queue("welcome.j2", ANN) == key
    transport = MemoryTransport()
    with an_engine(folder, transport) as worker:
        (folder / "welcome.j2").write_text("{% block subject %}changed since{% endblock %}")
        (dispatch,) = worker.resume(key)
        assert [one.receipt for one in worker.resume(key)] == [dispatch.receipt]
        assert list(worker.resume()) == []
    assert [message.as_email()["Subject"] for message in transport.sent] == ["Hi Ann"]


def test_many_threads_with_one_key(folder: Path) -> None:
    transport = MemoryTransport()

    async def all_at_once(engine: Engine) -> list[Any]:
        return await asyncio.gather(*(engine.asend("welcome.j2", ANN, key="a") for _ in range(20)))

    with an_engine(folder, transport) as engine:
        receipts = asyncio.run(all_at_once(engine))
    assert len(transport.sent) == 1
    assert any(receipt.accepted for receipt in receipts)
    assert {receipt.deliveries[0].outcome.state for receipt in receipts} <= {"accepted", "not_tried"}


def test_fastapi_goes_on_while_a_server_is_slow(folder: Path) -> None:
    """A handler that awaits asend lets other requests through, though the server takes its time at the final dot."""
    fastapi = pytest.importorskip("fastapi")

    begun, over = threading.Event(), threading.Event()

    def slow(link: Link) -> str:
        begun.set()
        over.wait(30)
        return "250 2.0.0 Ok: queued as 4XYZ"

    with (
        Server({"DOT": slow}) as server,
        an_engine(folder, f"smtp://127.0.0.1:{server.port}") as engine,
    ):
        app = fastapi.FastAPI()

        async def signup() -> dict[str, Any]:
            receipt = await engine.asend("welcome.j2", ANN, key="welcome-1")
            return {"accepted": receipt.accepted}

        async def ping() -> str:
            return "pong"

        app.add_api_route("/signup", signup)
        app.add_api_route("/ping", ping)

        async def visits() -> tuple[int, bytes]:
            sending = asyncio.create_task(get(app, "/signup"))
            while not begun.is_set() and not sending.done():
                await asyncio.sleep(0.01)
            for _ in range(5):
                assert await get(app, "/ping") == (200, b'"pong"')
            assert not sending.done(), "the loop stood still while the message was sent"
            over.set()
            return await sending

        assert asyncio.run(visits()) == (200, b'{"accepted":true}')
        assert len(server.taken) == 1


def test_a_task_that_is_cancelled_leaves_its_outcome_in_the_ledger(folder: Path) -> None:
    """A visitor who closes the browser does not leave a message half sent, nor in doubt."""

    begun, over = threading.Event(), threading.Event()

    def slow(message: Message, address: str) -> Outcome:
        begun.set()
        over.wait(30)
        return Accepted("ok")

    async def cancelled(engine: Engine) -> None:
        task = asyncio.create_task(engine.asend("welcome.j2", ANN, key="a"))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        over.set()

    engine = an_engine(folder, MemoryTransport(slow))
    asyncio.run(cancelled(engine))
    engine.close()
    with Ledger(folder.parent / "outbox.db") as ledger:
        assert ledger.counts() == {"accepted": 1}


def test_an_event_loop_goes_on_while_another_process_holds_a_new_ledger(folder: Path) -> None:
    """The ledger is opened in a thread: here nobody but the loop itself can let go of what it waits for."""
    other = sqlite3.connect(folder.parent / "outbox.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    async def send() -> list[Any]:
        tasks = [asyncio.create_task(engine.asend("welcome.j2", ANN, key=f"a{number}")) for number in range(3)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks)
        other.execute("ROLLBACK")
        return await asyncio.gather(*tasks)

    with an_engine(folder, MemoryTransport()) as engine:
        assert all(receipt.accepted for receipt in asyncio.run(send()))
    other.close()
