"""The form of an encoded word, by itself, and the names of all that can be wrong with one (RFC 2047 §2, §4)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from mailtemplates.pattern import pattern

FaultKind = Literal[
    "too-long",
    "no-end",
    "empty",
    "white-space",
    "question-mark",
    "special",
    "unknown-encoding",
    "unknown-charset",
    "bad-base64",
    "bad-q",
    "undecodable",
    "control",
    "touches-text",
    "touches-word",
    "touches-special",
    "splits-character",
    "not-in-ascii",
]


class WordFault(NamedTuple):
    """What is wrong with an encoded word: the kind, in words, and where in the field's body."""

    kind: FaultKind
    problem: str
    start: int
    end: int


_NOT_Q = pattern(r"=(?![0-9A-Fa-f]{2})")
_NOT_BASE64 = pattern(r"[^A-Za-z0-9+/]")
_SPACE = pattern(r"[ \t\r\n]+")


def find_fault(payload: str, encoding: str) -> tuple[FaultKind, str] | None:
    """What is wrong with an encoded text in ``b`` or ``q``: the kind, and in words."""
    if not payload:
        return "empty", "an encoded word is empty"
    if _SPACE.search(payload):
        return "white-space", "white space stands in an encoded word"
    if "?" in payload:
        return "question-mark", "a question mark stands in an encoded word"
    if encoding == "q":
        return (
            ("bad-q", "`=` without two hexadecimal digits stands in an encoded word")
            if _NOT_Q.search(payload)
            else None
        )
    return _base64_form(payload)


def _base64_form(payload: str) -> tuple[FaultKind, str] | None:
    digits = payload.rstrip("=")
    if _NOT_BASE64.search(digits):
        return "bad-base64", "an encoded word holds what is no base64"
    if len(payload) % 4 or len(payload) - len(digits) > 2:
        return "bad-base64", "the base64 of an encoded word has wrong padding"
    return None
