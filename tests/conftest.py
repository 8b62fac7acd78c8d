"""What several test modules share: a template folder made of texts, and the starters' engine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from doctorlab import PASSWORD, Lab
from hypothesis import HealthCheck, settings
from mailrig import MailRig, run_mail_rig, why_no_rig
from smtplab import Brief, Open, opening, shortening
from smtpserver import Certificates, make_certificates

from mailtemplates import Engine, Stamp
from mailtemplates.delivery.event import Event

ROOT = Path(__file__).parent.parent
STAMP = Stamp(datetime(2026, 11, 2, 12, 0, tzinfo=UTC), "token", "acme.example")

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("project"), derandomize=True)
settings.register_profile("long", settings.get_profile("project"), max_examples=3000)
settings.load_profile("ci" if os.environ.get("CI") else "project")  # new examples are looked for at one's desk

MakeEngine = Callable[..., Engine]


@pytest.fixture
def make_engine(tmp_path: Path) -> MakeEngine:
    """An engine over a fresh template folder: ``make_engine({"t.j2": "…"}, sandbox=True)``."""

    def make(files: dict[str, str | bytes], **options: Any) -> Engine:
        for name, content in files.items():
            path = tmp_path / "templates" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Engine(tmp_path / "templates", **options)

    return make


@pytest.fixture(scope="session")
def starters() -> Engine:
    """The engine over the starter templates."""
    return Engine(ROOT / "templates")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """What scripted servers show, and the CA that signed it."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def events() -> list[Event]:
    """What the transports of ``to`` tell."""
    return []


@pytest.fixture
def to(certificates: Certificates, events: list[Event]) -> Iterator[Open]:
    """Opens transports to scripted servers: ``to(server, "timeout=1")``."""
    with opening(certificates, events) as open_to:
        yield open_to


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> Brief:
    """Leaves phases half a second: ``brief("dot")``, or as many seconds as are given, for a server that says nothing there.

    All others keep their time, so that a machine that is busy changes nothing.
    """
    return shortening(monkeypatch)


@pytest.fixture
def lab(
    certificates: Certificates,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    brief: Brief,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Lab]:
    """Servers for the doctor, and its command."""
    monkeypatch.setenv("MAILTPL_PASSWORD", PASSWORD)
    monkeypatch.delenv("MAILTPL_IMAP_PASSWORD", raising=False)
    with ExitStack() as stack:
        yield Lab(certificates, tmp_path, capsysbinary, stack, [], brief)


@pytest.fixture(scope="session")
def mail_rig() -> Iterator[MailRig]:
    """A running Postfix and Dovecot; a test that asks for it is skipped where they are not installed."""
    if reason := why_no_rig():
        pytest.skip(reason)
    with run_mail_rig() as rig:
        yield rig


def pytest_configure() -> None:
    """What runs in the background is spared Ctrl-C, and so would be the programs that the tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden`` writes the golden files anew; the diff is then for reading."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
