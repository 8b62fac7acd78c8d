"""The command line: the only floor that prints, exits, and reads arguments and the environment.

A file here is a command, found by its name; only the one that is asked for is imported.
"""

from __future__ import annotations

import sys

from mailtemplates.cli.shell import main


def run() -> None:
    """The console script ``mailtpl``."""
    sys.exit(main(sys.argv[1:]))
