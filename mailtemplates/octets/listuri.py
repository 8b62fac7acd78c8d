"""The URIs of ``List-…`` fields as they stand (RFC 2369 §2, RFC 8058 §3.1).

A tolerant reader: it never raises and takes linear time. A URI stands in angle brackets, several have commas
between them, comments may stand anywhere outside of the brackets; white space inside the brackets means nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from mailtemplates.octets.field import RawField
from mailtemplates.pattern import pattern

FaultKind = Literal["bare", "unclosed", "missing-comma", "no-uri", "text", "empty"]

_SPACE = pattern(r"[ \t\r\n]+")
_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:(?=.)")
_PIECE = pattern(r"[ \t\r\n]+|<[^<>]*>|,|[^ \t\r\n<>,(]+(?:,(?=[^ \t\r\n<>,(]*=)[^ \t\r\n<>,(]*)*|.")
_MARK = pattern(r"\\.|[()]")


class ListUri(NamedTuple):
    """One URI without white space, and where it stands in the field's body, without brackets."""

    text: str
    start: int
    end: int
    bracketed: bool

    @property
    def scheme(self) -> str:
        """Its scheme in lower case."""
        return self.text.partition(":")[0].lower()


class UriFault(NamedTuple):
    """What is wrong: the kind, and where in the field's body."""

    kind: FaultKind
    start: int
    end: int


class ListUris(NamedTuple):
    """The URIs of a field, those without brackets too, and what is wrong in the order of the text."""

    uris: tuple[ListUri, ...]
    faults: tuple[UriFault, ...]


def read_list_uris(field: RawField) -> ListUris:
    """The URIs of a ``List-…`` field. Never raises."""
    return _read(field.latin)


@lru_cache(maxsize=32)
def _read(text: str) -> ListUris:
    uris: list[ListUri] = []
    faults: list[UriFault] = []
    at = 0
    separated = True
    while at < len(text):
        match = _PIECE.match(text, at)
        piece = match.group() if match else text[at]
        end = at + len(piece)
        if piece == "(":
            end = _comment_end(text, at)
        elif piece == ",":
            separated = True
        elif not piece.isspace():
            start, stop = (at + 1, end - 1) if piece[0] == "<" and piece[-1] == ">" and len(piece) > 1 else (at, end)
            uri = ListUri(_SPACE.sub("", text[start:stop]), start, stop, start > at)
            wrong = _judge(uri, piece, separated)
            if wrong:
                faults.append(UriFault(wrong, at, end))
            if _SCHEME.match(uri.text):
                uris.append(uri)
            separated = False
        at = end
    if not uris and not faults:
        faults.append(UriFault("empty", 0, len(text)))
    return ListUris(tuple(uris), tuple(faults))


def _judge(uri: ListUri, piece: str, separated: bool) -> FaultKind | None:
    if piece in ("<", ">"):
        return "unclosed"
    is_uri = _SCHEME.match(uri.text) is not None
    if not uri.bracketed:
        return "bare" if is_uri else "text"
    if not is_uri:
        return "no-uri"
    return None if separated else "missing-comma"


def _comment_end(text: str, start: int) -> int:
    """The offset after a comment, which may nest; of the text where it never ends."""
    depth = 0
    for mark in _MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark.group(), 0)
        if not depth:
            return mark.end()
    return len(text)
