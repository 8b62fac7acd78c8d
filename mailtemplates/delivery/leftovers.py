"""Files that were being written when their process was killed: a later process takes them away.

They are hidden, or lie where nobody looks, and their names tell the process. One that lives keeps its own.
"""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be taken away
    fcntl = None  # type: ignore[assignment]

_OLD = 60.0


def hold(file: IO[str]) -> None:
    """Let nobody take a file for left over while it is open, not in another container either, where process numbers
    differ."""
    if fcntl:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def clear_leftovers(folder: Path, name: re.Pattern[str]) -> None:
    """Take away the files of a folder with such names whose process has ended. What cannot be taken away stays.

    :param name: matches names whole; its first group is the number of the process. Without a group files are taken away
        that nobody wrote to for a minute: those are written at once.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = name.fullmatch(entry.name)
            if match and (_gone(int(match[1])) if name.groups else _is_old(entry)) and not _held(entry.path):
                with suppress(OSError):
                    Path(entry.path).unlink()


def _is_old(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD
    return False


def _gone(process: int) -> bool:
    if sys.platform == "win32" or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        pass
    return False


def _held(path: str) -> bool:
    if not fcntl:
        return False
    try:
        with Path(path).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
