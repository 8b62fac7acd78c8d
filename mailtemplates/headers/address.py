"""Addresses from text and from data (RFC 5322 §3.4).

The values are :class:`Mailbox` and :class:`Group`; :func:`parse_mailbox` and :func:`parse_addresses` read
text strictly; :func:`mailbox` and :func:`mailboxes` turn data into addresses and are the template filters of the same
names. An encoded word in such a text is not decoded: it is the literal name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailtemplates.characters import describe, find_forbidden, shorten
from mailtemplates.errors import AddressError
from mailtemplates.headers.addresslist import SLOT, fill, read_shape
from mailtemplates.headers.addrspec import Group, Mailbox, parse_addr_spec

__all__ = ["Group", "Mailbox", "mailbox", "mailboxes", "parse_addr_spec", "parse_addresses", "parse_mailbox"]


def parse_addresses(text: str) -> tuple[Mailbox | Group, ...]:
    """Read an address list: ``Name <local@domain>, local@domain, Group: a@b.example;``.

    Strict: no obsolete forms but the dot in an unquoted name, no empty elements, no control characters; comments are
    dropped. Raises :class:`AddressError` that says what is wrong and in which column.
    """
    at = find_forbidden(text)
    if at >= 0 or SLOT in text:
        raise AddressError(
            f'"{shorten(text)}" is not an address list: it holds {describe(text[at])} (column {at + 1})',
            cure="remove the character",
        )
    addresses = fill(read_shape(text), ())
    if not addresses:
        raise AddressError("an address is empty", cure="write Name <local@domain>")
    return addresses


def parse_mailbox(text: str) -> Mailbox:
    """Read exactly one mailbox: ``Name <local@domain>`` or ``local@domain``. Raises :class:`AddressError`."""
    addresses = parse_addresses(text)
    if len(addresses) != 1 or not isinstance(addresses[0], Mailbox):
        what = f"{len(addresses)} addresses" if len(addresses) > 1 else "a group"
        raise AddressError(
            f'"{shorten(text)}" is {what}, not one mailbox',
            cure='a name with a comma needs double quotes: "Doe, Jane" <jane@acme.example>; a list needs |mailboxes',
        )
    return addresses[0]


def mailbox(value: object) -> Mailbox:
    """Turn one value of the data into a mailbox.

    :param value: a mapping with ``email`` and perhaps ``name``, a text ``Name <local@domain>`` or ``local@domain``,
        a pair (name, email), or a :class:`Mailbox`.

    Raises :class:`AddressError` for anything else.
    """
    if isinstance(value, Mailbox):
        return value
    if isinstance(value, str):
        return parse_mailbox(value)
    if isinstance(value, Mapping):
        return _from_pair(value.get("name"), value.get("email"))
    if isinstance(value, tuple | list) and len(value) == 2:
        return _from_pair(*value)
    raise _not_an_address(value)


def mailboxes(value: object) -> tuple[Mailbox, ...]:
    """Turn a value of the data into mailboxes: an iterable of what :func:`mailbox` takes, or one text with commas.

    A single mapping or :class:`Mailbox` is a list of one; an empty list or text gives none.
    Raises :class:`AddressError`.
    """
    if isinstance(value, str):
        addresses = parse_addresses(value) if value.strip() else ()
        return tuple(box for item in addresses for box in ((item,) if isinstance(item, Mailbox) else item.mailboxes))
    if isinstance(value, Mailbox | Mapping):
        return (mailbox(value),)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return tuple(mailbox(item) for item in value)
    raise _not_an_address(value)


def _from_pair(name: object, email: object) -> Mailbox:
    if not isinstance(email, str):
        raise _not_an_address(email, "the email of a mailbox")
    if name is not None and not isinstance(name, str):
        raise _not_an_address(name, "the name of a mailbox")
    return parse_addr_spec(str(email), str(name or ""))


def _not_an_address(value: object, what: str = "a mailbox") -> AddressError:
    return AddressError(
        f"{what} cannot be made from {type(value).__name__} `{shorten(repr(value))}`",
        cure='give {"name": "Ann", "email": "ann@acme.example"}, a text, or a pair (name, email)',
    )
