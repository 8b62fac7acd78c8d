"""Quoted-printable (RFC 2045 §6.7) that can be written piece by piece.

Where a soft break stands depends only on what came before it, so a text gives the same octets however it is cut into
pieces. A template's own stretches come again in every message; each is encoded once for each column that it has
begun at, and then costs one look-up.
"""

from __future__ import annotations

import codecs
import re
from binascii import b2a_qp
from collections.abc import Sequence
from functools import lru_cache

from mailtemplates.pattern import pattern

#: Longest encoded line in octets, without CRLF (RFC 2045 §6.7, rule 5).
LIMIT = 76

_ROOM = LIMIT - 1
_BREAK = "=\r\n"
_SAFE = bytes([9, 10, *range(0x20, 0x7F)])
_CONTROLS = pattern(r"[^ -~\t\n]")
_HANDLER = "mailtemplates.quoted-printable"
_plain = re.compile(r"[!-<>-~](?:[ -<>-~]*[!-<>-~])?").fullmatch
_FENCE = "~|~"
_LONGEST = 65_536
_KEPT_PIECES = 8_192
_KEPT_CHARACTERS = 4_000_000


State = tuple[int, str | None, str]
"""Where the writer stands: characters in the line, that line while it may become ``From ``, and white space in hand,
which is held back until it is known whether a line ends behind it."""

Step = tuple[str, State]

START: State = (0, "", "")


def quote(text: str) -> str:
    """Text in quoted-printable with CRLF line ends; ``\n`` in it is a line end.

    White space at the end of a line is encoded, and so are a dot that begins one and the space of a ``From `` that
    does. A soft break never cuts an escape or a UTF-8 character.
    """
    return "\r\n".join(_whole_lines(text))


def quote_woven(statics: Sequence[str], values: Sequence[str]) -> str:
    """:func:`quote` of stretches that come again, with values between them."""
    return _quoted([_MEMORY.get(static) or _MEMORY.learn(static) for static in statics], values)


def quote_shaped(statics: tuple[str, ...], values: Sequence[str]) -> str:
    """:func:`quote_woven` for stretches that come again together."""
    return _quoted(_MEMORY.rows.get(statics) or _MEMORY.learn_row(statics), values)


def _quoted(stretches: Sequence[_Stretch], values: Sequence[str]) -> str:
    column, lead, held = START
    out: list[str] = []
    append = out.append
    every = "".join(values)
    is_printable = every.isprintable()
    is_plain = str.isascii if is_printable and "=" not in every else _plain
    for value, stretch in zip(("", *values), stretches, strict=True):
        if value:
            quoted = ""
            if lead is None and value[-1] != " ":
                if is_plain(value):
                    quoted = held + value
                elif is_printable and len(value) <= _ROOM:
                    quoted = held + b2a_qp(value.encode("utf-8")).decode("ascii")
            if quoted and column + len(quoted) <= _ROOM:
                append(quoted)
                column += len(quoted)
                held = ""
            else:
                quoted, (column, lead, held) = _write(value, (column, lead, held))
                append(quoted)
        state = (column, lead, held) if lead is not None or held else column
        text, after_first = stretch.firsts.get(state) or _MEMORY.begin(stretch, (column, lead, held))
        append(text)
        if stretch.after is None:
            column, lead, held = after_first
        else:
            append(stretch.rest)
            column, lead, held = stretch.after
    if held:
        append(_write_line("", (column, lead, held), ends=True)[0])
    return "".join(out)


def quote_lines(quoted: Sequence[str], values: Sequence[str]) -> str:
    """:func:`quote_woven` for values that are whole lines, and statics between line ends that are quoted already."""
    joined = f"\n{_FENCE}\n".join(values)
    fenced = joined.count(_FENCE) == len(values) - 1
    out = [""] * (2 * len(values) + 1)
    out[::2] = quoted
    out[1::2] = quote(joined).split(f"\r\n{_FENCE}\r\n") if fenced else map(quote, values)
    return "".join(out)


def _write(piece: str, state: State) -> Step:
    """A piece encoded from a state on, and the state behind it."""
    first, rest, after = _parted(piece)
    text, after_first = _write_line(first, state, ends=after is not None) if first or after else ("", state)
    return text + rest, after or after_first


def _parted(piece: str) -> tuple[str, str, State | None]:
    """A piece's first line as it is; what follows it encoded, with the line end, and the state behind that.

    Only the first line depends on the state that the piece begins in. No state when the piece has no line end.
    """
    if "\n" not in piece:
        return piece, "", None
    first, following = piece.split("\n", 1)
    between, newline, last = following.rpartition("\n")
    tail, after = _write_line(last, START, ends=False) if last else ("", START)
    return first, "\r\n".join(["", *(_whole_lines(between) if newline else ()), tail]), after


def _whole_lines(text: str) -> list[str]:
    """Lines from beginning to end; most need no soft break and hold nothing that is special at their edges."""
    escaped = _escaped(text)
    lines = escaped.split("\n")
    if _has_edges(escaped) or escaped.startswith((".", "From ")) or escaped.endswith((" ", "\t")):
        return [_whole_line(line) for line in lines]
    if max(map(len, lines)) <= _ROOM:
        return lines
    return [line if len(line) <= _ROOM else _whole_line(line) for line in lines]


def _has_edges(text: str) -> bool:
    """Whether a line that is not the first begins, or one that is not the last ends, with something special."""
    if " \n" in text or "\n." in text:
        return True
    return ("\t" in text and "\t\n" in text) or ("From " in text and "\nFrom " in text)


