"""DKIM over a message: the settings' keys whose domain is aligned with From each add a signature (RFC 6376)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError, SettingsError, SigningError
from mailtemplates.headers.domain import check_domain
from mailtemplates.links.orgdomain import is_aligned
from mailtemplates.message.message import Message
from mailtemplates.pattern import pattern
from mailtemplates.settings import DkimSettings
from mailtemplates.signing.cut import Cut, addresses_in, cut
from mailtemplates.signing.dkimkey import DkimKey, read_dkim_key
from mailtemplates.signing.dkimsignature import NEVER_SIGNED, SIGNED, hash_body, names_to_sign, write_signature

_NAME = pattern(r"[!-9<-~]+")
_SELECTOR = pattern(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


@dataclass(frozen=True, slots=True)
class DkimSigner:
    """One key of a domain.

    :param wanted: the names of the fields to sign, where they stand.
    :param oversigned: those that nobody may add on the way, in lower case.
    """

    domain: str
    selector: str
    key: DkimKey
    wanted: tuple[str, ...] = SIGNED
    oversigned: frozenset[str] = frozenset(("from", "subject"))

    @classmethod
    def of(cls, settings: DkimSettings, folder: Path) -> DkimSigner:
        """The signer of a table of the settings, its key read from the file.

        :param folder: what the key's path is relative to.
        :raises SettingsError: the key cannot sign, or a name cannot be.
        """
        if not _SELECTOR.fullmatch(settings.selector):
            raise SettingsError(
                f"dkim: {shorten(settings.selector)!r} is not a selector",
                cure="use letters, digits and -, such as 2026a",
            )
        return cls(
            _domain(settings.domain),
            settings.selector,
            read_dkim_key(folder / settings.key),
            _wanted((*SIGNED, *settings.sign, *settings.oversign)),
            frozenset(map(str.lower, ("from", *settings.oversign))),
        )

    @property
    def record(self) -> tuple[str, str]:
        """The name and the text of the TXT record that verifiers look for (RFC 6376 §3.6.2)."""
        return f"{self.selector}._domainkey.{self.domain}", self.key.record

    def signature(self, message: Cut, body_hash: str, moment: datetime) -> bytes:
        """The DKIM-Signature field, without its last CRLF."""
        names = names_to_sign(message.fields, self.wanted, self.oversigned)
        return write_signature(message, body_hash, self.key, self.domain, self.selector, moment, names)


def sign_dkim(message: Message, signers: Sequence[DkimSigner], moment: datetime) -> Message:
    """The message with a signature of each key whose domain is aligned with From; all else is as it was.

    :param moment: when it is signed.
    :raises SigningError: no domain is aligned (RFC 7489 §3.1), or the message would be changed on the way.
    """
    parts = cut(message.octets)
    authors = [address.rpartition("@")[2] for address in addresses_in(parts, "from")]
    if not authors:
        raise SigningError("the message has no From that could be read, and DKIM signs for it", cure="give it a From")
    chosen = [one for one in signers if all(is_aligned(one.domain, author) for author in authors)]
    if not chosen:
        domains = ", ".join(dict.fromkeys(one.domain for one in signers))
        raise SigningError(
            f"From is at {shorten(', '.join(authors))}, and DKIM signs for {domains}: DMARC would not pass",
            cure="send from a domain that is signed for, or add a table dkim with a key of that domain",
        )
    body_hash = hash_body(parts.body)
    return replace(message, octets=parts.joined(*(one.signature(parts, body_hash, moment) for one in chosen)))


def _wanted(names: Sequence[str]) -> tuple[str, ...]:
    """Each name once.

    :raises SettingsError: one is of a field that cannot be signed.
    """
    for name in names:
        if name.lower() in NEVER_SIGNED or not _NAME.fullmatch(name):
            raise SettingsError(
                f"dkim: the field {shorten(name)!r} cannot be signed: it is none, or may change on the way",
                cure="leave it out of sign and oversign",
            )
    return tuple({name.lower(): name for name in names}.values())


def _domain(text: str) -> str:
    try:
        return check_domain(text).lower()
    except AddressError as error:
        raise SettingsError(f"dkim: {error.problem}", cure=error.cure) from None
