"""The delimiter lines of multiparts (RFC 2046 §5.1.1).

Lines that were surely meant for delimiters and are damaged count as such: what a person meant is judged, and
the damage is one :class:`~mailtemplates.octets.field.Defect`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from mailtemplates.octets.field import Defect
from mailtemplates.octets.once import once
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

# Of a message in lower case.
_DECLARED = pattern(rb'boundary(?:\*0?\*?)?[ \t]*=[ \t]*(?:"([^"\r\n]{1,200})"|([^\s";]{1,200}))')
_CONTENT = pattern(rb"content-[a-z-]+[ \t]*:", re.IGNORECASE)
_PART = pattern(
    rb"^content-(?:type[ 	]*:[ 	]*[a-z]+/[a-z]|(?:transfer-encoding|disposition)[ 	]*:)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = pattern(rb"[A-Za-z][A-Za-z0-9-]*:|\r?\n")
_BLANK = pattern(rb"[ \t\r\n]*+")
_BCHARS = pattern(rb"[0-9A-Za-z'()+_,./:=?-]*")
_FIRST = pattern(rb"^--(?!-- *$)([!-~](?:[ -~]{0,198}[!-~])?)[ \t]*\r?$", re.MULTILINE)
_GUESSES = 20
_MOST = 20_000_000


class Delimiters(NamedTuple):
    """The delimiter lines in order up to the closing one, whether there is one, and what is wrong with them.

    :param alone: whether the boundary stands nowhere else in the body; where it is not known, False.
    """

    lines: list[Span]
    closed: bool
    defects: list[Defect]
    alone: bool = False


class _Line(NamedTuple):
    start: int
    end: int
    closes: bool
    problem: str = ""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class DelimiterSearch:
    """The search for delimiters in a message.

    :param octets: the whole message; lines end with LF or CRLF.
    """

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.patience = 1_000_000  # lines that begin like delimiters and are none: more than any message has

    @once
    def lower(self) -> bytes:
        return self.octets.lower()

    @once
    def declared(self) -> Counter[bytes]:
        """All boundaries that are declared somewhere in the message, in lower case."""
        found: Counter[bytes] = Counter()
        lower = self.lower
        at = lower.find(b"boundary")
        while at >= 0:
            match = _DECLARED.match(lower, at)
            if match:
                found[match[1] or match[2]] += 1
            at = lower.find(b"boundary", match.end() if match else at + 1)
        return found

    def find(self, body: Span, boundary: str, most: int, cut: bool = False) -> Delimiters:
        """The delimiters in a multipart's body.

        :param boundary: white space at its end, which must not be there, does not count.
        :param most: how many lines are looked for.
        :param cut: the multipart is in one whose end is missing, so that no line at the end was to close it.
        """
        wanted = boundary.encode("utf-8", "surrogateescape").rstrip(b" \t\r\n")
        alone = lines = self.undamaged(body, wanted, most)
        if not alone:
            lines = self.exact(body, wanted, most)
            if lines and len(lines) < most and self.lower.count(wanted.lower(), body.start, body.end) > len(lines):
                damaged = self.damaged(body, wanted, lines)
                lines = sorted([*lines, *(line for line in damaged if not cut or line.end < body.end)])
        lines = self.begun(body, lines if cut else self.closed(body, lines))
        again = any(line.closes for line in lines) and self.declared[wanted.lower()] > 1
        return self.bounded(body, lines, again)._replace(alone=bool(alone) and not boundary[-1:].isspace())

    def begun(self, body: Span, lines: list[_Line]) -> list[_Line]:
        """The lines, with an empty one where a part's header stands before the first."""
        part = _PART.search(self.octets, body.start, lines[0].start) if lines else None
        if part is None:
            return lines
        return [_Line(part.start(), part.start(), False, "no delimiter stands before the first part"), *lines]

    def closed(self, body: Span, lines: list[_Line]) -> list[_Line]:
        """The lines, the last one taken for the closing one when it should be: nothing stands behind it."""
        if len(lines) < 2 or any(line.closes for line in lines):
            return lines
        last = lines[-1]
        if not _BLANK.fullmatch(self.octets, last.end, body.end):
            return lines
        return [*lines[:-1], last._replace(closes=True, problem="the last delimiter lacks the two dashes at its end")]

    def undamaged(self, body: Span, boundary: bytes, most: int) -> list[_Line]:
        """The delimiters, where the boundary stands in nothing else than such that are right; else none."""
        octets, lower, needle = self.octets, self.lower, boundary.lower()
        mark, size = b"\n--" + boundary, len(boundary)
        lines: list[_Line] = []
        at = lower.find(needle, body.start, body.end) if needle else -1
        while at >= 0:
            end = octets.find(b"\n", at + size, body.end) + 1 or body.end
            rest = octets[at + size : end].rstrip(b" \t\r\n")
            if at - 3 < body.start - 1 or not octets.startswith(mark, at - 3) or rest not in (b"", b"--"):
                return []
            lines.append(_Line(at - 2, end, bool(rest)))
            at = lower.find(needle, end, body.end)
        return lines if len(lines) < most else []

    def exact(self, body: Span, boundary: bytes, most: int) -> list[_Line]:
        """The lines that are delimiters, those behind the closing one too."""
        octets, needle = self.octets, b"\n--" + boundary
        lines: list[_Line] = []
        at = octets.find(needle, max(body.start - 1, 0), body.end)
        while at >= 0 and len(lines) < most and self.patience:
            tail = at + len(needle)
            end = octets.find(b"\n", tail, body.end) + 1 or body.end
            rest = octets[tail:end].rstrip(b" \t\r\n")
            if rest in (b"", b"--"):
                lines.append(_Line(at + 1, end, bool(rest)))
            else:
                self.patience -= 1
            at = octets.find(needle, end - 1, body.end)
        return lines

    def damaged(self, body: Span, boundary: bytes, lines: list[_Line]) -> list[_Line]:
        """Lines that hold the boundary, and were surely meant for delimiters."""
        known = {line.start for line in lines}
        found: list[_Line] = []
        needle = boundary.lower()
        at = self.lower.find(needle, body.start, body.end)
        while at >= 0 and self.patience:
            start = self.octets.rfind(b"\n", body.start, at) + 1 or body.start
            end = self.octets.find(b"\n", at, body.end) + 1 or body.end
            if start not in known:
                self.patience -= 1
                whole = Span(start, end)
                line = self.damage(boundary, whole, at)
                line = line or self.damage(boundary, whole, self.lower.rfind(needle, at, end))
                if line and self.is_sure(line, body.end, boundary):
                    found.append(line)
            at = self.lower.find(needle, end, body.end)
        return found

    def damage(self, boundary: bytes, line: Span, at: int) -> _Line | None:
        """A line that holds the boundary, with what is wrong with it; None where it is no delimiter at all."""
        octets = self.octets
        before = octets[line.start : at]
        end = at + len(boundary)
        after = octets[end : line.end].rstrip(b" \t\r\n")
        closes = after.startswith(b"--") or after == b"-"
        ends = after in (b"", b"-", b"--")
        if before.strip(b" \t-"):
            is_glued = before.endswith(b"--") and ends and not before.startswith((b">", b"|"))
            return _Line(at - 2, line.end, closes, "no line end stands before a delimiter") if is_glued else None
        if ends and before != b"--":
            return _Line(line.start, line.end, closes, "a delimiter does not begin with two dashes")
        if ends and octets[at:end] != boundary:
            return _Line(line.start, line.end, closes, "a delimiter differs from the boundary in case")
        if after == b"-":
            return _Line(line.start, line.end, closes, "the close delimiter ends with one dash")
        more = _BCHARS.match(after)
        if before != b"--" or (more and more[0] and self.is_declared(boundary + more[0])):
            return None
        return _Line(line.start, line.end, closes, "text stands behind the boundary of a delimiter")

    def is_declared(self, boundary: bytes) -> bool:
        """Whether a delimiter of these octets, or a closing one, is of a multipart that is declared somewhere."""
        lower = boundary.lower()
        return lower in self.declared or lower.removesuffix(b"--") in self.declared

    def is_sure(self, line: _Line, stop: int, boundary: bytes) -> bool:
        """Whether what follows shows that a damaged line is a delimiter: a part's header, or nothing more."""
        if line.closes and _BLANK.fullmatch(self.octets, line.end, stop):
            return True
        if _CONTENT.match(self.octets, line.end, stop):
            return True
        is_odd = len(boundary) >= 12 or (len(boundary) >= 6 and not boundary.isalpha())
        return is_odd and (line.closes or _HEADER.match(self.octets, line.end, stop) is not None)

    def bounded(self, body: Span, lines: list[_Line], repeated: bool) -> Delimiters:
        """The lines up to the closing one; one that closes before the last part is damaged.

        :param repeated: the boundary is declared more than once, so that lines behind the closing one are another's.
        """
        closing = next((at for at, line in enumerate(lines) if line.closes), len(lines))
        behind = lines[closing + 1 :]
        if repeated or not behind or not self.is_early(lines[closing], behind):
            lines = lines[: closing + 1]
        else:
            early = lines[closing]._replace(problem="a close delimiter stands before the last part")
            lines = [*lines[:closing], early, *behind]
        damaged = [line for line in lines if line.problem]
        defects = []
        if damaged:
            more = f" (and {len(damaged) - 1} more are damaged)" if len(damaged) > 1 else ""
            defects.append(Defect("bad-delimiter", damaged[0].problem + more, damaged[0].span))
        elif lines and lines[-1].closes and not repeated:
            part = _PART.search(self.octets, lines[-1].end, body.end)
            if part:
                where = Span(part.start(), part.end())
                defects.append(Defect("bad-delimiter", "a part stands behind the close delimiter", where))
        return Delimiters([line.span for line in lines], bool(lines) and lines[-1].closes, defects)

    def is_early(self, line: _Line, behind: list[_Line]) -> bool:
        """Whether parts stand behind a line that closes."""
        is_open = any(not other.closes for other in behind)
        return is_open or _CONTENT.match(self.octets, line.end, behind[-1].start) is not None


def guess_boundary(octets: bytes, body: Span) -> str:
    """The boundary whose delimiters stand in a multipart's body, where that is certain; else nothing.

    That is the first line with two dashes before it whose closing line stands there too, and that no multipart
    declares.
    """
    declared = set()
    if len(octets) < _MOST:
        declared = {octets[slice(*match.span(match.lastindex or 0))] for match in _DECLARED.finditer(octets.lower())}
    for number, match in enumerate(_FIRST.finditer(octets, body.start, body.end)):
        if number >= _GUESSES:
            break
        boundary = match[1]
        closing = b"\n--" + boundary + b"--"
        at = octets.find(closing, match.end() - 1, body.end)
        rest = octets[at + len(closing) : min(at + len(closing) + 3, body.end)]
        is_free = len(boundary) <= 70 and boundary not in declared
        if at >= 0 and not rest.lstrip(b" \t").strip(b"\r\n") and is_free:
            return boundary.decode("ascii")
    return ""
