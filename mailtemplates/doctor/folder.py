"""Folders of a mailbox, as LIST tells them (RFC 3501 §7.2.2), and which of them hold suspected mail."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import NamedTuple

from mailtemplates.pattern import pattern

_LINE = pattern(rb'\(([^)]*)\) (?:"(?:[^"\\]|\\.)"|NIL) (?:"((?:[^"\\]|\\.)*)"|(.+))', re.DOTALL)
_ESCAPED = pattern(rb"\\(.)", re.DOTALL)
_SHIFTED = pattern(r"&([A-Za-z0-9+,]*)-")
_NAMES = frozenset((
    "junk", "spam", "bulk", "bulk mail", "junk mail", "junk email", "junk e-mail", "junk-e-mail", "spamverdacht",
    "垃圾邮件", "垃圾郵件", "垃圾箱", "广告邮件",
))  # fmt: skip


class Folder(NamedTuple):
    """A folder.

    :param octets: its name as the server wants it.
    :param junk: whether that is where suspected mail is put.
    """

    octets: bytes
    junk: bool

    @property
    def name(self) -> str:
        """For people."""
        return decode_name(self.octets)

    @property
    def quoted(self) -> bytes:
        """As the argument of a command."""
        return b'"' + self.octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


INBOX = Folder(b"INBOX", False)


def read_folder(line: object) -> Folder | None:
    """The folder of a line of LIST, as :mod:`imaplib` gives it: octets, or a pair when the name is a literal.

    None for what is no folder that can be looked into. It is for suspected mail by its attribute ``\\Junk`` (RFC 6154),
    or by its name.
    """
    head, literal = line if isinstance(line, tuple) and len(line) == 2 else (line, None)
    read = _LINE.fullmatch(head) if isinstance(head, bytes) else None
    if read is None:
        return None
    attributes = read[1].lower().split()
    if b"\\noselect" in attributes or b"\\nonexistent" in attributes:
        return None
    quoted = None if read[2] is None else _ESCAPED.sub(rb"\1", read[2])
    octets: bytes = literal if literal is not None else quoted if quoted is not None else read[3]
    last = decode_name(octets).replace(".", "/").rpartition("/")[2].lower()
    return Folder(octets, b"\\junk" in attributes or last in _NAMES)


def decode_name(octets: bytes) -> str:
    """A name in modified UTF-7 (RFC 3501 §5.1.3) as a text; one in UTF-8 too, which newer servers send.

    >>> decode_name(b"INBOX.&V4NXPpCuTvY-")
    'INBOX.垃圾邮件'
    """
    return _SHIFTED.sub(_unshifted, octets.decode("utf-8", "replace"))


def _unshifted(found: re.Match[str]) -> str:
    coded = found[1].replace(",", "/")
    if not coded:
        return "&"
    try:
        return b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except ValueError:
        return found[0]
