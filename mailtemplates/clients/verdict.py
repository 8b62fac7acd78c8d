"""What the chosen mail clients make of a feature, and the uses of features in a document told as findings.

One finding for a feature: at its first place, with how often it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.clients.feature import GRACEFUL, PARTLY, QUIET, features_by_key, keys_of
from mailtemplates.clients.support import Feature, Support, by_family, choose_clients, read_support
from mailtemplates.css.stylesheet import Placed
from mailtemplates.finding import Finding, Severity
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.sentstyle import span_in_style, spans_without_outlook
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_LONGEST_NOTE = 200
_WORD_ENGINE = ("outlook.windows", "outlook.windows-mail")
_LEAD = pattern(r"^(?:Partial(?:ly)?(?: support(?:ed)?)?(?: and buggy)?|Buggy|Not supported)[.:,]\s*", re.I)


class Verdict(NamedTuple):
    """What there is to say of a feature.

    :param says: the end of the sentence that its use begins: ``is not supported by gmail (4 of 4)``.
    :param uses: the uses that it is said of, in ``element|name: value``; all when None.
    """

    feature: Feature
    severity: Severity
    says: str
    note: str
    uses: re.Pattern[str] | None


@lru_cache(maxsize=16)
def verdicts(globs: tuple[str, ...], outlook: bool = True) -> dict[str, tuple[Verdict, ...]]:
    """Of the features that not all chosen clients support: what there is to say, by key.

    :param outlook: whether Outlook for Windows is among them, where it was chosen.
    :raises SettingsError: a glob names no client.
    """
    clients = tuple(one for one in choose_clients(globs) if outlook or one not in _WORD_ENGINE)
    judged = {slug: judge(feature, clients) for slug, feature in read_support().features.items()}
    found = {}
    for key, features in features_by_key().items():
        said = tuple(verdict for one in features if (verdict := judged[one.slug]))
        if said:
            found[key] = said
    return found


def judge(feature: Feature, clients: tuple[str, ...]) -> Verdict | None:
    """What there is to say of a feature to someone who writes for these clients; None when nothing is."""
    if feature.slug in QUIET or not keys_of(feature):
        return None
    rows = by_family(feature, clients)
    whole = [row for row in rows if row.none]
    graceful = feature.slug in GRACEFUL
    if graceful and not whole:
        return None
    lacking = [*whole, *(row for row in rows if row.lacking and not row.none)]
    partial = [row for row in rows if row.partial]
    if not lacking and not partial:
        return None
    uses = None if whole else PARTLY.get(feature.slug)
    note = _note(feature, clients, "no" if lacking else "partly")
    severity: Severity = "warning" if whole and not graceful else "info"
    if lacking:
        return Verdict(feature, severity, f"is not supported by {_named(lacking)}", note, uses)
    families = ", ".join(row.family for row in partial)
    return Verdict(feature, severity, f"is only partly supported by {families}", note, uses)


def _named(rows: list[Support]) -> str:
    return ", ".join(f"{row.family} ({row.lacking} of {row.tested})" for row in rows)


def _note(feature: Feature, clients: tuple[str, ...], answer: str) -> str:
    """The notes on the clients that answer so, at most two short ones."""
    whose = {client for client in clients if feature.answer(client) == answer}
    texts = (_LEAD.sub("", note.text).rstrip(".") for note in feature.notes if note.clients & whose)
    return "; ".join([text for text in dict.fromkeys(texts) if 0 < len(text) < _LONGEST_NOTE][:2])


def see(slug: str) -> str:
    """Where a person reads more of a feature, and how old the data is."""
    table = read_support()
    return f"see {table.features[slug].url} (caniemail's data of {table.date})"


@lru_cache(maxsize=64)
def noted(slug: str, words: str, globs: tuple[str, ...]) -> tuple[str, ...]:
    """The families among the chosen clients that a note with these words is about.

    :raises SettingsError: a glob names no client.
    """
    chosen = choose_clients(globs)
    notes = [note for note in read_support().features[slug].notes if words in note.text]
    whose = {client for note in notes for client in note.clients}
    return tuple(dict.fromkeys(client.partition(".")[0] for client in chosen if client in whose))


Place = Span | tuple[Element, Placed]


class _Uses:
    """The uses of one feature: the first with its key and words, and how many."""

    def __init__(self, key: str, words: str, where: Place) -> None:
        self.key, self.words, self.where = key, words, where
        self.count = 0


class Tally:
    """The uses of features in one document, by feature.

    :param globs: the clients it is for.
    """

    def __init__(self, document: HtmlDocument, globs: tuple[str, ...]) -> None:
        self.wanted = verdicts(globs)
        self._globs = globs
        self._hidden = spans_without_outlook(document)
        self._uses: dict[tuple[str, bool], _Uses] = {}

    def use(self, key: str, words: str, where: Place, context: str = "") -> None:
        """Count a use.

        :param words: what the finding calls it.
        :param where: its place: a stretch of the html, or a declaration of an element's style attribute.
        :param context: ``element|name: value``.
        """
        for verdict in self.wanted.get(key, ()):
            if verdict.uses is None or verdict.uses.search(context):
                start = where.start if isinstance(where, Span) else where[0].tag.start
                shown = not any(span.start <= start < span.end for span in self._hidden)
                self._uses.setdefault((verdict.feature.slug, shown), _Uses(key, words, where)).count += 1

    def findings(self) -> Iterator[Finding]:
        """One for each feature; what Outlook for Windows never sees is not held against it."""
        for (slug, shown), uses in self._uses.items():
            if shown or (slug, True) not in self._uses:
                for verdict in verdicts(self._globs, shown).get(uses.key, ()):
                    if verdict.feature.slug == slug:
                        yield _finding(verdict, uses)


def _finding(verdict: Verdict, uses: _Uses) -> Finding:
    often = f"; {uses.count} places" if uses.count > 1 else ""
    note = f"{verdict.note}; " if verdict.note else ""
    where = uses.where if isinstance(uses.where, Span) else span_in_style(*uses.where)
    problem = f"{uses.words} {verdict.says}{often}"
    return Finding(where, problem, f"{note}{see(verdict.feature.slug)}", None, verdict.severity)
