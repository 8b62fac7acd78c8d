"""A reply of a mail server (RFC 5321 §4.2) with its enhanced status code (RFC 2034), and the outcome that it means."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailtemplates.characters import ascii_controls
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed
from mailtemplates.failures.decoding import decode_said
from mailtemplates.pattern import pattern

_ENHANCED = pattern(r"([245])\.(\d{1,3})\.(\d{1,3})(?= |$)", re.ASCII)
_QUEUE_ID = pattern(
    r"queued as ([\w.+/=-]+)|\bid=([\w.+/=-]+)|InternalId=(\w+)|^OK +\d+ ([\w.-]+) - gsmtp"
    r"|^([\w.-]+) Message accepted for delivery|^Ok ([0-9a-f][\w-]{20,})$",
    re.I | re.ASCII,
)
_LONGEST = 1000


class Reply(NamedTuple):
    """A reply: its code, its enhanced status code or an empty string, and its text, lines joined by a space."""

    code: int
    enhanced: str
    text: str

    @classmethod
    def read(cls, code: int, octets: bytes) -> Reply:
        """The reply of these lines, which are without their code. See
        :mod:`mailtemplates.failures.decoding` for text that is no UTF-8."""
        lines = decode_said(octets).split("\n")
        first = _ENHANCED.match(lines[0])
        enhanced = first[0] if first and lines[0][0] == str(code)[:1] else ""
        if enhanced:
            lines = [line[len(enhanced) :] if line.startswith(enhanced) else line for line in lines]
        text = " ".join(filter(None, (line.strip() for line in lines)))
        return cls(code, enhanced, ascii_controls(text[:_LONGEST]))

    @property
    def ok(self) -> bool:
        """Whether it says yes (2yz)."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Whether it says "not now" (4yz)."""
        return 400 <= self.code < 500

    @property
    def too_many(self) -> bool:
        """Whether it refuses a recipient only since the transaction has enough of them (RFC 5321 §4.5.3.1.10)."""
        if self.code not in (452, 552):
            return False
        return self.enhanced[2:] == "5.3" or (not self.enhanced and self.code == 452) or "recipients" in self.text

    @property
    def reason(self) -> str:
        """Why it is no yes, a word of the failure table."""
        from mailtemplates.failures.diagnosis import reason_of  # 5 ms to import; most sessions hear no refusal

        return reason_of(self.code, self.enhanced, self.text)

    def refused(self) -> Deferred | Failed:
        """The outcome for a recipient when this is no yes."""
        if self.temporary:
            return Deferred(self.code, self.enhanced, self.text, self.reason)
        return Failed(self.code, self.enhanced, self.reason, self.text)

    def outcome(self) -> Accepted | Deferred | Failed:
        """The outcome for a recipient when this answers the final dot."""
        if not self.ok:
            return self.refused()
        found = _QUEUE_ID.search(self.text)
        queue_id = next(filter(None, found.groups()), "") if found else ""
        return Accepted(self.text, queue_id, self.code, self.enhanced)

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text)))
