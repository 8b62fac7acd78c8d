"""Parameters of MIME fields, and file names that old and new clients read (RFC 2045 §5.1, RFC 2231).

A value in ASCII is a token or a quoted-string, whole, however long it is: every client reads that. A value
outside ASCII is ``name*=utf-8''…``, in numbered sections when it is long (RFC 2231 §3, §4); never an encoded word,
which RFC 2047 §5(3) forbids in a parameter and Gmail refuses.
"""

from __future__ import annotations

import unicodedata

from mailtemplates.pattern import pattern

_TOKEN = pattern(r"[A-Za-z0-9._+-]+")
_ATTRIBUTE_CHARACTERS = frozenset(b"!#$&+-.^_`{|}~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_ESCAPED = tuple(chr(octet) if octet in _ATTRIBUTE_CHARACTERS else f"%{octet:02X}" for octet in range(256))
_SECTION = 74
_UNFIT = pattern(r"[^A-Za-z0-9!#$%&'()+,;=@^_`{}~ .-]+")


def write_parameter(name: str, value: str) -> tuple[str, ...]:
    """A parameter as chunks for a field: one, or one for each section of a long value outside ASCII.

    >>> write_parameter("filename", "a b.pdf")
    ('filename="a b.pdf"',)
    >>> write_parameter("filename", "Größe.pdf")
    ("filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf",)
    """
    if value.isascii() and "=?" not in value:
        if _TOKEN.fullmatch(value):
            return (f"{name}={value}",)
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return (f'{name}="{escaped}"',)
    whole = "".join([_ESCAPED[octet] for octet in value.encode("utf-8")])
    if len(name) + len("*=utf-8''") + len(whole) <= _SECTION:
        return (f"{name}*=utf-8''{whole}",)
    return tuple(_sections(name, value))


def _sections(name: str, value: str) -> list[str]:
    """``name*0*=utf-8''…``, ``name*1*=…``: no character is cut, so a client may decode each section alone."""
    sections = [f"{name}*0*=utf-8''"]
    for character in value:
        escaped = "".join([_ESCAPED[octet] for octet in character.encode("utf-8")])
        if len(sections[-1]) + len(escaped) > _SECTION:
            sections.append(f"{name}*{len(sections)}*=")
        sections[-1] += escaped
    return sections


def ascii_fallback(filename: str) -> str:
    """A file name in ASCII that resembles ``filename``: for clients that do not read RFC 2231.

    >>> ascii_fallback("Größe über alles.pdf")
    'Grosse uber alles.pdf'
    >>> ascii_fallback("請求書.pdf")
    'attachment.pdf'
    """
    if filename.isascii() and "=?" not in filename:
        return filename
    plain = filename.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("Ø", "O").replace("Æ", "AE")
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore" if _mostly_latin(plain) else "replace")
    stem, dot, suffix = letters.decode("ascii").rpartition(".")
    stem, suffix = (stem, suffix) if dot else (suffix, "")
    stem = _UNFIT.sub("_", stem).strip("_ ")
    return f"{stem or 'attachment'}{dot}{_UNFIT.sub('_', suffix)}"


def _mostly_latin(text: str) -> bool:
    """Whether dropping what has no ASCII base letter leaves a name that can be recognised."""
    return all(ord(char) < 0x250 or unicodedata.combining(char) for char in text)
