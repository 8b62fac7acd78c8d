"""A message cut into its header fields and its body, and the octets that cannot be signed."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mailtemplates.errors import SigningError
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.mime import parse
from mailtemplates.pattern import pattern

_FIELD_END = pattern(rb"\r\n(?![ \t])")


class Cut(NamedTuple):
    """A message in two: its fields, each with its folds and without its last CRLF, and its body."""

    fields: tuple[bytes, ...]
    body: bytes

    def joined(self, *first: bytes) -> bytes:
        """The octets of the message again, with fields before its own."""
        return b"\r\n".join((*first, *self.fields, b"", self.body))


def cut(octets: bytes) -> Cut:
    """Cut a message at the empty line (RFC 5322 §2.1).

    :raises SigningError: a line does not end with CRLF, or the body is not 7bit: servers on the way would change
        either, and the signature would not hold (RFC 6376 §5.3, RFC 8551 §3.1.3).
    """
    header, _, body = octets.partition(b"\r\n\r\n")
    between = octets.replace(b"\r\n", b"")
    if b"\n" in between or b"\r" in between:
        raise SigningError("a line of the message ends with a lone CR or LF", cure="mailtpl lint --fix mends it")
    if not body.isascii():
        raise SigningError(
            "the message has a body outside ASCII, which servers may encode anew on the way",
            cure="encode it as quoted-printable or base64",
        )
    fields = _FIELD_END.split(header.removesuffix(b"\r\n"))
    return Cut(tuple(fields), body)


def name_of(field: bytes) -> str:
    """The name of a field in lower case."""
    return field.partition(b":")[0].rstrip(b" \t").lower().decode("ascii", "replace")


def addresses_in(message: Cut, *names: str) -> tuple[str, ...]:
    """The addr-specs of the fields of these lower-case names, in their order."""
    return tuple(address for field in message.fields if name_of(field) in names for address in _addresses(field))


@lru_cache(maxsize=1024)
def _addresses(field: bytes) -> tuple[str, ...]:
    (read,) = parse(field + b"\r\n\r\n").fields
    return tuple(f"{box.spec.local}@{box.spec.domain}" for box in read_addresses(read).mailboxes if box.spec)
