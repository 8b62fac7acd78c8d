"""Coverage-guided fuzzing of the octet parser and the linter: ``python tests/fuzz_linter.py CORPUS -max_total_time=60``.

Whatever the octets, nothing is raised, every finding lies inside them, and the time is bounded.
"""

from __future__ import annotations

import sys
import time

import atheris

with atheris.instrument_imports(include=["mailtemplates"]):
    from mailtemplates.linting.catalogue import all_rules
    from mailtemplates.linting.linter import Linter
    from mailtemplates.settings import Settings

LINTER = Linter(Settings(select=("ALL",)))
SECONDS = 20.0


def judge(octets: bytes) -> None:
    """Lint some octets and look at the findings."""
    start = time.process_time()
    for found in LINTER.lint(octets):
        assert 1 <= found.line <= octets.count(b"\n") + 1
        assert (found.line, found.column) <= (found.end_line, found.end_column)
        if found.fix:
            for edit in found.fix.edits:
                assert 0 <= edit.span.start <= edit.span.end <= len(octets)
    assert time.process_time() - start < SECONDS, "too slow"


if __name__ == "__main__":
    assert all_rules()
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
