"""Who holds a lease: a process on a machine, and whether it still lives."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Holder(NamedTuple):
    """A process.

    :param place: its machine, and on Linux its process namespace: where its number means something.
    :param pid: its number.
    :param born: when it began, as the system tells it; empty where it does not.
    """

    place: str
    pid: int
    born: str

    @classmethod
    def here(cls) -> Holder:
        """This process."""
        return cls(_place(), os.getpid(), _birth(os.getpid()))

    @property
    def gone(self) -> bool:
        """Whether the process surely has ended. Of another machine nobody knows: there the lease's time decides."""
        if self.place != _place() or self.pid == os.getpid() or sys.platform == "win32":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return _birth(self.pid) != self.born


@cache
def _place() -> str:
    host = socket.gethostname()
    with suppress(OSError):
        return f"{host} {Path('/proc/self/ns/pid').readlink()}"
    return host


def _birth(pid: int) -> str:
    """Field 22 of ``/proc/PID/stat``; a zombie has ended. Numbers of processes come again, with other births."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if fields[0] in "ZX" else fields[19]
