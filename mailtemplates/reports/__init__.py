"""Report formats: one file, one format.

A format is a function ``write(report) -> Iterator[str]`` that gives the lines of the report without their line ends.
To add one, put a file with such a function here; its name, with ``-`` for ``_``, is the format's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from mailtemplates.errors import SettingsError
from mailtemplates.linting.report import Report
from mailtemplates.source import nearest

Writer = Callable[[Report], Iterator[str]]


def format_names() -> list[str]:
    """The formats there are, sorted."""
    return sorted(file.stem.replace("_", "-") for folder in __path__ for file in Path(folder).glob("[!_]*.py"))


def load_format(name: str) -> Writer:
    """The writer of a format.

    :raises SettingsError: there is none of that name.
    """
    names = format_names()
    if name not in names:
        similar = nearest(name, names)
        cure = f"did you mean {similar!r}?" if similar else f"the formats are {', '.join(names)}"
        raise SettingsError(f"there is no output format {name!r}", cure=cure)
    writer: Writer = import_module(f"{__name__}.{name.replace('-', '_')}").write
    return writer
