from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.headers.encodedword import LINE_LIMIT, WORD_LIMIT
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import Word, meant, read_words, runs
from mailtemplates.octets.field import RawField
from mailtemplates.octets.rewording import Piece, has_long_line, plain_form, reword
from mailtemplates.span import Span

# A word that fits a line (RFC 5322 §2.1.1).
_HARMLESS = 78


@rule("ENC001", severity="error", fix="part", holding=b"=?")
def encoded_word_too_long(field: RawField) -> Findings:
    """An encoded word is longer than 75 octets, or its line longer than 76.

    A reader may leave a longer word as it is, and then people see `=?utf-8?q?…` instead of the text. Long text is
    written as several words with white space between them, which readers drop again. A line that is too long,
    or a word that still fits a line of 78 octets, does no harm in the readers of today, and Python's own `email`
    package writes such words; it is a warning.

    Reference: RFC 2047 §2

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus_M=C3=BCnchen=2C_und_Ihre_Rechnung_vom_2=2E_November?=
        …

    Bad:

        Subject: Your order of the second of November is ready =?utf-8?q?=E2=80=93_come?= and get it
        …

    Good:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus_M=C3=BCnchen,_und_Ihre?=
         =?utf-8?q?_Rechnung_vom_2._November?=
        …
    """
    words = [word for word in read_words(field) if word.is_legal and not word.fault("no-end", "white-space")]
    if not words:
        return
    long = [word for word in words if word.fault("too-long")]
    if long:
        most = max(word.end - word.start for word in long)
        problem = f"an encoded word has {most} octets, {WORD_LIMIT} are the most"
        if len(long) > 1:
            problem = f"{len(long)} encoded words over {WORD_LIMIT} octets; the longest has {most}"
        pieces = [_piece(field, run) for run in runs(tuple(words), field.latin) if _is_long(run)]
        yield Finding(
            field.at(long[0].start, long[0].end),
            problem,
            "cut the text into several encoded words with a space between them",
            reword(field, [piece for piece in pieces if piece], whole=True) if all(pieces) else None,
            severity="warning" if most <= _HARMLESS else None,
        )
    elif has_long_line(field):
        line = _long_line(field, words)
        if line:
            yield Finding(
                line,
                f"a line with an encoded word has {line.end - line.start} octets, {LINE_LIMIT} are the most",
                "fold the line at white space",
                None if any(word.fault("touches-text", "touches-word") for word in words) else reword(field),
                severity="warning",
            )


def _is_long(run: tuple[Word, ...]) -> bool:
    return any(word.fault("too-long") for word in run)


def _piece(field: RawField, run: tuple[Word, ...]) -> Piece | None:
    plain = plain_form(field, run)
    text = plain or meant(run)
    return Piece(run[0].start, run[-1].end, ((text, not plain),)) if text else None


def _long_line(field: RawField, words: list[Word]) -> Span | None:
    """The first line over 76 octets that holds an encoded word."""
    octets = field.octets
    for word in words:
        at = field.body.start + word.start
        start = max(octets.rfind(b"\n", field.span.start, at) + 1, field.span.start)
        end = octets.find(b"\n", at, field.body.end)
        end = field.body.end if end < 0 else end - (octets[end - 1 : end] == b"\r")
        if end - start > LINE_LIMIT:
            return Span(start, end)
    return None
