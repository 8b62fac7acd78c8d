"""Fields to octets: folded at legal places only (RFC 5322 §2.2.3, RFC 2047, RFC 6532).

A value becomes *chunks*, texts that may not be cut, with one space between them; the chunks are laid out in
lines of at most 78 octets, 76 where an encoded word stands. A chunk that is longer stays whole on a line of its own,
up to 998 octets. An encoded word never stands in an addr-spec, a message identifier, a URL or a token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mailtemplates.errors import AddressError, HeaderError
from mailtemplates.headers.address import Group, Mailbox
from mailtemplates.headers.addrspec import is_phrase, quote
from mailtemplates.headers.encodedword import LINE_LIMIT, encode_words
from mailtemplates.headers.field import (
    AddressList,
    Date,
    Field,
    ListId,
    MessageIds,
    Phrases,
    Text,
    Token,
    UrlList,
    is_prose,
)
from mailtemplates.pattern import pattern

#: Octets of a line without its CRLF: what is aimed at, and what is allowed (RFC 5322 §2.1.1).
FOLD_AT = 78
HARD_LIMIT = 998

_WORDS = pattern(r" *[^ ]+")
_LONG_WORD = HARD_LIMIT - 2
_MANY_SPACES = pattern(" {60}")
_MUST_ENCODE = pattern(rf" {{60}}|[^ ]{{{_LONG_WORD}}}")
# The first encoded word of a name, so that it fits behind "Reply-To: ".
_NAME_ROOM = 64
# A mailbox that is kept on one line, so that it fits there too.
_MAILBOX_ROOM = 66
_KEPT = 1_024
# Fields that come again, each with its octets when it was written once, by its id.
_EXPECTED: dict[int, tuple[Field, bool, bytes]] = {}


def expect(field: Field) -> Field:
    """Say that a field comes again, the same object in message after message: its octets are worth keeping."""
    if len(_EXPECTED) >= _KEPT:
        _EXPECTED.clear()
    _EXPECTED[id(field)] = field, False, b""
    return field


def write_field(field: Field, *, smtputf8: bool = False) -> bytes:
    """The field's octets, folded, with the final CRLF.

    :param smtputf8: allow a local part outside ASCII, written as UTF-8 (RFC 6532); all else stays ASCII.

    Raises :class:`AddressError` for such a local part without ``smtputf8``, and :class:`HeaderError` for a value that
    has no legal fold and is longer than 998 octets.
    """
    known = _EXPECTED.get(id(field))
    if known is None:
        return _write(field, smtputf8)
    if not known[2] or known[1] is not smtputf8:
        _EXPECTED[id(field)] = known = field, smtputf8, _write(field, smtputf8)
    return known[2]


def _write(field: Field, smtputf8: bool) -> bytes:
    name, value = field.name, field.value
    text = _write_text(name, value.text) if isinstance(value, Text) else lay_out(name, _CHUNKS[type(value)](value))
    if text.isascii():
        return text.encode("ascii")
    if smtputf8:
        return text.encode("utf-8")
    raise AddressError(
        f"{name}: an address has a local part outside ASCII",
        cure="use an ASCII address, or allow SMTPUTF8 when every server on the way takes it (RFC 6531)",
    )


class _Lines:
    """The lines of one field as they grow."""

    __slots__ = ("column", "encoded", "name", "pieces")

    def __init__(self, name: str) -> None:
        self.name = name
        self.pieces = [name, ":"]
        self.column = len(name) + 1
        self.encoded = False

    def add(self, chunk: str) -> None:
        """Put a chunk after a space on this line, or on a new one."""
        size = len(chunk) if chunk.isascii() else len(chunk.encode("utf-8"))
        is_word = chunk.startswith("=?")
        width = self.column + 1 + size
        if width > (LINE_LIMIT if self.encoded or is_word else FOLD_AT) and not self._must_stay(width, is_word):
            if size >= HARD_LIMIT:
                raise _too_long(self.name, chunk)
            self.pieces.append("\r\n")
            self.column, self.encoded, width = 0, False, 1 + size
        self.pieces += (" ", chunk)
        self.column = width
        self.encoded = self.encoded or is_word

    def _must_stay(self, width: int, is_word: bool) -> bool:
        """A line with nothing but the name is left only for an encoded word, or where 998 octets are not enough."""
        return len(self.pieces) == 2 and not is_word and width <= HARD_LIMIT

    def text(self) -> str:
        return "".join((*self.pieces, "\r\n"))


def lay_out(name: str, chunks: Sequence[str]) -> str:
    """A field of chunks with one space between them, folded where needed, with the final CRLF."""
    whole = " ".join(chunks)
    if len(name) + 2 + len(whole) <= LINE_LIMIT and whole.isascii():
        return f"{name}: {whole}\r\n" if whole else f"{name}:\r\n"
    lines = _Lines(name)
    for chunk in chunks:
        lines.add(chunk)
    return lines.text()


def _too_long(name: str, chunk: str) -> HeaderError:
    return HeaderError(
        f"{name}: `{chunk[:40]}…` has {len(chunk)} octets and no place to fold it; {HARD_LIMIT} are the most in a line",
        cure="shorten it",
        about=name,
    )


def _write_text(name: str, text: str) -> str:
    if not text:
        return f"{name}:\r\n"
    if text.isascii() and "=?" not in text:
        if len(name) + 2 + len(text) <= FOLD_AT:
            return f"{name}: {text}\r\n"
        if not _MUST_ENCODE.search(text) or not (is_prose(name) or _MANY_SPACES.search(text)):
            return lay_out(name, _split(text))
    before, middle, after = _cut(text)
    lines = _Lines(name)
    for word in before:
        lines.add(word)
    for word in (*encode_words(middle, LINE_LIMIT - 1 - lines.column), *after):
        lines.add(word)
    return lines.text()


def _split(text: str) -> list[str]:
    """The words of a text, each but the first without the one space that joins it to the word before."""
    first, *rest = _WORDS.findall(text)
    return [first, *[word[1:] for word in rest]]


def _cut(text: str) -> tuple[list[str], str, list[str]]:
    """Words before, the text that must be encoded, and words after. One space stands at either cut."""
    words = text.split(" ")
    need = [
        index
        for index, word in enumerate(words)
        if not word or not word.isascii() or "=?" in word or len(word) >= _LONG_WORD
    ]
    first, last = need[0], need[-1]
    return words[:first], " ".join(words[first : last + 1]), words[last + 1 :]


def _phrase(name: str) -> list[str]:
    """A display name as chunks: atoms, one quoted-string, or one run of encoded words."""
    if name.isascii() and "=?" not in name and "  " not in name and len(name) <= FOLD_AT - 8:
        return name.split(" ") if is_phrase(name) else [quote(name)]
    return encode_words(name, _NAME_ROOM)


def _put(chunks: list[str], mark: str) -> list[str]:
    """Put a special after the last chunk; an encoded word does not touch one (RFC 2047 §5)."""
    if chunks[-1].endswith("?="):
        chunks.append(mark)
    else:
        chunks[-1] += mark
    return chunks


def _mailbox_chunks(box: Mailbox) -> list[str]:
    """A mailbox as one chunk where that fits a line, so that it is not folded inside; else name and address apart."""
    if not box.name:
        return [box.addr_spec]
    chunks = [*_phrase(box.name), f"<{box.addr_spec}>"]
    whole = " ".join(chunks)
    return [whole] if len(whole) <= _MAILBOX_ROOM else chunks


def _joined(items: Iterable[list[str]]) -> list[str]:
    """Items with a comma after each but the last."""
    chunks: list[str] = []
    for item in items:
        if chunks:
            _put(chunks, ",")
        chunks += item
    return chunks


def _group_chunks(group: Group) -> list[str]:
    members = _joined(map(_mailbox_chunks, group.mailboxes))
    return _put([*_put(_phrase(group.name), ":"), *members], ";")


def _address_chunks(value: AddressList) -> list[str]:
    return _joined(
        _mailbox_chunks(item) if isinstance(item, Mailbox) else _group_chunks(item) for item in value.addresses
    )


def _url_chunks(value: UrlList) -> list[str]:
    return _joined([f"<{url}>", *([f"({comment})"] if comment else [])] for url, comment in value.urls)


_CHUNKS: dict[type, Callable[[Any], list[str]]] = {
    AddressList: _address_chunks,
    MessageIds: lambda value: [f"<{one}>" for one in value.ids],
    UrlList: _url_chunks,
    ListId: lambda value: [*(_phrase(value.name) if value.name else ()), f"<{value.identifier}>"],
    Date: lambda value: str(value).split(" "),
    Token: lambda value: value.text.split(),
    Phrases: lambda value: _joined(map(_phrase, value.phrases)),
}
