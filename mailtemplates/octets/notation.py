"""Octets as text that a person can see and type: for the examples of rules and for reports.

What can be seen stands for itself, in UTF-8. The rest is written so:

======================  ==========================================================================================
``␀`` … ``␟``, ``␡``    the control character of that picture (U+2400 and what follows); ``␍`` is CR, ``␊`` is LF
``␠``                   a space, where it would not be seen: at the end of a line
``⟨C3 28⟩``             octets in hexadecimal
``⟨ab×500⟩``            ``ab`` five hundred times
``␊`` at a line's end   the line ends with LF alone; ``␍`` there, with CR alone; every other line ends with CRLF
======================  ==========================================================================================

In an example of a message a line ``…`` stands for the header fields of a right message that the example does not give,
and for its body when the example has none. A line of ``═══`` stands between the messages of a batch. An example of the
send step begins with what server and client say, as RFC 5321 writes it: ``S: 250 SIZE 1000``, ``C: MAIL FROM:<…>``.
"""

from __future__ import annotations

import re

from mailtemplates.pattern import pattern

_SPECIAL = pattern("[\u2400-\u2421]|⟨((?:[0-9A-F]{2} ?)+)⟩|⟨([^⟨⟩]*)×([0-9]+)⟩")
_UNSEEN = pattern(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\udc80-\udcff]")

#: The fields of a right message, for examples that give some of them only.
FIELDS = {
    "From": "Acme <hello@acme-shop.com>",
    "To": "Ben <ben@reader.example>",
    "Subject": "Your order",
    "Date": "Mon, 02 Nov 2026 12:00:00 +0000",
    "Message-ID": "<order-1@acme-shop.com>",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
}
BODY = "Hello Ben,\n\nyour order is on its way.\n"
_PAGE_HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Your order</title>
</head>
<body>
"""
_REST = "…"
_NEXT = "═══\n"


def read_html(text: str) -> str:
    """The html of an example: a whole document as it is, else the inside of a right document's body."""
    text = _SPECIAL.sub(_character, text)
    if "<html" in text.lower() or "<!doctype" in text.lower():
        return text
    return f"{_PAGE_HEAD}{text}</body>\n</html>\n"


def read_octets(text: str) -> bytes:
    """The octets that a text in notation stands for."""
    lines = text.split("\n")
    ends = ["" if line.endswith(("␊", "␍")) else "\r\n" for line in lines[:-1]]
    return b"".join(_SPECIAL.sub(_character, line).encode("utf-8", "surrogateescape") + end.encode()
                    for line, end in zip(lines, [*ends, ""], strict=True))  # fmt: skip


def _character(match: re.Match[str]) -> str:
    picture, octets, text, count = match[0], match[1], match[2], match[3]
    if octets:
        return bytes.fromhex(octets).decode("utf-8", "surrogateescape")
    if count:
        return str(text) * int(count)
    code = ord(picture) - 0x2400
    return {0x20: " ", 0x21: "\x7f"}.get(code, chr(code))


def read_examples(text: str) -> list[bytes]:
    """The messages of an example, with what ``…`` stands for filled in."""
    return [read_octets(_complete(part)) for part in text.split(_NEXT)]


def split_dialogue(text: str) -> tuple[list[str], str]:
    """The lines of server and client that an example begins with, read, and the message after them."""
    if not text.startswith(("S: ", "C: ")):
        return [], text
    dialogue, _, message = text.partition("\n\n")
    return [_SPECIAL.sub(_character, line) for line in dialogue.split("\n")], message


def _complete(text: str) -> str:
    head, empty, body = text.partition("\n\n") if not text.startswith("\n") else ("", "\n", text[1:])
    lines = head.rstrip("\n").split("\n")
    if _REST not in lines:
        return text
    given = {line.partition(":")[0].strip().lower() for line in lines}
    rest = [f"{name}: {value}" for name, value in FIELDS.items() if name.lower() not in given]
    at = lines.index(_REST)
    return "\n".join([*lines[:at], *rest, *lines[at + 1 :]]) + "\n\n" + (body if empty else BODY)


def show(octets: bytes) -> str:
    """Octets in notation, on one line: line ends are written too, as are spaces at the end."""
    text = octets.decode("utf-8", "surrogateescape")
    if not (text.isascii() and text.isprintable()):
        text = _UNSEEN.sub(_picture, text)
    seen = text.rstrip(" ")
    return seen + "␠" * (len(text) - len(seen))


def _picture(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    raw = char.encode("utf-8", "surrogateescape")
    return f"⟨{raw.hex(' ').upper()}⟩"
