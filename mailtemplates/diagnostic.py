"""A finding with its rule and its place in a file: what a report is made of.

Floor 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailtemplates.finding import Fix, Severity


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in one file.

    :param code: of the rule, ``HDR012``.
    :param name: of the rule, ``date-weekday-mismatch``.
    :param path: of the file, as it was named, with forward slashes.
    :param line: from 1; ``column`` from 1, in characters; the end is the place after the last character.
    :param sample: which sample data a template was rendered with; empty for a message.
    :param reference: the standard or the provider's page that says so.
    :param source: the line of the file, or as much of it as a report shows; octets that cannot be seen in notation.
    :param mark: where in ``source`` the finding is: offset and length in characters.
    :param fix: edits in octets of the file; None when a person must decide.
    """

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    help: str = ""
    sample: str = ""
    reference: str = ""
    source: str = ""
    mark: tuple[int, int] = (0, 0)
    fix: Fix | None = None

    @property
    def fixable(self) -> bool:
        """Whether ``--fix`` or ``--unsafe-fixes`` mends it."""
        return self.fix is not None


def unique(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings without those that were found before: in another sample, or through another template."""
    kept: dict[tuple[str, int, int, str, str], Diagnostic] = {}
    for one in found:
        kept.setdefault((one.path, one.line, one.column, one.code, one.message), one)
    return list(kept.values())
