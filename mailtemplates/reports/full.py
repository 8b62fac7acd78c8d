"""For a person: each finding with its line, what is marked in it, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mailtemplates.characters import ascii_controls
from mailtemplates.linting.report import Report, total_line
from mailtemplates.text.wrapping import display_width, wrap

if TYPE_CHECKING:
    from mailtemplates.linting.diagnostic import Diagnostic

_WIDTH = 80
_COLOURS = {"error": "1;31", "warning": "1;33", "info": "1;34"}
_FEW = 3

_Paint = Callable[[str, str], str]


def write(report: Report) -> Iterator[str]:
    """The findings with an empty line after each, and the total."""
    paint = _painted if report.colour else _plain
    for one in report.diagnostics:
        yield from _head(one, report.width, paint)
        yield from _excerpt(one, report.width, paint)
        yield ""
    if report.total:
        yield total_line(report)


def _plain(text: str, colour: str) -> str:
    return text


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m"


def _head(one: Diagnostic, width: int, paint: _Paint) -> Iterator[str]:
    """Place, severity, rule and message; broken at words when the terminal is narrower."""
    place = ascii_controls(f"{one.path}:{one.line}:{one.column}:")
    text = f"{place} {one.severity} {one.code} {one.name}: {ascii_controls(one.message)}"
    first, *rest = _wrapped(text, width, "  ")
    head, _, tail = first.partition(f" {one.severity} ")
    if tail:
        first = f"{paint(head, '1')} {paint(one.severity, _COLOURS[one.severity])} {tail}"
    yield first
    yield from rest


def _excerpt(one: Diagnostic, width: int, paint: _Paint) -> Iterator[str]:
    """The line with its number, the caret under what is marked, and the notes."""
    number = str(one.line)
    margin = " " * len(number)
    bar = paint("|", "34")
    if one.source.strip():
        source, mark = one.source, one.mark
        if one.column - 1 > mark[0]:
            source, mark = f"…{source}", (mark[0] + 1, mark[1])
        shown, before, marked = _cut(source, mark, (width or _WIDTH) - len(number) - 4)
        yield f"{margin} {bar}"
        yield f"{paint(number, '34')} {bar} {shown}".rstrip()
        yield f"{margin} {bar} {' ' * before}{paint('^' * marked, _COLOURS[one.severity])}"
    notes = (("called at", one.related), ("help", one.help), ("sample", one.sample))
    for name, text in notes:
        if text:
            colon = "" if name.endswith(" at") else ":"
            lead = f"{margin} = {name}{colon} "
            first, *rest = _wrapped(lead + ascii_controls(text), width, " " * len(lead))
            yield f"{margin} {paint('=', '34')} {paint(name, '1')}{colon} {first.removeprefix(lead)}"
            yield from rest


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """The text in lines of at most ``width`` columns, those after the first one indented; one line when it is 0."""
    if not width or display_width(text) <= width:
        return [text]
    lead = text[: len(text) - len(text.lstrip(" "))]
    first, *rest = wrap(text[len(lead) :], width - len(lead))
    return [lead + first, *(indent + line for line in wrap(" ".join(rest), max(20, width - len(indent))))]


def _cut(source: str, mark: tuple[int, int], room: int) -> tuple[str, int, int]:
    """As much of a line as fits ``room`` columns, the marked stretch in it; where the mark is and how wide.

    What is left out on a side stands as ``…``.
    """
    text = ascii_controls(source)
    if len(text) != len(source):
        at = len(ascii_controls(source[: mark[0]]))
        mark = (at, len(ascii_controls(source[mark[0] : sum(mark)])))
    start, length = mark
    head, marked, tail = text[:start], text[start : start + max(length, 1)], text[start + max(length, 1) :]
    marked = _fit(marked, room)
    if display_width(head) + display_width(marked) + min(_FEW, display_width(tail)) > room:
        left = max(room // 3, room - display_width(marked) - display_width(tail))
        left = min(left, room - display_width(marked))
        head = "…" + _fit_end(head, left - 1) if left > 1 else ""
    tail = _fit(tail, room - display_width(head) - display_width(marked))
    return head + marked + tail, display_width(head), max(1, display_width(marked))


def _fit(text: str, room: int) -> str:
    """The beginning of a text that fits; ``…`` at its end when something is left out."""
    if display_width(text) <= room:
        return text
    kept = text[: max(room - 1, 0)]
    while kept and display_width(kept) > room - 1:
        kept = kept[:-1]
    return f"{kept}…" if room > 0 else ""


def _fit_end(text: str, room: int) -> str:
    """The end of a text that fits."""
    kept = text[-room:] if room > 0 else ""
    while kept and display_width(kept) > room:
        kept = kept[1:]
    return kept
