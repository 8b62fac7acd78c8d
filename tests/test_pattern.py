"""Possessive repeats match what they should on every Python that is supported."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import mailtemplates
from mailtemplates import pattern as module
from mailtemplates.pattern import pattern

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        (r"<!--(?:[^-]|-(?!->))*+-->", "<!--[if mso]><b><![endif]-->x", "<!--[if mso]><b><![endif]-->"),
        (r"<!--[^-]*+(?:-(?!-!?>)[^-]*+)*+(?:--!?>|\Z)", "<!--a-b- c-->x", "<!--a-b- c-->"),
        (r"(?:a|bc?)*+d", "abcabd", "abcabd"),
        (r"(?:a|ab)*+", "aab", "aa"),
        (r"(?:(a)|b)++c", "abac", "abac"),
        (r"(?:a|bc?)?+d", "bcd", "bcd"),
        (r"(?:ab?){2,3}+b", "ababb", "ababb"),
        (r"(?:ab?){2,3}+b", "ababa", None),
        (rb"(?:a|bc?)*+d", b"abcd", b"abcd"),
    ],
)
@pytest.mark.parametrize("atomic", [False, True], ids=["as this Python needs it", "as Python 3.11.4 needs it"])
def test_a_possessive_repeat(
    source: str, text: str, found: str | None, atomic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to Python 3.11.4, which Debian 12 has, a comment of html was not seen as one, and its content was."""
    if atomic:
        monkeypatch.setattr(module, "_TAKES_BACK", True)
    match = pattern(source).match(text)
    assert (match and match[0]) == found


def test_every_pattern_means_the_same_either_way() -> None:
    """All that the package has, over the starters, their messages, and the page of a rule."""
    for found in pkgutil.walk_packages(mailtemplates.__path__, "mailtemplates."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    files = [*(HERE / "golden").iterdir(), *(HERE.parent / "templates").glob("*.j2"), HERE.parent / "docs" / "rules.md"]
    octets = [path.read_bytes()[:20_000] for path in files if path.is_file()]
    made = [one for one in gc.get_objects() if type(one) is module._Lazy]
    possessive = [one for one in made if re.search(rb"[*+?}]\+", _octets(one._source))]
    assert len(possessive) > 50
    for one in possessive:
        if module._TAKES_BACK:
            pytest.skip("this Python cannot be asked")
        plain, atomic = re.compile(one._source, one._flags), module._compile_atomic(one._source, one._flags)
        for text in octets:
            subject = text if isinstance(one._source, bytes) else text.decode("latin-1")
            assert [match.span() for match in plain.finditer(subject)] == [
                match.span() for match in atomic.finditer(subject)
            ], one._source


def _octets(source: str | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.encode("utf-8", "replace")
