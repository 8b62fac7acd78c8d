"""Quoted-printable as it stands, and octets in it (RFC 2045 §6.7).

Lines that are wrong are mended one by one: what is right in them stays octet for octet.
"""

from __future__ import annotations

from functools import cache

from mailtemplates.pattern import pattern

#: Longest encoded line in octets, without its line end (§6.7, rule 5).
LIMIT = 76

_PRINTABLE = bytes([9, *range(0x20, 0x7F)])
_IN_ENCODED = _PRINTABLE + b"\r"
_IN_CONTENT = _PRINTABLE.replace(b"=", b"")
_SOFT = pattern(rb"=[ \t]*$")
_LINE_END = pattern(rb"\r?\n")
_NEAT = pattern(rb"(?:.{0,%d}+(?<![ \t])(?<![ \t]\r)\r?\n)*+.{0,%d}+(?<![ \t])(?<![ \t]\r)\Z" % (LIMIT, LIMIT))
_NEAT_LF = pattern(rb"(?:.{0,%d}+(?<![ \t])\n)*+.{0,%d}+(?<![ \t])\Z" % (LIMIT, LIMIT))


def is_neat(octets: bytes) -> bool:
    """Whether no line is too long, and none ends with white space; of some that are right in both it is not told."""
    return (_NEAT if b"\r" in octets else _NEAT_LF).match(octets) is not None


def quote_octets(octets: bytes, end: bytes) -> bytes:
    """Any octets as quoted-printable; CRLF and LF in them are line ends."""
    lines = _LINE_END.split(octets)
    return end.join([_broken(_ended(_escaped(line, _IN_CONTENT)), end) for line in lines])


def mend_line(line: bytes, end: bytes) -> bytes:
    """An encoded line, without its line end, as right lines that stand for the same.

    Octets that may not stand raw are escaped, but for CR, white space at the end too, and soft breaks keep it within
    76 octets.
    """
    soft = b"=" if _SOFT.search(line) else b""
    body = line.rstrip(b" \t")[:-1] if soft else line
    body = _escaped(body, _IN_ENCODED)
    return _broken(body, end, soft) if soft else _broken(_ended(body), end)


def shield(line: bytes) -> bytes:
    """A line that was none before, so that it cannot be taken for a boundary."""
    return b"=2D" + line[1:] if line.startswith(b"--") else line


def _escaped(line: bytes, plain: bytes) -> bytes:
    """A line with every octet escaped that is not plain."""
    if not line.translate(None, plain):
        return line
    table = _table(plain)
    return b"".join([table[octet] for octet in line])


@cache
def _table(plain: bytes) -> tuple[bytes, ...]:
    return tuple(bytes([octet]) if octet in plain else b"=%02X" % octet for octet in range(256))


def _ended(line: bytes) -> bytes:
    """A line whose last octet is not white space."""
    return b"%b=%02X" % (line[:-1], line[-1]) if line[-1:] in (b" ", b"\t") else line


def _broken(line: bytes, end: bytes, soft: bytes = b"") -> bytes:
    """An encoded line with soft breaks where it is too long; ``soft`` is the one that it has at its end."""
    pieces = []
    start = 0
    shielded = 0
    while len(line) - start + shielded + len(soft) > LIMIT:
        cut = _cut(line, start, start + LIMIT - 1 - shielded)
        pieces.append(shield(line[start:cut]) if start else line[start:cut])
        start = cut
        shielded = 2 if line.startswith(b"--", start) else 0
    last = shield(line[start:]) if start else line
    return (b"=" + end).join([*pieces, last + soft])


def _cut(line: bytes, start: int, at: int) -> int:
    """The last offset up to ``at`` that is in no escape, and not before an octet that continues a character."""
    for back in (1, 2):
        if line[at - back : at - back + 1] == b"=":
            at -= back
            break
    for _ in range(3):
        if at - 3 <= start or line[at : at + 1] != b"=" or line[at + 1 : at + 2] not in (b"8", b"9", b"A", b"B"):
            break
        if line[at - 3 : at - 2] != b"=":
            break
        at -= 3
    return at
