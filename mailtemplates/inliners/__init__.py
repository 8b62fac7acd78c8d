"""The engines: one file, one engine. An engine knows html trees and selectors; everything else is ours.

An engine is a function ``inline(document, selectors) -> str``. It parses ``document`` as HTML and returns it
serialized, with the declaration ``answer(N)`` in the ``style`` of each element that ``selectors[N]`` matches. Nothing
else of what it returns is used: the author's html is never serialized by an engine. A selector that an engine cannot
read matches nothing, or an element of the engine's own without a mark, so that its rule stays. To add an engine, put a
file with such a function here; its name is the file's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from mailtemplates.errors import SettingsError
from mailtemplates.source import nearest

Engine = Callable[[str, Sequence[str]], str]
"""Takes an html document and selectors; returns the html with ``answer(N)`` on what ``selectors[N]`` matches."""

PROPERTY = "--mailtemplates-"
"""How the name of each property begins that an engine writes."""


def answer(number: int) -> str:
    """The declaration that says that selector ``number`` matches."""
    return f"{PROPERTY}{number}:1"


def engine_names() -> list[str]:
    """The engines there are, by name, sorted."""
    files = (file for folder in __path__ for file in Path(folder).glob("[!_]*.py"))
    return sorted(file.stem.replace("_", "-") for file in files)


def load_engine(name: str) -> Engine:
    """The engine called ``name``. Raises :class:`SettingsError` when there is none."""
    if name not in engine_names():
        close = nearest(name, engine_names())
        raise SettingsError(
            f"no inliner engine is called {name!r}",
            cure=f"did you mean {close!r}?" if close else f"choose one of: {', '.join(engine_names())}",
        )
    engine: Engine = import_module(f"{__name__}.{name.replace('-', '_')}").inline
    return engine


def engine_version(name: str) -> str:
    """What changes when the engine's package is installed anew; found without importing it."""
    spec = find_spec(name.replace("-", "_"))
    if spec is None or not spec.origin:
        return "unknown"
    try:
        stat = Path(spec.origin).stat()
    except OSError:
        return spec.origin
    return f"{stat.st_size}-{stat.st_mtime_ns}"
