from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.message.media import OCTETS, by_content, by_name, has_signature, is_inside
from mailtemplates.octets.base64 import part_fault
from mailtemplates.octets.filename import read_filenames
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.span import Span

_OTHER_NAMES = {
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/x-rtf": "application/rtf",
    "text/rtf": "application/rtf",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/heif": "image/heic",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "video/x-m4v": "video/mp4",
}
# Formats that are judged: what has them begins with octets that nothing else begins with.
_SURE = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/gzip",
     "application/x-7z-compressed", "application/zip", "application/x-ole-storage")
)  # fmt: skip
_OFFICE = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
_OLD_OFFICE = frozenset(("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"))
_PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_PDF_HEAD = 1024
# In any other, the content cannot be known.
_ENCODINGS = frozenset(("7bit", "8bit", "binary", "quoted-printable", "base64"))


@rule("ATT008", severity="warning", fix="part", parts=("leaf",))
def type_extension_mismatch(part: Part) -> Findings:
    """The declared type, the file name and the content do not go together.

    A mail program opens a file by its type or by its name. Where the two disagree it opens the wrong program or none,
    and filters take the file for one in disguise.

    Reference: RFC 2046 §4.5.1; RFC 6838

    Bad:

        Content-Type: image/jpeg; name="dot.gif"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="dot.gif"
        …

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==

    Bad:

        Content-Type: application/pdf
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="dot.pdf"
        …

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==

    Bad:

        Content-Type: image/png
        Content-Transfer-Encoding: quoted-printable
        Content-Disposition: attachment; filename="dot.png"
        …

        <!DOCTYPE html><p>404 Not Found

    Good:

        Content-Type: image/gif; name="dot.gif"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="dot.gif"
        …

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==

    Good:

        Content-Type: application/octet-stream
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="dot.gif"
        …

        R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==
    """
    field = part.first("Content-Type")
    if part.encoding not in _ENCODINGS or field is None or part.media_type.startswith("message/"):
        return
    if not part.filename and not part.media_type.startswith(("image/", "application/")):
        return
    read = read_parametric(field.latin, "type")
    if not read.token or (part.encoding == "base64" and part_fault(part)):
        return
    declared = _OTHER_NAMES.get(read.token, read.token)
    names = read_filenames(part)
    named = by_name(names[0].name) if names else None
    content = part.decoded
    shown = _content_type(content) if content else None
    told = None if declared == OCTETS else declared
    where = field.at(read.start, read.end)
    if shown:
        against_type, against_name = _differ(told, shown), _differ(named, shown)
        if against_type:
            fix = None if against_name else _retype(part, where, shown, named)
            other = f", as is the name `{shorten(names[0].name)}`" if against_name else ""
            problem = f"the content is {shown}, but is declared {read.token}{other}"
            yield Finding(where, problem, f"write Content-Type: {_better(shown, named)}", fix)
        elif against_name:
            problem = f"the content is {shown}, but the file is named `{shorten(names[0].name)}`"
            yield Finding(names[0].span, problem, "give the file a name with the suffix of its format")
    elif told and content and _lacks(told, content) and (named is None or named == told):
        problem = f"the content does not begin as {read.token} does"
        yield Finding(where, problem, "attach the file itself; this may be a page of an error, or another file")
    elif told and named and _far(told, named):
        problem = f"the file is declared {read.token}, but is named `{shorten(names[0].name)}`"
        yield Finding(where, problem, f"write Content-Type: {named}")


def _content_type(content: bytes) -> str | None:
    shown = by_content(content)
    return shown if shown in _SURE else None


def _differ(told: str | None, shown: str) -> bool:
    """Whether a type says surely something else than a content: it is a format whose beginning is known, or text."""
    if told is None or told == shown or is_inside(shown, told):
        return False
    if told.startswith(_OFFICE) or told in _OLD_OFFICE:
        return shown not in ("application/zip", "application/x-ole-storage")
    if shown in _PICTURES or shown == "application/pdf":
        return has_signature(told) or told.startswith(("text/", "audio/", "video/", "image/"))
    return told in _PICTURES or told == "application/pdf"


def _lacks(told: str, content: bytes) -> bool:
    """Whether a content is surely not what it is declared: a picture or a PDF that does not begin as one."""
    if told == "application/pdf":
        return b"%PDF-" not in content[:_PDF_HEAD]
    return told in _PICTURES and len(content) >= 16


def _far(told: str, named: str) -> bool:
    """Whether a declared type and that of a name are surely different formats."""
    one_of = _PICTURES | {"application/pdf"}
    return told != named and (
        (told in one_of and (named in one_of or named.startswith("text/")))
        or (told.startswith("text/") and named in one_of)
    )


def _better(shown: str, named: str | None) -> str:
    return named if named and (named == shown or is_inside(shown, named)) else shown


def _retype(part: Part, where: Span, shown: str, named: str | None) -> Fix | None:
    """The type of the content, where the name does not speak against it."""
    better = _better(shown, named)
    if better in ("application/x-ole-storage", "application/zip") and named != better:
        return None
    return replace(where, better.encode("ascii"), safe=is_ours(part))
