"""Encoded words of a field written anew, and nothing else of it (RFC 2047 §2, §5).

What is replaced is laid out with the text around it: lines that hold an encoded word are folded at the white
space that stands there when they are longer than 76 octets, folds that are there stay, and white space is put where
an encoded word would touch other text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailtemplates.finding import Fix, replace
from mailtemplates.headers.addrspec import quote_name
from mailtemplates.headers.encodedword import LINE_LIMIT, encode_words
from mailtemplates.octets.encodedword import Word, meant
from mailtemplates.octets.field import RawField
from mailtemplates.octets.wordplace import WordPlace, grammar_of
from mailtemplates.pattern import pattern

_TOKEN = pattern(r"([ \t\r\n]*)([^ \t\r\n]+)")
# Text that is the same as it stands: no space at its ends, no two together, no word that is too long to fold.
_PLAIN = pattern(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_NAME_MOST = 60
_MOST = 10_000
_LONGEST = 100_000


class Piece(NamedTuple):
    """What comes instead of a stretch of a field's body.

    :param start: offset in :attr:`RawField.latin`, as is ``end``.
    :param parts: texts in order, each with whether it is written as encoded words; one space comes between two.
    """

    start: int
    end: int
    parts: tuple[tuple[str, bool], ...]


class _Token(NamedTuple):
    """A text that is not folded, and the white space before it; ``encode`` when it is yet to become encoded words."""

    gap: str
    text: str
    encode: bool = False


def reword(field: RawField, pieces: Sequence[Piece] = (), *, whole: bool = False) -> Fix | None:
    """A safe fix that puts the pieces into the field; without pieces it only folds.

    :param whole: fold all lines, not only those of the pieces.

    None when nothing would change, and when the lines of the pieces are longer than anybody can mend.
    """
    if len(field.latin) > _LONGEST:
        return None
    low, high = _lines_of(field.latin, () if whole else pieces)
    if high - low > _MOST:
        return None
    old = field.latin[low:high]
    inside = [piece._replace(start=piece.start - low, end=piece.end - low) for piece in pieces]
    column = 0 if low else field.body.start - field.span.start
    free = grammar_of(field.lower) in ("text", "unknown")
    lines = _Lines(column, field.line_end.decode("ascii"))
    new = _lay_out(lines, _spaced(list(_tokens(old, inside)), free)) + old[len(old.rstrip(" \t\r\n")) :]
    if new == old:
        return None
    start = _shared(old, new)
    most = min(len(old), len(new)) - start
    back = _shared(old[len(old) - most :][::-1], new[len(new) - most :][::-1])
    where = field.at(low + start, low + len(old) - back)
    return replace(where, new[start : len(new) - back].encode("latin-1"))


def _lines_of(text: str, pieces: Sequence[Piece]) -> tuple[int, int]:
    """The lines that pieces stand in; all when there are none."""
    if not pieces:
        return 0, len(text)
    end = text.find("\n", pieces[-1].end)
    return text.rfind("\n", 0, pieces[0].start) + 1, len(text) if end < 0 else end


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _tokens(text: str, pieces: Sequence[Piece]) -> Iterator[_Token]:
    at = 0
    for piece in pieces:
        before = text[at : piece.start]
        yield from _plain(before)
        gap = before[len(before.rstrip(" \t\r\n")) :]
        for words, encode in piece.parts:
            if encode:
                yield _Token(gap, words, True)
            else:
                first, *others = words.split(" ")
                yield _Token(gap, first)
                yield from (_Token(" ", word) for word in others)
            gap = " "
        at = piece.end
    yield from _plain(text[at:])


def _plain(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        yield _Token(match[1], match[2])


def _spaced(tokens: list[_Token], free: bool) -> list[_Token]:
    """The tokens with white space between encoded words and what they would touch, but for parentheses.

    :param free: in free text, where readers see a space beside other text, so that it is put between words only.
    """
    spaced: list[_Token] = []
    for token in tokens:
        last = spaced[-1] if spaced else None
        if last and not token.gap:
            before = last.encode or last.text.endswith("?=")
            after = token.encode or token.text.startswith("=?")
            touches = (after and last.text[-1:] != "(") or (before and token.text[:1] != ")")
            touches = (before and after) if free else touches
            token = token._replace(gap=" " if touches else "")
        spaced.append(token)
    return spaced


def _lay_out(lines: _Lines, tokens: list[_Token]) -> str:
    for token in tokens:
        if not token.encode:
            lines.add(token.gap, token.text)
            continue
        gap = token.gap
        for word in encode_words(token.text, LINE_LIMIT - lines.column_after(gap)):
            lines.add(gap, word)
            gap = " "
    return "".join(lines.pieces)


class _Lines:
    """A field's body as it grows."""

    def __init__(self, column: int, line_end: str) -> None:
        self.line_end = line_end
        self.pieces: list[str] = []
        self.column = column
        self.has_word = False

    def column_after(self, gap: str) -> int:
        """The column behind white space, which may hold a fold."""
        _, fold, rest = gap.rpartition("\n")
        return len(rest) if fold else self.column + len(gap)

    def add(self, gap: str, text: str) -> None:
        """Put a text after white space, on a new line when the line is too long for a line with encoded words."""
        is_word = "=?" in text and "?=" in text
        width = self.column_after(gap) + len(text)
        if "\n" in gap:
            self.has_word = False
        elif width > LINE_LIMIT and self.column and (is_word or self.has_word) and (gap or text.startswith(")")):
            gap = self.line_end + (gap or " ")
            width = self.column_after(gap) + len(text)
            self.has_word = False
        self.pieces += (gap, text)
        self.column = width
        self.has_word = self.has_word or is_word


def plain_form(field: RawField, run: tuple[Word, ...]) -> str:
    """The text of a run as it can stand there without encoding; empty when it cannot."""
    return as_plain(field, meant(run) or "", run[0].place, run[-1].end)


def as_plain(field: RawField, text: str, place: WordPlace, end: int) -> str:
    """A text as it can stand without encoding in a place that ends at ``end``; empty when it cannot."""
    if place not in ("text", "phrase", "comment") or "=?" in text or not _PLAIN.fullmatch(text):
        return ""
    if place == "text":
        return text
    if place == "comment":
        return "" if any(mark in text for mark in "()\\") else text
    follows = field.latin[end : end + 80].lstrip()[:1]
    return quote_name(text) if follows == "<" and len(text) <= _NAME_MOST else ""


def has_long_line(field: RawField) -> bool:
    """Whether a line of the field is longer than 76 octets."""
    if field.span.end - field.span.start <= LINE_LIMIT:
        return False
    lines = field.octets[field.span.start : field.body.end].split(b"\n")
    return any(len(line.rstrip(b"\r")) > LINE_LIMIT for line in lines)
