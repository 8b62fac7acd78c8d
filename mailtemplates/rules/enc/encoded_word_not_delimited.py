from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import Word, decode, read_words
from mailtemplates.octets.field import RawField
from mailtemplates.octets.rewording import Piece, as_plain, reword
from mailtemplates.octets.wordform import FaultKind
from mailtemplates.pattern import pattern

_TOUCHES: tuple[FaultKind, ...] = ("touches-text", "touches-word", "touches-special")
_BROKEN: tuple[FaultKind, ...] = ("no-end", "white-space", "question-mark", "unknown-encoding")
_TOKENS = {
    "text": pattern(r"[^ \t\r\n]+"),
    "unknown": pattern(r"[^ \t\r\n]+"),
    "phrase": pattern(r'[^ \t\r\n<>,:;()"@]+'),
    "comment": pattern(r"[^ \t\r\n()]+"),
}


class _Stretch(NamedTuple):
    """Texts with nothing but white space between them that all hold encoded words."""

    start: int
    end: int
    words: list[Word]


@rule("ENC006", severity="error", fix="part", holding=b"=?")
def encoded_word_not_delimited(field: RawField) -> Findings:
    """An encoded word touches other text.

    An encoded word begins and ends at white space; with a letter, a quote or another word right beside it, it is none,
    and strict readers show `=?utf-8?q?…` as it is. Between two encoded words white space is dropped when they are
    shown, so that a word may be cut into two. Only a special character of an address beside it, as in `?=<`, is read
    by nearly all, and is a warning.

    Reference: RFC 2047 §5(1), §5(3)

    Bad:

        Subject: Gr=?utf-8?q?=C3=BC=C3=9Fe?= from Acme
        …

    Bad:

        Subject: "=?utf-8?q?Gr=C3=BC=C3=9Fe?=" from Acme
        …

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=, Ben
        …

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC?==?utf-8?q?=C3=9Fe?=
        …

    Bad:

        To: =?utf-8?q?Ben_M=C3=BCller?=<ben@reader.example>
        …

    Bad:

        To: ben@reader.example (Ben M=?utf-8?q?=C3=BC?=ller)
        …

    Good:

        Subject: =?utf-8?q?Gr=C3=BC?= =?utf-8?q?=C3=9Fe?= from Acme
        To: =?utf-8?q?Ben_M=C3=BCller?= <ben@reader.example>
         (=?utf-8?q?M=C3=BCnchen?=)
        …
    """
    words = read_words(field)
    if not any(word.fault(*_TOUCHES) for word in words):
        return
    for stretch in _stretches(field, words):
        faults = [fault for word in stretch.words if (fault := word.fault(*_TOUCHES))]
        if not faults or any(word.fault(*_BROKEN) for word in stretch.words):
            continue
        mild = stretch.words[0].place == "unknown" or all(fault.kind == "touches-special" for fault in faults)
        yield Finding(
            field.at(faults[0].start, faults[0].end),
            faults[0].problem,
            "put white space there; a space that readers should see, or should not, stands in an encoded word",
            _fix(field, stretch),
            severity="warning" if mild else None,
        )


def _stretches(field: RawField, words: tuple[Word, ...]) -> Iterator[_Stretch]:
    last: _Stretch | None = None
    for word in words:
        if not word.is_legal:
            continue
        if last and word.start < last.end:
            last.words.append(word)
            if word.end > last.end:
                last = last._replace(end=_end(field, word))
            continue
        start = _start(field, word, last.end if last else 0)
        if last and last.words[-1].place == word.place and not field.latin[last.end : start].strip(" \t\r\n"):
            last.words.append(word)
            last = last._replace(end=_end(field, word))
            continue
        if last:
            yield last
        last = _Stretch(start, _end(field, word), [word])
    if last:
        yield last


def _end(field: RawField, word: Word) -> int:
    match = _TOKENS[word.place].match(field.latin, word.end)
    return match.end() if match else word.end


def _start(field: RawField, word: Word, least: int) -> int:
    before = field.latin[max(least, word.start - 200) : word.start]
    token = 0
    for token_match in _TOKENS[word.place].finditer(before):
        token = len(before) - token_match.start() if token_match.end() == len(before) else 0
    return word.start - token


def _fix(field: RawField, stretch: _Stretch) -> Fix | None:
    """White space between words and specials; a text that a word is a part of becomes one with it."""
    kinds = {fault.kind for word in stretch.words for fault in word.faults}
    if not kinds <= set(_TOUCHES) or not field.latin[stretch.start : stretch.end].isascii():
        return None
    if "touches-text" in kinds:
        text = decode(field.latin[stretch.start : stretch.end])
        if not text.isprintable() or "=?" in text or "\ufffd" in text:
            return None
        plain = as_plain(field, text, stretch.words[0].place, stretch.end)
        return reword(field, [Piece(stretch.start, stretch.end, ((plain or text, not plain),))])
    return reword(field, [Piece(word.start, word.end, ((_raw(field, word), False),)) for word in stretch.words])


def _raw(field: RawField, word: Word) -> str:
    return field.latin[word.start : word.end]
