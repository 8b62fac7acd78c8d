"""A finding with its rule and its place in a file: what a report is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailtemplates.finding import Fix, Severity
from mailtemplates.pattern import pattern

_NUMBER = pattern(r"[0-9][0-9,]*")


class Diagnostic(NamedTuple):
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
    :param related: another place that takes part, ``path:line:column``: where a macro is called; mostly empty.
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
    related: str = ""

    @property
    def fixable(self) -> bool:
        """Whether ``--fix`` or ``--unsafe-fixes`` mends it."""
        return self.fix is not None


def unique(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings without those that were found before: in another sample, or through another template.

    Of findings that differ in their numbers only, those of the sample with the greatest stay: the worst case.
    """
    alike: dict[tuple[object, ...], dict[str, dict[str, Diagnostic]]] = {}
    for one in found:
        key = (one.path, one.line, one.column, one.code, _NUMBER.sub("0", one.message))
        alike.setdefault(key, {}).setdefault(one.sample, {}).setdefault(one.message, one)
    kept: list[Diagnostic] = []
    for samples in alike.values():
        kept += max(samples.values(), key=lambda ones: max(map(_numbers, ones))).values()
    return kept


def _numbers(message: str) -> list[int]:
    return [int(number.replace(",", "")[:18]) for number in _NUMBER.findall(message)]
