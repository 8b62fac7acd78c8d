"""Where in a header field an encoded word stands (RFC 2047 §5).

Never raises.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal

from mailtemplates.octets.field import RawField
from mailtemplates.octets.lexeme import Lexeme, read_lexemes

#: Where a word stands, which says whether it may (RFC 2047 §5).
#:
#: ``text``
#:     in a field of free text, such as Subject
#: ``unknown``
#:     in a field that no standard of ours describes: free text as far as we know
#: ``phrase``
#:     in a display name, or in a list of key words
#: ``comment``
#:     in a comment of a structured field
#: ``quoted``
#:     in a quoted-string, where it is no encoded word
#: ``address``
#:     in an address, where none may stand
#: ``parameter``
#:     in the parameter of a MIME field, where none may stand (RFC 2231 is for that)
#: ``structured``
#:     elsewhere in a structured field, where none may stand
#: ``broken``
#:     behind a quote or a parenthesis that never ends, so that nobody knows
WordPlace = Literal[
    "text", "unknown", "phrase", "comment", "quoted", "address", "parameter", "structured", "broken"
]  # fmt: skip
#: The places where an encoded word is one.
LEGAL: frozenset[WordPlace] = frozenset(("text", "unknown", "phrase", "comment"))


Grammar = Literal["text", "unknown", "addresses", "parameters", "structured"]

_ADDRESS = frozenset(
    (
        *("from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-sender", "resent-to", "resent-cc"),
        *("resent-bcc", "resent-reply-to", "mail-followup-to", "mail-reply-to", "disposition-notification-to"),
        *("return-receipt-to", "errors-to", "list-id", "keywords"),
    )
)
_PARAMETRIC = frozenset(("content-type", "content-disposition"))
_STRUCTURED = frozenset(
    (
        *("message-id", "in-reply-to", "references", "resent-message-id", "date", "resent-date", "received"),
        *("return-path", "mime-version", "content-transfer-encoding", "content-id", "content-language", "content-md5"),
        *("content-location", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-subscribe", "list-post"),
        *("list-owner", "list-archive", "auto-submitted", "precedence", "importance", "delivered-to"),
    )
)
_TEXT = frozenset(("subject", "comments", "content-description", "thread-topic", "organization"))
# Signatures and what servers say of them have grammars of their own; none is for a reader's eyes.
_OPAQUE = ("dkim-signature", "domainkey-signature", "arc-", "authentication-results", "received-spf", "x-google-")


def may_hold_words(field: RawField) -> bool:
    """Whether encoded words are looked for: the field has a meaning there, and is not for programs only."""
    means = field.place != "part" or field.lower.startswith("content-")
    return means and not field.lower.startswith(_OPAQUE)


def grammar_of(lower: str) -> Grammar:
    """The grammar of a field, by its name in lower case."""
    if lower in _TEXT:
        return "text"
    if lower in _ADDRESS:
        return "addresses"
    if lower in _PARAMETRIC:
        return "parameters"
    return "structured" if lower in _STRUCTURED else "unknown"


class Places:
    """Which part of a structured field holds an offset."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.lexemes = read_lexemes(text)
        self.starts = [lexeme.start for lexeme in self.lexemes]
        self.grammar = grammar
        self.broken = next((one.start for one in self.lexemes if _is_lone(one)), len(text))
        self.angles = list(self._angles())

    def _angles(self) -> Iterator[bool]:
        """For each lexeme, whether it stands between angle brackets."""
        inside = False
        for lexeme in self.lexemes:
            if lexeme.kind == "special" and lexeme.text in "<>,":
                inside = lexeme.text == "<"
            yield inside

    def of(self, start: int, end: int) -> WordPlace:
        """The place of a word from ``start`` to ``end``."""
        at = max(bisect_right(self.starts, start) - 1, 0)
        lexeme = self.lexemes[at]
        if start > self.broken:
            return "broken"
        if lexeme.kind == "comment":
            return "comment"
        if self.grammar == "parameters":
            return "parameter"
        if lexeme.kind == "quoted":
            return "quoted"
        if self.grammar == "structured":
            return "structured"
        inside = self.angles[at] or lexeme.kind == "literal"
        return "address" if inside or self._is_at(start - 1, end) else "phrase"

    def _is_at(self, before: int, after: int) -> bool:
        """Whether the special @ stands at one of these offsets."""
        found = (bisect_right(self.starts, offset) - 1 for offset in (before, after) if offset >= 0)
        return any(self.lexemes[at].text == "@" for at in found)


def _is_lone(lexeme: Lexeme) -> bool:
    return lexeme.kind == "special" and lexeme.text in '"('
