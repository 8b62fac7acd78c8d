"""The linter against mail filters that parse the same octets, its cost as messages grow, and the command line's cache.

rspamd is asked over HTTP and SpamAssassin judges a mailbox; each is left out, and said to be, where it is not
installed.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import html5lib

from mailtemplates import Engine
from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.message import read_message
from mailtemplates.settings import Settings

HERE = Path(__file__).parent
MESSAGE = HERE.parent / "tests" / "golden" / "receipt.eml"
_UNLIKE = (
    "The last row has the start of SpamAssassin's process in it, and ours has none: like for like is the row above it."
)
RSPAMD = ("127.0.0.1", 11333)
_HEADER = (
    b"From: Acme <hello@acme-shop.com>\r\nTo: ben@reader.example\r\nSubject: Your order\r\n"
    b"Date: Mon, 02 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@acme-shop.com>\r\nMIME-Version: 1.0\r\n"
)


def median_of(function: Callable[[], object], rounds: int) -> float:
    """The median seconds of a call."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def against_filters() -> list[str]:
    """One message of about 20 KB: all rules over octets, against rspamd and SpamAssassin."""
    octets = MESSAGE.read_bytes()
    linter = Linter(Settings(profile="bulk"))
    others = iter([_another(octets, number) for number in range(220)])
    for _ in range(20):
        linter.lint(next(others))
    ours = median_of(lambda: linter.lint(next(others)), 200)
    rows = [("mailtemplates, every rule over octets, another message each time", ours)]
    missing = []
    with rspamd() as running:
        if running:
            rows.append(("rspamd, asked over HTTP", median_of(lambda: _ask(octets), 100)))
        else:
            missing.append("rspamd")
    if shutil.which("spamassassin"):
        rows.append(("SpamAssassin -L, many messages in one process, start-up left out", _spamassassin(octets)))
        rows.append(("SpamAssassin -L, a process for the message", median_of(lambda: _spamassassin_process(octets), 5)))
    else:
        missing.append("SpamAssassin")
    lines = [f"One message of {len(octets):,} octets.", "", "| | ms a message | of mailtemplates |", "|---|---:|---:|"]
    lines += [f"| {name} | {seconds * 1e3:,.2f} | {seconds / ours:.1f}× |" for name, seconds in rows]
    if shutil.which("spamassassin"):
        lines += ["", _UNLIKE]
    return [*lines, "", f"Not installed: {', '.join(missing)}."] if missing else lines


def _another(octets: bytes, number: int) -> bytes:
    """The message as it goes to another recipient: other boundaries, names and numbers, lines as long as before."""
    changes = {b"token": b"t%04d", b"Ann Miller": b"Ann M%05d", b"ann@": b"a%02d@", b"A-1042": b"A-%04d"}
    for known, other in changes.items():
        octets = octets.replace(known, other % (number % 100 if other == b"a%02d@" else number))
    return octets


@contextmanager
def rspamd() -> Iterator[bool]:
    """A running rspamd: the one that runs, or one started for the time being; False when there is none."""
    if _listens():
        yield True
        return
    if not shutil.which("rspamd") or os.getuid() != 0:
        yield False
        return
    Path("/run/rspamd").mkdir(exist_ok=True)
    shutil.chown("/run/rspamd", "_rspamd")
    command = ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", "/etc/rspamd/rspamd.conf"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(60):
            if _listens():
                break
            time.sleep(0.5)
        time.sleep(5)
        yield _listens()
    finally:
        process.terminate()
        process.wait(timeout=30)


def _listens() -> bool:
    with suppress(OSError):
        connection = http.client.HTTPConnection(*RSPAMD, timeout=2)
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    return False


def _ask(octets: bytes) -> bytes:
    connection = http.client.HTTPConnection(*RSPAMD, timeout=10)
    connection.request("POST", "/checkv2", octets)
    return connection.getresponse().read()


def _spamassassin(octets: bytes, count: int = 20) -> float:
    """Seconds a message: of many messages in one process, less those of one."""
    one = b"From x@acme.example Mon Nov  2 12:00:00 2026\n" + octets.replace(b"\r\n", b"\n") + b"\n"

    def run(messages: int) -> float:
        start = time.perf_counter()
        subprocess.run(["spamassassin", "-L", "--mbox"], input=one * messages, capture_output=True, check=True)
        return time.perf_counter() - start

    run(1)
    return (run(count + 1) - run(1)) / count


