"""A short run of the fuzzers, seeded with the rules' own examples; ``tests/fuzz_linter.py`` alone runs for as long."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mailtemplates.linting.catalogue import all_rules
from mailtemplates.octets.notation import read_examples

HERE = Path(__file__).parent
SECONDS = 15


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed (there is none for this Python)")
def test_no_octets_crash_the_linter(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for rule in all_rules():
        for number, example in enumerate((*rule.page.bad, *rule.page.good)):
            for octets in read_examples(example.text):
                (seeds / f"{rule.code}-{number}").write_bytes(octets[:4096])
    for path in (HERE / "golden").glob("*.eml"):
        (seeds / path.name).write_bytes(path.read_bytes()[:4096])
    command = [sys.executable, str(HERE / "fuzz_linter.py"), str(seeds), f"-max_total_time={SECONDS}", "-max_len=4096"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=SECONDS + 120)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
