"""The command line: the only floor that prints, exits, and reads arguments and the environment.

A file here is a command, found by its name; only the one that is asked for is imported.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress


def run() -> None:
    """The console script ``mailtpl``. Garbage is collected only once everything is imported: it takes less time."""
    gc.disable()
    from mailtemplates.cli.shell import main

    code = main(sys.argv[1:])
    if "mailtemplates.doctor.checkup" in sys.modules:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> None:
    """End now: a step of the doctor that hangs, in the system's resolver say, would be waited for or crash the end."""
    with suppress(OSError, ValueError, AttributeError):  # a stream that was closed before we began is None
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