def _spamassassin_process(octets: bytes) -> None:
    subprocess.run(["spamassassin", "-L"], input=octets, capture_output=True, check=True)


def growing() -> list[str]:
    """Seconds and memory for hostile sizes."""
    linter = Linter(Settings(profile="bulk"))
    lines = ["| message | octets | seconds | most memory, MB |", "|---|---:|---:|---:|"]
    for name, octets in large_messages().items():
        start = time.perf_counter()
        linter.lint(octets)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        linter.lint(octets)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        lines.append(f"| {name} | {len(octets):,} | {seconds:.2f} | {peak / 1e6:.0f} |")
    return lines


def large_messages() -> dict[str, bytes]:
    """Messages of sizes that no author makes."""
    text = b"Content-Type: text/plain; charset=utf-8\r\n"
    mixed = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    file = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    file += b"Content-Disposition: attachment; filename=a.bin\r\n\r\n"
    part = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%03d\r\n\r\n--b%03d\r\n" % (at, at) for at in range(100)
    ) + b"\r\nHello\r\n" + b"".join(b"--b%03d--\r\n" % at for at in reversed(range(100)))  # fmt: skip
    line = b"Hello Ben, your order is on its way, and here is a line of common length.\r\n"
    return {
        "10 MB of text": _HEADER + text + b"\r\n" + line * (10_000_000 // len(line)),
        "10 MB of base64": _HEADER
        + mixed
        + part
        + b"--b\r\n"
        + file
        + base64.encodebytes(bytes(7_300_000))
        + b"--b--\r\n",
        "100,000 header fields": _HEADER
        + b"".join(b"X-%d: value\r\n" % at for at in range(100_000))
        + text
        + b"\r\nx\r\n",
        "10,000 parts": _HEADER + mixed + part * 10_000 + b"--b--\r\n",
        "100 levels": _HEADER + nested,
        "one line of 10 MB": _HEADER + text + b"\r\n" + b"x" * 10_000_000 + b"\r\n",
    }


def unchanged_files() -> list[str]:
    """``mailtpl lint`` over files that did not change, as a whole process, against ``mailtpl --version``."""
    script = str(Path(sys.executable).with_name("mailtpl"))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        files = []
        for number in range(20):
            files.append(Path(folder) / f"{number}.eml")
            files[-1].write_bytes(MESSAGE.read_bytes().replace(b"token", b"token%d" % number))
        environment = {**os.environ, "MAILTPL_CACHE": str(Path(folder) / "cache")}
        contenders = {
            "mailtpl --version": [script, "--version"],
            "mailtpl lint, 20 messages, nothing changed": [script, "lint", *map(str, files)],
        }
        samples: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(16):
            for name, command in contenders.items():
                start = time.perf_counter()
                subprocess.run(command, env=environment, check=False, capture_output=True)
                if turn:
                    samples[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    base = next(iter(medians.values()))
    lines = ["| whole process | ms | ratio |", "|---|---:|---:|"]
    return lines + [f"| {name} | {value * 1e3:.0f} | {value / base:.2f}× |" for name, value in medians.items()]


def many_templates(count: int = 200) -> list[str]:
    """``mailtpl lint`` over templates on one layout with one sample each, as a whole process; djLint on the same."""
    mailtpl = str(Path(sys.executable).with_name("mailtpl"))
    djlint = Path(sys.executable).with_name("djlint")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_templates(folder, count)
        environment = {**os.environ, "MAILTPL_CACHE": str(folder / "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
        contenders = {
            "mailtpl lint, nothing known": [mailtpl, "lint", "--no-cache", "templates"],
            "mailtpl lint, nothing changed": [mailtpl, "lint", "templates"],
            "mailtpl --version": [mailtpl, "--version"],
        }
        if djlint.exists():
            contenders["djLint"] = [str(djlint), "templates", "--extension", "j2", "--profile", "jinja", "--quiet"]
        subprocess.run(contenders["mailtpl lint, nothing changed"], cwd=folder, env=environment, capture_output=True)
        time.sleep(2.5)  # files that were written just now are read again
        subprocess.run(contenders["mailtpl lint, nothing changed"], cwd=folder, env=environment, capture_output=True)

        def run(command: list[str]) -> float:
            return median_of(
                lambda: subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True), 5
            )

        rows = [(title, run(command)) for title, command in contenders.items()]
    lines = [
        f"{count} templates, {os.cpu_count()} processors.",
        "",
        "| whole process | s | ms a template |",
        "|---|---:|---:|",
    ]
    lines += [f"| {title} | {seconds:.2f} | {seconds / count * 1e3:.1f} |" for title, seconds in rows]
    return lines if djlint.exists() else [*lines, "", "Not installed: djLint."]


def _write_templates(folder: Path, count: int) -> None:
    """The starter ``welcome.j2`` many times over, each with words of its own."""
    root = HERE.parent
    shutil.copytree(root / "templates", folder / "templates")
    (folder / "schemas").mkdir()
    text = (root / "templates" / "welcome.j2").read_text(encoding="utf-8")
    schema = json.loads((root / "schemas" / "welcome.json").read_text(encoding="utf-8"))
    schema["examples"] = schema["examples"][:1]
    for starter in (folder / "templates").glob("*.j2"):
        starter.unlink()
    for number in range(count):
        own = text.replace("Welcome, ", f"Welcome {number}, ")
        (folder / "templates" / f"t{number}.j2").write_text(own, encoding="utf-8")
        (folder / "schemas" / f"t{number}.json").write_text(json.dumps(schema), encoding="utf-8")


def rendered_messages(count: int = 2_000) -> list[str]:
    """Rows of data rendered, and rendered and judged; and the rules over html against one parse of it."""
    folder = HERE.parent / "templates"
    engine = Engine(folder)
    sample = engine.sample("receipt.j2", 0)
    rows = [{**sample, "customer": {**sample["customer"], "name": f"Ben {number}"}} for number in range(count)]
    for row in rows[:20]:
        engine.render("receipt.j2", row, lint="error")

    def spent(render: Callable[[dict[str, Any]], object]) -> float:
        """Processor seconds a row."""
        start = time.process_time()
        for row in rows:
            render(row)
        return (time.process_time() - start) / count

    plain = spent(lambda row: engine.render("receipt.j2", row).message())
    judged = spent(lambda row: engine.render("receipt.j2", row, lint="error"))
    raw = read_message(engine.render("receipt.j2", sample).message().octets)
    html = next(part.text for part in raw.leaves if part.media_type == "text/html")
    codes = [one.code for one in all_rules() if one.subject in ("HtmlDocument", "Bodies") and not one.network]
    linter = Linter(Settings(profile="bulk", select=tuple(codes)))
    read = median_of(lambda: read_message(raw.octets), 50)

    def judge(known: Linter) -> float:
        return median_of(lambda: known.find(read_message(raw.octets), rendered=True), 50) - read

    again = judge(linter)
    fresh = iter([Linter(linter.settings) for _ in range(20)])
    first = median_of(lambda: next(fresh).find(read_message(raw.octets), rendered=True), 20) - read
    parse = median_of(lambda: html5lib.parse(html), 20)
    return [
        f'{count:,} rows of the receipt, `Engine.render(…, lint="error")`; processor time.',
        "",
        "| a message | ms | |",
        "|---|---:|---:|",
        f"| rendered and composed | {plain * 1e3:.2f} | |",
        f"| rendered, composed and judged by every rule | {judged * 1e3:.2f} | {judged / plain:.1f}× |",
        "",
        f"The {len(codes)} rules over html and text, for {len(html):,} characters of html:",
        "",
        "| | ms | of one html5lib parse |",
        "|---|---:|---:|",
        f"| html5lib.parse | {parse * 1e3:.2f} | |",
        f"| the rules, a structure never seen | {first * 1e3:.2f} | {first / parse:.1f}× |",
        f"| the rules, the structure known | {again * 1e3:.2f} | {again / parse:.1f}× |",
    ]


def sections() -> dict[str, list[str]]:
    """The tables of the page."""
    return {
        "Lint: one message": against_filters(),
        "Lint: growing messages": growing(),
        "Lint: the command line": unchanged_files(),
        "Lint: 200 templates on one layout": many_templates(),
        "Lint: rendered messages": rendered_messages(),
    }


if __name__ == "__main__":
    for heading, lines in sections().items():
        print(f"## {heading}\n", *lines, "", sep="\n")
