"""Documents that arrive in pieces: which pieces decide the structure, and which are only values.

A template's output is a list of strings: static stretches, the same objects each time, and values between
them. A :class:`Lexer` reads such a list as a tokenizer would and tells them apart: a value in running text, or in the
quoted value of an attribute that no selector looks at, cannot change how the document is inlined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtemplates.html.markup import RAW_TEXT, Token, attribute_spans, cut

_MAX_STEPS = 5_000
_MAX_CHARACTERS = 1_000_000
_MOST_SEGMENTS = 200
_LONGEST_TAIL = 100_000

PieceKey = tuple[str | None, ...]
"""The pieces that decide the structure; None stands for a value that does not."""


class Mode:
    """Where the tokenizer stands between two pieces.

    ``stop`` is the character that ends the present stretch: a piece without it is a value, and the mode stays. An empty
    ``stop`` means that every piece decides the structure. ``tail`` is markup that is begun but not complete; values in
    it are left out. ``segments`` are the lengths of the parts of ``tail`` that lie in different pieces.
    """

    __slots__ = ("memo", "segments", "stop", "tail")

    def __init__(self, stop: str, tail: str = "", segments: tuple[int, ...] = ()) -> None:
        self.stop = stop
        self.tail = tail
        self.segments = segments
        self.memo: dict[str, Mode] = {}


class Lexer:
    """Reads pieces, which may be of subclasses of ``str`` that escape what is added to them.

    ``relevant`` are the attributes whose values can change how a document is inlined."""

    def __init__(self, relevant: Iterable[str]) -> None:
        self.relevant = frozenset(relevant)
        self.text = Mode("<")
        self.lost = Mode("")  # in a tag of very many pieces: to read it at each would take the square of their number
        self._modes: dict[tuple[str, str, tuple[int, ...]], Mode] = {}
        self._steps = 0
        self._characters = 0

    def key(self, pieces: Sequence[str]) -> PieceKey:
        """The pieces with every value that cannot change the structure replaced by None. Blank values in running text
        are kept: blank or not can make a difference there."""
        text = mode = self.text
        key: list[str | None] = []
        append = key.append
        for piece in pieces:
            if mode.stop in piece:
                append(piece)
                mode = mode.memo.get(piece) or self.step(mode, piece)
            elif mode is text and (not piece or piece.isspace()):
                append(piece)
            else:
                append(None)
        return tuple(key)

    def stops(self, pieces: Sequence[str], places: Sequence[int]) -> frozenset[str]:
        """The characters that end the stretches which the pieces at these places stand in."""
        mode = self.text
        stops = set()
        wanted = set(places)
        for at, piece in enumerate(pieces):
            if at in wanted:
                stops.add(mode.stop)
            elif mode.stop in piece:
                mode = self.step(mode, piece)
        return frozenset(stops)

    def step(self, mode: Mode, piece: str) -> Mode:
        """The mode after ``piece``, remembered."""
        known = mode.memo.get(piece)
        if known or mode is self.lost:
            return known or mode
        whole = "".join((mode.tail, piece))
        following = self.mode_after(whole, cut(whole), mode)
        if len(following.segments) > _MOST_SEGMENTS or len(following.tail) > _LONGEST_TAIL:
            following = self.lost
        self._steps += 1
        self._characters += len(piece) + len(following.tail)
        if self._steps > _MAX_STEPS or self._characters > _MAX_CHARACTERS:
            self._steps = self._characters = 0
            self._modes = {}
            self.text.memo = {}
        elif len(piece) < _MAX_CHARACTERS // 4:
            mode.memo[piece] = following
        return following

    def mode_after(self, html: str, tokens: list[Token], before: Mode) -> Mode:
        """The mode at the end of ``html``, which begins with the tail of ``before``."""
        if not tokens:
            return self.text
        last = tokens[-1]
        text = html[last.start : last.end]
        if last.kind == "raw" or (last.kind == "start" and last.name in RAW_TEXT):
            return self._raw(html, last, text if last.kind == "raw" else "")
        if last.kind == "text":
            at = max(text.rfind("<", len(text) - 2), 0)
            return self._intern("", text[at:], (len(text) - at,)) if text.endswith(("<", "</")) else self.text
        if last.kind == "comment" and text.startswith("<!--"):
            return self._comment(text)
        if last.kind in ("doctype", "comment") and not _complete(text):
            return self._open_tag(text, before.segments if last.start == 0 else (), len(before.tail))
        return self.text

    def _intern(self, stop: str, tail: str, segments: tuple[int, ...] = ()) -> Mode:
        return self._modes.setdefault((stop, tail, segments), Mode(stop, tail, segments))

    def _raw(self, html: str, last: Token, text: str) -> Mode:
        opened = f"<{last.name}>"
        if last.name == "plaintext":
            return self._intern("<", opened)
        if last.name == "style" or (last.name == "script" and "<!-" in text):
            return self._intern("", opened + text[-32:] if last.name == "style" else opened + text)
        partial = text.rfind("<", max(0, len(text) - len(last.name) - 3))
        return self._intern("<", opened) if partial < 0 else self._intern("", opened + text[partial:])

    def _comment(self, text: str) -> Mode:
        if text.endswith(("-->", "--!>")):
            return self.text
        ending = text[-3:] if "-" in text[-3:] else ""
        if len(text) < 8:
            return self._intern("", text)
        return self._intern("", "<!--xxxxx" + ending) if ending else self._intern("-", "<!--xxxxx")

    def _open_tag(self, text: str, segments: tuple[int, ...], known: int) -> Mode:
        """A tag, or bogus comment, that is not closed yet."""
        spans = attribute_spans(text) if text[1:2].isalpha() else []
        last = spans[-1] if spans else None
        if not segments:
            known = 0
        if last and last.quote and last.value_end == len(text) == last.end and self._neutral(text, last.name):
            return self._intern(last.quote, text, (*segments, len(text) - known))
        return self._intern("", text, (*segments, len(text) - known))

    def _neutral(self, tag: str, attribute: str) -> bool:
        name = tag[1:6].lower()
        return attribute not in self.relevant and not name.startswith(("style", "link", "base"))


def _complete(text: str) -> bool:
    return text.endswith(">") and not text[1:2].isalpha() and not (text[1] == "/" and text[2:3].isalpha())
