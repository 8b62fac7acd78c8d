"""The grammar of address lists (RFC 5322 §3.4), with slots for what comes from data.

A list is parsed once into its *shape*: elements made of the author's words and of slots, written U+0000 in
the text. The shape is then filled with values, which are never parsed as syntax. A text with no slots is a list like
any other. Obsolete forms (§4) are refused but one: a dot in an unquoted name (``Dr. Who <who@x.example>``), which can
be read in one way only. Comments are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.headers.addrspec import Group, Mailbox, parse_addr_spec, unquote
from mailtemplates.headers.fragment import Data
from mailtemplates.pattern import pattern

#: What stands for a value in the text of a list.
SLOT = "\x00"

#: What a slot may be filled with: text, or whole addresses.
Filling = Data | Mailbox | Group | tuple[Mailbox, ...]

_TOKEN = pattern(
    r"""(?P<space>[ \t\r\n\f\v]+)
      | (?P<quoted>"(?:[^"\\]|\\.)*")
      | (?P<literal>\[[^\[\]\\]*\])
      | (?P<atom>[^ \t\r\n\f\v\x00()<>\[\]:;@\\,."]+)
      | (?P<slot>\x00)
      | (?P<special>[<>@,:;.])
      | (?P<comment>\()""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = pattern(r"\\.|[()\x00]", re.DOTALL)


class _Token(NamedTuple):
    kind: str
    text: str
    column: int
    slot: int = -1


#: The author's text, or the index of a slot, or None for white space between words.
_Piece = str | int | None


class _MailboxShape(NamedTuple):
    """``phrase`` is None where the element is a bare addr-spec."""

    phrase: tuple[_Piece, ...] | None
    spec: tuple[_Piece, ...]


class _GroupShape(NamedTuple):
    phrase: tuple[_Piece, ...]
    members: tuple[_MailboxShape, ...]


Shape = tuple[_MailboxShape | _GroupShape, ...]


def read_shape(text: str, *, lenient: bool = False) -> Shape:
    """Parse a list into its shape.

    :param text: the list, with :data:`SLOT` where a value goes.
    :param lenient: drop empty elements, as loops in templates leave them; else they are an error.

    Raises :class:`AddressError` with the column.
    """
    return _cached_shape(text, lenient) if len(text) <= 400 else _Reader(text, lenient).read()


def fill(shape: Shape, values: Sequence[Filling]) -> tuple[Mailbox | Group, ...]:
    """The addresses that a shape gives with these values, one for each slot. Raises :class:`AddressError`."""
    addresses: list[Mailbox | Group] = []
    for element in shape:
        if isinstance(element, _GroupShape):
            members: list[Mailbox | Group] = []
            for member in element.members:
                members.extend(_fill_mailbox(member, values))
            boxes = tuple(box for box in members if isinstance(box, Mailbox))
            if len(boxes) < len(members):
                raise AddressError("a group stands inside a group", cure="put the groups beside each other")
            addresses.append(Group(_phrase(element.phrase, values), boxes))
        else:
            addresses.extend(_fill_mailbox(element, values))
    return tuple(addresses)


def _fill_mailbox(element: _MailboxShape, values: Sequence[Filling]) -> Sequence[Mailbox | Group]:
    spec = element.spec
    if element.phrase is not None:
        return (parse_addr_spec(_spec(spec, values), _phrase(element.phrase, values)),)
    if len(spec) == 1 and isinstance(spec[0], int):
        value = values[spec[0]]
        if not isinstance(value, Data):
            return value if isinstance(value, tuple) else (value,)
    return (parse_addr_spec(_spec(spec, values)),)


def _spec(pieces: tuple[_Piece, ...], values: Sequence[Filling]) -> str:
    return "".join([_text(values[piece]) if isinstance(piece, int) else piece or "" for piece in pieces])


def _phrase(pieces: tuple[_Piece, ...], values: Sequence[Filling]) -> str:
    """A display name; the author's white space is one space, and none beside an empty value."""
    words: list[str] = []
    spaced = True
    for piece in pieces:
        text = _text(values[piece]) if isinstance(piece, int) else piece
        if text is None and not spaced:
            words.append(" ")
            spaced = True
        elif text:
            words.append(text)
            spaced = False
    return "".join(words)


def _text(value: Filling) -> str:
    if isinstance(value, Data):
        return str(value)
    raise AddressError(
        "a whole address stands where a name or a part of an address is needed",
        cure="let the mailbox stand alone between commas",
    )


class _Reader:
    """One pass over one list."""

    def __init__(self, text: str, lenient: bool) -> None:
        self.text = text
        self.lenient = lenient
        self.tokens = _tokens(text)
        self.at = 0

    def read(self, closing: str = "") -> tuple[_MailboxShape | _GroupShape, ...]:
        """Elements up to ``closing``: the end of the text, or the ``;`` of a group."""
        elements: list[_MailboxShape | _GroupShape] = []
        while True:
            words = self._words()
            token = self._take()
            if token.text == "<":
                elements.append(_MailboxShape(self._phrase_pieces(words), self._angle(token)))
                token = self._after_element()
            elif token.text == ":" and not closing:
                elements.append(self._group(words))
                token = self._after_element()
            elif words:
                elements.append(_MailboxShape(None, self._spec_pieces(words)))
            elif not self.lenient and (token.text == "," or elements):
                raise self._error("an element of the list is empty", token.column)
            if token.text == closing:
                return tuple(elements)
            if token.text != ",":
                what = "the group is not closed with `;`" if not token.text else f"`{token.text}` cannot stand there"
                raise self._error(what, token.column)

    def _take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def _words(self) -> list[_Token]:
        """The tokens up to the next of ``< > , : ;`` or the end, without space at their ends."""
        start = self.at
        while self.tokens[self.at].kind not in ("mark", "end"):
            self.at += 1
        words = self.tokens[start : self.at]
        while words and words[0].kind == "space":
            del words[0]
        while words and words[-1].kind == "space":
            del words[-1]
        return words

    def _after_element(self) -> _Token:
        rest = self._words()
        if rest:
            raise self._error("a comma is missing", rest[0].column)
        return self._take()

    def _angle(self, opened: _Token) -> tuple[_Piece, ...]:
        words = self._words()
        token = self._take()
        if token.text != ">":
            what = f"`{token.text}` cannot stand inside `<>`" if token.text else "`<` is not closed"
            raise self._error(what, token.column if token.text else opened.column)
        return self._spec_pieces(words)

    def _group(self, words: list[_Token]) -> _GroupShape:
        members = self.read(";")
        return _GroupShape(self._phrase_pieces(words), tuple(m for m in members if isinstance(m, _MailboxShape)))

    def _spec_pieces(self, words: list[_Token]) -> tuple[_Piece, ...]:
        for word in words:
            if word.kind == "space":
                raise self._error(
                    "white space stands inside an address", word.column, "write a name before it as Name <local@domain>"
                )
        return tuple(word.slot if word.kind == "slot" else word.text for word in words)

    def _phrase_pieces(self, words: list[_Token]) -> tuple[_Piece, ...]:
        pieces: list[_Piece] = []
        for word in words:
            if word.kind == "quoted":
                pieces.extend(_split_slots(unquote(word.text), word.slot))
            elif word.kind == "literal" or word.text == "@":
                raise self._error(
                    f"`{word.text[0]}` cannot stand in a name", word.column, "put the name in double quotes"
                )
            else:
                pieces.append(word.slot if word.kind == "slot" else None if word.kind == "space" else word.text)
        return tuple(pieces)

    def _error(self, problem: str, column: int, cure: str = "") -> AddressError:
        shown = shorten(self.text.replace(SLOT, "{{…}}"))
        return AddressError(
            f'"{shown}" is not an address list: {problem} (column {column})',
            cure=cure or "write Name <local@domain>, with commas between addresses",
        )


def _split_slots(text: str, first: int) -> list[_Piece]:
    """The text of a quoted-string cut at its slots, which count from ``first``."""
    pieces: list[_Piece] = []
    for index, part in enumerate(text.split(SLOT)):
        if index:
            pieces.append(first + index - 1)
        if part:
            pieces.append(part)
    return pieces


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = slots = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise AddressError(
                f'"{shorten(text.replace(SLOT, "{{…}}"))}" is not an address list: '
                f"`{text[at]}` has no partner (column {at + 1})",
                cure='a name with other characters needs double quotes: "Name" <local@domain>',
            )
        kind, word = str(match.lastgroup), match.group()
        if kind == "comment":
            end = _comment_end(text, at)
            tokens.append(_Token("space", " ", at + 1))
        else:
            end = match.end()
            if kind == "special" and word in "<>,:;":
                kind = "mark"
            tokens.append(_Token(kind, word, at + 1, slots))
            slots += word.count(SLOT)
        at = end
    tokens.append(_Token("end", "", len(text) + 1))
    return tokens


def _comment_end(text: str, start: int) -> int:
    """The offset after a comment, which may nest (RFC 5322 §3.2.2)."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark.group(), 0)
        if mark.group() == SLOT:
            break
        if not depth:
            return mark.end()
    what = "data stands in a comment" if depth and SLOT in text else "the comment is not closed"
    raise AddressError(
        f'"{shorten(text.replace(SLOT, "{{…}}"))}" is not an address list: {what} (column {start + 1})',
        cure="write a name before the address: Name <local@domain>",
    )


@lru_cache(maxsize=512)
def _cached_shape(text: str, lenient: bool) -> Shape:
    return _Reader(text, lenient).read()
