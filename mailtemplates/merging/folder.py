"""A folder with one file for each row: ``000001.eml``. The same row has the same name in every run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mailtemplates.merging.maker import Maker
from mailtemplates.merging.workers import Made, Task


def file_name(number: int) -> str:
    """The name of a row's file."""
    return f"{number:06}.eml"


def write_whole(path: Path, octets: bytes) -> None:
    """Write a file that appears whole: under another name first. What a stopped run leaves there, the next replaces.

    :raises OSError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(octets)
    part.replace(path)


@dataclass(frozen=True)
class Making:
    """What is done with a task: the message is made and, where there is a folder, written.

    :param folder: exists; None to bring the message back.
    """

    maker: Maker
    folder: Path | None = None

    def __call__(self, task: Task) -> Made:
        assert task.data is not None
        message = self.maker.make(task.data, task.key)
        if self.folder is None:
            return Made(message)
        path = self.folder / file_name(task.number)
        write_whole(path, message.octets)
        return Made(replace(message, octets=b""), place=str(path))
