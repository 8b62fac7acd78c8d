"""Link targets inside text: how they are written, and kept whole while the text around them is wrapped."""

from __future__ import annotations

from mailtemplates.pattern import pattern
from mailtemplates.text.wrapping import JOINT

_SCHEME = pattern(r"(?i)(?:https?://|mailto:|tel:)")
_NOT_IN_URL = pattern(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_OUTER = {" ": " ", "\xa0": " ", JOINT: JOINT}
_SHIELD = 0x100000
_SHIELDED = pattern("[\U00100000-\U0010ffff]")


def with_target(said: str, words: str, href: str) -> str:
    """The words of a link with its target. ``said`` are the words as written, whose outer spaces stay."""
    return spaced(said, f"{JOINT}{href}{JOINT}" if is_said(words, href) else f"{words} <{href}>")


def spaced(said: str, text: str) -> str:
    """``text`` with the outer spaces of what was ``said`` instead."""
    return f"{_OUTER.get(said[:1], '')}{text}{_OUTER.get(said[-1:], '')}"


def is_said(words: str, href: str) -> bool:
    """Whether ``words`` are the target: the same, or without its scheme, or the address of a ``mailto:``."""
    if words == href:
        return True
    near = " " not in words and len(words) <= len(href) + 8 and _SCHEME.match(href) is not None
    return near and _without_scheme(words) == _without_scheme(href)


def cannot_say(words: str, begun: str) -> bool:
    """Whether ``words`` are no target that begins with ``begun``, whatever follows."""
    if " " in words:
        return " " not in begun
    first = _SCHEME.sub("", begun, count=1)[:1].casefold()
    return first not in ("", "/", "<", ">") and not _without_scheme(words).startswith(first)


def _without_scheme(target: str) -> str:
    return _SCHEME.sub("", target.strip("<>"), count=1).rstrip("/").casefold() or target


def needs_shield(href: str) -> bool:
    """Whether wrapping would change a target: it has spaces, or characters that no reader sees."""
    return not href.isprintable() or " " in href


def shielded(href: str) -> str:
    """``href`` without control characters, and with what wrapping would change as private characters."""
    return "".join(
        char if (char.isprintable() and char != " ") or ord(char) > 0xFFFF else chr(_SHIELD + ord(char))
        for char in _NOT_IN_URL.sub("", href)
    )


def unshielded(text: str) -> str:
    """``text`` with the targets in it as :func:`shielded` got them."""
    return _SHIELDED.sub(lambda match: chr(ord(match[0]) - _SHIELD), text)
