from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.finding import Finding, Findings
from mailtemplates.headers.domain import check_domain
from mailtemplates.links.orgdomain import is_aligned
from mailtemplates.linting.rule import rule
from mailtemplates.message.envelope import NULL_SENDER
from mailtemplates.octets.address import parse_raw_addresses, read_addresses
from mailtemplates.octets.addrspec import RawAddrSpec
from mailtemplates.octets.submission import Submission

Key = tuple[str, str]


@rule("SND003", severity="info")
def envelope_header_mismatch(submission: Submission) -> Findings:
    """The envelope names others than the header: recipients, or another organization's sender.

    Servers go by the envelope, readers see the header. They differ on purpose with blind copies, lists and bounce
    addresses, and by mistake when an override or a test address was left in: somebody in To then never gets the
    message. Told are addresses of To and Cc that the envelope has not, an envelope none of whose recipients is in To or
    Cc, and a sender at another organization's domain than From or Sender. Blind copies beside others are not.

    Reference: RFC 5321 §2.3.1

    Bad:

        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<ben@reader.example>

        To: Ben <ben@reader.example>, Carl <carl@reader.example>
        …

    Bad:

        C: MAIL FROM:<bounces@mailer.example>
        C: RCPT TO:<ben@reader.example>

        …

    Bad:

        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<test@acme-shop.com>

        …

    Good:

        C: MAIL FROM:<bounces+ben=reader.example@mail.acme-shop.com>
        C: RCPT TO:<ben@Reader.example>
        C: RCPT TO:<archive@acme-shop.com>

        …

    Good:

        C: MAIL FROM:<>
        C: RCPT TO:<ben@reader.example>
        C: RCPT TO:<carl@reader.example>

        To: undisclosed-recipients:;
        …
    """
    yield from _unaddressed(submission)
    yield from _foreign_sender(submission)


def _unaddressed(submission: Submission) -> Iterator[Finding]:
    """Recipients: those of the header that the envelope has not, or an envelope that shares none with the header."""
    envelope = {key for address in submission.envelope.recipients if (key := _read(address))}
    named = [(field, spec, _key(spec)) for field, spec in submission.addressed]
    left_out = [(field, spec) for field, spec, key in named if key not in envelope]
    if not left_out or not envelope:
        return
    field, spec = left_out[0]
    where = field.at(spec.local_at.start, spec.domain_at.end)
    if len(left_out) == len(named):
        first = shorten(submission.envelope.recipients[0])
        problem = f"no recipient of the envelope (`{first}`) is in To or Cc"
    else:
        more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
        problem = f"`{shorten(_text(spec.text))}`{more} in {field.name} is no recipient of the envelope"
    yield Finding(where, problem, "send to those whom the message names, or name those whom it is sent to")


def _foreign_sender(submission: Submission) -> Iterator[Finding]:
    """A sender who has a domain of nobody in From or Sender."""
    sender = submission.envelope.sender
    key = _read(sender) if sender not in ("", NULL_SENDER) else None
    fields = [*submission.fields_named("From"), *submission.fields_named("Sender")]
    authors = [(field, box.spec) for field in fields for box in read_addresses(field).mailboxes if box.spec]
    if key and authors and not any(is_aligned(key[1], _key(spec)[1]) for _, spec in authors):
        field, spec = authors[0]
        own, other = shorten(_text(spec.domain)), shorten(key[1])
        yield Finding(
            field.at(*spec.domain_at),
            f"the sender of the envelope is at `{other}`, and {field.name} at `{own}`",
            "take a sender at the domain of From, so that SPF speaks for it",
        )


def _read(address: str) -> Key | None:
    """The key of an address of the envelope, or None when it is none."""
    boxes = parse_raw_addresses(f"<{address.encode().decode('latin-1')}>").mailboxes
    return _key(boxes[0].spec) if len(boxes) == 1 and boxes[0].spec else None


def _key(spec: RawAddrSpec) -> Key:
    """What two ways to write one address share: the domain in lower case and as A-labels."""
    domain = _text(spec.domain)
    with suppress(AddressError):
        domain = check_domain(domain)
    return _text(spec.local), domain.lower()


def _text(latin: str) -> str:
    """Octets, read as Latin-1, as the UTF-8 that they are."""
    return latin if latin.isascii() else latin.encode("latin-1", "replace").decode("utf-8", "replace")
