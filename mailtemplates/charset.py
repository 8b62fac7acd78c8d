"""Names of charsets, and the codec of the interpreter that decodes each (RFC 2978).

Floor 0.
"""

from __future__ import annotations

import codecs
from functools import lru_cache


@lru_cache(maxsize=256)
def find_codec(label: str) -> str | None:
    """The name of the codec for a charset label in any case; None when there is none."""
    try:
        found = codecs.lookup(label.strip())
    except (LookupError, ValueError):
        return None
    return found.name if getattr(found, "_is_text_encoding", True) else None
