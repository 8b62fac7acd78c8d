"""Names for content."""

from __future__ import annotations

try:
    from _blake2 import blake2b  # what hashlib gives, without loading OpenSSL, which takes 3 ms of every start
except ImportError:
    from hashlib import blake2b


def digest_of(*pieces: bytes) -> str:
    """A name for content: 64 hexadecimal digits, the same on every machine."""
    digest = blake2b(digest_size=32)
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "big"))
        digest.update(piece)
    return digest.hexdigest()
