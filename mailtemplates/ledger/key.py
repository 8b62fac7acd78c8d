"""Keys of messages in the ledger, and the Message-IDs that come from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from mailtemplates.digest import digest_of
from mailtemplates.errors import DataError, SettingsError

_LONGEST = 255


def check_key(key: str) -> str:
    """The key, when it can be one: 1 to 255 characters, none of them a control.

    :raises SettingsError: it cannot.
    """
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST or not key.isprintable():
        raise SettingsError(
            f"{str(key)[:80]!r} cannot be a key",
            cure=f"a key has 1 to {_LONGEST} printable characters, such as order-1",
        )
    return key


def derive_key(version: str, recipients: Iterable[str], data: Mapping[str, Any]) -> str:
    """The key of a message that nobody gave one: 40 hexadecimal digits, the same for the same message.

    :param version: of the template: a digest of all that it is made of.
    :raises DataError: the data holds what has no lasting form.
    """
    try:
        form = _ENCODER.encode(data)
    except (TypeError, ValueError) as error:
        raise DataError(f"no key can be made of this data: {error}", cure="give key=, such as order-1") from None
    pieces = (version, *sorted(recipients), form)
    return digest_of(*(piece.encode("utf-8", "surrogatepass") for piece in pieces))[:40]


def token_of(key: str) -> str:
    """The left side of the Message-ID of a key: the same at every try, so that receivers know a copy as one."""
    return digest_of(b"message-id", key.encode("utf-8", "surrogatepass"))[:40]


def _lasting(value: object) -> Any:
    if isinstance(value, date | datetime | time | Decimal | UUID | PurePath):
        return f"{type(value).__name__} {value}"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return digest_of(value)
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {"": type(value).__name__, **{one.name: getattr(value, one.name) for one in fields(value)}}
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} in it has no lasting form")


_ENCODER = json.JSONEncoder(default=_lasting, sort_keys=True, ensure_ascii=False)
