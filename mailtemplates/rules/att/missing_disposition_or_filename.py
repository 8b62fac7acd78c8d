from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.headers.parameter import write_parameter
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.filename import RawFilename, read_filenames
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.span import Span

_FILES = ("application/", "image/", "audio/", "video/", "font/", "model/")
_NO_FILES = (
    "application/pgp-", "application/pkcs7-", "application/x-pkcs7-", "application/ics", "application/applefile",
    "application/ms-tnef", "application/vnd.ms-tnef", "application/smil",
)  # fmt: skip
# Containers whose parts are files of their own, not the two halves of a signature or a report.
_OF_FILES = frozenset(("multipart/mixed", "multipart/related"))


@rule("ATT005", severity="warning", fix="part")
def missing_disposition_or_filename(message: RawMessage) -> Findings:
    """An attachment does not say that it is one, has no file name, or has two.

    Mail programs then make up a name such as `ATT00001.bin`, which opens in no program, or show the file's content in
    the text. Of two names one program shows the first and the next the other.

    Reference: RFC 2183 §2; RFC 2046 §4.5.1

    Bad:

        Content-Type: multipart/mixed; boundary=b
        …

        --b
        Content-Type: text/plain; charset=utf-8

        Your invoice.
        --b
        Content-Type: application/pdf
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment

        JVBERi0xLjQK
        --b--

    Bad:

        Content-Type: multipart/mixed; boundary=b
        …

        --b
        Content-Type: text/plain; charset=utf-8

        Your invoice.
        --b
        Content-Type: application/pdf; name="invoice.pdf"
        Content-Transfer-Encoding: base64

        JVBERi0xLjQK
        --b--

    Bad:

        Content-Type: multipart/mixed; boundary=b
        …

        --b
        Content-Type: text/plain; charset=utf-8

        Your invoice.
        --b
        Content-Type: application/pdf; name="scan.pdf"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="invoice.pdf"

        JVBERi0xLjQK
        --b--

    Good:

        Content-Type: multipart/mixed; boundary=b
        …

        --b
        Content-Type: text/plain; charset=utf-8

        Your invoice.
        --b
        Content-Type: application/pdf; name="invoice.pdf"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="invoice.pdf"

        JVBERi0xLjQK
        --b--
    """
    for part, holder in _files(message):
        names = read_filenames(part)
        if any(one.is_broken for one in names):
            continue
        if len(names) > 1 and _differ(names[0], names[1]):
            yield _two_names(part, names[0], names[1])
        elif not names and (part.disposition == "attachment" or (_is_file(part) and holder != "multipart/related")):
            yield _nameless(part)
        elif names and not part.disposition and _is_file(part) and holder != "multipart/related":
            yield _undisposed(part, names[0])


def _files(message: RawMessage) -> Iterator[tuple[Part, str]]:
    """The leaves that may be files, with the type of what holds them; the root of a multipart/related is none."""
    if not message.root.is_composite:
        yield message.root, ""
    for holder in message.parts:
        if holder.media_type in _OF_FILES:
            first = holder.media_type == "multipart/related"
            yield from ((part, holder.media_type) for part in holder.children[first:] if not part.is_composite)


def _is_file(part: Part) -> bool:
    """Whether a part can be nothing but a file to its reader."""
    inline = part.first("Content-ID") is not None or part.first("Content-Disposition") is not None
    return part.media_type.startswith(_FILES) and not part.media_type.startswith(_NO_FILES) and not inline


def _place(part: Part) -> Span:
    field = part.first("Content-Disposition") or part.first("Content-Type")
    return field.at(len(field.latin) - len(field.latin.lstrip()), len(field.latin.rstrip())) if field else part.header


def _nameless(part: Part) -> Finding:
    what = "the attachment" if part.disposition == "attachment" else f"the part of type {shorten(part.media_type, 40)}"
    also = "" if part.first("Content-Disposition") else " and no Content-Disposition"
    help_ = 'write Content-Disposition: attachment; filename="…"'
    return Finding(_place(part), f"{what} has no file name{also}", help_)


def _undisposed(part: Part, named: RawFilename) -> Finding:
    """A part with a name in its Content-Type only. An image is shown by most readers, so it becomes inline."""
    kind = "inline" if part.media_type.startswith("image/") else "attachment"
    field = named.field
    end = newline(part.octets)
    chunks = [f"Content-Disposition: {kind}", *write_parameter("filename", named.name)]
    line = (";" + end.decode("ascii") + " ").join(chunks).encode("ascii", "replace") + end
    at = Span(field.span.end, field.span.end)
    whole = field.octets[field.span.end - 1 : field.span.end] == b"\n" and named.name.isprintable()
    return Finding(
        _place(part),
        f"the attachment `{shorten(named.name)}` has no Content-Disposition",
        f'write Content-Disposition: {kind}; filename="…"',
        Fix((Edit(at, line),), is_ours(part)) if whole else None,
    )


def _differ(one: RawFilename, other: RawFilename) -> bool:
    """Whether two names are really two: one in ASCII stands in for one that is not, for old programs."""
    if one.name == other.name:
        return False
    first, second = (_plain(named.name) for named in (one, other))
    if first == second or not first or not second:
        return False
    return first.isascii() == second.isascii() and max(first + second) < "\udc80"


def _plain(name: str) -> str:
    """A name as it is compared, without the folders before it, which are a fault of their own."""
    file = name.replace("\\", "/").rpartition("/")[2]
    return " ".join(unicodedata.normalize("NFC", file).split())


def _two_names(part: Part, filename: RawFilename, name: RawFilename) -> Finding:
    edit = name.rewrite(filename.name) if filename.name.isprintable() else None
    return Finding(
        name.span,
        f"the name `{shorten(name.name)}` is not the filename `{shorten(filename.name)}`",
        f'write name="{shorten(filename.name)}", or leave it out',
        Fix((edit,), is_ours(part)) if edit else None,
    )
