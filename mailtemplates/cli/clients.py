"""``mailtpl clients``: what mail clients support."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mailtemplates.choice import one_of
from mailtemplates.cli.output import write_text
from mailtemplates.clients.feature import find_features, words_of
from mailtemplates.clients.page import feature_lines, feature_object, source_line, table_lines
from mailtemplates.clients.support import choose_clients, read_support
from mailtemplates.errors import SettingsError
from mailtemplates.inspection.overrides import words
from mailtemplates.settings import read_settings
from mailtemplates.source import nearest


def command(
    feature: Annotated[str, typer.Argument(help="A piece of html or css: display:flex, <video>, webp.")] = "",
    clients: Annotated[
        list[str] | None, typer.Option(help="Clients: gmail.*, outlook.windows; not the settings'.")
    ] = None,
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Say which mail clients support a feature of html or css, or list all features and clients."""
    one_of("--output-format", output_format, ("text", "json"))
    chosen = choose_clients(words(clients or ()) or read_settings(Path.cwd()).clients)
    table = read_support()
    found = list(find_features(feature) if feature else table.features.values())
    if not found:
        known = sorted(word for one in table.features.values() for word in words_of(one))
        similar = nearest(feature.lower(), known)
        cure = f"did you mean {similar!r}?" if similar else "mailtpl clients lists them all"
        raise SettingsError(f"there is no feature {feature!r} in the data", cure=cure)
    if output_format == "json":
        features = [feature_object(one, chosen) for one in found]
        write_text(json.dumps({"date": table.date, "features": features}, indent=2, ensure_ascii=False))
    elif not feature:
        write_text("\n".join(table_lines(chosen)))
    else:
        lines = [line for one in found for line in feature_lines(one, chosen)]
        write_text("\n".join([*lines, source_line()]))
