from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import decode, read_words
from mailtemplates.octets.field import RawField
from mailtemplates.pattern import pattern

_RUN = pattern(r"[!?！？]{2,}")
_WHITE = " \t\r\n"
# Longer ones have a rule of their own, as have encoded words that are too long.
_TOO_LONG = 998


@rule("HDR019", severity="info", fields=("Subject",), fix="part")
def subject_style(field: RawField, *, longest: int = 78) -> Findings:
    """The subject shouts, is long, or has white space at its ends.

    Capitals throughout and runs of `!` and `?` are what filters and readers know from spam. Clients show the first
    40 to 70 characters of a subject. White space at an end is left over from a template; the fix removes it. The
    option `longest` is the number of characters that may stand in a subject.

    Reference: Gmail sender guidelines (https://support.google.com/a/answer/81126); RFC 5322 §2.1.1

    Bad:

        Subject: YOUR ORDER HAS ARRIVED
        …

    Bad:

        Subject: Your order has arrived!!!
        …

    Bad:

        Subject: Your order has arrived  ␠
        …

    Bad:

        Subject: Your order 4711 of Monday has been packed by us and is now on its way to your house
        …

    Good:

        Subject: Your order has arrived!
        …

    Good:

        Subject: NASA: 3 new images
        …
    """
    if field.latin.isascii() and not field.is_plain:
        return
    text = decode(field.latin) if "=?" in field.latin else field.value
    seen = text.strip(_WHITE)
    if not seen:
        return
    start = len(field.latin) - len(field.latin.lstrip(_WHITE))
    whole = field.at(start, len(field.latin.rstrip(_WHITE)))
    if seen.isupper() and sum(map(str.isalpha, seen)) >= 9 and len(seen.split()) > 1:
        yield Finding(whole, "the subject is all capitals", "write it as a sentence")
    if run := _RUN.search(seen):
        at = field.latin.find(run[0])
        where = field.at(at, at + len(run[0])) if at >= 0 else whole
        yield Finding(where, f"`{run[0][:20]}` stands in the subject", "write one mark, or none")
    if longest < len(seen) <= _TOO_LONG and not any(word.fault("too-long") for word in read_words(field)):
        yield Finding(whole, f"the subject has {len(seen)} characters, over {longest}", "say it in fewer words")
    yield from _edges(field, text)


def _edges(field: RawField, text: str) -> Findings:
    """White space at the ends: in the octets, apart from what a fold needs, or in an encoded word."""
    latin = field.latin
    kept = latin.rstrip(_WHITE)
    if len(kept) < len(latin) and "\n" not in latin[len(kept) :]:
        where = field.at(len(kept), len(latin))
        yield Finding(where, "white space stands at the subject's end", "remove it", replace(where, b""))
    elif text.strip(_WHITE) and decode(kept.lstrip(_WHITE)) != text.strip(_WHITE) and "=?" in latin:
        start = len(latin) - len(latin.lstrip(_WHITE))
        where = field.at(start, len(kept))
        yield Finding(where, "white space stands at an end of the subject, in an encoded word", "remove it")
    elif latin.startswith("  ") and "\n" not in latin:
        where = field.at(1, len(latin) - len(latin.lstrip(_WHITE)))
        yield Finding(where, "white space stands before the subject", "remove it", Fix(replace(where, b"").edits))
