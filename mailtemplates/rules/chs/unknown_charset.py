from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.charset import known_names
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import read_declared
from mailtemplates.source import nearest

_USUAL = ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "windows-1251", "shift_jis", "gb18030")


@rule("CHS003", severity="error", parts=("text",))
def unknown_charset(part: Part) -> Findings:
    """The charset is none that is registered.

    A reader that does not know the charset may not guess: some show the text as a file to save, others as question
    marks.

    Reference: RFC 2978; RFC 2046 §4.1.2; IANA Character Sets

    Bad:

        Content-Type: text/plain; charset=utf8mb4
        …

    Bad:

        Content-Type: text/html; charset="x-unknown"
        …

        <!DOCTYPE html><p>Hello

    Good:

        Content-Type: text/plain; charset=utf-8
        …

    Good:

        Content-Type: text/plain; charset=unknown-8bit
        …
    """
    declared = read_declared(part)
    if declared is None or declared.charset is not None:
        return
    if "=?" in declared.label or not declared.label.isprintable():
        return
    yield Finding(
        declared.span,
        f"there is no charset `{shorten(declared.label, 40)}`",
        f"write charset={_meant(declared.label)}",
        severity="warning" if part.is_attachment else None,
    )


def _meant(label: str) -> str:
    """The registered name that is nearest, or UTF-8."""
    label = label.lower().removeprefix("charset=")[:60]
    plain = "".join(char for char in label if char.isalnum())
    if plain.startswith("utf8"):
        return "utf-8"
    if label in _USUAL:
        return label
    return (
        nearest(label, _USUAL) or nearest(label, [name for name in known_names() if name[:2] == label[:2]]) or "utf-8"
    )
