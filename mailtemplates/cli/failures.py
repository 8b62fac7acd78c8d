"""``mailtpl failures``: the failure table, or its pages as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, cast

import typer

from mailtemplates.choice import one_of
from mailtemplates.cli.output import write_file, write_text
from mailtemplates.failures.answer import failure_object, table_lines
from mailtemplates.failures.failure import LANGUAGES, Language
from mailtemplates.failures.table import all_failures


def command(
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
    pages: Annotated[str, typer.Option(help="A folder for the page of all failures in each language, Markdown.")] = "",
) -> None:
    """List all failures that keep mail from arriving."""
    tongue = cast(Language, one_of("--language", language, LANGUAGES))
    one_of("--output-format", output_format, ("text", "json"))
    if pages:
        from mailtemplates.failures.page import markdown_pages  # for the project's own documentation only

        for name, text in markdown_pages():
            write_file(Path(pages) / name, text.encode())
    elif output_format == "json":
        rows = [failure_object(row, tongue) for row in all_failures().values()]
        write_text(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        write_text("\n".join(table_lines(tongue)))
