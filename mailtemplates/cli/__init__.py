"""The command line: the only floor that prints, exits, and reads arguments and the environment.

A file here is a command, found by its name; only the one that is asked for is imported.
"""

from __future__ import annotations

import gc
import sys


def run() -> None:
    """The console script ``mailtpl``. Garbage is collected only once everything is imported: it takes less time."""
    gc.disable()
    from mailtemplates.cli.shell import main

    sys.exit(main(sys.argv[1:]))
