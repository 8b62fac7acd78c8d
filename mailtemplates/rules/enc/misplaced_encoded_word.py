from __future__ import annotations

from typing import NamedTuple

from mailtemplates.addrspec import parse_addr_spec
from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.finding import Finding, Findings, Fix, Severity, replace
from mailtemplates.lexeme import read_lexemes
from mailtemplates.parameter import write_parameter
from mailtemplates.pattern import pattern
from mailtemplates.rawextended import Parameter
from mailtemplates.rawfield import RawField
from mailtemplates.rawparameter import Kind, read_parametric
from mailtemplates.rawword import Word, decode, read_words
from mailtemplates.rewording import Piece, reword
from mailtemplates.rule import rule

_KINDS: dict[str, Kind] = {"content-type": "type", "content-disposition": "disposition"}
_SPEC = pattern(r"[^ \t\r\n<>,;:()]+")
_PAIR = pattern(r"\\(.)")
_FOLD = pattern(r"\r?\n(?=[ \t])")
# RFC 822 allowed words of text there; old programs write them.
_ONCE_FREE = frozenset(("in-reply-to", "references"))


class _Misplaced(NamedTuple):
    """What holds the words: where it stands, what it is, what to write, and a fix."""

    start: int
    end: int
    what: str
    cure: str
    fix: Fix | None = None
    severity: Severity | None = None


@rule("ENC004", severity="error", fix="part")
def misplaced_encoded_word(field: RawField) -> Findings:
    """An encoded word stands where none may: in quotes, in an address, in a MIME parameter, in a message identifier.

    There it is no encoded word but these very characters. Strict readers show `=?utf-8?q?…` as the name or the file
    name; a server finds an address that does not exist. Gmail refuses some of it (550-5.7.1, "Encoded-word syntax is
    not permitted"). A name needs no quotes when it is encoded, and parameters have a form of their own (RFC 2231).

    Reference: RFC 2047 §5; RFC 2231 §4; Gmail 550-5.7.1

    Bad:

        To: "=?utf-8?q?Ben_M=C3=BCller?=" <ben@reader.example>
        …

    Bad:

        Content-Disposition: attachment; filename="=?utf-8?q?Gr=C3=B6=C3=9Fe.txt?="
        …

    Bad:

        Content-Type: text/plain; charset=utf-8; name==?utf-8?q?Gr=C3=B6=C3=9Fe.txt?=
        …

    Bad:

        Message-ID: <=?utf-8?q?order-1?=@acme-shop.com>
        …

    Bad:

        To: Ben <=?utf-8?q?ben=40reader.example?=>
        …

    Bad:

        To: =?utf-8?q?ben?=@reader.example
        …

    Good:

        To: =?utf-8?q?Ben_M=C3=BCller?= <ben@reader.example>
        Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt
        …

    Good:

        Date: Mon, 02 Nov 2026 12:00:00 +0000 (=?utf-8?q?M=C3=BCnchen?=)
        …
    """
    done = 0
    for word in read_words(field):
        if word.is_legal or word.place == "broken" or word.start < done:
            continue
        one = _holder(field, word)
        done = one.end
        yield Finding(
            field.at(one.start, one.end),
            f"an encoded word stands in {one.what}: {shorten(field.latin[word.start : word.end])}",
            one.cure,
            one.fix,
            one.severity,
        )


def _holder(field: RawField, word: Word) -> _Misplaced:
    if word.place == "parameter":
        return _in_parameter(field, word)
    if word.place == "quoted":
        return _in_quotes(field, word)
    if word.place == "address":
        return _in_address(field, word)
    what, cure = f"{field.name}, which holds no free text", "write it in ASCII, without =? and ?="
    severity: Severity | None = "warning" if field.lower in _ONCE_FREE else None
    return _Misplaced(word.start, word.end, what, cure, None, severity)


def _in_parameter(field: RawField, word: Word) -> _Misplaced:
    read = read_parametric(field.latin, _KINDS[field.lower])
    one = next((one for one in read.written if one.start <= word.start < one.end), None)
    if one is None:
        return _Misplaced(word.start, word.end, f"{field.name}", "write it as a parameter of RFC 2231")
    end = max([one.end, word.end, *(fault.end for fault in read.faults if fault.start == one.value_start)])
    text = _shown(field.latin[one.value_start : end]) if not one.quoted else decode(one.value)
    chunks = _parameter(one, text)
    cure = f"write {chunks[0]}" if chunks and len(chunks[0]) < 70 else f"write {one.name}*=utf-8''… (RFC 2231)"
    if not chunks:
        return _Misplaced(one.start, end, f"the parameter {one.name}", cure)
    written = (b";" + field.line_end + b" ").join(chunk.encode("ascii") for chunk in chunks)
    return _Misplaced(one.start, end, f"the parameter {one.name}", cure, replace(field.at(one.start, end), written))


def _parameter(one: Parameter, text: str | None) -> tuple[str, ...]:
    """The parameter with a text that nobody doubts, as RFC 2231 has it; nothing when it is in sections."""
    if not text or one.numbered or one.extended or "=?" in text or "\ufffd" in text or not text.isprintable():
        return ()
    return write_parameter(one.name, text)


def _in_quotes(field: RawField, word: Word) -> _Misplaced:
    quoted = next(one for one in read_lexemes(field.latin) if one.start <= word.start < one.end)
    text = _shown(_PAIR.sub(r"\1", _FOLD.sub("", quoted.text[1:-1])))
    is_local = field.latin[quoted.end : quoted.end + 1] == "@"
    fix = None if is_local or not text else reword(field, [Piece(quoted.start, quoted.end, ((text, True),))])
    return _Misplaced(quoted.start, quoted.end, "quotes", "leave the quotes out", fix)


def _in_address(field: RawField, word: Word) -> _Misplaced:
    start = max(field.latin.rfind(mark, max(word.start - 320, 0), word.start) for mark in " \t\r\n<>,;:(") + 1
    match = _SPEC.match(field.latin, max(start, 0))
    end = max(match.end(), word.end) if match else word.end
    text = _shown(field.latin[start:end])
    cure = "write the address as it is, in ASCII"
    if not text or not text.isascii() or not _is_address(text):
        return _Misplaced(start, end, "an address", cure)
    written = replace(field.at(start, end), text.encode("ascii"))
    return _Misplaced(start, end, "an address", f"write {text}", written)


def _is_address(text: str) -> bool:
    try:
        parse_addr_spec(text)
    except AddressError:
        return False
    return True


def _shown(text: str) -> str | None:
    """What a lenient reader shows, when nothing is doubtful."""
    shown = decode(text)
    return None if "=?" in shown or "\ufffd" in shown or not shown.isprintable() else shown
