"""A small reader of headers for the tests, of its own making: what was written is not read back by its writer.

The standard library reads too, but it reads adjacent encoded words wrongly up to Python 3.14 (gh-92081), so texts are
decoded here, from RFC 2047 alone.
"""

from __future__ import annotations

import base64
import quopri
import re
from typing import NamedTuple

_WORD = re.compile(r"=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|<([^<>]*)>|([,:;])|([^\s"<>,:;]+)|(\s+)', re.DOTALL)


class Box(NamedTuple):
    name: str
    address: str


def decode_words(value: str) -> str:
    """Unstructured text with its encoded words decoded (RFC 2047 §6.2)."""
    out: list[str] = []
    after_word = False
    for token in re.split(r"([ \t]+)", value):
        match = _WORD.fullmatch(token)
        if match and after_word:
            out.pop()
        out.append(_decode(match) if match else token)
        after_word = bool(match) if token.strip() or not token else after_word
    return "".join(out)


def _decode(match: re.Match[str]) -> str:
    charset, encoding, text = match.groups()
    raw = base64.b64decode(text) if encoding in "bB" else quopri.decodestring(text.replace("_", " "))
    return raw.decode(charset)


def unfold(octets: bytes) -> str:
    """One field's value on one line."""
    name, _, value = octets.partition(b":")
    assert name and octets.endswith(b"\r\n")
    return value.replace(b"\r\n", b"").decode().removeprefix(" ")


def read_boxes(value: str) -> list[Box]:
    """The mailboxes of an unfolded address list, those of groups too."""
    boxes: list[Box] = []
    words: list[str] = []
    address = ""
    for quoted, angle, mark, atom, space in [*_TOKEN.findall(value), ("", "", ",", "", "")]:
        if angle:
            address = angle
        elif mark:
            text = "".join(words).strip()
            if mark == ":":
                address = ""
            elif address or text:
                boxes.append(Box(text, address) if address else Box("", text))
            words, address = [], ""
        elif not address:
            words.append(atom or space or re.sub(r"\\(.)", r"\1", quoted))
    return [Box(decode_words(name), address) for name, address in boxes]


def check_lines(octets: bytes) -> None:
    """No line over 998 octets, no bare CR or LF, no 8-bit, no NUL: what every message must keep."""
    assert octets.endswith(b"\r\n")
    assert octets.isascii()
    assert b"\x00" not in octets
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    bare = octets.replace(b"\r\n", b"")
    assert b"\r" not in bare
    assert b"\n" not in bare


def check_folding(octets: bytes) -> None:
    """Encoded words of at most 75 octets on lines of at most 76, whole characters, no fold line of spaces only."""
    for line in octets.split(b"\r\n")[:-1]:
        assert line.strip(), "a fold line of white space only"
        words = re.findall(rb"=\?utf-8\?[bq]\?[^?\s]*\?=", line)
        for word in words:
            assert len(word) <= 75
            decode_words(word.decode())
        if words:
            assert len(line) <= 76
