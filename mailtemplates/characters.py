"""Which characters may not stand in a header, an address or a file name.

Control characters end or damage a line (RFC 5322 §2.2, CWE-93), bidi controls make a reader see another
text than the one that is there (CVE-2021-42574), surrogates and noncharacters are no text at all. The implicit marks
U+200E, U+200F and U+061C order neutral characters in Hebrew and Arabic names and cannot reverse a run of letters, so
they may stand in text; addresses and file names refuse them too.
"""

from __future__ import annotations

from mailtemplates.pattern import pattern

_PLANE_ENDS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_FORBIDDEN = pattern("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef" + _PLANE_ENDS + "]")
_MARKS = pattern("[\u200b-\u200f\u061c\u2060-\u2064\ufeff]")

_NAMES = {
    "\x00": "NUL",
    "\t": "a tab",
    "\n": "a line feed",
    "\r": "a carriage return",
    "\x85": "a next-line control",
    "\u2028": "a line separator",
    "\u2029": "a paragraph separator",
}


def find_forbidden(text: str) -> int:
    """Offset of the first character that no header text may hold, or -1.

    >>> find_forbidden("a\\nb")
    1
    """
    if text.isprintable():
        return -1
    found = _FORBIDDEN.search(text)
    return found.start() if found else -1


def find_invisible(text: str) -> int:
    """Offset of the first forbidden character, implicit bidi mark or zero-width character, or -1.

    For what a program reads or a person must tell apart: addresses and file names.
    """
    if text.isprintable():
        return -1
    at = find_forbidden(text)
    found = _MARKS.search(text)
    return at if found is None or 0 <= at < found.start() else found.start()


def find_surrogate(text: str) -> int:
    r"""Offset of the first lone surrogate, which no encoding can write, or -1.

    >>> find_surrogate("a\ud83d")
    1
    """
    if text.isascii():
        return -1
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return -1


def describe(character: str) -> str:
    """Words for a character that a person cannot see, such as ``a line feed (U+000A)``."""
    code = ord(character)
    name = _NAMES.get(character)
    if name is None:
        if 0xD800 <= code <= 0xDFFF:
            name = "a lone surrogate"
        elif code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
            name = "a noncharacter"
        elif code < 0xA0:
            name = "a control character"
        else:
            name = "an invisible or direction-changing character"
    return f"{name} (U+{code:04X})"


def shorten(text: str, limit: int = 60) -> str:
    """``text`` as a person may see it in an error: quoted, escaped, at most ``limit`` characters of it."""
    return ascii_controls(text) if len(text) <= limit else ascii_controls(text[: limit - 1]) + "…"


def ascii_controls(text: str) -> str:
    """``text`` with every character that is not printable written as an escape."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
