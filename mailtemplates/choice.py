"""An option that takes one of a few words."""

from __future__ import annotations

from collections.abc import Sequence

from mailtemplates.errors import SettingsError
from mailtemplates.source import nearest


def one_of(option: str, value: str, known: Sequence[str]) -> str:
    """The value of an option that takes one of a few words.

    :raises SettingsError: it is none of them.
    """
    if value not in known:
        similar = nearest(value, known)
        cure = f"did you mean {similar!r}?" if similar else f"it is one of {', '.join(known)}"
        raise SettingsError(f"{option} cannot be {value!r}", cure=cure)
    return value
