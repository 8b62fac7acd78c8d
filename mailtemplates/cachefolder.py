"""The user's cache folder. Safe to delete at any time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "mailtemplates"


def cache_folder() -> Path | None:
    """The folder for caches: ``MAILTPL_CACHE``, else the platform's place; None when there can be none.

    ``MAILTPL_CACHE=off`` turns the caches off. The folder is the user's own and readable by nobody else, because
    compiled templates in it are executed.
    """
    given = os.environ.get("MAILTPL_CACHE", "")
    if given == "off":
        return None
    try:
        folder = Path(given) if given else _platform_folder() / _NAME
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _is_private(folder) else None
    except (OSError, RuntimeError):
        return None


def _is_private(folder: Path) -> bool:
    """Whether the folder is the user's own and nobody else can write in it."""
    if not hasattr(os, "getuid"):
        return True
    stat = folder.stat()
    return stat.st_uid == os.getuid() and not stat.st_mode & 0o022


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
