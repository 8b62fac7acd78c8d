from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import read_words, runs
from mailtemplates.octets.field import RawField
from mailtemplates.octets.rewording import Piece, plain_form, reword


@rule("ENC007", severity="info", fix="safe", holding=b"=?")
def needless_header_encoding(field: RawField) -> Findings:
    """Plain ASCII text is sent as an encoded word.

    It is right, but nobody can read the source, search engines over raw mail do not find it, and spam filters know it
    as a way to hide words.

    Reference: none (style); RFC 2047 §3 is for text outside ASCII

    Bad:

        Subject: =?utf-8?q?Your_order?=
        …

    Bad:

        From: =?utf-8?b?QWNtZSwgSW5jLg==?= <hello@acme-shop.com>
        …

    Good:

        Subject: Your order
        From: "Acme, Inc." <hello@acme-shop.com>
        …

    Good:

        Subject: =?utf-8?q?Your_order=E2=80=A6?=
        …
    """
    words = read_words(field)
    for run in runs(words, field.latin) if words else ():
        text = "" if any(word.faults for word in run) else plain_form(field, run)
        if text:
            yield Finding(
                field.at(run[0].start, run[-1].end),
                "plain ASCII text stands in an encoded word",
                "write the text as it is" + (", in quotes" if text.startswith('"') else ""),
                reword(field, [Piece(run[0].start, run[-1].end, ((text, False),))]),
            )
