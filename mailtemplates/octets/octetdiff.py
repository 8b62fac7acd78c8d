"""What a fix changes, as a unified diff that a person can read: octets in notation.

The line end that a file begins with is not shown; another one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from mailtemplates.characters import ascii_controls
from mailtemplates.octets.notation import show
from mailtemplates.pattern import pattern

_HUNK = pattern(r"(?<= )([-+])(\d+)")


def diff_lines(path: str, before: bytes, after: bytes) -> Iterator[str]:
    """The lines of the diff; none when nothing changes.

    Only the lines between the first and the last change are compared, and what stands around them.
    """
    if before == after:
        return
    first = before.partition(b"\n")[0]
    usual = b"\r\n" if first.endswith(b"\r") else b"\n"
    old, new = _lines(before), _lines(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    skip = max(start - 3, 0)
    stop = max(end - 3, 0)
    shown, other = ([_shown(line, usual) for line in lines[skip : len(lines) - stop]] for lines in (old, new))
    name = ascii_controls(path)
    for line in unified_diff(shown, other, name, name, lineterm=""):
        yield _HUNK.sub(lambda found: f"{found[1]}{int(found[2]) + skip}", line) if line.startswith("@@ ") else line


def _lines(octets: bytes) -> list[bytes]:
    lines = octets.split(b"\n")
    return [*(line + b"\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def _common(old: list[bytes], new: list[bytes]) -> int:
    """How many lines are the same at the start."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _shown(line: bytes, usual: bytes) -> str:
    return show(line.removesuffix(usual)) if line.endswith(usual) else show(line)
