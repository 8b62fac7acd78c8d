"""Which rules run, and how severe each is: profiles, selectors, the longest match wins.

A selector is a code, a name, the beginning of codes (``HDR``, ``HDR0``) or ``ALL``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from mailtemplates.errors import SettingsError
from mailtemplates.finding import SEVERITIES, Severity
from mailtemplates.linting.rule import Rule
from mailtemplates.settings import Settings
from mailtemplates.source import nearest

_EXACT = 100


def match_length(selector: str, rule: Rule) -> int:
    """How much of a rule a selector names; -1 when it does not match. A rule of the network is named whole."""
    word = selector.strip()
    if word.lower() == rule.name or word.upper() == rule.code:
        return _EXACT
    if rule.network:
        return -1
    if word.upper() == "ALL":
        return 0
    return len(word) if rule.code.startswith(word.upper()) and len(word) >= len(rule.family) else -1


def check_selectors(selectors: Iterable[str], rules: Sequence[Rule]) -> None:
    """Raise :class:`SettingsError`, with the nearest name, for a selector that matches no rule."""
    for selector in selectors:
        if not any(match_length(selector, rule) >= 0 for rule in rules):
            known = [*(rule.name for rule in rules), *(rule.code for rule in rules), *{rule.family for rule in rules}]
            similar = nearest(selector.lower(), known) or nearest(selector.upper(), known)
            cure = f"did you mean {similar!r}?" if similar else "mailtpl rules lists them all"
            raise SettingsError(f"there is no rule {selector!r}", cure=cure)


def choose(settings: Settings, rules: Sequence[Rule]) -> dict[str, Severity | None]:
    """The codes that run, each with the severity that the settings give it, or None.

    :raises SettingsError: a selector, a severity or an option names no rule or a wrong value.
    """
    check_selectors((*settings.select, *settings.extend_select, *settings.ignore, *settings.severity), rules)
    for severity in settings.severity.values():
        if severity not in SEVERITIES:
            raise SettingsError(f"{severity!r} is no severity", cure="the severities are error, warning and info")
    for selectors in settings.per_file_ignores.values():
        check_selectors(selectors, rules)
    return {rule.code: _severity(rule, settings.severity) for rule in rules if _is_on(rule, settings)}


def asked_for(settings: Settings, rules: Sequence[Rule]) -> list[str]:
    """The codes of the rules that the settings select by name, family or ``ALL``, and not by default."""
    return [rule.code for rule in rules if _longest(rule, (*settings.select, *settings.extend_select)) >= 0]


def _is_on(rule: Rule, settings: Settings) -> bool:
    if settings.select:
        chosen = _longest(rule, settings.select)
    else:
        chosen = 0 if rule.default and (rule.profile == "transactional" or settings.profile == "bulk") else -1
    chosen = max(chosen, _longest(rule, settings.extend_select))
    return chosen > _longest(rule, settings.ignore)


def _longest(rule: Rule, selectors: Iterable[str]) -> int:
    return max((match_length(selector, rule) for selector in selectors), default=-1)


def _severity(rule: Rule, given: Mapping[str, str]) -> Severity | None:
    named = [(match_length(selector, rule), severity) for selector, severity in given.items()]
    length, severity = max(named, default=(-1, ""))
    return next((known for known in SEVERITIES if known == severity), None) if length >= 0 else None


def ignored_in(path: str, settings: Settings, rules: Sequence[Rule]) -> frozenset[str]:
    """The codes that ``per-file-ignores`` turns off in a file.

    Globs are of the path, of the path as seen from the folder of the settings, or of the file's name.
    """
    if not settings.per_file_ignores:
        return frozenset()
    names = {path, path.rpartition("/")[2], os.path.relpath(path, settings.folder).replace(os.sep, "/")}
    selectors = [
        selector
        for glob, selectors in settings.per_file_ignores.items()
        if any(fnmatchcase(name, glob) for name in names)
        for selector in selectors
    ]
    return frozenset(rule.code for rule in rules if _longest(rule, selectors) >= 0)
