from __future__ import annotations

from mailtemplates.addrspec import quote_name
from mailtemplates.finding import Finding, Findings
from mailtemplates.pattern import pattern
from mailtemplates.rawfield import RawField
from mailtemplates.rawword import Word, meant, read_words, runs
from mailtemplates.rewording import Piece, reword
from mailtemplates.rule import rule

# Text that is the same as it stands: no space at its ends, no two together, no word that is too long to fold.
_PLAIN = pattern(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_NAME_MOST = 60


@rule("ENC007", severity="info", fix="safe")
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
        text = _plain(field, run)
        if text:
            yield Finding(
                field.at(run[0].start, run[-1].end),
                "plain ASCII text stands in an encoded word",
                "write the text as it is" + (", in quotes" if text.startswith('"') else ""),
                reword(field, [Piece(run[0].start, run[-1].end, ((text, False),))]),
            )


def _plain(field: RawField, run: tuple[Word, ...]) -> str:
    """The text as it can stand there; empty when it cannot, or when another rule has a word to say."""
    if run[0].place not in ("text", "phrase", "comment") or any(word.faults for word in run):
        return ""
    text = meant(run) or ""
    if "=?" in text or not _PLAIN.fullmatch(text):
        return ""
    if run[0].place == "text":
        return text
    if run[0].place == "comment":
        return "" if any(mark in text for mark in "()\\") else text
    follows = field.latin[run[-1].end : run[-1].end + 80].lstrip()[:1]
    return quote_name(text) if follows == "<" and len(text) <= _NAME_MOST else ""
