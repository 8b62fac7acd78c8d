"""UTF-8 that was taken for Latin-1 or windows-1252 and written so: ``Ã©`` for ``é``, ``â€™`` for ``’``.

It is told by runs of characters that are UTF-8 octet by octet. What a person may have written so (``É…``,
``MAÇÃ»``) is not.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from mailtemplates.pattern import pattern

#: What windows-1252 has at the octets from 0x80 to 0x9F; the five that it has not stay control characters.
_HIGH = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ"
_TAIL = "[\x80-\xbf" + _HIGH + "]"
_LEAD = pattern("[\xc2-\xf4]")
_RUN = pattern(f"(?:[\xc2-\xdf]{_TAIL}|[\xe0-\xef]{_TAIL}{{2}}|[\xf0-\xf4]{_TAIL}{{3}})+")
# Alone these may be a capital letter with a sign behind it; white space without a break, guillemets, and the signs of
# windows-1252 are what people write there.
_SIGNS = frozenset("\xa0\xab\xbb" + _HIGH) - frozenset(map(chr, range(0x80, 0xA0)))


class Garbled(NamedTuple):
    """A run of garbled characters: where in the text, as it stands, and what was meant."""

    start: int
    end: int
    seen: str
    meant: str


def find_garbled(text: str) -> list[Garbled]:
    """Every run of characters that are UTF-8 read as windows-1252, when one of them surely is; else none."""
    if text.isascii() or not _LEAD.search(text):
        return []
    found = []
    sure = False
    for match in _RUN.finditer(text):
        meant = _decode(match[0])
        if meant is not None:
            found.append(Garbled(*match.span(), match[0], meant))
            sure = sure or (_is_sure(text, match, meant) and _stands_alone(text, match))
    if not sure and found:
        sure = _is_most(text, found) and any(len(one.seen) >= 6 for one in found)
    return found if sure else []


def _decode(seen: str) -> str | None:
    octets = bytes(_octets().get(char, 0x20) for char in seen)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None


@cache
def _octets() -> dict[str, int]:
    octets = {chr(octet): octet for octet in range(0x80, 0x100)}
    octets.update({char: 0x80 + at for at, char in enumerate(_HIGH)})
    return octets


def _is_sure(text: str, match: re.Match[str], meant: str) -> bool:
    """Whether nobody writes such a run: not a letter and a sign of its language behind it."""
    seen = match[0]
    if seen[0] in "âð" and ord(meant[0]) >= 0x2000:
        return True
    if seen[0] in "ÃÂ":
        before = text[match.start() - 1 : match.start()]
        return seen[1] not in _SIGNS or not before.isalpha() or (before.islower() and seen[0] == "Ã")
    return False


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Whether only ASCII touches a run: text of another script in a wrong charset is such characters all over."""
    start, end = match.span()
    return text[max(0, start - 1) : start].isascii() and text[end : end + 1].isascii()


def _is_most(text: str, found: list[Garbled]) -> bool:
    """Whether nearly all that is not ASCII is garbled."""
    others = len(text) - len(text.encode("ascii", "ignore"))
    return sum(one.end - one.start for one in found) > 0.9 * others
