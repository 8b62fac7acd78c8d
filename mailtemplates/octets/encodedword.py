r"""Encoded words as they stand in a header field (RFC 2047, RFC 2231 §5).

A tolerant reader: :func:`read_words` gives everything in a field that is an encoded word or was meant to be
one, with what is wrong with it as values; :func:`decode` gives the text that a lenient mail program shows. Neither
ever raises.
"""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from mailtemplates.headers.encodedword import WORD_LIMIT
from mailtemplates.octets.charset import find_charset, find_codec
from mailtemplates.octets.decoding import decode_base64
from mailtemplates.octets.field import RawField
from mailtemplates.octets.wordform import FaultKind, WordFault, find_fault
from mailtemplates.octets.wordplace import LEGAL, Grammar, Places, WordPlace, grammar_of, may_hold_words
from mailtemplates.pattern import pattern


@dataclass(frozen=True, slots=True)
class Word:
    """One encoded word as it stands.

    :param start: offset in :attr:`RawField.latin`, as is ``end``.
    :param charset: as written, without the language.
    :param language: behind an asterisk (RFC 2231 §5), or empty.
    :param encoding: ``b`` or ``q``; what stands there when it is neither.
    :param payload: the encoded text as written.
    :param octets: it decoded, leniently.
    :param text: the octets in the charset; None when they are not valid in it or it is unknown.
    :param place: where it stands.
    :param faults: in no order.
    """

    start: int
    end: int
    charset: str
    language: str
    encoding: str
    payload: str
    octets: bytes
    text: str | None
    place: WordPlace = "text"
    faults: tuple[WordFault, ...] = ()

    @property
    def is_legal(self) -> bool:
        """Whether an encoded word may stand there."""
        return self.place in LEGAL

    @property
    def seen(self) -> str:
        """The text that a lenient reader shows."""
        if self.text is not None:
            return self.text
        return self.octets.decode(find_codec(self.charset) or "utf-8", "replace")

    def fault(self, *kinds: FaultKind) -> WordFault | None:
        """The first fault of one of these kinds."""
        return next((fault for fault in self.faults if fault.kind in kinds), None)


_HEAD = pattern(r"=\?([^?=\r\n]{0,60})\?(?:([^?=\s]{0,12})\?)?")
_FOLDED = pattern(rb"[ \t\r\n]+")
_WORD_END = pattern(r"[^ \t\r\n]*")
_MORE_Q = pattern(r"=[0-9A-F]{2}[^ \t\r\n?]*\?=(?![^\s])")
_NO_ENCODING = pattern(r"[^ \t\r\n?]{1,200}\?=")
_CONTROL = pattern("[\x00-\x08\x0a-\x1f\x7f\u2028-\u202e\u2066-\u2069]")
_RAW_CONTROL = pattern(r"[^ -~\t\r\n]|\r(?!\n)")
_SPECIALS = pattern(r'[()<>@,;:"\[\]\\]')
_JAPANESE_END = pattern(rb"\x1b(\([A-Z]|\$[@A-Z]|\$\([A-Z]|&@)")
# What may stand beside an encoded word. A comma behind one in a list of addresses is no fault of the word's.
_BESIDE = {"text": " \t\r\n", "unknown": ' \t\r\n()<>,:;"', "phrase": " \t\r\n,;", "comment": " \t\r\n()"}
_DOUBTFUL: tuple[FaultKind, ...] = (
    *("no-end", "unknown-encoding", "bad-base64", "bad-q", "control", "touches-text", "touches-word"),
)
_STATEFUL = ("iso2022", "hz", "utf_7")
_REMEMBERED = 4_000


def read_words(field: RawField) -> tuple[Word, ...]:
    """Whatever in a field is an encoded word or was meant to be one. Never raises.

    A lone ``=?`` is none: there must be a charset that is known, or an encoding and an end.
    """
    if field.octets.find(b"=?", field.body.start, field.body.end) < 0 or not may_hold_words(field):
        return ()
    grammar = grammar_of(field.lower)
    return (_remembered if len(field.latin) <= _REMEMBERED else _remembered_long)(field.latin, grammar)


def runs(words: tuple[Word, ...], text: str) -> Iterator[tuple[Word, ...]]:
    """Words that a reader shows as one: with nothing but white space between them (RFC 2047 §6.2).

    :param text: the field's body that they stand in.
    """
    run: list[Word] = []
    for word in words:
        if run and (run[-1].place != word.place or text[run[-1].end : word.start].strip(" \t\r\n")):
            yield tuple(run)
            run = []
        run.append(word)
    if run:
        yield tuple(run)


def joined(run: tuple[Word, ...]) -> str:
    """The text of a run as a lenient reader shows it: neighbours of one charset are decoded together."""
    pieces: list[str] = []
    for group in _of_one_charset(run):
        whole = _together(group)
        pieces += [word.seen for word in group] if whole is None else [whole]
    return "".join(pieces)


