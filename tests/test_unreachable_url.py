"""The rule of the network, against a server of this test."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings

LINTER = Linter(Settings(select=("unreachable-url",)))
ASKED: list[str] = []


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        ASKED.append(f"{self.command} {self.path}")
        status = {
            "/gone": 404,
            "/robots": 403,
            "/broken": 500,
            "/move": 302,
            "/head": 405 if self.command == "HEAD" else 200,
        }
        self.send_response(status.get(self.path, 200))
        if self.path == "/move":
            self.send_header("Location", "/ok")
        self.send_header("Content-Length", "2000000" if self.path == "/big.png" else "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def judge(html: str) -> list[tuple[str, str]]:
    return [(one.severity, one.finding.problem) for one in LINTER.judge(HtmlDocument(html))]


def test_answers(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    paths = ("ok", "gone", "robots", "broken", "move", "head", "ok#part", "a%20b", "ä b")
    found = judge("".join(f"<a href='{host}/{path}'>x</a>" for path in paths))
    assert [(severity, problem.rpartition("` ")[2]) for severity, problem in found] == [
        ("error", "answers 404"), ("warning", "answers 403"), ("error", "answers 500")]  # fmt: skip
    assert sum(one.endswith(" /ok") for one in ASKED) == 2  # the move leads there too; the fragment is no other URL


def test_a_big_image_is_a_warning(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert judge(f"<a href='{host}/big.png'>x</a>") == []
    ((severity, problem),) = judge(f"<img src='{host}/big.png'>")
    assert severity == "warning" and "2,000,000 octets" in problem


def test_nothing_is_asked_that_unsubscribes_or_is_filled_in_later(host: str) -> None:
    before = len(ASKED)
    assert judge(f"<a href='{host}/unsubscribe'>x</a><a href='{host}/%7B/{{{{ a }}}}'>y</a><a href='cid:a'>z</a>") == []
    assert len(ASKED) == before


def test_no_server_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    ((severity, problem),) = judge("<a href='http://127.0.0.1:1/'>x</a>")
    assert severity == "error" and "does not answer" in problem
