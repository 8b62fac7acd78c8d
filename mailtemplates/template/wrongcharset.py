"""The error for a file that is not UTF-8."""

from __future__ import annotations

from mailtemplates import errors
from mailtemplates.source import Location


def undecodable(path: str, octets: bytes) -> errors.TemplateError:
    """The error for a file that is not UTF-8, with the charset that it looks like and the first bad line."""
    import chardet

    guess = chardet.detect(octets)["encoding"]
    try:
        octets.decode("utf-8")
        start = 0
    except UnicodeDecodeError as bad:
        start = bad.start
    line = octets.count(b"\n", 0, start) + 1
    column = len(octets[octets.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")) + 1
    believed = f", it looks like {guess}" if guess else ""
    return errors.TemplateError(
        f"the file is not UTF-8{believed}",
        location=Location(path, line, column),
        source_line=octets.split(b"\n")[line - 1].decode(guess or "latin-1", "replace"),
        cure=f"save it as UTF-8, for example: iconv -f {guess or 'CHARSET'} -t UTF-8",
    )
