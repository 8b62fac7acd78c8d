"""Rule options of a command line, which go over the settings of the project.

``--select`` says anew which rules run, so the project's own choice is forgotten; ``--ignore`` and
``--extend-select`` add to the choice that holds. What the words name is checked where rules are chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, cast

from mailtemplates.choice import one_of
from mailtemplates.errors import SettingsError
from mailtemplates.settings import Settings


def words(values: Iterable[str]) -> tuple[str, ...]:
    """The words of options that take lists with commas and may be repeated."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def choose_rules(
    settings: Settings, *, select: Sequence[str] = (), extend_select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Settings:
    """The settings with a command line's choice of rules."""
    chosen, added, ignored = words(select), words(extend_select), words(ignore)
    if chosen:
        return settings._replace(select=chosen, extend_select=added, ignore=ignored)
    kept = tuple(word for word in settings.ignore if word not in added)
    return settings._replace(extend_select=settings.extend_select + added, ignore=kept + ignored)


def ignore_in_files(settings: Settings, values: Sequence[str]) -> Settings:
    """The settings with rules ignored in files: ``GLOB:RULE``, and more rules or more such pairs after commas.

    :raises SettingsError: a value names no glob or no rule.
    """
    ignores = dict(settings.per_file_ignores)
    for value in values:
        glob = ""
        for word in words([value]):
            before, colon, rule = word.rpartition(":")
            glob = before if colon else glob
            if not glob or not rule:
                raise SettingsError(f"--per-file-ignores {value!r} is not GLOB:RULE", cure="write it as 'old/*:HDR001'")
            ignores[glob] = (*ignores.get(glob, ()), rule)
    return settings._replace(per_file_ignores=ignores)


def weigh_rules(settings: Settings, values: Sequence[str]) -> Settings:
    """The settings with other severities: ``RULE=LEVEL``.

    :raises SettingsError: a value has no ``=``.
    """
    severities = dict(settings.severity)
    for word in words(values):
        rule, equals, level = word.partition("=")
        if not equals or not rule:
            raise SettingsError(f"--severity {word!r} is not RULE=LEVEL", cure="write it as 'HDR004=error'")
        severities[rule.strip()] = level.strip()
    return settings._replace(severity=severities)


def set_threshold(settings: Settings, fail_on: str, profile: str) -> Settings:
    """The settings with another threshold and profile, where they are given.

    :raises SettingsError: there is no such severity or profile.
    """
    if fail_on:
        one_of("--fail-on", fail_on, ("error", "warning", "info"))
        settings = settings._replace(fail_on=cast("Literal['error', 'warning', 'info']", fail_on))
    if profile:
        one_of("--profile", profile, ("transactional", "bulk"))
        settings = settings._replace(profile=cast("Literal['transactional', 'bulk']", profile))
    return settings
