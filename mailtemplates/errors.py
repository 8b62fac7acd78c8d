"""What stops the work: one small tree of exceptions.

Every error says what is wrong, where (a :class:`~mailtemplates.source.Location` and the source line, when
known), and ends with the cure. The command line prints ``str(error)`` and exits with ``error.exit_code``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mailtemplates.source import Location, snippet


class MailTemplatesError(Exception):
    """The root of the tree.

    :param problem: what is wrong, one sentence without a full stop.
    :param location: the place, when known.
    :param source_line: the text of that line, for the snippet.
    :param cure: what to do about it, one sentence.
    :param about: the header field or the media type that it is about, for who knows which template makes it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        problem: str,
        *,
        location: Location | None = None,
        source_line: str = "",
        cure: str = "",
        about: str = "",
    ) -> None:
        super().__init__(problem)
        self.about = about
        self.problem = problem
        self.location = location
        self.source_line = source_line
        self.cure = cure

    def __reduce__(self) -> tuple[Any, ...]:
        """An error of another process is the same here, whatever its class takes."""
        return _remade, (type(self), self.args), self.__dict__

    def __str__(self) -> str:
        head = f"{self.location}: {self.problem}" if self.location else self.problem
        drawn = snippet(self.source_line, self.location) if self.location else ""
        return "\n".join(part for part in (head, drawn, self.cure and f"help: {self.cure}") if part)

    def at(self, location: Location, source_line: str = "") -> MailTemplatesError:
        """This error with a place, unless it has one already. Returns ``self`` for ``raise error.at(…)``."""
        if self.location is None:
            self.location, self.source_line = location, source_line
        return self


def _remade(kind: type[MailTemplatesError], args: tuple[Any, ...]) -> MailTemplatesError:
    return kind.__new__(kind, *args)


class TemplateError(MailTemplatesError):
    """A template cannot be read, found, compiled or rendered."""


class UndefinedError(TemplateError):
    """A template uses a name or attribute that the data does not have."""


class LimitError(TemplateError):
    """A sandboxed template asked for too much output or time."""


class DataError(MailTemplatesError):
    """The data cannot be read, or breaks the template's data contract."""


class HeaderError(MailTemplatesError):
    """A value cannot stand in a header field: control characters, a wrong field name, a malformed value."""


class AddressError(HeaderError):
    """An address is not a valid RFC 5322 mailbox, or needs what the policy does not allow."""


class AttachmentError(MailTemplatesError):
    """An attachment or inline part is missing, unreadable, outside its folder, or named twice."""


class ComposeError(MailTemplatesError):
    """The parts do not make a message."""


class SigningError(MailTemplatesError):
    """A message cannot be signed, or cannot be encrypted for a recipient."""


class SettingsError(MailTemplatesError):
    """The settings, or the way the library is called, cannot be right."""

    exit_code = 2


class FileError(MailTemplatesError):
    """A file that was named cannot be read."""

    exit_code = 2


class RuleError(MailTemplatesError):
    """A rule of the linter crashed: a fault of ours, never to be taken for a clean message."""

    exit_code = 3


class TransportError(MailTemplatesError):
    """The link to a mail server cannot be made, is refused, or broke.

    :param phase: where, a word of :data:`mailtemplates.delivery.outcome.Phase`.
    :param temporary: whether the same may work later with nothing changed.
    :param code: the reply's code, when the server gave one; ``enhanced`` is its enhanced status code.
    :param kind: what happened where no code says it: a word of :data:`mailtemplates.delivery.outcome.Mishap`.
    """

    def __init__(
        self,
        problem: str,
        *,
        phase: Any,
        temporary: bool = True,
        code: int = 0,
        enhanced: str = "",
        cure: str = "",
        kind: Any = "",
    ) -> None:
        super().__init__(problem, cure=cure)
        self.phase = phase
        self.kind = kind
        self.temporary = temporary
        self.code = code
        self.enhanced = enhanced


class WorkerError(MailTemplatesError):
    """A process that works for this one ended: a fault of ours, or of the machine."""

    exit_code = 3


class LintError(MailTemplatesError):
    """A message has findings at or over the severity that the caller refuses.

    :param diagnostics: those findings, each a :class:`~mailtemplates.linting.diagnostic.Diagnostic`.
    """

    def __init__(self, problem: str, *, diagnostics: Sequence[Any] = (), cure: str = "") -> None:
        super().__init__(problem, cure=cure)
        self.diagnostics = tuple(diagnostics)


class LedgerError(MailTemplatesError):
    """The ledger cannot be opened, read or written. What could not be written down was not sent."""

    exit_code = 2
