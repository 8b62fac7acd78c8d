"""The charset that a text part declares, and the fixes that give it another (RFC 2046 §4.1.2)."""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.finding import Edit, Fix
from mailtemplates.message.transfer import encode_text
from mailtemplates.octets.base64 import part_fault
from mailtemplates.octets.body import newline
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.charset import Charset, Misfit, find_charset, find_misfit
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.octets.once import once_each
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.octets.reencoding import is_ours, relabel
from mailtemplates.span import Span

#: The mark that some programs put before text in UTF-8 (RFC 3629 §6).
MARK = b"\xef\xbb\xbf"


class Declared(NamedTuple):
    """What a text part declares.

    :param label: as written; empty where none is given.
    :param span: the label without quotes; the place of what is missing where none is given.
    :param charset: None where no such charset is known; us-ascii where no label is given.
    """

    label: str
    span: Span
    charset: Charset | None


@once_each
def read_declared(part: Part) -> Declared | None:
    """The charset that a part declares; None when it is no text, or when its Content-Type has a fault of its own."""
    if part.is_composite or not part.media_type.startswith("text/"):
        return None
    field = part.first("Content-Type")
    if field is None:
        span = part.fields[0].span if part.fields else Span(part.header.start, part.header.start)
        return Declared("", span, find_charset("us-ascii"))
    read = read_parametric(field.latin, "type")
    written = read.named("charset")
    if not written:
        if not read.token or "charset" in field.latin.lower():
            return None
        return Declared("", field.at(read.start, read.end), find_charset("us-ascii"))
    if any(fault.name == "charset" for fault in read.faults):
        return None
    first, last = written[0], written[-1]
    label = read.values["charset"].strip()
    quoted = first.quoted and len(written) == 1
    span = field.at(first.value_start + quoted, last.end - quoted)
    return Declared(label, span, find_charset(label or "us-ascii"))


@once_each
def find_part_misfit(part: Part) -> Misfit | None:
    """Where a part's decoded octets are not what its charset says, when that is no fault of the transfer encoding.

    None when it declares no charset that is known.
    """
    declared = read_declared(part)
    charset = declared.charset if declared else None
    if charset is None:
        return None
    octets = part.decoded
    misfit = find_misfit(octets[len(MARK) :] if octets.startswith(MARK) else octets, charset)
    if misfit is None:
        return None
    if octets.startswith(MARK):
        misfit = misfit._replace(at=misfit.at + len(MARK))
    return None if _is_damaged(part, misfit.at) else misfit


def _is_damaged(part: Part, at: int) -> bool:
    """Whether the transfer encoding is at fault: broken base64, or an octet that quoted-printable may not hold."""
    if part.encoding == "base64":
        return part_fault(part) is not None
    if part.encoding != "quoted-printable":
        return False
    start, end = locate(part, at, at + 1)
    near = part.octets[start : min(end + 12, part.body.end)]
    return not near[:1].isascii() or any(not _is_escape(rest) for rest in near.split(b"=")[1:-1])


def _is_escape(rest: bytes) -> bool:
    return rest[:1] in (b"\r", b"\n", b" ", b"\t") or all(octet in b"0123456789ABCDEFabcdef" for octet in rest[:2])


def rename(part: Part, declared: Declared, name: str, *, safe: bool = True) -> Fix:
    """A fix that gives the part another label; where it has none, it gets one, and the field where it has none."""
    safe = safe and is_ours(part)
    field = part.first("Content-Type")
    if field is None:
        return Fix((_new_field(part, name),), safe)
    if declared.label:
        return Fix((Edit(declared.span, _extended(field, declared.span, name)),), safe)
    read = read_parametric(field.latin, "type")
    empty = read.named("charset")
    if empty:
        return Fix((Edit(field.at(empty[0].start, empty[0].end), b"charset=" + name.encode("ascii")),), safe)
    end = field.at(read.end, read.end)
    return Fix((Edit(end, b"; charset=" + name.encode("ascii")),), safe)


def to_utf8(part: Part, declared: Declared, text: str, *, safe: bool = True) -> Fix | None:
    """A fix that writes the part anew, in UTF-8, with another transfer encoding where that suits."""
    try:
        encoded = encode_text(text.removeprefix("\ufeff"))
    except UnicodeEncodeError:
        return None
    end = newline(part.octets)
    body = encoded.octets if end == b"\r\n" else encoded.octets.replace(b"\r\n", end)
    if encoded.encoding == "base64" and part.content.endswith(b"\n"):
        body += end
    label = rename(part, declared, "utf-8").edits
    encoding = () if part.encoding == encoded.encoding else relabel(part, encoded.encoding).edits
    edits = sorted((*label, *encoding, Edit(part.body, body)), key=lambda edit: edit.span)
    return Fix(tuple(edits), safe and is_ours(part))


def _extended(field: RawField, span: Span, name: str) -> bytes:
    """The label as it is written anew: after ``charset*=`` it keeps its form (RFC 2231 §4)."""
    before = field.octets[field.body.start : span.start].rstrip(b'" \t')
    return b"us-ascii''" + name.encode("ascii") if before.endswith(b"*=") else name.encode("ascii")


def _new_field(part: Part, name: str) -> Edit:
    at = part.fields[-1].span.end if part.fields else part.header.start
    end = newline(part.octets)
    lines = f"Content-Type: {part.media_type}; charset={name}".encode("ascii") + end
    is_message = part.place == "message" and not part.section
    if is_message and part.first("MIME-Version") is None:
        lines = b"MIME-Version: 1.0" + end + lines
    return Edit(Span(at, at), lines)
