"""``mailtpl explain``: what a reply code, a server's words or a failure's id mean. Offline."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, cast

import typer

from mailtemplates.choice import one_of
from mailtemplates.cli.output import write_text
from mailtemplates.errors import SettingsError
from mailtemplates.failures.answer import answer_lines, answer_object, failure_lines, failure_object
from mailtemplates.failures.decoding import decode_said
from mailtemplates.failures.diagnosis import diagnose
from mailtemplates.failures.failure import LANGUAGES, Failure, Language
from mailtemplates.failures.table import all_failures, find_failure
from mailtemplates.source import nearest


def command(
    words: Annotated[
        list[str], typer.Argument(help="D04, implicit-tls-port, 535, 5.7.8, or a whole reply or line of a log.")
    ],
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Explain a reply code, a server's reply or a failure's id: its cause and the next step. Exit code 1: not known."""
    tongue = cast(Language, one_of("--language", language, LANGUAGES))
    one_of("--output-format", output_format, ("text", "json"))
    gc.disable()  # the table is thousands of phrases, which stay until the process ends
    lines, value, known = _answer(_said(words), tongue)
    write_text(json.dumps(value, indent=2, ensure_ascii=False) if output_format == "json" else "\n".join(lines))
    if not known:
        raise typer.Exit(1)


def _said(words: Iterable[str]) -> str:
    """What stands on the command line. Octets that the terminal's charset does not have are those of a server."""
    return decode_said(os.fsencode(" ".join(words))).strip()


def _answer(text: str, language: Language) -> tuple[Iterator[str], dict[str, Any], bool]:
    row = find_failure(text)
    if row:
        return failure_lines(row, language), failure_object(row, language), True
    diagnosis = diagnose(text)
    if not diagnosis.known and len(text.split()) < 2:
        raise _no_such(text, all_failures().values())
    return answer_lines(diagnosis, language), answer_object(diagnosis, language), diagnosis.known


def _no_such(word: str, rows: Iterable[Failure]) -> SettingsError:
    known = [name for row in rows for name in (row.id, row.name)]
    similar = nearest(word.lower(), known) or nearest(word.upper(), known)
    cure = f"did you mean {similar!r}?" if similar else "give an id, a reply code, or the whole reply in quotes"
    return SettingsError(f"nothing is known of {word!r}", cure=cure)
