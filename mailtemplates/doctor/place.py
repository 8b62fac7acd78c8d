"""Where a transport writes to on this machine: whether it could, without writing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mailtemplates.doctor.steperror import StepError


def check_place(path: Path, octets: int) -> str:
    """What is at a path, in words.

    :param octets: of the message that is to be written there.
    :raises StepError: nothing can be written there, or there is no room.
    """
    there = path if path.exists() else next(folder for folder in path.absolute().parents if folder.exists())
    if there != path and not there.is_dir():
        raise StepError(f"{there} is a file, and should be a folder", "place-not-writable")
    if not os.access(there, os.W_OK | (os.X_OK if there.is_dir() else 0)):
        raise StepError(f"{there} may not be written", "place-not-writable")
    free = shutil.disk_usage(there).free
    if free <= octets:
        raise StepError(f"{there} has room for {free:,} octets only", "place-not-writable", cure="make room")
    return f"mail is written to {path}, which {'is there' if there == path else 'will be made'}"
