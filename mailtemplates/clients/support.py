"""Which mail client supports which feature of HTML and CSS: caniemail's data, the latest version of every client.

The table stands in ``caniemail/support.json``, with its licence beside it; ``make clients`` makes it anew. It
is read when it is first asked for. A client is a family and a platform: ``outlook.windows``, ``gmail.ios``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from mailtemplates.errors import SettingsError
from mailtemplates.source import nearest

Answer = Literal["yes", "partly", "no", "unknown"]

_TABLE = Path(__file__).parent / "caniemail" / "support.json"
_ANSWERS: dict[str, Answer] = {"y": "yes", "a": "partly", "n": "no"}
#: Notes on Gmail's apps, which read mail of other accounts too. What only those lack, Gmail has; what they alone have,
#: Gmail lacks.
_OTHER_ACCOUNTS_LACK = "not supported with non google accounts"
_OTHER_ACCOUNTS_ALONE = ("only supported with non google accounts", "supported with non google accounts only",
                         "only works with non google accounts")  # fmt: skip


class Note(NamedTuple):
    """A remark on a feature's support.

    :param clients: the clients it is about.
    """

    number: str
    text: str
    clients: frozenset[str]


@dataclass(frozen=True)
class Feature:
    """A feature of HTML or CSS and who supports it.

    :param slug: its name in the data, such as ``css-display-flex``.
    :param title: what a person calls it.
    :param answers: of each client that was tested.
    """

    slug: str
    title: str
    answers: Mapping[str, Answer] = field(repr=False)
    notes: tuple[Note, ...] = field(repr=False)

    @property
    def url(self) -> str:
        """Its page."""
        return f"https://www.caniemail.com/features/{self.slug}/"

    def notes_of(self, client: str) -> list[Note]:
        """The notes on a client."""
        return [note for note in self.notes if client in note.clients]

    def answer(self, client: str) -> Answer:
        """Whether a client supports it, for mail of its own accounts."""
        answer = self.answers.get(client, "unknown")
        if answer != "partly" or not client.startswith("gmail."):
            return answer
        notes = [note.text.lower() for note in self.notes_of(client)]
        if any(words in note for note in notes for words in _OTHER_ACCOUNTS_ALONE):
            return "no"
        return "yes" if notes and all(_OTHER_ACCOUNTS_LACK in note for note in notes) else "partly"


class SupportTable(NamedTuple):
    """The data.

    :param date: of its last change, ``2026-05-13``.
    :param package: the package and version it was taken from.
    :param families: the names of the families that a person knows.
    """

    date: str
    package: str
    families: Mapping[str, str]
    clients: tuple[str, ...]
    features: Mapping[str, Feature]


class Support(NamedTuple):
    """How a family of clients supports a feature.

    :param lacking: how many of its platforms do not support it.
    :param partial: how many support it in part.
    :param tested: how many were tested.
    """

    family: str
    lacking: int
    partial: int
    tested: int

    @property
    def none(self) -> bool:
        """Whether no platform of the family supports it."""
        return 0 < self.tested == self.lacking


@cache
def read_support() -> SupportTable:
    """The table of the package."""
    data = json.loads(_TABLE.read_text(encoding="utf-8"))
    clients = tuple(data["clients"])
    features = {slug: _feature(slug, row, clients) for slug, row in data["features"].items()}
    return SupportTable(data["date"], data["package"], data["names"], clients, features)


def _feature(slug: str, row: dict[str, object], clients: tuple[str, ...]) -> Feature:
    letters, notes = str(row["support"]), row["notes"]
    assert isinstance(notes, dict)
    answers = {client: _ANSWERS.get(cell, "unknown") for client, cell in zip(clients, letters, strict=True)}
    read = (Note(number, text, frozenset(clients[at] for at in whose)) for number, (text, whose) in notes.items())
    return Feature(slug, str(row["title"]), answers, tuple(read))


@lru_cache(maxsize=16)
def choose_clients(globs: tuple[str, ...]) -> tuple[str, ...]:
    """The clients that globs over ``family.platform`` name, in the order of the table; a family's name is its clients.

    :raises SettingsError: a glob names no client.
    """
    clients = read_support().clients
    chosen: set[str] = set()
    for glob in globs:
        word = glob.strip().lower()
        named = [client for client in clients if fnmatchcase(client, word) or client.partition(".")[0] == word]
        if not named:
            known = [*clients, *{f"{client.partition('.')[0]}.*" for client in clients}]
            similar = nearest(word, sorted(known))
            cure = f"did you mean {similar!r}?" if similar else "mailtpl clients lists them all"
            raise SettingsError(f"there is no mail client {glob!r}", cure=cure)
        chosen.update(named)
    return tuple(client for client in clients if client in chosen)


def by_family(feature: Feature, clients: Iterable[str]) -> list[Support]:
    """How the families of some clients support a feature, those left out that nobody has tested."""
    counted: dict[str, list[Answer]] = {}
    for client in clients:
        counted.setdefault(client.partition(".")[0], []).append(feature.answer(client))
    rows = []
    for family, answers in counted.items():
        tested = len(answers) - answers.count("unknown")
        if tested:
            rows.append(Support(family, answers.count("no"), answers.count("partly"), tested))
    return rows
