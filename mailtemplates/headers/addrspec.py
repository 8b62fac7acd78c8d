"""Mailboxes and groups (RFC 5322 §3.4) as values that cannot be wrong.

A :class:`Mailbox` checks itself when it is made, whoever makes it: no control character, a local part and a
domain that RFC 5321 §4.1.2 allows, an international domain as A-labels (IDNA 2008). A local part outside ASCII is
allowed in the value (RFC 6532); whether a message may have one is decided when it is composed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailtemplates.characters import describe, find_forbidden, find_invisible, shorten
from mailtemplates.errors import AddressError
from mailtemplates.headers.domain import check_domain
from mailtemplates.pattern import pattern

# RFC 5322 §3.2.3 by what it leaves out, which compiles faster; RFC 6532 §3.2 adds what is not ASCII.
_ATEXT = r'[^\x00-\x20\x7f()<>\[\]:;@\\,."]'
_DOT_ATOM = pattern(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_ATOMS = pattern(rf"{_ATEXT}+(?: {_ATEXT}+)*")
_ADDR_SPEC = pattern(rf'({_ATEXT}+(?:\.{_ATEXT}+)*|"(?:[^"\\]|\\.)*")@([^@]+)')
_PAIR = pattern(r"\\(.)", re.DOTALL)
_NAME_LIMIT = 998


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox: a display name (may be empty), a local part without quotes, a domain as A-labels or a literal.

    ``name`` is plain text, never an encoded word. Raises :class:`AddressError` when a part cannot stand in an address.

    >>> str(Mailbox("Eve, Inc.", "eve", "acme.example"))
    '"Eve, Inc." <eve@acme.example>'
    """

    name: str
    local: str
    domain: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_name(self.name))
        check_local(self.local)
        domain = check_domain(self.domain)
        object.__setattr__(self, "domain", domain)
        if len(self.local) + len(domain) > 253:
            _check_length(self.local, domain)

    @property
    def addr_spec(self) -> str:
        """``local@domain``, the local part quoted when it must be (RFC 5322 §3.4.1)."""
        local = self.local
        return f"{local if _DOT_ATOM.fullmatch(local) else quote(local)}@{self.domain}"

    def __str__(self) -> str:
        return f"{quote_name(self.name)} <{self.addr_spec}>" if self.name else self.addr_spec


@dataclass(frozen=True, slots=True)
class Group:
    """A named group of mailboxes (RFC 5322 §3.4), perhaps empty: ``undisclosed-recipients:;``."""

    name: str
    mailboxes: tuple[Mailbox, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", check_name(self.name))
        if not self.name:
            raise AddressError("a group has no name", cure="write `name: address, address;`")

    def __str__(self) -> str:
        return f"{quote_name(self.name)}: {', '.join(map(str, self.mailboxes))};"


def quote(text: str) -> str:
    """``text`` as a quoted-string (RFC 5322 §3.2.4)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquote(text: str) -> str:
    """The content of a quoted-string, without its quotes and backslashes."""
    return _PAIR.sub(r"\1", text[1:-1]) if "\\" in text else text[1:-1]


def is_phrase(text: str) -> bool:
    """Whether ``text`` is atoms with one space between them, and needs no quotes (RFC 5322 §3.2.5, RFC 6532 §3.2)."""
    return _ATOMS.fullmatch(text) is not None


def quote_name(name: str) -> str:
    """A display name as a person would write it: quoted only when it must be, never encoded."""
    return name if is_phrase(name) else quote(name)


def check_name(name: str) -> str:
    """A display name without white space at its ends, or :class:`AddressError`."""
    name = name.strip(" ")
    at = find_forbidden(name)
    if at >= 0:
        raise AddressError(
            f'the name "{shorten(name)}" holds {describe(name[at])} (column {at + 1})',
            cure="remove the character from the name",
        )
    if len(name) > _NAME_LIMIT:
        raise AddressError(
            f'the name "{shorten(name)}" has {len(name)} characters, and {_NAME_LIMIT} are the most',
            cure="shorten the name, for example with |truncate(200)",
        )
    return name


def check_local(local: str) -> None:
    """Raise :class:`AddressError` unless ``local`` (without quotes) can be a local part (RFC 5321 §4.5.3.1.1)."""
    size = len(local) if local.isascii() else len(local.encode("utf-8", "replace"))
    if not 0 < size <= 64:
        what = "is empty" if not local else f"has {size} octets, and 64 are the most"
        raise AddressError(f'the local part "{shorten(local)}" {what}', cure="write local@domain")
    at = find_invisible(local)
    if at < 0 and not local.isascii():
        at = next((index for index, char in enumerate(local) if char.isspace() and char != " "), -1)
    if at >= 0:
        raise AddressError(
            f'the local part "{shorten(local)}" holds {describe(local[at])} (column {at + 1})',
            cure="remove the character from the address",
        )


def _check_length(local: str, domain: str) -> None:
    size = len(local.encode()) + 1 + len(domain)
    if size > 254:
        raise AddressError(
            f'the address "{shorten(f"{local}@{domain}")}" has {size} octets, and 254 are the most',
            cure="RFC 5321 §4.5.3.1.3 limits a path to 256 octets with its brackets",
        )


def parse_addr_spec(text: str, name: str = "") -> Mailbox:
    """Exactly one addr-spec, ``local@domain``, with no white space around it (RFC 5322 §3.4.1, nothing obsolete).

    Raises :class:`AddressError` that says what is wrong and in which column.
    """
    match = _ADDR_SPEC.fullmatch(text)
    if match is None:
        problem, cure = _explain(text)
        raise AddressError(f'"{shorten(text)}" is not an address: {problem}', cure=cure)
    local, domain = match.groups()
    return Mailbox(name, unquote(local) if local[0] == '"' else local, domain)


def _explain(text: str) -> tuple[str, str]:
    """Why a text is no addr-spec, and the cure."""
    plain = "write local@domain, and nothing else"
    if not text:
        return "it is empty", plain
    invisible = find_invisible(text)
    if invisible >= 0:
        return f"it holds {describe(text[invisible])} (column {invisible + 1})", "remove the character"
    for character in "<,;:":
        if character in text and not text.startswith('"'):
            return (
                f"`{character}` is no part of an addr-spec (column {text.index(character) + 1})",
                "to take a whole address from data use the filter |mailbox, or |mailboxes for a list",
            )
    if text != text.strip():
        return "there is white space around it", "trim it, for example with |trim"
    if "@" not in text:
        return "it has no @", plain
    legal = _DOT_ATOM.match(text)
    at = legal.end() if legal else 0
    if at == text.rindex("@"):
        return "it has no domain", plain
    what = "two dots stand together, or one at the end" if text[at] == "." else f"`{text[at]}` cannot stand there"
    return f"{what} (column {at + 1})", plain + "; a local part with other characters needs double quotes"
