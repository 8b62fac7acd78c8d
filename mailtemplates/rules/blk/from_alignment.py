from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.links.orgdomain import is_aligned
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.addrspec import RawAddrSpec
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.signature import read_tags
from mailtemplates.octets.submission import Submission


@rule("BLK007", severity="error", profile="bulk")
def from_alignment(message: RawMessage, *, domain: tuple[str, ...] = ()) -> Findings:
    """The domain of From is not the one that the message is signed or sent for.

    DMARC passes when the domain in From belongs to the same organization as the domain of the DKIM signature or of the
    envelope sender. Gmail, Yahoo and Outlook.com require it of bulk mail (Outlook: 550 5.7.515). Give the domains that
    your mail is signed and sent for as the option `domain`; tables `dkim` of the settings give theirs without it. Else
    the message's own DKIM-Signature and Return-Path are looked at, before sending the sender of its envelope, and a
    message that has none of them is not judged. Which domains are one organization's is told by their last two labels,
    or three behind suffixes such as `co.uk`: the Public Suffix List is not asked.

    Reference: RFC 7489 §3.1; Gmail, Yahoo and Outlook.com sender requirements

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        DKIM-Signature: v=1; a=rsa-sha256; d=mailer.example; s=a;
         h=from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post; bh=AA==; b=AA==
        …

    Bad (also envelope-header-mismatch):

        C: MAIL FROM:<bounces@mailer.example>
        C: RCPT TO:<ben@reader.example>

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Good:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        DKIM-Signature: v=1; a=rsa-sha256; d=news.acme-shop.com; s=a;
         h=from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post; bh=AA==; b=AA==
        …
    """
    field = message.first("From")
    addresses = read_addresses(field) if field else None
    if field is None or addresses is None or not addresses.is_sound or len(addresses.mailboxes) != 1:
        return
    spec = addresses.mailboxes[0].spec
    if spec is None or not spec.text.isascii():
        return
    signed = _signed(message)
    sent = _sent(message)
    known = domain or (*signed, *sent)
    if known and not any(is_aligned(one.lstrip("@"), spec.domain) for one in known):
        yield Finding(
            field.at(*spec.domain_at),
            _problem(spec, domain, signed, sent),
            "send from a domain that the message is signed for, or sign it for this one",
            severity=None if domain or (signed and sent) else "warning",
        )


def _problem(spec: RawAddrSpec, domain: tuple[str, ...], signed: list[str], sent: list[str]) -> str:
    what = "configured" if domain else "signed for" if signed else "sent from"
    others = shorten(", ".join(dict.fromkeys(domain or signed or sent)))
    return f"From is at `{shorten(spec.domain)}`, and the domain {what} is `{others}`"


def _signed(message: RawMessage) -> list[str]:
    """The domains that the message is signed for."""
    tags = [read_tags(field).get("d") for field in message.fields_named("DKIM-Signature")]
    return [tag.value for tag in tags if tag and tag.value]


def _sent(message: RawMessage) -> list[str]:
    """The domain of the envelope sender: of the envelope before sending, else as a server has noted it."""
    if isinstance(message, Submission):
        domain = message.envelope.sender.rpartition("@")[2].rstrip(">")
        return [domain] if domain.isascii() and domain.strip("<") else []
    value = message.root.field("Return-Path")
    return [value.rpartition("@")[2].rstrip("> ")] if "@" in value and value.isascii() else []
