"""``mailtpl tree``: the MIME tree of a message."""

from __future__ import annotations

from typing import Annotated

import typer

from mailtemplates.cli.output import read_octets, write_text
from mailtemplates.octets.drawing import outline
from mailtemplates.octets.mime import parse


def command(
    file: Annotated[str, typer.Argument(help="A message file (.eml); - is standard input.")],
) -> None:
    """Draw the MIME tree of a message."""
    write_text("\n".join(outline(parse(read_octets(file)))))
