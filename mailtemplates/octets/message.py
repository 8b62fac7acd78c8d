"""A message as it stands, whole: what the rules over octets look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mailtemplates.finding import Edit
from mailtemplates.octets.field import RawField
from mailtemplates.octets.lines import Lines
from mailtemplates.octets.mime import Part, parse
from mailtemplates.octets.once import once
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_NO_LETTER = pattern(rb"[^A-Za-z]+")


@dataclass(frozen=True)
class RawMessage:
    """One message.

    :param octets: as they were given; nothing is repaired.
    :param root: their tree.
    :param smtputf8: whether it is known to be sent with SMTPUTF8, so that UTF-8 may stand in its header (RFC 6532).
    """

    octets: bytes = field(repr=False)
    root: Part
    smtputf8: bool = False

    @once
    def all_parts(self) -> tuple[Part, ...]:
        """All parts in the order of the octets, those of attached messages too."""
        return tuple(self.root.walk())

    @once
    def parts(self) -> tuple[Part, ...]:
        """The message and its own parts, without what attached messages hold."""
        return tuple(part for part in self.all_parts if part.place != "embedded")

    @once
    def identified(self) -> tuple[Part, ...]:
        """The message and its own parts that have a Content-ID."""
        return tuple(part for part in self.parts if part.first("Content-ID"))

    @once
    def has_defects(self) -> bool:
        """Whether something is wrong with the structure of any part."""
        return any(part.defects for part in self.all_parts)

    @once
    def leaves(self) -> tuple[Part, ...]:
        """The message's own parts that hold no others."""
        return tuple(part for part in self.parts if not part.is_composite)

    @once
    def bodies(self) -> tuple[Part, ...]:
        """The leaves that a reader is shown as text or html, without attachments."""
        return tuple(
            part for part in self.leaves if part.media_type in ("text/plain", "text/html") and not part.is_attachment
        )

    def first(self, name: str) -> RawField | None:
        """The first field of that name in the message's header."""
        return self.root.first(name)

    def fields_named(self, name: str) -> list[RawField]:
        """The fields of that name in the message's header."""
        return self.root.fields_named(name)

    @once
    def line_end(self) -> bytes:
        """How the message's lines end, by its first: CRLF where there is none. For fixes that add a line."""
        at = self.octets.find(b"\n")
        if at < 0 and b"\r" in self.octets:
            return b"\r"
        return b"\n" if at == 0 or (at > 0 and self.octets[at - 1 : at] != b"\r") else b"\r\n"

    @once
    def header_end(self) -> Span:
        """The place after the last header field, where a fix adds one."""
        end = self.root.fields[-1].span.end if self.root.fields else self.root.header.start
        return Span(end, end)

    @once
    def cut_off(self) -> Span | None:
        """Where the message is cut off, when it is: what is wrong there is that the rest is missing.

        The last octets; the whole last part when its header is not whole, or it has no body.
        """
        part = self.root
        end = len(self.octets)
        is_cut = False
        while part.children:
            is_cut = is_cut or (part.body.end == end and any(one.kind == "not-closed" for one in part.defects))
            part = part.children[-1]
        if not is_cut:
            return None
        is_whole = part.content and all(one.kind != "no-separator" for one in part.defects)
        tail = max(end - 4, 0)
        return Span(tail if is_whole or part.body.end < end else min(tail, part.header.start), end)

    def lacks(self, *names: str) -> bool:
        """Whether the header surely has none of these fields: none is there, nor a broken line that was to be one.

        Where the empty line after the header is missing nobody knows what was meant for a field.
        """
        if any(self.root.first(name) for name in names):
            return False
        broken = [one.span for one in self.root.defects if one.kind in ("stray-line", "no-separator")]
        if not broken:
            return True
        wanted = tuple(name.replace("-", "").lower().encode() for name in names)
        heads = [self.octets[start : min(end, start + 100)].partition(b":")[0] for start, end in broken]
        return all(one.kind != "no-separator" for one in self.root.defects) and not any(
            not head.isascii() or _NO_LETTER.sub(b"", head).lower().startswith(wanted) for head in heads
        )

    def new_field(self, field: bytes) -> Edit:
        """The edit that puts a field after the others.

        :param field: without a line end.
        """
        end = self.header_end.end
        last = self.octets[end - 1 : end]
        if end == self.root.header.start or last == b"\n" or (last == b"\r" and b"\n" not in self.octets):
            return Edit(self.header_end, field + self.line_end)
        return Edit(self.header_end, (b"\n" if last == b"\r" else self.line_end) + field)

    @property
    def start(self) -> Span:
        """The place of what is missing from the header: its first line."""
        first = self.root.fields[0] if self.root.fields else None
        return Span(first.span.start, first.body.start) if first else Span(0, 0)

    @once
    def lines(self) -> Lines:
        """The octets as lines."""
        return Lines(self.octets)


def read_message(octets: bytes, *, smtputf8: bool = False) -> RawMessage:
    """A message with its tree. Never raises, whatever the octets."""
    return RawMessage(octets, parse(octets), smtputf8)


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that are judged together: the files of a run, or a template's samples."""

    messages: tuple[RawMessage, ...]

    @classmethod
    def of(cls, messages: Iterable[RawMessage]) -> Batch:
        """A batch of messages."""
        return cls(tuple(messages))
