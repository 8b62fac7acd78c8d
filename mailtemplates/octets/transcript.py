"""A message written out for a person: decoded fields, then each part with its decoded text. For diffs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.mime import Part, parse

#: Fields that say how and when the octets were made, and nothing of what a reader sees.
_TECHNICAL = frozenset({"content-type", "content-transfer-encoding", "mime-version", "date", "message-id"})


def transcribe(octets: bytes) -> str:
    """The transcript of a message. Texts stand in it as they are read; other parts as their size and a digest."""
    root = parse(octets)
    lines = [f"{field.name}: {decode(field.value)}" for field in root.fields if field.lower not in _TECHNICAL]
    return "\n".join([*lines, *_part(root)]).rstrip("\n") + "\n"


def _part(part: Part) -> Iterator[str]:
    if part.children:
        for child in part.children:
            yield from _part(child)
        return
    words = [part.media_type, part.disposition, part.filename]
    yield ""
    yield f"──── {' '.join(word for word in words if word)} ────"
    if part.media_type.startswith("text/"):
        yield part.text.replace("\r\n", "\n").rstrip("\n")
    else:
        yield f"{len(part.decoded):,} octets, sha256 {hashlib.sha256(part.decoded).hexdigest()[:16]}"