def meant(run: tuple[Word, ...]) -> str | None:
    """The text of a run when there is no doubt about any of it, so that it can be written anew; else None."""
    pieces = [_together(group) for group in _of_one_charset(run)]
    text = "".join([piece for piece in pieces if piece is not None])
    doubtful = any(word.fault(*_DOUBTFUL) for word in run)
    return None if doubtful or None in pieces or not text else text


def _together(group: tuple[Word, ...]) -> str | None:
    """The text of words of one charset."""
    codec = find_codec(group[0].charset)
    if codec is None:
        return None
    if codec.startswith(_STATEFUL) or any(word.text is None for word in group):
        return _decode(b"".join([word.octets for word in group]), codec)
    return "".join([word.text or "" for word in group])


def decode(text: str) -> str:
    """Free text or a display name as a lenient mail program shows it.

    >>> decode("=?iso-8859-1?q?Andr=E9?= =?utf-8?b?4oKs?= Pirard")
    'André€ Pirard'
    """
    if "=?" not in text:
        return text
    words = tuple(_find(text))
    pieces: list[str] = []
    at = 0
    for run in runs(words, text):
        pieces += [text[at : run[0].start], joined(run)]
        at = run[-1].end
    return "".join([*pieces, text[at:]])


@lru_cache(maxsize=64)
def _remembered(text: str, grammar: Grammar) -> tuple[Word, ...]:
    return _read(text, grammar)


@lru_cache(maxsize=1)
def _remembered_long(text: str, grammar: Grammar) -> tuple[Word, ...]:
    return _read(text, grammar)


def _read(text: str, grammar: Grammar) -> tuple[Word, ...]:
    words = list(_find(text))
    if not words:
        return ()
    if grammar == "text" or grammar == "unknown":
        words = [_placed(word, grammar) for word in words]
    else:
        places = Places(text, grammar)
        words = [_placed(word, places.of(word.start, word.end)) for word in words]
    placed = tuple([_with(word, *_neighbours(text, words, at)) for at, word in enumerate(words)])
    return tuple(_joints(placed, text))


def _placed(word: Word, place: WordPlace) -> Word:
    faults = list(word.faults)
    special = _SPECIALS.search(word.payload) if place == "phrase" and word.encoding == "q" else None
    if special:
        problem = f"`{special[0]}` stands in an encoded word of a name; only letters, digits and !*+-/=_ may"
        faults.append(WordFault("special", problem, word.start, word.end))
    return replace(word, place=place, faults=tuple(faults))


def _with(word: Word, *faults: WordFault) -> Word:
    return replace(word, faults=(*word.faults, *faults)) if faults else word


def _find(text: str) -> Iterator[Word]:
    """The words of a text, all as if they stood in free text."""
    heads = list(_HEAD.finditer(text))
    done = 0
    for at, head in enumerate(heads):
        if head.start() < done:
            continue
        limit = heads[at + 1].start() if at + 1 < len(heads) else len(text)
        word = _word(text, head.start(), head.end(), head[1], head[2], limit)
        if word:
            done = word.end
            yield word


def _word(text: str, start: int, after: int, label: str, encoding: str | None, limit: int) -> Word | None:
    """The word of a head, or None when it is none after all.

    :param after: where the encoded text begins.
    :param limit: where the next head begins.
    """
    charset, _, language = label.strip(" \t").partition("*")
    coded = (encoding or "").lower()
    known = find_codec(charset) is not None
    if coded not in ("b", "q") and known and text.startswith("?=", after - 1):
        payload = encoding if encoding is not None else ""
        return _judged(Word(start, after + 1, charset, language, "", payload, _octets(payload, ""), None))
    if encoding is None and known and (lost := _NO_ENCODING.match(text, after, limit)):
        payload = lost[0][:-2]
        return _judged(Word(start, lost.end(), charset, language, "", payload, _octets(payload, ""), None))
    end = text.find("?=", after, limit) if encoding is not None else -1
    if end < 0:
        return _endless(text, start, after, charset, coded, limit) if known and coded in ("b", "q") else None
    if coded == "q":
        end = _later_end(text, end, limit)
    if not known and (coded not in ("b", "q") or label != label.strip(" \t") or " " in charset):
        return None
    payload = text[after:end]
    octets = _octets(payload, coded)
    return _judged(
        Word(start, end + 2, charset, language, coded, payload, octets, _decode(octets, find_codec(charset)))
    )


def _later_end(text: str, end: int, limit: int) -> int:
    """The end of a Q word that holds a question mark before an escape: ``=?utf-8?q?Why?=20Not?=``."""
    more = _MORE_Q.match(text, end + 1, limit)
    return more.end() - 2 if more else end


def _endless(text: str, start: int, after: int, charset: str, encoding: str, limit: int) -> Word:
    match = _WORD_END.match(text, after, limit)
    end = match.end() if match else after
    payload = text[after:end]
    problem = "an encoded word has no end `?=`"
    fault = WordFault("no-end", problem, start, end)
    return Word(start, end, charset, "", encoding, payload, _octets(text[start:end], ""), None, "text", (fault,))


