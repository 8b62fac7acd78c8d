"""Processes that make messages: in order, bounded, gone when nobody wants them any more."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailtemplates.errors import WorkerError
from mailtemplates.merging.folder import Making
from mailtemplates.merging.maker import Maker
from mailtemplates.merging.workers import BATCH, Made, Task, Workers, Written
from mailtemplates.settings import Settings

ROOT = Path(__file__).parent.parent


def make(task: Task) -> Made:
    """Answers with the task's number; some tasks go wrong in their own ways."""
    assert task.data is not None
    match task.data.get("do"):
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            raise RuntimeError("odd")
        case "full":
            raise OSError(28, "No space left on device", "/out/1.eml")
    return Made(Written(str(task.number), "", ()))


def number(made: Made) -> int:
    """The number of the task that this was made of."""
    assert isinstance(made.message, Written)
    return int(made.message.place)


def tasks(count: int) -> Iterator[Task]:
    return (Task(number, "", {}) for number in range(count))


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, BATCH, 7 * BATCH + 5])
def test_results_come_in_the_order_of_the_tasks(jobs: int, count: int) -> None:
    with Workers(make, jobs) as workers:
        assert [number(made) for made in workers.run(tasks(count))] == list(range(count))


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_what_is_under_way_is_bounded(jobs: int) -> None:
    """However many rows there are, no more than this is in memory: so memory is flat."""
    taken = given = most = 0

    def source() -> Iterator[Task]:
        nonlocal taken
        for task in tasks(3000):
            taken += 1
            yield task

    with Workers(make, jobs) as workers:
        for _ in workers.run(source()):
            most = max(most, taken - given)
            given += 1
        assert most <= workers.most
    assert (taken, given) == (3000, 3000)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_is_one_tasks_fault(jobs: int) -> None:
    kinds = [{}, {"do": "crash"}, {"do": "full"}, None, {}]
    with Workers(make, jobs) as workers:
        made = list(workers.run(Task(number, "", data) for number, data in enumerate(kinds)))
    assert [one.fault for one in made] == ["", "ours", "place", "", ""]
    assert made[1].problem == "a fault of mailtpl itself: RuntimeError: odd"
    assert made[2].problem == "cannot write: /out/1.eml: No space left on device"


def test_a_process_that_ends_is_an_error_and_no_hang() -> None:
    source = [Task(number, "", {"do": "die"} if number == 40 else {}) for number in range(200)]
    with Workers(make, 2) as workers, pytest.raises(WorkerError, match="ended before"):
        list(workers.run(source))


def test_a_run_that_is_given_up_leaves_no_process() -> None:
    with Workers(make, 2) as workers:
        next(iter(workers.run(tasks(1000))))
        processes = list(workers._processes)
    assert not any(process.is_alive() for process in processes)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_processes_end_when_the_one_that_began_them_is_killed() -> None:
    """Nobody else holds the links open: not even a process that was forked later."""
    script = (
        "import time\nfrom test_workers import *\n"
        "def slow(task):\n    time.sleep(0.01)\n    return make(task)\n"
        "workers = Workers(slow, 3)\nrun = workers.run(tasks(100_000))\nnext(run)\nprint('begun', flush=True)\n"
        "for _ in run: pass\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT / "tests", stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        parent.kill()
    assert len(children) == 3
    for _ in range(200):
        alive = [child for child in children if _is_alive(child)]
        if not alive:
            break
        time.sleep(0.1)
    assert not alive


def _is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_where_a_fork_is_not_safe_processes_are_spawned() -> None:
    """With a thread running, or on other systems: everything a process needs is sent to it."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with Workers(make, 2) as workers:
            assert [number(made) for made in workers.run(tasks(100))] == list(range(100))
    finally:
        stop.set()
        thread.join()


def test_what_makes_messages_can_be_sent_to_another_process(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text(
        "{% block from %}a@acme-shop.com{% endblock %}{% block to %}{{ to }}{% endblock %}"
        "{% block subject %}Hi{% endblock %}{% block text %}Hello {{ n }}{% endblock %}"
    )
    maker = Maker(Settings(), (tmp_path,), "t.j2", datetime(2026, 1, 1, tzinfo=UTC))
    maker.prepare()
    task = Task(1, "key", {"to": "b@reader.com", "n": 1})
    copy = pickle.loads(pickle.dumps(Making(maker)))
    assert copy(task) == Making(maker)(task)
