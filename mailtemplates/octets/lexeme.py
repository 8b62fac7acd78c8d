"""Lexemes: what the body of a structured header field is made of (RFC 5322 §3.2).

A tolerant reader for the grammars above it: it never raises, loses no character and takes linear time. Joined,
the texts of the lexemes are the text again. What begins and never ends (a quote, a comment, a literal) is a
``special`` of one character, and reading goes on behind it; so a special ``"`` or ``(`` is always one without partner.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from mailtemplates.pattern import pattern

#: ``space``
#:     white space with the folds in it (§3.2.2)
#: ``comment``
#:     a comment with its parentheses, whatever is nested in it (§3.2.2)
#: ``atom``
#:     characters that are no specials, so octets over 127 and control characters too (§3.2.3)
#: ``encoded``
#:     an encoded word, which is an atom to this grammar (RFC 2047 §2); specials that stand in it are taken for its own
#: ``quoted``
#:     a quoted-string with its quotes (§3.2.4)
#: ``literal``
#:     a domain literal with its brackets (§3.4.1)
#: ``pair``
#:     a backslash and the character after it, outside of quotes, where none may stand
#: ``special``
#:     one of ``( ) < > [ ] : ; @ \ , . "``
Kind = Literal["space", "comment", "atom", "encoded", "quoted", "literal", "pair", "special"]

_LEXEME = pattern(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<encoded>=\?[^ \t\r\n?]+\?[BbQq]\?[^ \t\r\n?]*\?=)
      | (?P<atom>[^ \t\r\n()<>\[\]:;@\\,."]+)
      | (?P<quoted>"(?:[^"\\]++|\\.)*+")
      | (?P<literal>\[(?:[^\[\]\\]++|\\.)*+\])
      | (?P<pair>\\[^\r\n])
      | (?P<special>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = pattern(r"\\.|[()]", re.DOTALL)
_REMEMBERED = 4_000


class Lexeme(NamedTuple):
    """One lexeme as written; ``start`` and ``end`` are offsets in the text."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def is_blank(self) -> bool:
        """Whether it is white space or a comment, which stand between words and mean nothing (CFWS, §3.2.2)."""
        return self.kind == "space" or self.kind == "comment"

    @property
    def is_word(self) -> bool:
        """Whether it is a word: an atom, an encoded word or a quoted-string (§3.2.5)."""
        return self.kind in ("atom", "encoded", "quoted")


_new: Any = tuple.__new__  # what a NamedTuple does itself, at half the cost


def read_lexemes(text: str) -> tuple[Lexeme, ...]:
    """The lexemes of a field body, folds in it or not. Never raises.

    >>> [one.kind for one in read_lexemes("Ann <a@b.example>")]
    ['atom', 'space', 'special', 'atom', 'special', 'atom', 'special', 'atom', 'special']
    """
    return _remembered(text) if len(text) <= _REMEMBERED else _read(text)


@lru_cache(maxsize=64)
def _remembered(text: str) -> tuple[Lexeme, ...]:
    return _read(text)


def _read(text: str) -> tuple[Lexeme, ...]:
    if "(" not in text:
        found: Any = _LEXEME.finditer(text)
        return tuple([_new(Lexeme, (match.lastgroup, match[0], *match.span())) for match in found])
    lexemes: list[Lexeme] = []
    comments: dict[int, int] = {}
    match_at = _LEXEME.match
    at = 0
    while at < len(text):
        kind: Any = "special"
        if text[at] != "(":
            match = match_at(text, at)
            assert match is not None  # the last alternative takes any character
            kind, end = match.lastgroup, match.end()
        else:
            if at not in comments:
                comments = _comments(text, at)
            end = comments[at]
            if end:
                kind = "comment"
            else:
                end = at + 1
        lexemes.append(Lexeme(kind, text[at:end], at, end))
        at = end
    return tuple(lexemes)


def _comments(text: str, start: int) -> dict[int, int]:
    """Where each comment ends that begins at ``start`` or in it; 0 for one that never does.

    When the first does not end, the rest of the text has been read, so this happens once.
    """
    ends: dict[int, int] = {}
    opened: list[int] = []
    for mark in _COMMENT_MARK.finditer(text, start):
        if mark.group() == "(":
            opened.append(mark.start())
            ends[mark.start()] = 0
        elif mark.group() == ")":
            ends[opened.pop()] = mark.end()
            if not opened:
                break
    return ends
