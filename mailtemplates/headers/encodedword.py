"""Encoded words: text outside ASCII in a header field (RFC 2047).

Always UTF-8, B or Q whichever is shorter, whole characters only, each word at most 75 octets. Spaces stand
inside the words, because readers drop the white space between two of them (§6.2).
"""

from __future__ import annotations

from binascii import b2a_base64

#: Most octets of one encoded word (§2) and of a line that holds one.
WORD_LIMIT = 75
LINE_LIMIT = 76

_Q_HEAD = "=?utf-8?q?"
_B_HEAD = "=?utf-8?b?"
_FRAME = len(_Q_HEAD) + 2
#: Fewest octets of a word that holds one character of four octets in Q.
_LEAST = _FRAME + 12

# Only what §5(3) allows in a phrase stands for itself, so that a word may be used anywhere.
_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_Q = tuple("_" if octet == 32 else chr(octet) if octet in _SAFE else f"={octet:02X}" for octet in range(256))


def encode_words(text: str, room: int = WORD_LIMIT) -> list[str]:
    """Write ``text`` as a run of encoded words.

    :param text: any text without lone surrogates.
    :param room: octets left for the first word on its line; the others have 75. When not even one character fits
        the first word gets 75 too, and the caller starts a new line.
    :returns: words to be joined by white space; their decoded texts concatenate to ``text``.
    """
    raw = text.encode("utf-8")
    quoted = "".join([_Q[octet] for octet in raw])
    room = WORD_LIMIT if room < _LEAST or room > WORD_LIMIT else room
    base64_length = (len(raw) + 2) // 3 * 4
    if len(quoted) <= base64_length:
        return [f"{_Q_HEAD}{quoted}?="] if len(quoted) + _FRAME <= room else _q_words(text, room)
    return _b_words(raw, room)


def _q_words(text: str, room: int) -> list[str]:
    words: list[str] = []
    pieces: list[str] = []
    left = room - _FRAME
    for character in text:
        piece = "".join([_Q[octet] for octet in character.encode("utf-8")])
        if len(piece) > left:
            words.append(f"{_Q_HEAD}{''.join(pieces)}?=")
            pieces, left = [], WORD_LIMIT - _FRAME
        pieces.append(piece)
        left -= len(piece)
    words.append(f"{_Q_HEAD}{''.join(pieces)}?=")
    return words


def _b_words(raw: bytes, room: int) -> list[str]:
    words = []
    start = 0
    while start < len(raw):
        end = start + (room - _FRAME) // 4 * 3
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"{_B_HEAD}{b2a_base64(raw[start:end], newline=False).decode('ascii')}?=")
        start, room = end, WORD_LIMIT
    return words
