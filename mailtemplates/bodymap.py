"""Where in an encoded body the characters stand that it decodes to (RFC 2045 §6.7, §6.8).

Floor 2.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from mailtemplates.charset import find_codec
from mailtemplates.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.rawfield import Span

_QUOTED = pattern(rb"=([0-9A-Fa-f]{2})|=[ \t]*\r?\n|[ \t]+(?=\r?\n)")
_LETTERS = pattern(rb"[A-Za-z0-9+/]+")


class BodyMap:
    """The way back from a part's decoded text to its octets. Made once for a part that has findings."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._codec = find_codec(part.charset) or "utf-8"

    def span(self, start: int, end: int) -> Span:
        """The octets of the message that characters of the part's text come from."""
        first = self.octet(start)
        return Span(first, max(first, self.octet(end)))

    def octet(self, character: int) -> int:
        """The octet of the message at which a character of the part's text begins."""
        text = self._part.text[:character]
        before = len(text) if text.isascii() else len(text.encode(self._codec, "replace"))
        decoded, encoded = self._marks
        at = max(bisect_right(decoded, before) - 1, 0)
        offset = before - decoded[at]
        if self._part.encoding == "base64":
            offset = offset // 3 * 4 + offset % 3
        return min(self._part.body.start + encoded[at] + offset, self._part.body.end)

    @cached_property
    def _marks(self) -> tuple[list[int], list[int]]:
        """Decoded and encoded offsets from which on both run alike."""
        if self._part.encoding == "quoted-printable":
            return _quoted_marks(self._part.content)
        return _base64_marks(self._part.content) if self._part.encoding == "base64" else ([0], [0])


def _quoted_marks(octets: bytes) -> tuple[list[int], list[int]]:
    decoded, encoded = [0], [0]
    for match in _QUOTED.finditer(octets):
        reached = decoded[-1] + match.start() - encoded[-1]
        if match[1]:
            decoded.append(reached)
            encoded.append(match.start())
        decoded.append(reached + bool(match[1]))
        encoded.append(match.end())
    return decoded, encoded


def _base64_marks(octets: bytes) -> tuple[list[int], list[int]]:
    decoded, encoded = [], []
    letters = 0
    for match in _LETTERS.finditer(octets):
        lead = -letters % 4
        decoded.append((letters + lead) // 4 * 3)
        encoded.append(match.start() + lead)
        letters += len(match[0])
    return decoded or [0], encoded or [0]
