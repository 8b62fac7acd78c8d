"""Messages that lie in files, as rows: each file is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mailtemplates.delivery.transport import check_envelope
from mailtemplates.delivery.writtenmail import read_written
from mailtemplates.digest import digest_of
from mailtemplates.errors import FileError
from mailtemplates.ledger.key import check_key
from mailtemplates.merging.row import Row
from mailtemplates.merging.workers import Made, Task
from mailtemplates.settings import Settings
from mailtemplates.source import Location

if TYPE_CHECKING:
    from mailtemplates.linting.linter import Linter


def file_rows(paths: Iterable[str]) -> Iterator[Row]:
    """The files as rows, read as they are taken; one that cannot be read has a problem."""
    for number, path in enumerate(paths, 1):
        try:
            octets = Path(path).read_bytes()
        except OSError as bad:
            yield Row(number, {}, (path,), f"{path}: cannot be read: {bad.strerror or bad}")
        else:
            yield Row(number, {"path": path, "octets": octets}, (path,))


@dataclass(frozen=True)
class FileKeys:
    """The keys of files: the one that was given, or one that comes from the octets and whom they are sent to."""

    given: str = ""
    to: str = ""
    chosen: ClassVar[bool] = False

    def of(self, data: Mapping[str, Any]) -> str:
        """The key of a file.

        :raises SettingsError: the given one cannot be a key.
        """
        return check_key(self.given) if self.given else digest_of(data["octets"], self.to.encode())[:40]


@dataclass(frozen=True)
class Reading:
    """What is done with a file: it is read as a message and judged.

    :param judged: whether one with lint errors is refused; the settings say which rules run.
    :param sender: the reverse-path, instead of what the file says; ``to`` the recipients.
    """

    settings: Settings
    judged: bool = True
    sender: str = ""
    to: str = ""

    @cached_property
    def _linter(self) -> Linter:
        from mailtemplates.linting.linter import Linter  # who does not judge does not pay

        return Linter(self.settings, least="error")

    def prepare(self) -> None:
        """Choose the rules.

        :raises SettingsError: the settings name a rule that does not exist.
        """
        if self.judged:
            assert self._linter

    def __call__(self, task: Task) -> Made:
        assert task.data is not None
        path = task.data["path"]
        message = read_written(task.data["octets"], path, sender=self.sender, to=self.to)
        check_envelope(message)
        if self.judged:
            self._linter.check_submission(message, path, rendered=False)
        return Made(message)


def check_files(paths: Iterable[str]) -> None:
    """Refuse names of files that are not there, before anything is sent.

    :raises FileError: there is no such file.
    """
    for path in paths:
        if not Path(path).is_file():
            raise FileError(
                "there is no such file", location=Location(path), cure="name message files, such as order.eml"
            )
