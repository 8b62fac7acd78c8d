"""docs/transports.md says what is so: its parameters, its schemes, its examples, its numbers."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mailtemplates.delivery.event import Kind
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried, Suppressed, Uncertain
from mailtemplates.smtp import connectionpool
from mailtemplates.smtp import transport as smtptransport
from mailtemplates.smtp.endpoint import LIMITS
from mailtemplates.transports import open_transport, transport_names

PAGE = (Path(__file__).parent.parent / "docs" / "transports.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def cells(heading: str) -> set[str]:
    """What stands in backquotes in the first column of a section's table."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0] if heading else PAGE.partition("\n## ")[0]
    firsts = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for first in firsts for name in re.findall(r"`([^`]*)`", first)}


def test_every_scheme_is_there() -> None:
    assert {re.split(r"[:(]", url)[0] for url in cells("")} == set(transport_names())


def test_every_parameter_is_there_and_no_other() -> None:
    named = {re.split("=", one)[0] for one in cells("Parameters")}
    homes = [import_module(f"mailtemplates.transports.{name.replace('+', '_')}") for name in transport_names()]
    assert named == {option for home in homes for option in home.OPTIONS}
    assert named == {*smtptransport.OPTIONS, "insecure"}


def test_every_outcome_and_every_event_is_there() -> None:
    states = {kind._field_defaults["state"] for kind in (Accepted, Deferred, Failed, NotTried, Suppressed, Uncertain)}
    assert cells("Outcomes") == states
    told = PAGE.partition("Each step is an `Event`:")[2].partition(". It has")[0]
    assert set(re.findall(r"`(\w+)`", told)) == set(Kind.__args__)  # type: ignore[attr-defined]


def test_the_numbers_are_right() -> None:
    assert (LIMITS["connect"], LIMITS["greeting"], LIMITS["mail"], LIMITS["rcpt"]) == (30, 300, 300, 300)
    assert (LIMITS["data"], LIMITS["content"], LIMITS["dot"]) == (120, 180, 600)
    assert (connectionpool._ASK_AFTER, connectionpool._DROP_AFTER, connectionpool._LONGEST_PAUSE) == (20, 240, 5)


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_the_examples_run(code: str) -> None:
    """Against transports that need no server."""
    from mailtemplates import Envelope, Message
    from mailtemplates.transports.memory import MemoryTransport

    message = Message(b"Subject: hi\r\n\r\nHello\r\n", Envelope("a@b.example", ("c@d.example",)), "1@b.example")

    class Mail:
        def message(self) -> Message:
            return message

    names: dict[str, Any] = {"secret": "x", "mail": Mail(), "url": "memory:", "message": message}
    names["transport"] = MemoryTransport()
    runnable = code.replace("smtp+starttls://shop@mx.example:587", "memory:")
    exec(compile(runnable, "docs/transports.md", "exec"), names)


def test_the_urls_of_the_page_open() -> None:
    for url in cells(""):
        real = url.replace("failover(URL URL)", "failover(null: memory:)").replace("DIR", "box").replace("FILE", "box")
        open_transport(real, password="x").close()