def _octets(payload: str, encoding: str) -> bytes:
    try:
        raw = payload.encode("latin-1")
    except UnicodeEncodeError:
        raw = payload.encode("utf-8", "surrogateescape")
    if encoding == "b":
        return decode_base64(raw)
    return a2b_qp(_FOLDED.sub(b" ", raw), header=True) if encoding == "q" else raw


def _decode(octets: bytes, codec: str | None) -> str | None:
    if codec is None:
        return None
    try:
        return octets.decode(codec)
    except ValueError:
        return None


def _judged(word: Word) -> Word:
    found = [WordFault(kind, problem, word.start, word.end) for kind, problem in _faults(word)]
    return _with(word, *found)


def _faults(word: Word) -> Iterator[tuple[FaultKind, str]]:
    """What is wrong with a word by itself. What it decodes to is asked only when its form is right."""
    size = word.end - word.start
    if size > WORD_LIMIT:
        yield "too-long", f"an encoded word has {size} octets, {WORD_LIMIT} are the most"
    if word.encoding not in ("b", "q"):
        what = f"the unknown encoding {word.encoding[:20]!r}" if word.encoding else "no encoding"
        yield "unknown-encoding", f"an encoded word has {what}"
        return
    if not word.payload.isascii() or _RAW_CONTROL.search(word.payload):
        return
    form = find_fault(word.payload, word.encoding)
    if form:
        yield form
    if find_codec(word.charset) is None and find_charset(word.charset) is None:
        what = f"the unknown charset {word.charset[:40]!r}" if word.charset else "no charset"
        yield "unknown-charset", f"an encoded word has {what}"
    elif word.text is None and not form and find_codec(word.charset):
        yield "undecodable", f"the octets of an encoded word are no text in {word.charset}"
    found = _CONTROL.search(word.text) if word.text and not form else None
    if found:
        yield "control", found[0]


def _neighbours(text: str, words: list[Word], at: int) -> Iterator[WordFault]:
    """What touches a word that must stand between white space (RFC 2047 §5)."""
    word = words[at]
    if word.place not in LEGAL or word.fault("no-end"):
        return
    before, after = text[word.start - 1 : word.start] if word.start else "", text[word.end : word.end + 1]
    if at and words[at - 1].end == word.start:
        before = ""
    if at + 1 < len(words) and words[at + 1].start == word.end:
        yield WordFault("touches-word", "an encoded word touches the next", word.start, words[at + 1].end)
        after = ""
    for beside, start, end in ((before, word.start - 1, word.end), (after, word.start, word.end + 1)):
        if " " < beside < "\x7f" and beside not in _BESIDE[word.place]:
            special = word.place == "phrase" and beside in "<>:()"
            kind: FaultKind = "touches-special" if special else "touches-text"
            yield WordFault(kind, f"an encoded word touches `{beside}`", start, end)


def _joints(words: tuple[Word, ...], text: str) -> Iterator[Word]:
    """The words, with what is wrong between neighbours of one charset (RFC 2047 §5)."""
    for run in runs(words, text):
        for group in _of_one_charset(run):
            codec = find_codec(group[0].charset)
            if codec is None or codec == "ascii" or any(word.fault("no-end") for word in group):
                yield from group
            else:
                yield from _judge_group(group, codec)


def _judge_group(group: tuple[Word, ...], codec: str) -> Iterator[Word]:
    stateful = codec.startswith(_STATEFUL)
    if len(group) > 1:
        octets = b"".join([word.octets for word in group])
        whole = _decode(octets, codec)
        apart = [word.text for word in group]
        if whole is not None and (None in apart or (stateful and whole != "".join([text or "" for text in apart]))):
            first = next((at for at, text in enumerate(apart) if text is None or stateful), 0)
            problem = f"a character of {group[0].charset} is cut between two encoded words"
            end = group[min(first + 1, len(group) - 1)].end
            fault = WordFault("splits-character", problem, group[first].start, end)
            for at, word in enumerate(group):
                kept = tuple(one for one in word.faults if one.kind != "undecodable")
                yield replace(word, faults=(*kept, fault) if at == first else kept)
            return
    for word in group:
        yield _with(word, *_unended(word, codec))


def _unended(word: Word, codec: str) -> Iterator[WordFault]:
    """A word of a charset with states that does not end in ASCII (RFC 2047 §5, RFC 1468)."""
    if codec.startswith("iso2022") and word.text:
        switches = [match[1] for match in _JAPANESE_END.finditer(word.octets)]
        if switches and switches[-1] not in (b"(B", b"(J"):
            yield WordFault(
                "not-in-ascii", f"an encoded word in {word.charset} does not end in ASCII", word.start, word.end
            )


def _of_one_charset(run: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    group: list[Word] = []
    for word in run:
        if group and group[-1].charset.lower() != word.charset.lower():
            yield tuple(group)
            group = []
        group.append(word)
    if group:
        yield tuple(group)