def _whole_line(escaped: str) -> str:
    """One line, escaped but for its edges."""
    if escaped[-1:] in (" ", "\t"):
        escaped = f"{escaped[:-1]}={ord(escaped[-1]):02X}"
    return _broken(escaped, 0, "", "")[0]


def _write_line(text: str, state: State, *, ends: bool) -> Step:
    """A stretch without line ends; ``ends`` says that a line end follows it."""
    column, lead, held = state
    text = held + text
    held = ""
    if text[-1:] in (" ", "\t"):
        text, held = text[:-1], text[-1]
    escaped = _escaped(text)
    if ends and held:
        escaped += f"={ord(held):02X}"
        held = ""
    if lead and (lead + escaped).startswith("From "):
        escaped = escaped.replace(" ", "=20", 1)
    if column + len(escaped) <= _ROOM and not (lead == "" and escaped.startswith((".", "From "))):
        column += len(escaped)
        return escaped, (column, _lead(lead, escaped, column), held)
    return _broken(escaped, column, lead, held)


def _broken(escaped: str, column: int, lead: str | None, held: str) -> Step:
    """Escaped text with soft breaks."""
    out: list[str] = []
    start, room = 0, _ROOM - column
    while True:
        head = _shield(escaped, start) if out or column == 0 else ""
        body = start + _UNSHIELDED[head]
        if len(escaped) - body <= room - len(head):
            break
        cut = _cut(escaped, body, body + room - len(head))
        out.append(head + escaped[body:cut])
        start, room = cut, _ROOM
    last = head + escaped[body:]
    if out:
        column, lead = 0, ""
    column += len(last)
    return _BREAK.join([*out, last]), (column, _lead(lead, last, column), held)


_UNSHIELDED = {"": 0, "=2E": 1, "From=20": 5}


def _shield(escaped: str, start: int) -> str:
    """What a dot or a ``From `` that begins a line is written as."""
    if escaped.startswith(".", start):
        return "=2E"
    return "From=20" if escaped.startswith("From ", start) else ""


def _cut(escaped: str, start: int, at: int) -> int:
    """The last offset up to ``at`` that is inside no escape and no UTF-8 character."""
    if at - 1 >= start and escaped[at - 1] == "=":
        at -= 1
    elif at - 2 >= start and escaped[at - 2] == "=":
        at -= 2
    while at > start and escaped[at] == "=" and escaped[at + 1] in "89AB":
        at -= 3
    return at


def _lead(lead: str | None, text: str, column: int) -> str | None:
    """The line so far while it is a beginning of ``From``, else None."""
    if lead is None or column > 4:
        return None
    line = lead + text
    return line if "From".startswith(line) else None


def _escaped(text: str) -> str:
    """Text with every octet escaped that quoted-printable does not take as it is, but for line ends."""
    octets = (text.replace("=", "=3D") if "=" in text else text).encode("ascii", _HANDLER)
    escaped = octets.decode("ascii")
    return _CONTROLS.sub(_escape_control, escaped) if octets.translate(None, _SAFE) else escaped


def _escape_control(match: re.Match[str]) -> str:
    return f"={ord(match[0]):02X}"


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Characters outside ASCII by their UTF-8 octets: an error handler of :mod:`codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _octets_of(error.object[error.start : error.end]), error.end


@lru_cache(maxsize=1024)
def _octets_of(characters: str) -> str:
    return "=" + characters.encode("utf-8").hex("=").upper()


codecs.register_error(_HANDLER, _escape)


class _Stretch:
    """A piece that comes again: its first line, what that becomes by the state it begins in, and the rest encoded.

    A state within a line, with nothing in hand, is its column alone.
    """

    __slots__ = ("after", "first", "firsts", "rest")

    def __init__(self, piece: str) -> None:
        self.first, self.rest, self.after = _parted(piece)
        self.firsts: dict[State | int, Step] = {}


class _Memory(dict[str, _Stretch]):
    """Pieces that may come again. Emptied when it is full; safe to share between threads."""

    characters = 0

    def __init__(self) -> None:
        self.rows: dict[tuple[str, ...], list[_Stretch]] = {}

    def learn(self, piece: str) -> _Stretch:
        """Encode a piece, and remember it."""
        stretch = _Stretch(piece)
        if len(piece) <= _LONGEST:
            self._grow(len(piece) + len(stretch.rest))
            self[piece] = stretch
        return stretch

    def learn_row(self, pieces: tuple[str, ...]) -> list[_Stretch]:
        """Look up or encode pieces, and remember them together."""
        row = [self.get(piece) or self.learn(piece) for piece in pieces]
        self._grow(8 * len(pieces))
        self.rows[pieces] = row
        return row

    def begin(self, stretch: _Stretch, state: State) -> Step:
        """Encode a stretch's first line from a state on, and remember it."""
        if stretch.first or stretch.after:
            step = _write_line(stretch.first, state, ends=stretch.after is not None)
        else:
            step = ("", state)
        if len(stretch.first) <= _LONGEST:
            self._grow(len(step[0]))
            column, lead, held = state
            stretch.firsts[state if lead is not None or held else column] = step
        return step

    def _grow(self, characters: int) -> None:
        self.characters += characters
        if len(self) >= _KEPT_PIECES or self.characters > _KEPT_CHARACTERS:
            self.clear()
            self.characters = characters
            self.rows.clear()


_MEMORY = _Memory()
