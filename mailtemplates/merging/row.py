"""A row: the data of one message, or why it is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol


class Row(NamedTuple):
    """One row of a file.

    :param number: from 1; the header of a table and empty lines are not counted.
    :param data: what the template is rendered with.
    :param cells: the row as it stands in the file, for the list of failures.
    :param problem: what is wrong with the row; it has no data then.
    """

    number: int
    data: Mapping[str, Any]
    cells: Sequence[str]
    problem: str = ""


class Rows(Protocol):
    """The rows of a file, read as they are asked for.

    :ivar columns: the names of the cells.
    :ivar delimiter: what stands between cells in the file, a comma where it has none.
    :ivar note: what was recognised, for a person; empty when there is nothing to say.
    :ivar size: octets of the file, 0 when they are not known; ``position``: how many have been read.
    """

    @property
    def columns(self) -> Sequence[str]: ...

    @property
    def delimiter(self) -> str: ...

    @property
    def note(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def position(self) -> int: ...

    def __iter__(self) -> Iterator[Row]: ...
