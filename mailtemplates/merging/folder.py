"""A folder with one file for each row: ``000001.eml``. The same row has the same name in every run."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mailtemplates.delivery.leftovers import clear_leftovers
from mailtemplates.merging.maker import Maker
from mailtemplates.merging.workers import Made, Task, Written
from mailtemplates.pattern import pattern

_PART = pattern(r"\.\d{6,}\.eml\.part")


def file_name(number: int) -> str:
    """The name of a row's file."""
    return f"{number:06}.eml"


def make_folder(folder: Path) -> None:
    """Make the folder, and take away what a run that was killed left half written in it.

    :raises OSError: it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clear_leftovers(folder, _PART)


def write_whole(folder: Path, name: str, octets: bytes) -> str:
    """Write a file that appears whole: under another name first. What a stopped run leaves there, the next replaces.

    :return: its path.
    :raises OSError: it cannot be written.
    """
    path, part = f"{folder}{os.sep}{name}", f"{folder}{os.sep}.{name}.part"
    try:
        with open(part, "wb", buffering=0) as file:  # noqa: PTH123 (texts and no buffer: half of a Path's time)
            left = memoryview(octets)
            while left:
                left = left[file.write(left) :]
        os.replace(part, path)  # noqa: PTH105
    except OSError as error:
        error.filename = path  # what has no room does not say where
        with suppress(OSError):
            os.unlink(part)  # noqa: PTH108
        raise
    return path


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
        place = write_whole(self.folder, file_name(task.number), message.octets)
        return Made(Written(place, message.message_id, message.envelope.recipients))
