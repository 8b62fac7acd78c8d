from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.charset import find_charset, find_misfit, is_utf8
from mailtemplates.octets.encodedword import Word, decode, meant, read_words, runs
from mailtemplates.octets.field import RawField
from mailtemplates.octets.rewording import Piece, plain_form, reword
from mailtemplates.octets.wordform import FaultKind

_HELP: dict[FaultKind, str] = {
    "no-end": "end it with ?=, in the same line",
    "empty": "leave it out",
    "white-space": "write _ for a space, and begin another word on another line",
    "question-mark": "write =3F for a question mark",
    "special": "write it as = and two hexadecimal digits",
    "unknown-encoding": "write =?charset?q?text?= or =?charset?b?text?=",
    "unknown-charset": "write utf-8 and encode the text in it",
    "bad-base64": "encode the text again: letters, digits, + and /, padded with = to a multiple of four",
    "bad-q": "write =3D for an equals sign",
    "undecodable": "name the charset that the text is really in, best utf-8",
}


@rule("ENC005", severity="error", fix="part", holding=b"=?")
def malformed_encoded_word(field: RawField) -> Findings:
    """An encoded word is broken, so that readers show it as it is or guess.

    People see `=?utf-8?q?…` in the list of their messages, or other characters than were written. White space and
    question marks inside a word are what handmade encoding forgets most often. Text that only resembles an encoded
    word is not found.

    Reference: RFC 2047 §2, §4

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe aus M=C3=BCnchen?=
        …

    Bad:

        Subject: =?utf-8?q?Sch=C3=B6n??=
        …

    Bad:

        Subject: =?utf-8?b?R3LDvMOf?=
        To: =?utf-8?q?M=C3=BCller,_Ann?= <ann@reader.example>
        …

    Bad:

        Subject: =?utf-8?b?R3LDvM*fZQ==?=
        …

    Bad:

        Subject: =?utf-8?q?100=_sch=C3=B6n?=
        …

    Bad:

        Subject: =?utf-8?x?Gr=C3=BC=C3=9Fe?=
        …

    Bad:

        Subject: =?utf-9?q?Gr=C3=BC=C3=9Fe?=
        …

    Bad:

        Subject: =?utf-8?q?Gr=FC=DFe?=
        …

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe
        …

    Good:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus_M=C3=BCnchen=3F?=
        …

    Good:

        Subject: What is =? and where does it end?
        …
    """
    words = read_words(field)
    for run, word in ((one, word) for one in runs(words, field.latin) for word in one):
        fault = word.fault(*_HELP) if word.is_legal else None
        if fault and fault.kind == "special" and _hides_address(field, word):
            continue
        if fault and fault.kind == "empty" and field.lower == "subject" and not decode(field.value).strip():
            continue
        if fault and fault.kind == "undecodable":
            yield from _undecodable(field, word)
        elif fault:
            yield Finding(
                field.at(fault.start, fault.end), fault.problem, _HELP[fault.kind], _fix(field, run, word, fault.kind),
                severity="warning" if _is_harmless(word, fault.kind) else None,
            )  # fmt: skip


def _undecodable(field: RawField, word: Word) -> Findings:
    """Octets that are no text in the charset, though perhaps in the larger one that readers take it for."""
    charset = find_charset(word.charset)
    misfit = find_misfit(word.octets, charset) if charset else None
    if misfit is None:
        return
    better = misfit.name or misfit.codec or ("utf-8" if is_utf8(word.octets) else "")
    yield Finding(
        field.at(word.start, word.end),
        f"the octets of an encoded word are no text in {word.charset}" + (f", but in {better}" if better else ""),
        f"name the charset that the text is in, {better}" if better else _HELP["undecodable"],
        severity="warning" if misfit.kind == "superset" or word.place == "unknown" else None,
    )


def _hides_address(field: RawField, word: Word) -> bool:
    """Whether the word stands where an address must, with the address in it."""
    return "@" in word.seen and field.latin[word.end : word.end + 80].lstrip()[:1] != "<"


def _is_harmless(word: Word, kind: FaultKind) -> bool:
    return kind == "empty" or word.place == "unknown" or word.charset.lower() == "unknown-8bit"


def _fix(field: RawField, run: tuple[Word, ...], word: Word, kind: FaultKind) -> Fix | None:
    """The same text without what is forbidden, where the text is not in doubt."""
    text = meant((word,)) if kind in ("white-space", "question-mark", "special") and word.encoding == "q" else None
    if not text:
        return None
    plain = plain_form(field, run) if len(run) == 1 else ""
    return reword(field, [Piece(word.start, word.end, ((plain or text, not plain),))])
