"""The file names that a part gives itself (RFC 2183 §2.3, RFC 2045 §5.1 note)."""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.finding import Edit
from mailtemplates.headers.parameter import write_parameter
from mailtemplates.octets.body import newline
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.extended import Parameter
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.octets.once import once_each
from mailtemplates.octets.parameter import Parameters, read_parametric
from mailtemplates.span import Span


class RawFilename(NamedTuple):
    """A name as a reader shows it.

    :param name: decoded, from an encoded word too.
    :param parameter: ``filename`` of Content-Disposition or ``name`` of Content-Type.
    :param written: the parameters that it stands in.
    :param read: the whole field.
    """

    name: str
    parameter: str
    field: RawField
    written: tuple[Parameter, ...]
    read: Parameters

    @property
    def span(self) -> Span:
        """The value, without quotes when it is one; all sections of it when there are more."""
        first, last = self.written[0], self.written[-1]
        quotes = first.quoted and first is last and self.field.latin[last.end - 1 : last.end] == '"'
        return self.field.at(first.value_start + quotes, last.end - quotes)

    @property
    def is_broken(self) -> bool:
        """Whether the parameter has a fault of its form, which other rules own."""
        return any(fault.name == self.parameter for fault in self.read.faults)

    def rewrite(self, name: str) -> Edit | None:
        """The parameter with another name; None when it does not stand in one piece."""
        start, end = self.written[0].start, self.written[-1].end
        between = [one for one in self.read.written if start <= one.start < end]
        if len(between) != len(self.written):
            return None
        chunks = write_parameter(self.parameter, name)
        fold = ";" + newline(self.field.octets).decode("ascii") + " "
        return Edit(self.field.at(start, end), fold.join(chunks).encode("ascii"))


@once_each
def read_filenames(part: Part) -> tuple[RawFilename, ...]:
    """The part's names, that of Content-Disposition first. ``name`` of a message/external-body is where the content is
    to be had, not what it is called (RFC 2046 §5.2.3)."""
    is_elsewhere = part.media_type == "message/external-body"
    named = part.first("Content-Disposition"), None if is_elsewhere else part.first("Content-Type")
    found = (_read(named[0], "filename") if named[0] else None, _read(named[1], "name") if named[1] else None)
    return tuple(one for one in found if one)


def _read(field: RawField, parameter: str) -> RawFilename | None:
    if parameter not in field.latin.lower():
        return None
    read = read_parametric(field.latin, "disposition" if parameter == "filename" else "type")
    written = tuple(read.named(parameter))
    if not written:
        return None
    value = read.values[parameter]
    return RawFilename(decode(value) if "=?" in value else value, parameter, field, written, read)
