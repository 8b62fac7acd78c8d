from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.finding import Finding, Findings, Fix, Severity, replace
from mailtemplates.headers.addrspec import parse_addr_spec
from mailtemplates.headers.parameter import write_parameter
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import Word, decode, meant, read_words
from mailtemplates.octets.extended import Parameter
from mailtemplates.octets.field import RawField
from mailtemplates.octets.lexeme import Lexeme, read_lexemes
from mailtemplates.octets.parameter import Kind, Parameters, read_parametric
from mailtemplates.octets.rewording import Piece, reword
from mailtemplates.pattern import pattern

_KINDS: dict[str, Kind] = {"content-type": "type", "content-disposition": "disposition"}
_SPEC = pattern(r"[^ \t\r\n<>,;:()]+")
_PAIR = pattern(r"\\(.)")
_FOLD = pattern(r"\r?\n(?=[ \t])")
# RFC 822 allowed words of text there; old programs write them.
_ONCE_FREE = frozenset(("in-reply-to", "references"))
_IDENTIFIERS = pattern(r"<[!-;=?-~]+@[!-;=?-~]+>(?: <[!-;=?-~]+@[!-;=?-~]+>)*")
# Fields that rules of their own read strictly.
_OTHERS = frozenset(("date", "resent-date", "mime-version", "content-transfer-encoding", "content-id"))
_MOST = 100
_EXTENDED_NAME = pattern(rb"[; \t\n]filename\*(?:0\*?)?=", 2)
# How far away the other field of the same header is looked for, in octets.
_NEAR = 4_000


class _Misplaced(NamedTuple):
    """What holds the words: where it stands, what it is, what to write, and a fix."""

    start: int
    end: int
    what: str
    cure: str
    fix: Fix | None = None
    severity: Severity | None = None


@rule("ENC004", severity="error", fix="part", holding=b"=?")
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
    words = [word for word in read_words(field) if not word.is_legal and word.place != "broken"]
    holders = _Holders(field) if words and field.lower not in _OTHERS else None
    done = 0
    for word in words:
        if holders is None or word.start < done:
            continue
        one = holders.of(word)
        done = one.end
        yield Finding(
            field.at(one.start, one.end),
            f"an encoded word stands in {one.what}: {shorten(field.latin[word.start : word.end])}",
            one.cure,
            one.fix,
            one.severity,
        )


class _Holders:
    """What holds words of one field, found in one reading."""

    def __init__(self, field: RawField) -> None:
        self.field = field
        self.text = field.latin
        kind = _KINDS.get(field.lower)
        self.read = read_parametric(self.text, kind) if kind else None
        self.parts: Sequence[Parameter | Lexeme] = self.read.written if self.read else read_lexemes(self.text)
        self.starts = [part.start for part in self.parts]

    def of(self, word: Word) -> _Misplaced:
        at = bisect_right(self.starts, word.start) - 1
        part = self.parts[at] if at >= 0 else None
        if isinstance(part, Parameter) and self.read and ";" not in self.text[part.end : word.start]:
            return self.in_parameter(word, part, self.read)
        if word.place == "quoted" and isinstance(part, Lexeme):
            return self.in_quotes(part)
        return self.in_address(word) if word.place == "address" else self.elsewhere(word)

    def elsewhere(self, word: Word) -> _Misplaced:
        what, cure = f"{self.field.name}, which holds no free text", "write it in ASCII, without =? and ?="
        severity: Severity | None = "warning" if self.field.lower in _ONCE_FREE else None
        text = meant((word,)) or ""
        if not _IDENTIFIERS.fullmatch(text):
            return _Misplaced(word.start, word.end, what, cure, None, severity)
        fix = replace(self.field.at(word.start, word.end), text.encode("ascii"))
        return _Misplaced(word.start, word.end, what, f"write {shorten(text)}", fix)

    def in_parameter(self, word: Word, one: Parameter, read: Parameters) -> _Misplaced:
        ends = (fault.end for fault in read.faults[:_MOST] if fault.start == one.value_start)
        end = max([one.end, word.end, *ends])
        text = decode(one.value) if one.quoted else _shown(self.text[one.value_start : end])
        chunks = [chunk.encode("ascii") for chunk in _parameter(one, text)]
        cure = (
            f"write {one.name}*=utf-8''… (RFC 2231)" if _is_free(one.name) else "write it in ASCII, without =? and ?="
        )
        severity: Severity | None = "warning" if one.name == "name" and _is_spare(self.field) else None
        if not chunks:
            return _Misplaced(one.start, end, f"the parameter {one.name}", cure, None, severity)
        if len(chunks[0]) < 70:
            cure = f"write {chunks[0].decode('ascii')}"
        written = (b";" + self.field.line_end + b" ").join(chunks)
        fix = replace(self.field.at(one.start, end), written)
        return _Misplaced(one.start, end, f"the parameter {one.name}", cure, fix, severity)

    def in_quotes(self, quoted: Lexeme) -> _Misplaced:
        text = _shown(_PAIR.sub(r"\1", _FOLD.sub("", quoted.text[1:-1])))
        is_local = self.text[quoted.end : quoted.end + 1] == "@"
        fix = (
            None
            if is_local or not text or "@" in text
            else reword(self.field, [Piece(quoted.start, quoted.end, ((text, True),))])
        )
        return _Misplaced(quoted.start, quoted.end, "quotes", "leave the quotes out", fix)

    def in_address(self, word: Word) -> _Misplaced:
        least = max(word.start - 320, 0)
        start = max(least, *(self.text.rfind(mark, least, word.start) + 1 for mark in " \t\r\n<>,;:("))
        match = _SPEC.match(self.text, start, word.end + 320)
        end = max(match.end(), word.end) if match else word.end
        text = _shown(self.text[start:end])
        if not text or not text.isascii() or not _is_address(text):
            return _Misplaced(start, end, "an address", "write the address as it is, in ASCII")
        fix = replace(self.field.at(start, end), text.encode("ascii"))
        return _Misplaced(start, end, "an address", f"write {text}", fix)


def _is_spare(field: RawField) -> bool:
    """Whether the Content-Disposition beside has the file name as it should be, and this one is for old programs."""
    least = max(0, field.span.start - _NEAR)
    start = max(field.octets.rfind(mark, least, field.span.start) for mark in (b"\n\n", b"\n\r\n"))
    ends = (field.octets.find(mark, field.span.end, field.span.end + _NEAR) for mark in (b"\n\n", b"\n\r\n"))
    end = min((at for at in ends if at >= 0), default=field.span.end + _NEAR)
    return _EXTENDED_NAME.search(field.octets, max(start, least), end) is not None


def _is_free(name: str) -> bool:
    """Whether the parameter may have any text for its value."""
    return name.isascii() and name not in ("charset", "boundary")


def _parameter(one: Parameter, text: str | None) -> tuple[str, ...]:
    """The parameter with a text that nobody doubts, as RFC 2231 has it; nothing when it is in sections."""
    if (
        not text
        or one.numbered
        or one.extended
        or not _is_free(one.name)
        or "=?" in text
        or "\ufffd" in text
        or not text.isprintable()
    ):
        return ()
    return write_parameter(one.name, text)


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
