"""A message's octets as they go over the wire after DATA (RFC 5321 §2.3.8, §4.5.2).

The last step before the wire, so the last guard against smuggling: lines end with CRLF, no CR and no LF stands
alone, and a line that begins with a dot gets one more.
"""

from __future__ import annotations

from mailtemplates.pattern import pattern

_BARE = pattern(rb"\r(?!\n)|(?<!\r)\n")


def find_bare(octets: bytes) -> int:
    """The offset of the first CR or LF that stands alone, or -1. A message wholly of LF lines has none."""
    if b"\r" not in octets:
        return -1
    found = octets.count(b"\r\n")
    if octets.count(b"\r") == found == octets.count(b"\n"):
        return -1
    bare = _BARE.search(octets)
    return bare.start() if bare else -1


def canonical(octets: bytes) -> bytes:
    """The octets with CRLF line ends, the last line too.

    :raises ValueError: a CR or LF stands alone among CRLF lines.
    """
    if find_bare(octets) >= 0:
        raise ValueError("a CR or LF stands alone")
    if b"\r" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def stuff(octets: bytes) -> bytes:
    """Canonical octets with their dots doubled, and the final dot."""
    if b"\r\n." in octets:
        octets = octets.replace(b"\r\n.", b"\r\n..")
    return (b"." if octets.startswith(b".") else b"") + octets + b".\r\n"
