"""``make bench``: this package and its peers in one run, as ratios; a plot of cost against rows and messages.

Every number is the median of rounds in which the contenders take turns, so that a machine which slows down slows all
of them. Nothing here decides a test.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2

from benchmarks import doctor, ledger, linting, merging, peers, sending, signing
from mailtemplates import Engine, Stamp

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
STAMP = Stamp(datetime(2026, 11, 2, 12, tzinfo=UTC), "token", "acme.example")
NAMES = ("Jörg Müller", "Zoë Núñez", "Ann Miller", "Łukasz Żak", "山田 太郎", "Eve O'Brien")


def row(number: int, lines: int = 5) -> dict[str, Any]:
    """Data of one receipt; every value differs from one number to the next."""
    items = [
        {"description": f"Thing {number}-{line}, größer", "amount": f"${line * 3 + number % 97}.50"}
        for line in range(lines)
    ]
    return {
        "user": {"id": number, "name": NAMES[number % 6], "email": f"user{number}@reader.example"},
        "order": {
            "id": f"2026-{number:06d}", "date": "2 November 2026", "card": f"{number % 10000:04d}",
            "coupon_until": "1 December 2026", "lines": items, "total": f"${number % 977}.00",
        },
    }  # fmt: skip


def html_block(engine: Engine) -> jinja2.Template:
    """The html block of the template as a template of its own."""
    source = (HERE / "templates" / "receipt.j2").read_text(encoding="utf-8")
    start = source.index("{% block html %}") + len("{% block html %}")
    return jinja2.Environment(autoescape=True).from_string(source[start : source.rindex("{% endblock %}")])


def timed(function: Callable[[Mapping[str, Any]], object], rows: list[dict[str, Any]]) -> float:
    """Seconds for one call, over all rows."""
    start = time.perf_counter()
    for data in rows:
        function(data)
    return (time.perf_counter() - start) / len(rows)


def contest(contenders: dict[str, tuple[Callable[[Mapping[str, Any]], object], int]], rounds: int) -> dict[str, float]:
    """The median seconds of each contender; they take turns, each with its number of calls a round."""
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    number = 0
    for _ in range(rounds):
        for name, (function, calls) in contenders.items():
            rows = [row(number + call) for call in range(calls)]
            number += calls
            gc.collect()
            samples[name].append(timed(function, rows))
    return {name: statistics.median(values) for name, values in samples.items()}


def maker(engine: Engine) -> Callable[[Mapping[str, Any]], bytes]:
    """This package, from template and data to octets."""
    return lambda data: engine.render("receipt.j2", data).message(STAMP).as_bytes()


def message_cost() -> list[str]:
    """Time of one message, warm, against the peers."""
    engine = Engine(HERE / "templates")
    block = html_block(engine)
    make = maker(engine)
    bare = peers.jinja_only(block)
    for number in range(200):
        make(row(number))
        bare(row(number))
    medians = contest(
        {
            "jinja2, the html block only": (bare, 300),
            "mailtemplates, template to octets": (make, 300),
            "jinja2 + css-inline + inscriptis + EmailMessage": (peers.with_css_inline(block), 10),
            "jinja2 + premailer + html2text + EmailMessage": (peers.with_premailer(block), 2),
        },
        rounds=15,
    )
    base, ours = medians["jinja2, the html block only"], medians["mailtemplates, template to octets"]
    size = len(bare(row(0)))
    lines = [
        f"One receipt: {size:,} characters of html, 5 rows, non-ASCII name; warm, one core.",
        "",
        "| from template and data to octets | µs a message | of the bare render | of mailtemplates |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {seconds * 1e6:,.0f} | {seconds / base:.1f}× | {seconds / ours:.1f}× |"
        for name, seconds in medians.items()
    ]
    return lines


def rows_cost() -> tuple[list[str], list[tuple[int, float, float]]]:
    """Time of one message against its number of table rows, cold (a new engine) and warm."""
    points = []
    for count in (10, 100, 500, 1000, 2000):
        cold = statistics.median(timed(maker(Engine(HERE / "templates")), [row(1, count)]) for _ in range(3))
        make = maker(Engine(HERE / "templates"))
        timed(make, [row(1, count)])
        warm = statistics.median(timed(make, [row(seed, count)]) for seed in range(2, 9))
        points.append((count, cold, warm))
    lines = ["| rows | cold, ms | warm, ms | warm, µs a row |", "|---:|---:|---:|---:|"]
    lines += [
        f"| {count:,} | {cold * 1e3:.1f} | {warm * 1e3:.2f} | {warm * 1e6 / count:.1f} |"
        for count, cold, warm in points
    ]
    return lines, points


def long_run(total: int = 100_000, step: int = 10_000) -> tuple[list[str], list[tuple[int, float, float]]]:
    """Time of a message and memory of the process over many messages of varying data and varying rows."""
    engine = Engine(HERE / "templates")
    make = maker(engine)
    points = []
    for start in range(0, total, step):
        begin = time.perf_counter()
        for number in range(start, start + step):
            make(row(number, 1 + number * 7 % 20))
        seconds = (time.perf_counter() - begin) / step
        points.append((start + step, seconds, _resident()))
    lines = ["| messages | µs a message | resident memory, MB |", "|---:|---:|---:|"]
    lines += [f"| {count:,} | {seconds * 1e6:,.0f} | {memory:.1f} |" for count, seconds, memory in points]
    lines += ["", f"Plans: {engine.inliner.statistics}"]
    return lines, points


def _resident() -> float:
    """Resident memory of this process in MB: as it is now where /proc tells, else its peak."""
    with_proc = Path("/proc/self/statm")
    if with_proc.exists():
        return int(with_proc.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def process_cost() -> list[str]:
    """Time of ``mailtpl render`` as a whole process, its caches on disk warm, against importing jinja2."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MAILTPL_CACHE": folder}
        Path(folder).chmod(0o700)
        data = Path(folder) / "data.json"
        data.write_text(json.dumps(row(1)))
        script = Path(sys.executable).with_name("mailtpl")
        render = [str(script), "render", str(HERE / "templates" / "receipt.j2"), "--data", str(data)]
        contenders = {
            'python -c "import jinja2"': [sys.executable, "-c", "import jinja2"],
            "mailtpl render, caches on disk warm": render,
        }
        samples: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(16):
            for name, command in contenders.items():
                start = time.perf_counter()
                subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
                if turn:
                    samples[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    base = next(iter(medians.values()))
    lines = ["| whole process | ms | ratio |", "|---|---:|---:|"]
    return lines + [f"| {name} | {value * 1e3:.0f} | {value / base:.2f}× |" for name, value in medians.items()]


def plot(rows: list[tuple[int, float, float]], messages: list[tuple[int, float, float]], path: Path) -> None:
    """Cost against rows and against messages, as one SVG."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "mailtemplates"
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.6), constrained_layout=True)
    counts = [count for count, _, _ in rows]
    left.plot(counts, [cold * 1e3 for _, cold, _ in rows], "o-", label="cold")
    left.plot(counts, [warm * 1e3 for _, _, warm in rows], "s-", label="warm")
    left.set(xlabel="table rows", ylabel="ms a message", title="Cost against rows", xlim=(0, None), ylim=(0, None))
    left.legend()
    done = [count for count, _, _ in messages]
    right.plot(done, [seconds * 1e6 for _, seconds, _ in messages], "o-", color="C2", label="µs a message")
    right.plot(done, [memory for _, _, memory in messages], "s-", color="C3", label="resident memory, MB")
    right.set(xlabel="messages", title="Cost and memory against messages", xlim=(0, None), ylim=(0, None))
    right.legend()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run everything, print it, and save the page and the plot in docs/."""
    cost = message_cost()
    row_lines, row_points = rows_cost()
    run_lines, run_points = long_run()
    sections = {
        "One message": cost,
        "Rows": row_lines,
        "A hundred thousand messages": run_lines,
        "The command line": process_cost(),
        **linting.sections(),
        **signing.sections(),
        **sending.sections(),
        **doctor.sections(),
        **ledger.sections(),
        **merging.sections(),
    }
    page = [
        "# Speed",
        "",
        "Made by `make bench`; each table is from one run on one machine, so read the ratios, not the times.",
        f"Python {sys.version.split()[0]}.",
    ]
    for heading, lines in sections.items():
        page += ["", f"## {heading}", "", *lines]
        if heading == "A hundred thousand messages":
            page += ["", "![Cost against rows and messages](speed.svg)"]
    page.append("")
    plot(row_points, run_points, DOCS / "speed.svg")
    (DOCS / "speed.md").write_text("\n".join(page), encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main()
