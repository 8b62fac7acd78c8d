"""The pytest plugin: fixtures over the project's templates, golden messages, and a server that keeps what is sent.

``mail_engine`` is the engine of the project's settings. ``mail_sample`` runs a test for every template with each of its
samples. ``golden_mail`` compares a mail with its transcript in ``mail/`` beside the test; ``--update-mail`` writes the
transcripts anew. ``mail_server`` is a server on this machine that keeps what a program sends. ``assert_mail`` and
``assert_lints_clean`` are in :mod:`mailtemplates.testing`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mailtemplates.catching.mailserver import MailServer
    from mailtemplates.engine import Engine
    from mailtemplates.mail import Mail
    from mailtemplates.message.message import Message

_FOLDER = "mail"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-mail`` writes the golden messages anew."""
    group = parser.getgroup("mailtemplates")
    group.addoption("--update-mail", action="store_true", help="write the golden messages of golden_mail anew")


def pytest_configure(config: pytest.Config) -> None:
    """``@pytest.mark.mail_server(tls="starttls")`` says how the server of ``mail_server`` is."""
    config.addinivalue_line("markers", "mail_server(**options): how the server of the fixture mail_server is")


def _engine(root: Path) -> Engine:
    from mailtemplates.engine import Engine
    from mailtemplates.settings import read_settings

    return Engine(settings=read_settings(root), sign=False)


@pytest.fixture(scope="session")
def mail_engine(pytestconfig: pytest.Config) -> Engine:
    """The engine over the template folders of the project's settings; its messages are not signed."""
    return _engine(pytestconfig.rootpath)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``mail_sample`` runs for every template with each of its samples."""
    if "mail_sample" in metafunc.fixturenames:
        from mailtemplates.testing import every_sample

        samples = list(every_sample(_engine(metafunc.config.rootpath)))
        metafunc.parametrize("mail_sample", samples, ids=[one.id for one in samples])


@pytest.fixture
def mail_server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    """A mail server on a port of its own, for one test; the marker ``mail_server`` gives what ``MailServer`` takes."""
    from mailtemplates.catching.mailserver import MailServer

    marker = request.node.get_closest_marker("mail_server")
    with MailServer(**(marker.kwargs if marker else {})) as server:
        yield server


@pytest.fixture
def golden_mail(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compares a mail with the transcript of an earlier run: ``golden_mail(mail)`` or ``golden_mail(mail, "name")``."""
    from mailtemplates.octets.transcript import transcribe
    from mailtemplates.testing import message_of

    def check(mail: Mail | Message, name: str = "") -> None:
        path = request.path.parent / _FOLDER / f"{name or _safe(request.node.name)}.txt"
        text = transcribe(message_of(mail).octets)
        if request.config.getoption("--update-mail"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"there is no golden message {path}; --update-mail writes it", pytrace=False)
        kept = path.read_text(encoding="utf-8")
        if kept != text:
            diff = difflib.unified_diff(kept.splitlines(), text.splitlines(), str(path), "now", lineterm="")
            pytest.fail("\n".join(["the message has changed; --update-mail keeps it", *diff]), pytrace=False)

    return check


def _safe(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in name).strip("_")
