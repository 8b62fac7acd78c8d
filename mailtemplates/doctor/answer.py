"""The doctor's answer, for people in 80 columns, and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mailtemplates.characters import ascii_controls
from mailtemplates.doctor.checkup import Checkup
from mailtemplates.doctor.row import Row

if TYPE_CHECKING:
    from mailtemplates.failures.failure import Language

_NO_BREAK = "\N{NO-BREAK SPACE}"
_WIDTH = 80
_INDENT = 22
_CAUSE = {"en": "cause: ", "zh": "原因："}
_FIX = {"en": "fix: ", "zh": "办法："}
_WORDS = {"ok": "ok", "fail": "FAIL", "skip": "skip"}

FORMAT = 1
"""The version of the JSON, which ``schemas/doctor.json`` describes."""


def row_lines(rows: Iterable[Row], language: Language = "en") -> Iterator[str]:
    """The rows for people, as they come; steps that are skipped for one reason stand together."""
    skipped: list[Row] = []
    for row in rows:
        if skipped and (row.status != "skip" or row.text != skipped[0].text):
            yield from _skipped_lines(skipped)
            skipped = []
        if row.status == "skip":
            skipped.append(row)
        else:
            yield from _row_lines(row, language)
    if skipped:
        yield from _skipped_lines(skipped)


def _skipped_lines(rows: list[Row]) -> Iterator[str]:
    others = f" ({', '.join(row.step for row in rows[1:])} too)" if len(rows) > 1 else ""
    yield from _wrapped(_head(rows[0]), [ascii_controls(rows[0].text) + others])


def _head(row: Row) -> str:
    return f"{row.number:>3} {_WORDS[row.status]:<4} {row.step:<12} "


def _row_lines(row: Row, language: Language) -> Iterator[str]:
    """A row; nothing for a step that was not reached."""
    if row.status == "not_reached":
        return
    lines = [ascii_controls(line) for line in row.text.split("\n")]
    if row.seconds >= 0.0005:
        lines[0] += f"  ({row.seconds * 1000:.0f}{_NO_BREAK}ms)"
    yield from _wrapped(_head(row), lines)
    if row.failure:
        words = row.failure.words(language)
        yield from _wrapped(_CAUSE[language], [words.cause])
        yield from _wrapped(_FIX[language], [row.cure if row.cure and language == "en" else words.cure])


def _wrapped(head: str, lines: Iterable[str]) -> Iterator[str]:
    """Texts beside their head, which ends in one column whatever it says."""
    lead = f"{head:>{_INDENT}}" if head.isascii() else _wide_lead(head)
    for line in lines:
        for part in _filled(line, _WIDTH - _INDENT):
            yield f"{lead}{part}".rstrip()
            lead = " " * _INDENT


def _filled(line: str, room: int) -> Iterator[str]:
    """Pieces of a text that fit; a word that is too long is broken."""
    if line.replace(_NO_BREAK, " ").isascii():
        wrapped = textwrap.wrap(line, room, break_on_hyphens=False) if len(line) > room else [line]
    else:
        from mailtemplates.text.wrapping import wrap  # for letters of other widths only

        wrapped = [piece for part in wrap(line, room) for piece in _broken(part, room)]
    yield from (part.replace(_NO_BREAK, " ") for part in wrapped)


def _broken(line: str, room: int) -> Iterator[str]:
    """The line, or pieces of it where its one word has not enough room."""
    from mailtemplates.text.wrapping import display_width

    piece = ""
    for letter in line:
        if display_width(piece + letter) > room:
            yield piece
            piece = ""
        piece += letter
    yield piece


def _wide_lead(head: str) -> str:
    from mailtemplates.text.wrapping import display_width

    return head.rjust(_INDENT + len(head) - display_width(head))


def closing_lines(checkup: Checkup) -> Iterator[str]:
    """The steps that were not reached, and the conclusion."""
    missed = [row.step for row in checkup.rows if row.status == "not_reached"]
    if missed:
        yield from _wrapped("    --   not reached  ", [", ".join(missed)])
    yield ""
    yield f"=> {conclusion(checkup)}"


def transcript_lines(checkup: Checkup) -> Iterator[str]:
    """What was said on the link to the server, each line with ``C`` or ``S``, without secrets."""
    for who, text in checkup.case.transcript.lines:
        lead = f"  {who}: "
        for part in _filled(text, _WIDTH - len(lead)):
            yield f"{lead}{part}".rstrip()
            lead = " " * len(lead)


def conclusion(checkup: Checkup) -> str:
    """The answer in one line."""
    failed = checkup.failed
    if failed:
        word = "failed at" if checkup.case.request.go_on else "stopped at"
        return f"{word} {', '.join(f'{row.step}: {_name(row)}' for row in failed)}"
    done = {row.step for row in checkup.rows if row.status == "ok"}
    if "arrive" in done:
        return "sent, and arrived"
    if "send" in done:
        return "accepted: one message was sent"
    return "would be accepted (nothing was sent)" if "recipient" in done else "all is well (nothing was sent)"


def _name(row: Row) -> str:
    return f"{row.failure.id} {row.failure.name}" if row.failure else ""


def as_object(checkup: Checkup, language: Language = "en", *, with_transcript: bool = False) -> dict[str, Any]:
    """The answer for programs, as ``schemas/doctor.json`` describes it."""
    failed = checkup.failed
    answer: dict[str, Any] = {
        "format": FORMAT,
        "transport": str(checkup.case.url) if checkup.case.url else None,
        "passed": not failed,
        "sent": checkup.case.sent is not None,
        "failure": failed[0].failure.id if failed and failed[0].failure else None,
        "conclusion": conclusion(checkup),
        "steps": [_step(row, language) for row in checkup.rows],
    }
    if with_transcript:
        answer["transcript"] = [{"who": who, "text": text} for who, text in checkup.case.transcript.lines]
    return answer


def _step(row: Row, language: Language) -> dict[str, Any]:
    found: dict[str, Any] = {"number": row.number, "step": row.step, "status": row.status}
    if row.status == "not_reached":
        return found
    found |= {"text": row.text, "ms": round(row.seconds * 1000, 1), "facts": dict(row.facts)}
    if row.failure:
        words = row.failure.words(language)
        fix = row.cure if row.cure and language == "en" else words.cure
        found["failure"] = {"id": row.failure.id, "name": row.failure.name, "cause": words.cause, "fix": fix}
    return found
