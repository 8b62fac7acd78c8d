"""``mailtpl rule``: the page of one rule."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mailtemplates.choice import one_of
from mailtemplates.cli.output import write_text
from mailtemplates.errors import SettingsError
from mailtemplates.linting.catalogue import all_rules, find_rule
from mailtemplates.linting.rulepage import page_lines, page_object
from mailtemplates.source import nearest


def command(
    rule: Annotated[str, typer.Argument(help="A rule's code or name: HDR001, missing-from.")],
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Print the page of a rule."""
    one_of("--output-format", output_format, ("text", "json"))
    found = find_rule(rule)
    if found is None:
        known = [word for one in all_rules() for word in (one.name, one.code)]
        similar = nearest(rule.lower(), known) or nearest(rule.upper(), known)
        cure = f"did you mean {similar!r}?" if similar else "mailtpl rules lists them all"
        raise SettingsError(f"there is no rule {rule!r}", cure=cure)
    if output_format == "json":
        write_text(json.dumps(page_object(found), indent=2, ensure_ascii=False))
    else:
        write_text("\n".join(page_lines(found)))
