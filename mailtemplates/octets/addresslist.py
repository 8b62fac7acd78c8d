"""Address lists as they stand: the grammar (RFC 5322 §3.4, §4.4; RFC 6854).

A tolerant reader: it never raises, takes linear time, and looks for what the author meant, so that one slip is
one :class:`~mailtemplates.octets.addrspec.Fault`: ``Acme, Inc. <a@b.example>`` is one mailbox whose name needs quotes.
:mod:`mailtemplates.octets.address` is how it is used.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from mailtemplates.octets.addrspec import (
    Extent,
    Fault,
    FaultKind,
    RawAddrSpec,
    extent,
    hides_address,
    joined_runs,
    read_addr_spec,
    words_of,
)
from mailtemplates.octets.lexeme import Lexeme, read_lexemes
from mailtemplates.text.unfilled import is_nothing


class RawMailbox(NamedTuple):
    """One mailbox.

    :param span: the whole of it, from the first word of its name or address to the last.
    :param name: the lexemes of the display name, without blanks at its ends; empty when there is none.
    :param spec: None when no address can be read.
    :param bracketed: whether the address stands in ``<>``.
    """

    span: Extent
    name: tuple[Lexeme, ...]
    spec: RawAddrSpec | None
    bracketed: bool

    @property
    def name_at(self) -> Extent:
        """Where the name stands; there must be one."""
        return extent(self.name)


class RawGroup(NamedTuple):
    """A group: the lexemes of its name, and its members, perhaps none."""

    span: Extent
    name: tuple[Lexeme, ...]
    members: tuple[RawMailbox, ...]


Element = RawMailbox | RawGroup


def read_list(text: str) -> tuple[tuple[Element, ...], tuple[Fault, ...]]:
    """The elements of a list, and what is wrong with it in the order of the text. Never raises."""
    return _Reader(text).read()


def _has_at(words: Sequence[Lexeme]) -> bool:
    return any(one.text == "@" for one in words)


def _is_whole(words: Sequence[Lexeme]) -> bool:
    """Whether words are no piece of a name that goes on behind a comma: nothing filled in, or an encoded address."""
    return is_nothing(words_of(words)) or any(hides_address(one) for one in words)


def _is_lower(words: Sequence[Lexeme]) -> bool:
    return all(one.kind != "encoded" and one.text == one.text.lower() for one in words)


class _Angle(NamedTuple):
    """``<…>``: what is in it, where it is, and a fault of the brackets."""

    inner: Sequence[Lexeme]
    span: Extent
    fault: Fault | None


class _Reader:
    """One pass over one list.

    ``pending`` are elements without an address, which may turn out to be the beginning of a name; ``group`` is the
    name of the group that is open, and where it begins and its colon ends.
    """

    def __init__(self, text: str) -> None:
        self.lexemes = [one for one in read_lexemes(text) if not one.is_blank]
        self.starts = [one.start for one in self.lexemes]
        self.brackets = [index for index, one in enumerate(self.lexemes) if one.text in ("<", ">")]
        self.bracket = 0
        self.last = {one.text: index for index, one in enumerate(self.lexemes) if one.kind == "special"}
        self.at = 0
        self.faults: list[Fault] = []
        self.elements: list[Element] = []
        self.members: list[RawMailbox] = []
        self.group: tuple[tuple[Lexeme, ...], Extent] | None = None
        self.pending: list[Sequence[Lexeme]] = []

    def read(self) -> tuple[tuple[Element, ...], tuple[Fault, ...]]:
        if all(one.text in (",", ";") for one in self.lexemes):
            where = extent(self.lexemes) if self.lexemes else Extent(0, 0)
            return (), (Fault("empty", "the field holds no address", *where),)
        while self.at < len(self.lexemes):
            self.element()
        self.flush()
        if self.group:
            name, where = self.group
            self.fault("unclosed-group", f"the group `{words_of(name)}` is not closed", where)
            self.close_group(where.end)
        return tuple(self.elements), self.sorted_faults()

    def sorted_faults(self) -> tuple[Fault, ...]:
        """Faults in order; where something never ends, nothing else is said, for all else may come of it."""
        unclosed = self.unclosed()
        return (unclosed,) if unclosed else tuple(sorted(self.faults, key=lambda fault: (fault.start, fault.end)))

    def unclosed(self) -> Fault | None:
        if '"' not in self.last and "(" not in self.last:
            return None
        one = next(one for one in self.lexemes if one.text == '"' or one.text == "(")
        if one.text == "(":
            return Fault("unclosed", "a comment is opened and never closed", one.start, one.end)
        # The quote that has no partner may be an earlier one, when the quotes behind it have changed their partners.
        one = next((one for one in self.lexemes if one.kind == "quoted" and ">," in one.text.replace(" ", "")), one)
        return Fault("unclosed", "a quote is opened and never closed", one.start, one.start + 1)

    def fault(self, kind: FaultKind, problem: str, where: tuple[int, int]) -> None:
        self.faults.append(Fault(kind, problem, *where))

    def add(self, box: RawMailbox) -> None:
        (self.members if self.group else self.elements).append(box)

    # Separators

    def element(self) -> None:
        """One element and the separator behind it."""
        words = self.words()
        if self.peek() == ":":
            self.open_group(tuple(words))
            return
        if self.peek() == "<":
            words = self.bracketed(self.without_address(words))
        if words and _has_at(words):
            self.bare(words)
        elif words:
            self.pending.append(words)
        if self.at < len(self.lexemes):
            self.at += 1
            self.separator(self.lexemes[self.at - 1])

    def peek(self) -> str:
        return self.lexemes[self.at].text if self.at < len(self.lexemes) else ""

    def words(self) -> Sequence[Lexeme]:
        """Lexemes up to what ends a name: ``<``, a separator, or the colon of a group."""
        start = self.at
        has_at = False
        while self.at < len(self.lexemes):
            one = self.lexemes[self.at]
            if one.kind == "special":
                has_at = has_at or one.text == "@"
                if one.text in "<,;" or (one.text == ":" and not has_at and self.opens_group(start)):
                    break
            self.at += 1
        return self.lexemes[start : self.at]

    def opens_group(self, start: int) -> bool:
        """Whether the colon here opens a group, and does not stand in a name."""
        if self.group or (self.at == start + 1 and self.lexemes[start].text.lower() == "mailto"):
            return False
        if max(self.last.get(";", -1), self.last.get(",", -1)) > self.at:
            return True
        return self.last.get("<", -1) < self.at

    def separator(self, mark: Lexeme) -> None:
        before = self.lexemes[self.at - 2].text if self.at > 1 else ","
        where = Extent(mark.start, mark.end)
        if mark.text == ";":
            self.semicolon(where)
        elif before == "," or (before == ":" and self.group and not self.pending):
            self.fault("empty-element", "nothing stands before a comma", where)
        if self.at == len(self.lexemes) and mark.text == ",":
            self.trailing_comma()

    def semicolon(self, where: Extent) -> None:
        if self.group:
            self.trailing_comma(self.at - 1)
            self.flush()
            self.close_group(where.end)
            if self.peek() == ",":
                self.at += 1
                if self.at == len(self.lexemes):
                    self.trailing_comma()
            elif self.peek() not in ("", ";"):
                here = self.lexemes[self.at]
                self.fault("missing-comma", f"no comma stands before `{words_of([here])}`", extent([here]))
        elif not self.pending or self.last.get("<", -1) < self.at:
            self.flush()
            self.fault("semicolon", "`;` stands where a comma separates addresses", where)

    def trailing_comma(self, end: int | None = None) -> None:
        """Look for a comma after the last address; more of them behind it have been found already."""
        at = (len(self.lexemes) if end is None else end) - 1
        first = None
        while at > 0 and self.lexemes[at].text == ",":
            first = self.lexemes[at]
            at -= 1
        if first and not self.pending and self.lexemes[at].text != ":":
            self.fault("empty-element", "a comma stands after the last address", (first.start, first.end))

    def open_group(self, words: tuple[Lexeme, ...]) -> None:
        self.flush()
        colon = self.lexemes[self.at]
        self.at += 1
        where = Extent(words[0].start if words else colon.start, colon.end)
        if words:
            self.check_name(words)
        else:
            self.fault("unnamed-group", "a group has no name", where)
        self.group = (words, where)

    def close_group(self, end: int) -> None:
        if self.group:
            name, where = self.group
            self.elements.append(RawGroup(Extent(where.start, end), name, tuple(self.members)))
            self.group = None
            self.members = []

    # Mailboxes in brackets

    def bracketed(self, words: Sequence[Lexeme]) -> Sequence[Lexeme]:
        """The mailbox whose name is ``words``, and those that follow; what is returned are words of one more."""
        self.mailbox(self.with_pending(words, self.lexemes[self.at].start), self.angle())
        while True:
            after = self.words()
            if self.peek() == ":":
                self.at += 1
                self.fault("text-after", "`:` stands after the address", extent(self.lexemes[self.at - 1 : self.at]))
            elif self.peek() != "<":
                return self.after_angle(after)
            else:
                where = after or self.lexemes[self.at : self.at + 1]
                self.fault("missing-comma", f"no comma stands before `{words_of(where)}`", extent(where))
                self.mailbox(tuple(after), self.angle())

    def after_angle(self, after: Sequence[Lexeme]) -> Sequence[Lexeme]:
        if not after:
            return after
        shown = words_of(after)
        if _has_at(after):
            self.fault("missing-comma", f"no comma stands before `{shown}`", extent(after))
            return after
        if all(one.text == ">" for one in after):
            self.fault("doubled-angle", "`>` stands twice", extent(after))
        else:
            self.fault("text-after", f"`{shown}` stands after the address", extent(after))
        return ()

    def angle(self) -> _Angle:
        """``<…>`` from here on; where its end is missing, up to the next separator."""
        opened = self.lexemes[self.at]
        while self.at + 1 < len(self.lexemes) and self.lexemes[self.at + 1].text == "<":
            self.at += 1
        last = self.lexemes[self.at]
        doubled = None if last is opened else Fault("doubled-angle", "`<` stands twice", opened.start, last.end)
        begin = self.at + 1
        self.at = self.angle_end(begin)
        closed = self.peek() == ">"
        inner = self.lexemes[begin : self.at]
        self.at += closed
        while doubled and self.peek() == ">":
            self.at += 1
        span = Extent(opened.start, self.lexemes[self.at - 1].end)
        unclosed = None if closed else Fault("unclosed-angle", "`<` is opened and never closed", *span)
        return _Angle(inner, span, doubled or unclosed)

    def angle_end(self, at: int) -> int:
        """The index of the ``>`` that closes, or of what ends an address where there is none."""
        while self.bracket < len(self.brackets) and self.brackets[self.bracket] < at:
            self.bracket += 1
        if self.bracket < len(self.brackets):
            close = self.brackets[self.bracket]
            if self.lexemes[close].text == ">":
                return close
        while at < len(self.lexemes) and self.lexemes[at].text not in (",", ";", "<"):
            at += 1
        return at

    def without_address(self, words: Sequence[Lexeme]) -> Sequence[Lexeme]:
        """A name without the whole address in front of it, which is another mailbox whose comma is missing."""
        runs = joined_runs(words) if _has_at(words) else []
        if len(runs) < 2 or not _has_at(runs[0]) or any(map(_has_at, runs[1:])):
            return words
        spec, faults = read_addr_spec(runs[0])
        if spec is None or faults:
            return words
        self.bare(runs[0])
        rest = words[len(runs[0]) :]
        self.fault("missing-comma", f"no comma stands before `{words_of(rest)}`", extent(rest))
        return rest

    def mailbox(self, name: tuple[Lexeme, ...], angle: _Angle) -> None:
        spec, faults = read_addr_spec(angle.inner) if angle.inner else (None, [])
        if angle.fault:
            faults = [angle.fault]
        elif not angle.inner:
            faults = [Fault("no-address", "`<>` holds no address", *angle.span)]
        if name:
            self.check_name(name)
        self.faults += faults
        start = name[0].start if name else angle.span.start
        self.add(RawMailbox(Extent(start, angle.span.end), name, spec, True))

    def check_name(self, name: Sequence[Lexeme]) -> None:
        """What is wrong with a phrase (§3.2.5); broken encoded words in it are another matter."""
        if any(one.text.startswith("=?") and one.kind != "encoded" for one in name):
            return
        wrong = next((one for one in name if not one.is_word and one.text != "."), None)
        if wrong is None and name[0].text == ".":
            wrong = name[0]
        shown = words_of(name)
        if wrong and wrong.text == ">":
            self.fault("unopened-angle", f"`>` closes nothing in `{shown}`", extent([wrong]))
        elif wrong:
            mark = wrong.text[0]
            self.fault("special-in-name", f"`{mark}` stands outside of quotes in the name `{shown}`", extent(name))
        elif any(one.text == "." for one in name):
            self.fault("dot-in-name", f"a dot stands outside of quotes in the name `{shown}`", extent(name))

    # Elements without brackets

    def with_pending(self, words: Sequence[Lexeme], stop: int) -> tuple[Lexeme, ...]:
        """``words``, which end before ``stop``, or more: elements without an address may be the name's beginning."""
        first = len(self.pending)
        while first and (_is_lower(words) or not self.is_local(self.pending[first - 1])):
            if _is_whole(self.pending[first - 1]):
                break
            first -= 1
        taken = self.pending[first:]
        self.pending = self.pending[:first]
        self.flush()
        if not taken:
            return tuple(words)
        stop_at = bisect_left(self.starts, stop)
        return tuple(self.lexemes[bisect_left(self.starts, taken[0][0].start) : stop_at])

    def is_local(self, words: Sequence[Lexeme]) -> bool:
        """Whether words are rather a local part whose domain is missing than a piece of a name."""
        return len(joined_runs(words)) == 1 and _is_lower(words) and words[0].kind != "quoted"

    def flush(self) -> None:
        """Say of what has no address and is no piece of a name that the address is missing."""
        for words in self.pending:
            self.add(RawMailbox(extent(words), (), None, False))
            shown = words_of(words)
            if any(one.text == ">" for one in words):
                self.fault("unopened-angle", f"`>` closes nothing in `{shown}`", extent(words))
            elif len(joined_runs(words)) == 1 and words[0].kind == "atom" and shown.isascii():
                self.faults += read_addr_spec(words)[1]
            elif not any(hides_address(one) for one in words):
                self.fault("no-address", f"`{shown}` has no address", extent(words))
        self.pending = []

    def bare(self, words: Sequence[Lexeme]) -> None:
        """One addr-spec without brackets, or what was meant for it."""
        wrong = next((one for one in words if one.text == ">"), None)
        if wrong:
            self.flush()
            self.fault("unopened-angle", f"`>` closes nothing in `{words_of(words)}`", extent([wrong]))
            self.add(RawMailbox(extent(words), (), None, False))
            return
        runs = joined_runs(words)
        specs = [index for index, run in enumerate(runs) if _has_at(run)]
        first, last = specs[0], specs[-1]
        if first:
            self.no_brackets(runs[:first], runs[first])
        else:
            self.flush()
        for index in specs:
            spec, faults = read_addr_spec(runs[index])
            self.add(RawMailbox(extent(runs[index]), (), spec, False))
            self.faults += faults
            if index > first:
                problem = f"no comma stands before `{words_of(runs[index])}`"
                self.fault("missing-comma", problem, extent(runs[index]))
        after = [one for run in runs[last + 1 :] for one in run]
        if after:
            self.fault("text-after", f"`{words_of(after)}` stands after the address", extent(after))

    def no_brackets(self, runs: Sequence[Sequence[Lexeme]], spec: Sequence[Lexeme]) -> None:
        name = self.with_pending([one for run in runs for one in run], spec[0].start)
        where = Extent(name[0].start, spec[-1].end)
        self.fault("no-brackets", f"`{words_of(name)}` stands before an address without `<>`", where)
