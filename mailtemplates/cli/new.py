"""``mailtpl new``: a first template, its schema, and a layout when there is none."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from mailtemplates.cli.output import write_file, write_text
from mailtemplates.errors import SettingsError
from mailtemplates.settings import read_settings
from mailtemplates.source import shown

_NAME = re.compile(r"(?:[\w-]+/)*[\w-]+\Z")
_LAYOUT = "layouts/base.j2"


def command(
    name: Annotated[str, typer.Argument(help="The new template's name: invoice, or billing/invoice.")],
) -> None:
    """Write a new template, its schema, and a layout."""
    stem = name.removesuffix(".j2")
    if not _NAME.match(stem):
        raise SettingsError(f"{name!r} is no name for a template", cure="use letters, digits, - and _: order_shipped")
    settings = read_settings(Path.cwd())
    templates = settings.paths(settings.templates)[0]
    schemas = settings.paths(settings.schemas)[0] if settings.schemas else templates.parent / "schemas"
    wanted = {templates / f"{stem}.j2": "template.j2", schemas / f"{stem}.json": "schema.json"}
    for path in wanted:
        if path.exists():
            raise SettingsError(f"{shown(path)} exists already", cure="choose another name; nothing was written")
    if not (templates / _LAYOUT).exists():
        wanted[templates / _LAYOUT] = "layout.j2"
    for path, skeleton in wanted.items():
        write_file(path, _filled(skeleton, stem).encode())
        write_text(f"wrote {shown(path)}")
    write_text(f"now try: mailtpl render {shown(templates / f'{stem}.j2')}")


def _filled(skeleton: str, stem: str) -> str:
    text = files("mailtemplates").joinpath("skeleton", skeleton).read_text(encoding="utf-8")
    return text.replace("@NAME@", PurePosixPath(stem).as_posix())
