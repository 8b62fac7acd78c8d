"""``mailtpl inline``: CSS of a html file goes to its elements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from mailtemplates.cli.output import read_octets, warn, write_file, write_octets
from mailtemplates.errors import TemplateError
from mailtemplates.inlining.anatomy import InlineWarning
from mailtemplates.inlining.edits import KeepStyle
from mailtemplates.inlining.inliner import Inliner
from mailtemplates.settings import read_settings
from mailtemplates.template.htmlplace import RENDERED
from mailtemplates.template.loader import Files
from mailtemplates.template.wrongcharset import undecodable


def command(
    file: Annotated[str, typer.Argument(help="A html file; - is standard input.")],
    css: Annotated[str, typer.Option(help="A stylesheet to inline beside the document's own.")] = "",
    out: Annotated[str, typer.Option(help="The file to write; standard output when not given.")] = "",
    engine: Annotated[str, typer.Option(help="css-inline or premailer.")] = "",
    keep_style: Annotated[str, typer.Option(help="What stays in <style>: rest, all or none.")] = "",
    base_url: Annotated[str, typer.Option(help="Make relative URLs absolute with this one.")] = "",
) -> None:
    """Inline a html file's CSS."""
    folder = Path.cwd() if file == "-" else Path(file).resolve().parent
    settings = read_settings(folder)
    inliner = Inliner(
        engine or settings.inliner,
        keep_style=cast("KeepStyle", keep_style) or settings.keep_style,
        base_url=base_url or settings.base_url or None,
        load=Files([folder]).text,
    )
    inlined = inliner.inline(_text(file), _text(css) if css else "")
    for warning in inlined.warnings:
        place = warning.location._replace(path=file) if warning.location.path == RENDERED else warning.location
        warn(f"warning: {InlineWarning(warning.problem, place)}")
    octets = inlined.html.encode()
    if out:
        write_file(Path(out), octets)
    else:
        write_octets(octets)


def _text(path: str) -> str:
    octets = read_octets(path)
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        fault: TemplateError = undecodable(path, octets)
        raise fault from None
