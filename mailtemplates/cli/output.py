"""Writing: a file appears whole or not at all; standard output takes octets."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from mailtemplates.errors import SettingsError
from mailtemplates.pattern import pattern

_SNIPPET = pattern(r" *\d* *\| ")
_HANGING = "  "


def write_file(path: Path, octets: bytes) -> None:
    """Write a file whole: to a temporary file beside it, which then takes its name.

    :raises SettingsError: the folder cannot be written.
    """
    write_files({path: octets})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files whole, and none of them when the octets of one cannot be written.

    :raises SettingsError: a folder cannot be written.
    """
    staged: dict[Path, Path] = {}
    path = Path()
    try:
        for path, octets in contents.items():
            target = path.resolve()
            if target.exists() and not target.is_file():
                target.write_bytes(octets)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            staged[target] = target.parent / f".{target.name[:100]}.{os.getpid()}-{time.time_ns()}"
            _write_new(staged[target], octets)
            staged[target].chmod(_mode(target))
        for path, temporary in staged.items():
            temporary.replace(path)
    except OSError as bad:
        raise SettingsError(
            f"cannot write {str(path)!r}: {bad.strerror or bad}", cure="name a place that can be written"
        ) from None
    finally:
        for temporary in staged.values():
            with suppress(OSError):
                temporary.unlink()


def _write_new(path: Path, octets: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(octets)


def _mode(path: Path) -> int:
    """The permissions that the file has, or that a new file gets."""
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def write_octets(octets: bytes) -> None:
    """Write octets to standard output.

    :raises SettingsError: it is closed, or its disk is full.
    """
    try:
        if sys.stdout is None:
            raise OSError("it is closed")
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as bad:
        drop_output()
        raise SettingsError(
            f"cannot write to standard output: {bad.strerror or bad}", cure="send it to a place that can be written"
        ) from None


def drop_output() -> None:
    """Let what is still to be written to standard output go nowhere: else the interpreter tries again at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_terminal() -> bool:
    """Whether standard output is one."""
    return sys.stdout is not None and sys.stdout.isatty()


def write_text(text: str) -> None:
    """Write text to standard output, UTF-8 whatever the locale, with a line end."""
    write_octets((text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace"))


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output; nothing when there are none."""
    write_octets("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def warn(text: str) -> None:
    """Write lines to standard error; on a terminal those of words are broken between words."""
    if sys.stderr is not None and sys.stderr.isatty():
        text = fitted(text, shutil.get_terminal_size().columns)
    print(text, file=sys.stderr)


def warn_at_once(text: str) -> None:
    """Write a line to standard error past its buffer, which cannot be entered twice: a signal may come amid a write."""
    with suppress(OSError, ValueError, AttributeError):
        os.write(sys.stderr.fileno(), f"{text}\n".encode())


def fitted(text: str, width: int) -> str:
    """Lines broken between words to fit a width in cells, but for those of a source snippet."""
    from mailtemplates.text.wrapping import display_width, wrap  # only on a terminal, and when there is trouble

    lines: list[str] = []
    for line in text.split("\n"):
        if _SNIPPET.match(line) or display_width(line) <= width:
            lines.append(line)
        else:
            first, *rest = wrap(line, width - len(_HANGING))
            lines += [first, *(_HANGING + one for one in rest)]
    return "\n".join(lines)


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
