"""Translations: gettext catalogs by locale, from a folder or from the caller."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from pathlib import Path

from mailtemplates.errors import SettingsError
from mailtemplates.pattern import pattern
from mailtemplates.source import Location
from mailtemplates.template.context import Catalog

Translations = Catalog | Mapping[str, Catalog] | Callable[[str], Catalog]
"""One catalog for every locale, one by locale, or a function that finds one."""

_TAG = pattern(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*(\.[A-Za-z0-9-]+)?(@\w+)?\Z")


def language_tag(locale: str) -> str:
    """The BCP 47 language tag of a locale name: ``de_CH.UTF-8`` → ``de-CH``.

    :raises SettingsError: it is neither a locale name nor a language tag.
    """
    if not _TAG.match(locale):
        raise SettingsError(f"{locale!r} is no locale", cure="write it as de, de_CH or de-CH")
    return locale.split(".")[0].split("@")[0].replace("_", "-")


class Catalogs:
    """Finds the catalog of a locale and keeps it. Thread-safe; as many entries as there are locales."""

    def __init__(self, translations: Translations | None, folders: tuple[Path, ...], domain: str) -> None:
        self._translations = translations
        self._folders = folders
        self._domain = domain
        self._kept: dict[str, Catalog | None] = {}

    def find(self, locale: str) -> Catalog | None:
        """The catalog of a locale; None when there is none, and messages stay as they are.

        :raises SettingsError: the locale's name is malformed, or its catalog was never compiled.
        """
        if locale not in self._kept:
            found = self._find(locale)
            if len(self._kept) > 512:
                self._kept.clear()
            self._kept[locale] = found
        return self._kept[locale]

    def _find(self, locale: str) -> Catalog | None:
        given = self._translations
        if given is None:
            return self._read(locale) if locale else None
        if isinstance(given, Mapping):
            return next((given[name] for name in _fallbacks(locale) if name in given), None)
        if callable(given):
            return given(locale)
        return given

    def _read(self, locale: str) -> Catalog | None:
        names = _fallbacks(locale)
        for folder in self._folders:
            if gettext.find(self._domain, folder, names):
                return gettext.translation(self._domain, folder, names)
            for name in names:
                source = folder / name / "LC_MESSAGES" / f"{self._domain}.po"
                if source.is_file():
                    raise SettingsError(
                        "the catalog is not compiled",
                        location=Location(str(source)),
                        cure=f"compile it: msgfmt {source.name} -o {self._domain}.mo",
                    )
        return None


def _fallbacks(locale: str) -> list[str]:
    """The names a locale may go by, the closest first: ``de-CH`` → ``de-CH``, ``de_CH``, ``de``."""
    plain = language_tag(locale) if locale else ""
    return list(dict.fromkeys([locale, plain, plain.replace("-", "_"), plain.split("-")[0]]))
