"""``mailtpl merge`` to a folder: one process against two, and memory over a hundred thousand rows.

The whole command is measured, from its start to its end, with its files on disk. Runs with one and two processes take
turns. Wall-clock time means little on a machine that others use; processor seconds say what the work costs in all.
Where the system has files in memory, the longest run is made there too: a busy disk hides what two processes do.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_TEMPLATE = Path(__file__).parent / "templates" / "receipt.j2"
_NAMES = ("Jörg Müller", "Zoë Núñez", "Ann Miller", "Łukasz Żak", "山田 太郎", "Eve O'Brien")
_LINES = 5
_LONG, _SHORT, _JUDGED = 100_000, 10_000, 1_000
_IN_MEMORY = Path("/dev/shm")
_ROOM = 12e9
"""Octets that two runs of the longest kind may take, and some more."""


class _Cost(NamedTuple):
    """Of one run: seconds on the clock and of processors, and megabytes of all its processes as it went on."""

    wall: float
    processor: float
    memory: tuple[float, ...]


def _row(number: int) -> Iterator[tuple[str, object]]:
    """The columns of a receipt's data; every value differs from one row to the next."""
    yield from (("user.id", number), ("user.name", _NAMES[number % 6]), ("user.email", f"user{number}@reader.example"))
    yield from (("order.id", f"2026-{number:06d}"), ("order.date", "2 November 2026"))
    yield from (("order.card", f"{number % 10000:04d}"), ("order.coupon_until", "1 December 2026"))
    yield ("order.total", f"${number % 977}.00")
    for line in range(_LINES):
        yield f"order.lines[{line}].description", f"Thing {number}-{line}, größer"
        yield f"order.lines[{line}].amount", f"${line * 3 + number % 97}.50"


def _write_rows(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(name for name, _ in _row(0))
        writer.writerows([value for _, value in _row(number)] for number in range(count))


def _run(folder: Path, rows: Path, jobs: int, *, judged: bool = False) -> _Cost:
    """One run of the command."""
    out = tempfile.mkdtemp(dir=folder)  # kept to the end: a disk is long busy with files that were deleted
    os.sync()  # so that no run has to share its processors with the writing down of the files of the one before
    command = [sys.executable, "-m", "mailtemplates", "merge", str(_TEMPLATE), "--data", str(rows), "--out", out]
    command += ["--jobs", str(jobs), "--quiet", "--failures", str(folder / "failures.csv")]
    command += [] if judged else ["--force", "ALL"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    memory = []
    with subprocess.Popen(command, env={**os.environ, "MAILTPL_CACHE": "off"}) as process:
        while process.poll() is None:
            memory.append(_memory(process.pid))
            time.sleep(0.25)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise RuntimeError(f"the merge ended with {process.returncode}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Cost(wall, processor, tuple(memory))


def _memory(pid: int) -> float:
    """Megabytes that a process and its children have for themselves; 0 where the system does not tell."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        texts = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in (str(pid), *children)]
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("Pss:")) / 1e3


def _compared(folder: Path, count: int, rounds: int, *, judged: bool) -> tuple[_Cost, _Cost]:
    """The medians with one and with two processes, in turns."""
    rows = folder / "rows.csv"
    _write_rows(rows, count)
    costs: dict[int, list[_Cost]] = {1: [], 2: []}
    for _ in range(rounds):
        for jobs, found in costs.items():
            found.append(_run(folder, rows, jobs, judged=judged))
    one, two = (
        _Cost(statistics.median(c.wall for c in found), statistics.median(c.processor for c in found), found[-1].memory)
        for found in costs.values()
    )
    return one, two


def _runs() -> Iterator[tuple[int, int, bool, Path | None]]:
    """Rows, rounds, whether each message is linted, and where the files are; None is on disk. What leaves most files
    to delete comes last."""
    if _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
        yield _LONG, 1, False, _IN_MEMORY
    yield _SHORT, 3, False, None
    yield _JUDGED, 3, True, None
    yield _LONG, 1, False, None


def sections() -> Mapping[str, list[str]]:
    """The tables of the page."""
    lines = [
        "Receipts of 5 rows from a CSV file into a folder, the whole command. `--force ALL` is without lint.",
        "",
        "| rows | lint | files | 1 process, s | 2 processes, s | ratio | processor s with 1 | with 2 |",
        "|---:|---|---|---:|---:|---:|---:|---:|",
    ]
    for count, rounds, judged, place in _runs():
        with tempfile.TemporaryDirectory(dir=place) as name:
            one, two = _compared(Path(name), count, rounds, judged=judged)
        lines.append(
            f"| {count:,} | {'yes' if judged else 'no'} | {'in memory' if place else 'on disk'} | {one.wall:.1f} |"
            f" {two.wall:.1f} | {one.wall / two.wall:.2f}× | {one.processor:.1f} | {two.processor:.1f} |"
        )
    memory = two.memory
    if any(memory):
        tenths = [memory[len(memory) * tenth // 10] for tenth in range(1, 10)]
        shown = ", ".join(f"{value:.0f}" for value in tenths)
        lines += ["", f"Memory of all processes at each tenth of the {_LONG:,} rows with two, MB: {shown}."]
    lines += ["", f"Processors: {os.cpu_count()}; load when it ended: {os.getloadavg()[0]:.1f}."]
    return {"A message for each row": lines}


if __name__ == "__main__":
    print("\n".join(line for lines in sections().values() for line in lines))
