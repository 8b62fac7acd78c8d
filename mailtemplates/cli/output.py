"""Writing: a file appears whole or not at all; standard output takes octets."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mailtemplates.errors import SettingsError


def write_file(path: Path, octets: bytes) -> None:
    """Write a file whole: to a temporary file beside it, which then takes its name.

    :raises SettingsError: the folder cannot be written.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(octets)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".{target.name[:100]}.{os.getpid()}-{time.time_ns()}"
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    except OSError as bad:
        raise _unwritable(path, bad) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(octets)
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as bad:
        raise _unwritable(path, bad) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def _mode(path: Path) -> int:
    """The permissions that the file has, or that a new file gets."""
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _unwritable(path: Path, bad: OSError) -> SettingsError:
    return SettingsError(f"cannot write {str(path)!r}: {bad.strerror or bad}", cure="name a place that can be written")


def write_octets(octets: bytes) -> None:
    """Write octets to standard output."""
    sys.stdout.buffer.write(octets)
    sys.stdout.buffer.flush()


def write_text(text: str) -> None:
    """Write text to standard output, UTF-8 whatever the locale, with a line end."""
    write_octets((text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace"))


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output; nothing when there are none."""
    write_octets("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def warn(text: str) -> None:
    """Write a line to standard error."""
    print(text, file=sys.stderr)


def read_octets(path: str) -> bytes:
    """The octets of a file, or of standard input for ``-``.

    :raises SettingsError: the file cannot be read.
    """
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as bad:
        raise SettingsError(
            f"cannot read {path!r}: {bad.strerror or bad}", cure="name a file that exists and can be read"
        ) from None
