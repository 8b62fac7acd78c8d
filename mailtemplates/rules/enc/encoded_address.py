from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.headers.address import Group, Mailbox, parse_addresses
from mailtemplates.headers.addrspec import quote_name
from mailtemplates.headers.encodedword import encode_words
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.field import RawField
from mailtemplates.octets.lexeme import Lexeme, read_lexemes
from mailtemplates.octets.rewording import Piece, reword


@rule(
    "ENC003",
    severity="error",
    fields=(
        *("From", "Sender", "Reply-To", "To", "Cc", "Bcc"),
        *("Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Bcc"),
    ),
    fix="part",
    holding=b"=?",
)
def encoded_address(field: RawField) -> Findings:
    """The address is encoded together with the name, so that no address is left.

    A mail server decodes nothing: to it the field holds one long word and no address. Such mail is refused, or it is
    shown without its sender, and nobody can answer. Only the name is encoded, never the address. In Python this comes
    from `email.header.Header("发件人 <a@b.example>", "utf-8")`; `email.message.EmailMessage` encodes the name alone,
    as does `email.utils.formataddr(("发件人", "a@b.example"))`.

    Reference: RFC 2047 §5(3)

    Bad:

        From: =?utf-8?b?5Y+R5Lu25Lq6IDxoZWxsb0BhY21lLXNob3AuY29tPg==?=
        …

    Bad:

        From: Acme <hello@acme-shop.com>
        To: =?utf-8?q?Ben_M=C3=BCller_=3Cben=40reader=2Eexample=3E?=,
         ann@reader.example
        …

    Bad:

        To: =?utf-8?q?ben=40reader=2Eexample?=
        …

    Good:

        From: =?utf-8?b?5Y+R5Lu25Lq6?= <hello@acme-shop.com>
        …

    Good:

        To: =?utf-8?b?5Y+R5Lu25Lq6?= : ben@reader.example;
        …
    """
    for words in _elements(read_lexemes(field.latin)):
        start, end = words[0].start, words[-1].end
        text = decode(field.latin[start:end])
        if "@" not in text or not field.latin[start:end].isascii():
            continue
        addresses = _addresses(text)
        suggestion = _suggestion(text, addresses)
        yield Finding(
            field.at(start, end),
            f'the address stands in an encoded word, "{shorten(text)}", and no server finds it there',
            f"encode the name only and write the address as it is: {suggestion}",
            _fix(field, start, end, addresses),
        )


def _elements(lexemes: Sequence[Lexeme]) -> Iterator[list[Lexeme]]:
    """The elements of the list that are words and no address, one of them encoded at least."""
    words: list[Lexeme] = []
    has_address = False
    for lexeme in (*lexemes, Lexeme("special", ",", 0, 0)):
        if lexeme.is_blank:
            continue
        if lexeme.kind == "special" and lexeme.text in ",;:":
            if not has_address and lexeme.text != ":" and any(word.kind == "encoded" for word in words):
                yield words
            words, has_address = [], False
        elif lexeme.is_word:
            words.append(lexeme)
        else:
            has_address = has_address or lexeme.text != "."


def _addresses(text: str) -> tuple[Mailbox, ...]:
    """The addresses that a text is, when it is nothing else."""
    try:
        found = parse_addresses(text)
    except AddressError:
        return ()
    boxes = tuple(one for one in found if not isinstance(one, Group))
    return boxes if len(boxes) == len(found) and all(one.addr_spec.isascii() for one in boxes) else ()


def _suggestion(text: str, addresses: tuple[Mailbox, ...]) -> str:
    name = addresses[0].name if addresses else text
    spec = addresses[0].addr_spec if addresses else "local@domain"
    if not name:
        return spec
    written = encode_words(name)[0] if len(name) <= 20 and "@" not in name else "Name"
    return f"{quote_name(name) if name.isascii() and '@' not in name else written} <{spec}>"


def _fix(field: RawField, start: int, end: int, addresses: tuple[Mailbox, ...]) -> Fix | None:
    parts: list[tuple[str, bool]] = []
    for at, box in enumerate(addresses):
        comma = "," if at + 1 < len(addresses) else ""
        if not box.name:
            parts.append((f"{box.addr_spec}{comma}", False))
        elif box.name.isascii() and "=?" not in box.name:
            parts.append((f"{quote_name(box.name)} <{box.addr_spec}>{comma}", False))
        else:
            parts += [(box.name, True), (f"<{box.addr_spec}>{comma}", False)]
    return reword(field, [Piece(start, end, tuple(parts))]) if parts else None
