"""Host names that look like others (UTS #39 §4 and §5, as far as hosts need it).

A label that mixes scripts as no language does, one whose every letter looks like an ASCII letter, and one with
letters in disguise (full width, mathematical). Scripts come from the names of characters.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Letters of Cyrillic and Greek that look like an ASCII letter, and those letters.
_LOOKS = dict(zip("асԁеһіјӏорԛѕԝхуѵορνακιυχ", "acdehijlopqswxyvopvakiux", strict=True))
_EAST = ({"HAN", "HIRAGANA", "KATAKANA"}, {"HAN", "BOPOMOFO"}, {"HAN", "HANGUL"})
_HOMES = {
    "CYRILLIC": frozenset(("ru", "su", "ua", "by", "bg", "kz", "kg", "rs", "mk", "mn", "uz", "tj", "me", "ba")),
    "GREEK": frozenset(("gr", "cy", "eu")),
}
_SPELT = {"CJK": "HAN", "IDEOGRAPHIC": "HAN", "HALFWIDTH": "KATAKANA"}


@lru_cache(maxsize=512)
def find_lookalike(host: str) -> str:
    """Why a host may be taken for another, in words that go on after its name; empty when it is not.

    :param host: in lower case, as A-labels or as a person reads it.
    """
    if host.isascii() and "xn--" not in host:
        return ""
    labels = [_shown(label) for label in host.split(".")]
    top = labels[-1]
    for label in labels:
        if label.isascii():
            continue
        folded = unicodedata.normalize("NFKC", label)
        if folded != label and folded.isascii():
            return f"is written with other characters than ASCII and read as `{folded.lower()}`"
        scripts = _scripts(folded)
        if _is_mixed(scripts):
            return f"mixes {' and '.join(sorted(one.title() for one in scripts))} letters in `{label}`"
        script = next(iter(scripts), "")
        if len(scripts) == 1 and top.isascii() and top not in _HOMES.get(script, ()) and _is_disguise(folded):
            looks = "".join(_LOOKS.get(char, char) for char in folded)
            return f"is written in {script.title()} letters and looks like `{looks}`"
    return ""


def _shown(label: str) -> str:
    """A label as a person reads it; as it is when it cannot be decoded."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _scripts(label: str) -> set[str]:
    """The scripts of the letters; marks, digits and hyphens have none."""
    found = set()
    for char in label:
        if char.isascii():
            if char.isalpha():
                found.add("LATIN")
        elif char.isalpha() and char not in "ー・々〆ʻ":
            word = unicodedata.name(char, "").partition(" ")[0].partition("-")[0]
            found.add(_SPELT.get(word, word))
    return found


def _is_mixed(scripts: set[str]) -> bool:
    """Whether a label is not even moderately restrictive (UTS #39 §5.2)."""
    if len(scripts) < 2:
        return False
    others = scripts - {"LATIN"}
    if any(others <= east for east in _EAST):
        return False
    return len(others) > 1 or bool(others & {"CYRILLIC", "GREEK", "CHEROKEE", "ARMENIAN"})


def _is_disguise(label: str) -> bool:
    """Whether every letter looks like one of ASCII."""
    letters = [char for char in label if not char.isascii()]
    return bool(letters) and all(char in _LOOKS for char in letters)
