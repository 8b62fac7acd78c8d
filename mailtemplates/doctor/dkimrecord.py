"""Keys of DKIM in the DNS (RFC 6376 §3.6.1), and whether they are those that sign."""

from __future__ import annotations

import base64
from binascii import Error as NotBase64
from collections.abc import Mapping

from mailtemplates.doctor.domainname import NameServer, NoDomainError
from mailtemplates.doctor.steperror import StepError

_FEWEST_OCTETS = 128
"""Of an RSA key of 1024 bits in DER: shorter ones are not taken (RFC 8301 §3.2)."""


def read_tags(record: str) -> dict[str, str]:
    """The tags of a record without white space; what is no tag is left out."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, equals, value in pairs if equals}


def check_dkim(server: NameServer, selector: str, domain: str, keys: Mapping[str, str]) -> str:
    """What is found at a selector, in words.

    :param keys: for names of records the record that the private key of the settings belongs to.
    :raises StepError: there is no key, it cannot be one, it was revoked, or it is not that of the private key.
    """
    name = f"{selector}._domainkey.{domain}"
    try:
        found = [read_tags(text) for text in server.texts(name) if "p=" in text]
    except NoDomainError:
        found = []
    if not found:
        raise StepError(f"DKIM: there is no key at {name}", "dkim-key-missing")
    if len(found) > 1:
        raise StepError(f"DKIM: {name} has {len(found)} keys", "dkim-key-missing", cure="leave one key at a selector")
    key, kind = found[0]["p"], found[0].get("k", "rsa").lower()
    if not key:
        raise StepError(f"DKIM: the key at {name} was revoked", "dkim-key-missing", cure="sign with another selector")
    try:
        octets = base64.b64decode(key, validate=True)
    except (NotBase64, ValueError):
        raise StepError(f"DKIM: the key at {name} is no base64", "dkim-key-missing", cure="mend the record") from None
    if kind == "rsa" and len(octets) < _FEWEST_OCTETS:
        raise StepError(f"DKIM: the key at {name} is too short", "dkim-key-missing", cure="make one of 2048 bits")
    own = keys.get(name)
    if own is not None and read_tags(own)["p"] != key:
        raise StepError(f"DKIM: the key at {name} is not that of the private key of the settings", "dkim-key-differs")
    return f"DKIM {kind} key at {name}{', that of the private key' if own else ''}"
