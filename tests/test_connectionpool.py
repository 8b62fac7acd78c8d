"""How connections are made again, and how many messages may go in a time."""

from __future__ import annotations

import time

import pytest

from mailtemplates.errors import TransportError
from mailtemplates.smtp.connectionpool import ConnectionPool
from mailtemplates.smtp.endpoint import Endpoint
from mailtemplates.smtp.session import Session
from mailtemplates.smtp.throttle import Throttle, read_rate
from mailtemplates.smtp.wire import Wire


def test_after_failures_the_next_connections_come_after_growing_random_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that many clients of a server that comes back do not come all at once."""
    pauses: list[float] = []
    longest: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)

    def uniform(low: float, high: float) -> float:
        longest.append(high)
        return high / 2

    monkeypatch.setattr("random.uniform", uniform)
    works: list[bool] = [False] * 8

    def connect() -> Session:
        if works:
            works.pop()
            raise TransportError("down", phase="connect")
        return Session(Wire(Endpoint()))

    pool = ConnectionPool(connect, size=1, most=10, cap=3.0)
    for _ in range(8):
        with pytest.raises(TransportError, match="down"):
            pool.take()
    pool.give_back(pool.take())
    assert longest == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    assert pauses == [pause / 2 for pause in longest]
    pool.take()
    assert len(pauses) == 8


def test_what_time_does_not_mend_is_not_asked_again_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    asked: list[float] = []

    def connect() -> Session:
        asked.append(now[0])
        raise TransportError("535 wrong password", phase="auth", temporary=False, code=535)

    pool = ConnectionPool(connect, size=2, most=10)
    for step in (0.0, 1.0, 30.0, 30.0):
        now[0] += step
        with pytest.raises(TransportError, match="wrong password"):
            pool.take()
    assert asked == [1000.0, 1061.0]


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10", 10),
        ("10/s", 10),
        ("600/m", 10),
        ("36000/h", 10),
        ("1/h", 1 / 3600),
        ("0/s", None),
        ("", None),
        ("1/d", None),
        ("-1", None),
    ],
)
def test_a_rate_is_messages_in_a_time(text: str, rate: float | None) -> None:
    assert read_rate(text) == rate


def test_a_throttle_lets_a_burst_through_and_then_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    throttle = Throttle(5)
    times = []
    for _ in range(16):
        throttle.wait()
        times.append(round(now[0] - 1000, 6))
    assert times[:5] == [0.0] * 5
    assert times[5:] == pytest.approx([number / 5 for number in range(1, 12)])
