"""Many templates linted in several processes at once, where that pays."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mailtemplates.inspection.templatelint import TemplateLinter

if TYPE_CHECKING:
    from mailtemplates.linting.diagnostic import Diagnostic
    from mailtemplates.linting.linter import Linter

_EACH = 12
"""Templates that one process more pays for."""
_MOST = 8
_TOGETHER = 4
"""Templates that a process is given at once: few, so that none waits long for the others at the end."""

_linter: TemplateLinter | None = None
"""What a child process lints with: its parent's, as it was when the child began."""


def lint_many(linter: Linter, paths: Sequence[str], *, inline_ignores: bool) -> dict[str, list[Diagnostic]]:
    """What is found in templates, by path; those that could not be linted are left out, and all when they are few."""
    workers = min(_processors(), len(paths) // _EACH, _MOST)
    if workers < 2 or not hasattr(os, "fork") or threading.active_count() > 1:
        return {}
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    global _linter
    _linter = TemplateLinter(linter, inline_ignores=inline_ignores)
    context = multiprocessing.get_context("fork")
    size = max(1, min(_TOGETHER, len(paths) // (workers * 4)))
    try:
        with ProcessPoolExecutor(workers, context, _collect_seldom) as pool:
            found = list(pool.map(_lint, paths, chunksize=size))
    except (BrokenProcessPool, OSError):
        return {}
    finally:
        _linter = None
    return {path: diagnostics for path, diagnostics in zip(paths, found, strict=True) if diagnostics is not None}


def _collect_seldom() -> None:
    """Trees are much of what is made, and hold no circles: looking for those often takes a tenth of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def _lint(path: str) -> list[Diagnostic] | None:
    """What is found in one template; None when that fails: the parent will say why."""
    assert _linter is not None
    try:
        return _linter.lint(Path(path))
    except Exception:
        return None


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
