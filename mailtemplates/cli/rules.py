"""``mailtpl rules``: all rules in a table, or their pages as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mailtemplates.choice import one_of
from mailtemplates.cli.output import write_file, write_text
from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.rulepage import markdown_pages, row_object, table_lines


def command(
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
    pages: Annotated[str, typer.Option(help="A folder for the pages of all rules, in Markdown.")] = "",
) -> None:
    """List all rules."""
    one_of("--output-format", output_format, ("text", "json"))
    if pages:
        for name, text in markdown_pages(all_rules()):
            write_file(Path(pages) / name, text.encode())
    elif output_format == "json":
        write_text(json.dumps([row_object(rule) for rule in all_rules()], indent=2, ensure_ascii=False))
    else:
        write_text("\n".join(table_lines(all_rules())))
