"""Large providers: their servers, and what they want of who logs in."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mailtemplates.failures.failure import LANGUAGES, Language


class Provider(NamedTuple):
    """A provider of mail.

    :param domains: its servers lie in these.
    :param names: its name in each language, and ``logins`` what it wants of who logs in.
    :param smtp: its server for sending, ``ports`` where that listens, ``imap`` its server for mailboxes.
    """

    domains: tuple[str, ...]
    names: tuple[str, ...]
    logins: tuple[str, ...]
    smtp: str
    ports: str
    imap: str

    def name(self, language: Language) -> str:
        """Its name."""
        return self.names[LANGUAGES.index(language)]

    def login(self, language: Language) -> str:
        """What it wants of who logs in."""
        return self.logins[LANGUAGES.index(language)]


@cache
def all_providers() -> tuple[Provider, ...]:
    """The providers of ``providers.json``."""
    return tuple(
        Provider(tuple(one["domains"]), tuple(one["name"]), tuple(one["login"]), one["smtp"], one["ports"], one["imap"])
        for one in json.loads((Path(__file__).parent / "providers.json").read_bytes())
    )


def provider_of(host: str) -> Provider | None:
    """The provider that a server belongs to, by the longest of the domains; None when it is none of them."""
    name = f".{host.lower()}"
    fitting = ((len(known), one) for one in all_providers() for known in one.domains if name.endswith(f".{known}"))
    return max(fitting, default=(0, None), key=lambda pair: pair[0])[1]
