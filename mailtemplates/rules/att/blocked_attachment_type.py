from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.filename import read_filenames
from mailtemplates.octets.mime import Part

#: What Gmail refuses (support.google.com/mail/answer/6590).
_BLOCKED = frozenset((
    "ade", "adp", "apk", "appx", "appxbundle", "bat", "cab", "chm", "cmd", "com", "cpl", "diagcab",
    "diagcfg", "diagpack", "diagpkg", "dll", "dmg", "ex", "ex_", "exe", "hta", "img", "ins", "iso", "isp",
    "jar", "jnlp", "js", "jse", "lib", "lnk", "mde", "mjs", "msc", "msi", "msix", "msixbundle", "msp", "mst",
    "nsh", "pif", "ps1", "scr", "sct", "shb", "sys", "vb", "vbe", "vbs", "vhd", "vxd", "wsc", "wsf", "wsh",
    "xll",
))  # fmt: skip
# What ends with `.com` may be the name of a site: of an image, a text or a message.
_PROGRAMS = "application/"


@rule("ATT007", severity="error", parts=("leaf",))
def blocked_attachment_type(part: Part, *, extensions: tuple[str, ...] = (), allow: tuple[str, ...] = ()) -> Findings:
    """A file of a type that mailbox providers refuse.

    Gmail refuses the whole message ("552-5.7.0 This message was blocked because its content presents a potential
    security issue"), in an archive too; Outlook hides the file. The option `extensions` adds types, `allow` takes some
    away.

    Reference: Gmail blocked file types (552-5.7.0)

    Bad:

        Content-Type: application/octet-stream; name="setup.exe"
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="setup.exe"
        …

        AAECAwQF

    Bad:

        Content-Type: application/octet-stream
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf.JS
        …

        AAECAwQF

    Good:

        Content-Type: application/octet-stream
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="setup.exe.txt"
        …

        AAECAwQF
    """
    if not (part.filename or part.disposition == "attachment"):
        return
    for one in read_filenames(part):
        suffix = one.name.rstrip(". ").rpartition(".")[2].lower() if "." in one.name else ""
        blocked = suffix in _BLOCKED or suffix in {word.lower().lstrip(".") for word in extensions}
        if not blocked or suffix in {word.lower().lstrip(".") for word in allow}:
            continue
        if suffix == "com" and not part.media_type.startswith(_PROGRAMS):
            continue
        yield Finding(
            one.span,
            f"mailbox providers refuse files of the type .{suffix}: `{shorten(one.name)}`",
            "give the reader a link to download it",
        )
        return
