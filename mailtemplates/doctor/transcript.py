"""What was said on the link to a server, for people to read: without secrets, and without the content of messages."""

from __future__ import annotations

from collections.abc import Callable

from mailtemplates.characters import shorten
from mailtemplates.delivery.outcome import Phase
from mailtemplates.errors import TransportError
from mailtemplates.smtp.endpoint import Endpoint
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.wire import Wire

_LONGEST = 400


class Transcript:
    """Lines, each with who said it: ``C`` the client, ``S`` the server, ``*`` nobody.

    :param hide: takes the secrets out of a text.
    """

    def __init__(self, hide: Callable[[str], str]) -> None:
        self._hide = hide
        self.lines: list[tuple[str, str]] = []

    def add(self, who: str, text: str) -> None:
        """Write a line down."""
        self.lines.append((who, shorten(self._hide(text), _LONGEST)))

    def said_by_client(self, octets: bytes, phase: Phase) -> None:
        """What we say: of a login no more than the mechanism, of content no more than its size."""
        if phase == "content":
            self.add("*", f"({len(octets):,} octets of the message)")
            return
        for line in octets.decode("utf-8", "replace").splitlines():
            self.add("C", line if phase != "auth" else _without_secret(line))


def _without_secret(line: str) -> str:
    """A line of a login: the command and the mechanism, and nothing of what follows."""
    words = line.split(" ")
    return " ".join([*words[:2], "***"][: len(words)]) if words[0] == "AUTH" else "***"


class RecordedWire(Wire):
    """A link that is written down."""

    def __init__(self, endpoint: Endpoint, transcript: Transcript) -> None:
        super().__init__(endpoint)
        self.transcript = transcript

    def write(self, octets: bytes, phase: Phase) -> None:
        """See :meth:`mailtemplates.smtp.wire.Wire.write`."""
        self.transcript.said_by_client(octets, phase)
        super().write(octets, phase)

    def reply(self, phase: Phase) -> Reply:
        """See :meth:`mailtemplates.smtp.wire.Wire.reply`."""
        try:
            reply = super().reply(phase)
        except TransportError as error:
            self.transcript.add("*", error.problem)
            raise
        for number, line in enumerate(self.last_lines, 1):
            self.transcript.add("S", f"{reply.code}{' ' if number == len(self.last_lines) else '-'}{line.rstrip()}")
        return reply

    def shake_hands(self) -> None:
        """See :meth:`mailtemplates.smtp.wire.Wire.shake_hands`."""
        try:
            super().shake_hands()
        except TransportError as error:
            self.transcript.add("*", error.problem)
            raise
        self.transcript.add("*", f"({getattr(self.sock, 'version', str)()})")
