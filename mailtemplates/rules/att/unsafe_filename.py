from __future__ import annotations

from mailtemplates.characters import describe, find_forbidden, shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.filename import RawFilename, read_filenames
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.pattern import pattern

_LIMIT = 255
_PATH = pattern(r"[/\\]")
# A backslash before a mark is the quoting of RFC 5322 §3.2.1, and before a letter it is Windows.
_LOST_PATH = pattern(r'"(?:[A-Za-z]:)?\\{0,2}(?:[^"\\]+\\(?=\w))+[^"\\]+"')
_DOTS = pattern(r"[. ]*")


@rule("ATT006", severity="error", fix="part", parts=("named",))
def unsafe_filename(part: Part) -> Findings:
    r"""A file name that is a path, hides what it is, or is too long.

    A path may write outside the folder that the reader chose. Controls that turn the direction of text make
    `invoice` + U+202E + `fdp.exe` look like a PDF. Names over 255 octets cannot be saved.

    Reference: RFC 2183 §2.3, §5

    Bad:

        Content-Type: application/pdf
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="../../invoice.pdf"
        …

        JVBERi0xLjQK

    Bad:

        Content-Type: application/pdf
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="C:\\Users\\ben\\invoice.pdf"
        …

        JVBERi0xLjQK

    Bad:

        Content-Type: application/pdf
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename*=utf-8''invoice%E2%80%AEtxt.pdf
        …

        JVBERi0xLjQK

    Bad:

        Content-Type: application/pdf
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="⟨ab×150⟩.pdf"
        …

        JVBERi0xLjQK

    Good:

        Content-Type: application/pdf
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="invoice 2026\;..pdf"
        …

        JVBERi0xLjQK
    """
    names = [one for one in read_filenames(part) if not one.is_broken]
    wrong = [(one, problem) for one in names if (problem := _problem(one))]
    if not wrong:
        return
    edits = [edit for one, _ in wrong if (safe := _safe(one)) and (edit := one.rewrite(safe))]
    yield Finding(
        wrong[0][0].span,
        f"the file name `{shorten(wrong[0][0].name)}` {wrong[0][1]}",
        f'write {wrong[0][0].parameter}="{shorten(_safe(wrong[0][0]) or "name.pdf")}"',
        _fix(part, edits) if len(edits) == len(wrong) else None,
    )


def _fix(part: Part, edits: list[Edit]) -> Fix:
    return Fix(tuple(sorted(edits, key=lambda edit: edit.span)), is_ours(part))


def _problem(named: RawFilename) -> str:
    name = named.name
    if _PATH.search(name) or _is_lost_path(named):
        return "is a path"
    if name and _DOTS.fullmatch(name):
        return "is no name"
    at = find_forbidden(name)
    if at >= 0 and name[at] != "\t" and not ("\x00" <= name[at] <= "\x1f" and name[at] in _raw(named)):
        return f"has {describe(name[at])} in it" if name[at] < "\udc80" or name[at] > "\udfff" else ""
    size = len(name.encode("utf-8", "replace"))
    return f"has {size} octets, over {_LIMIT}" if size > _LIMIT else ""


def _is_lost_path(named: RawFilename) -> bool:
    return "\\" in named.field.latin and _LOST_PATH.fullmatch(_raw(named)) is not None


def _raw(named: RawFilename) -> str:
    """The name as it is written, with its quotes."""
    return named.field.octets[named.span.start - 1 : named.span.end + 1].decode("latin-1")


def _safe(named: RawFilename) -> str:
    """The last step of the path, without what nobody sees, and as long as may be; its suffix stays."""
    path = _raw(named)[1:-1] if not _PATH.search(named.name) and _is_lost_path(named) else named.name
    name = "".join(char for char in _PATH.split(path)[-1] if find_forbidden(char) < 0).strip(". ")
    stem, dot, suffix = name.rpartition(".")
    if dot and len(suffix) < 20:
        room = _LIMIT - len(suffix.encode()) - 1
        return stem.encode()[:room].decode("utf-8", "ignore") + dot + suffix
    return name.encode()[:_LIMIT].decode("utf-8", "ignore")
