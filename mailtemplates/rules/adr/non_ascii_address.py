from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import ADDRESS_FIELDS, read_addresses
from mailtemplates.octets.addrspec import RawAddrSpec
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage

_NAMES = frozenset(name.lower() for name in ADDRESS_FIELDS)


@rule("ADR007", severity="error", fix="part")
def non_ascii_address(message: RawMessage) -> Findings:
    """An address has characters outside ASCII, and the message is not sent with SMTPUTF8.

    A server that does not offer SMTPUTF8 cannot take the message, and many still do not. A domain can be written in
    ASCII, as its A-label (`xn--…`), and that is the fix. A local part has no other form: such an address needs
    SMTPUTF8 on every server on the way.

    Reference: RFC 6531 §3; RFC 6532 §3.2; RFC 5890 §2.3.2.1

    Bad:

        To: Ben <ben@bücher.example>
        …

    Bad:

        To: Ben <bän@reader.example>
        …

    Good:

        To: Ben <ben@xn--bcher-kva.example>
        …
    """
    if message.smtputf8 or message.octets[: message.root.header.end].isascii():
        return
    if any("UTF8SMTP" in field.value.upper() for field in message.fields_named("Received")):
        return
    for field in message.root.fields:
        if field.lower in _NAMES and not field.raw.isascii():
            for box in read_addresses(field).mailboxes:
                if box.spec and not box.spec.text.isascii():
                    yield from _judge(field, box.spec)


def _judge(field: RawField, spec: RawAddrSpec) -> Findings:
    if not spec.local.isascii():
        where = field.at(*spec.local_at)
        problem = f"the local part `{_shown(spec.local)}` is not ASCII"
        yield Finding(where, problem, "use an ASCII address, or send with SMTPUTF8 (RFC 6531)")
    if not spec.domain.isascii():
        where = field.at(*spec.domain_at)
        problem = f"the domain `{_shown(spec.domain)}` is not ASCII"
        ascii_form = _a_labels(spec.domain)
        fix: Fix | None = replace(where, ascii_form) if ascii_form else None
        help = f"write {ascii_form.decode()}" if ascii_form else "write the domain in ASCII, as A-labels (xn--…)"
        yield Finding(where, problem, help, fix)


def _shown(latin: str) -> str:
    return shorten(latin.encode("latin-1").decode("utf-8", "replace"), 40)


def _a_labels(latin: str) -> bytes:
    """The domain as A-labels; empty when it is no UTF-8 or no international domain name."""
    import idna

    try:
        return idna.encode(latin.encode("latin-1").decode("utf-8"), uts46=True)
    except (idna.IDNAError, UnicodeError):
        return b""
