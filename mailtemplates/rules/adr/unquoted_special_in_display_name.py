from __future__ import annotations

from itertools import groupby

from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import ADDRESS_FIELDS, display_name, read_addresses
from mailtemplates.octets.field import RawField
from mailtemplates.octets.lexeme import Lexeme, read_lexemes
from mailtemplates.octets.rewording import Piece, reword
from mailtemplates.pattern import pattern

_MANY = 20
_LONE_QUOTE = pattern(r'(\\.)|"')


@rule("ADR003", severity="error", fields=ADDRESS_FIELDS, fix="safe")
def unquoted_special_in_display_name(field: RawField) -> Findings:
    r"""A display name has a comma or another special outside of quotes.

    A comma ends an address. `Acme, Inc. <hello@acme-shop.com>` is an address `Acme` without a domain and another one
    named `Inc.`, and programs answer both, one, or none. The characters `( ) < > [ ] : ; @ \ , . "` may stand in a
    name when it is in double quotes. A dot outside of quotes (`Dr. Who`) is an old habit that all programs
    understand, so it is a warning. The fix puts the name in quotes, or encodes it whole where a piece of it is encoded
    already.

    Reference: RFC 5322 §3.2.3, §3.2.5, §4.1

    Bad:

        From: Acme, Inc. <hello@acme-shop.com>
        …

    Bad:

        From: hello@acme-shop.com <hello@acme-shop.com>
        …

    Bad:

        From: [Acme] Orders <hello@acme-shop.com>
        …

    Bad:

        From: Acme: Orders :) <hello@acme-shop.com>
        To: Ann <ann@reader.example>, Miller, Ben "the \"old\" one" <ben@reader.example>
        …

    Bad:

        To: Dr. Who <who@reader.example>
        …

    Bad:

        From: =?utf-8?q?Caf=C3=A9?=, Inc. <hello@acme-shop.com>
        …

    Good:

        From: "Acme, Inc." <hello@acme-shop.com>
        To: Ann (at home) <ann@reader.example>, "Dr. Who" <who@reader.example>
        …
    """
    faults = [fault for fault in read_addresses(field).faults if fault.kind in ("special-in-name", "dot-in-name")]
    for fault in faults if len(faults) <= _MANY else faults[:1]:
        problem = f"{fault.problem} ({len(faults)} names are so)" if len(faults) > _MANY else fault.problem
        yield Finding(
            field.at(fault.start, fault.end),
            problem,
            'put the name in double quotes: "Name, with specials" <local@domain>',
            _quote(field, fault.start, fault.end),
            "warning" if fault.kind == "dot-in-name" else None,
        )


def _quote(field: RawField, start: int, end: int) -> Fix:
    """Quotes round the whole name; those inside of it go, and what they held stays as it is."""
    lexemes = read_lexemes(field.latin[start:end])
    if any(one.kind == "encoded" for one in lexemes):
        return _encode(field, start, end) or replace(field.at(start, end), _quote_beside(lexemes))
    text = '"' + "".join([_inside(one) for one in lexemes]) + '"'
    return replace(field.at(start, end), text.encode("latin-1"))


def _encode(field: RawField, start: int, end: int) -> Fix | None:
    """All of a name encoded, because encoded words may not stand in quotes; None when it cannot be decoded."""
    boxes = read_addresses(field).mailboxes
    name = next((display_name(box) for box in boxes if box.name and box.name_at == (start, end)), "")
    if not name or "\ufffd" in name or not name.isprintable():
        return None
    return reword(field, [Piece(start, end, ((name, True),))])


def _quote_beside(lexemes: tuple[Lexeme, ...]) -> bytes:
    """The encoded words as they are, and quotes round what stands beside them."""
    pieces = []
    for is_word, run in groupby(lexemes, lambda one: one.kind == "encoded"):
        text = "".join([one.text if is_word else _inside(one) for one in run]).strip(" \t\r\n")
        pieces.append(text if is_word or not text else f'"{text}"')
    return " ".join(filter(None, pieces)).encode("latin-1")


def _inside(lexeme: Lexeme) -> str:
    """A lexeme as it stands inside of a quoted-string."""
    if lexeme.kind == "quoted":
        return lexeme.text[1:-1]
    if lexeme.text == "\\":
        return "\\\\"
    return _LONE_QUOTE.sub(lambda match: match[1] or '\\"', lexeme.text) if '"' in lexeme.text else lexeme.text
