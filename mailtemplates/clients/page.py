"""What mail clients support, for a person and as JSON: the table of all features, and the page of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mailtemplates.clients.feature import UNMAPPED
from mailtemplates.clients.support import Feature, by_family, read_support
from mailtemplates.text.wrapping import wrap

_NOT_TESTED = "-"


def table_lines(clients: Sequence[str]) -> Iterator[str]:
    """All features: of how many clients of each family each is supported; then the clients, and the data's date.

    ``4`` is all of them, ``2/6`` two of six; partial support counts as support and is marked ``~``.
    """
    table = read_support()
    families = list(dict.fromkeys(client.partition(".")[0] for client in clients))
    longest = max(len(slug) for slug in table.features)
    yield f"{'feature':{longest}}  {'  '.join(families)}"
    yield f"{'-' * longest}  {'  '.join('-' * len(family) for family in families)}"
    for slug, feature in table.features.items():
        cells = _cells(feature, clients)
        yield f"{slug:{longest}}  " + "  ".join(f"{cells.get(f, _NOT_TESTED):{len(f)}}" for f in families).rstrip()
    yield ""
    yield "All clients, for the setting clients (globs such as outlook.*):"
    yield from (f"  {line}" for line in wrap(", ".join(table.clients), 98))
    yield ""
    yield source_line()


def _cells(feature: Feature, clients: Sequence[str]) -> dict[str, str]:
    cells = {}
    for row in by_family(feature, clients):
        count = row.tested - row.lacking
        cells[row.family] = f"{count}" if not row.lacking else f"{count}/{row.tested}"
        cells[row.family] += "~" if row.partial else ""
    return cells


def source_line() -> str:
    """Where the data is from, and of when."""
    table = read_support()
    return f"Data of caniemail.com, {table.date} (npm package {table.package}, MIT)."


def feature_lines(feature: Feature, clients: Sequence[str]) -> Iterator[str]:
    """The page of a feature: every client's answer, the chosen ones first, and the notes."""
    yield f"{feature.slug}: {feature.title}"
    yield feature.url
    yield ""
    others = [client for client in feature.answers if client not in clients and feature.answer(client) != "unknown"]
    for group in (clients, others):
        for client in group:
            numbers = "".join(f"  [{note.number}]" for note in feature.notes_of(client))
            yield f"{client:28}{feature.answer(client)}{numbers}"
        yield ""
    for note in feature.notes:
        first, *rest = wrap(note.text, 94) or [""]
        yield f"[{note.number}] {first}"
        yield from (f"    {line}" for line in rest)
    if feature.notes:
        yield ""
    if feature.slug in UNMAPPED:
        yield f"No rule of this family looks for it: {UNMAPPED[feature.slug]}."


def feature_object(feature: Feature, clients: Sequence[str]) -> dict[str, Any]:
    """A feature as JSON."""
    families = {
        row.family: {"supported": row.tested - row.lacking, "partly": row.partial, "tested": row.tested}
        for row in by_family(feature, clients)
    }
    return {
        "feature": feature.slug,
        "title": feature.title,
        "url": feature.url,
        "families": families,
        "clients": {client: feature.answer(client) for client in feature.answers},
        "notes": [
            {"number": note.number, "text": note.text, "clients": sorted(note.clients)} for note in feature.notes
        ],
    }
