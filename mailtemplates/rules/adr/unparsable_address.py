from __future__ import annotations

import re

from mailtemplates.finding import Finding, Findings, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import ADDRESS_FIELDS, RawGroup, read_addresses
from mailtemplates.octets.addrspec import OBSOLETE, Fault, FaultKind
from mailtemplates.octets.field import RawField
from mailtemplates.pattern import pattern

_OTHERS: frozenset[FaultKind] = frozenset(("no-domain", "special-in-name", "dot-in-name", "semicolon", "empty-element"))
_WRITE = "write Name <local@domain>, with commas between addresses"
_HELP: dict[FaultKind, str] = {
    "empty": "write an address: Name <local@domain>",
    "no-address": "write the address behind the name, outside of any encoded word: Name <local@domain>",
    "no-brackets": "put the address in angle brackets: Name <local@domain>",
    "missing-comma": "put a comma between two addresses",
    "text-after": "put the name before the address, Name <local@domain>, or a comma between two addresses",
    "doubled-angle": "write one < and one >",
    "unclosed-angle": "write > behind the address",
    "unopened-angle": "write < before the address",
    "unclosed-group": "end the group with a semicolon: Name: a@b.example, c@d.example;",
    "unnamed-group": "write a name before the colon, or leave the colon and the semicolon out",
    "unclosed": "write its second half, or take it out",
    "second-at": "write one @; a comma stands between two addresses",
    "space": "take the white space out; a name stands before <local@domain>",
    "route": "leave the route out; servers take no notice of it",
    "space-round-dot": "write local@domain without white space and comments in it",
    "space-round-at": "write local@domain without white space and comments in it",
    "obsolete-local": "put the whole local part in one pair of quotes",
    "odd-domain": "write a domain name of letters, digits and hyphens",
    "bad-domain": "write a domain name of letters, digits and hyphens",
}
_DAEMON = pattern(r"mailer.?daemon|postmaster|mail.{0,20}system", re.IGNORECASE)
_MAY_BE_EMPTY = frozenset(("bcc", "resent-bcc"))
_AUTHORS = frozenset(("from", "sender", "resent-from", "resent-sender"))


@rule("ADR001", severity="error", fields=ADDRESS_FIELDS)
def unparsable_address(field: RawField) -> Findings:
    """An address field cannot be read as a list of addresses.

    Each mail program guesses in its own way what was meant: one shows another sender, the next answers nobody, a
    server refuses the message (Gmail: 550-5.7.1, "not RFC 5322 compliant"). Angle brackets, quotes and comments come in
    pairs, commas stand between addresses, and a field has at least one. What was allowed in the past only, such as
    routes and white space round the dots of an address, is a warning.

    The `email` package of Python encodes all that it is given when `Header("发件人 <a@b.example>", "utf-8")` is made,
    and of `Header("发件人", "utf-8")` alone no address is left. Give it the name only, and the address behind it:
    `email.utils.formataddr(("发件人", "a@b.example"))`.

    Reference: RFC 5322 §3.4, §4.4; RFC 6854; RFC 7103 §7.1

    Bad:

        From: Acme <hello@acme-shop.com
        …

    Bad:

        From: Acme <<hello@acme-shop.com>>
        …

    Bad:

        From: =?utf-8?b?5Y+R5Lu25Lq6?=
        …

    Bad:

        To: Ann <ann@reader.example> Ben <ben@reader.example>
        …

    Bad:

        To: Ben <ben@reader.example> Miller
        …

    Bad:

        To: "Ben <ben@reader.example>
        …

    Bad:

        To: ben@@reader.example
        …

    Bad:

        To: ben <@relay.example:ben@reader.example>
        …

    Good:

        From: =?utf-8?b?5Y+R5Lu25Lq6?= <hello@acme-shop.com>
        To: Ben (at work) <ben@reader.example>, ann@reader.example
        …

    Good:

        To: undisclosed-recipients:;
        Cc: Readers: "Miller, Ann" <ann@reader.example>, ben@reader.example;
        …
    """
    addresses = read_addresses(field)
    faults = [fault for fault in addresses.faults if fault.kind not in _OTHERS]
    if faults:
        worst = [fault for fault in faults if fault.kind not in OBSOLETE]
        yield from _report(field, worst or faults)
    elif field.lower in ("sender", "resent-sender") and addresses.is_sound:
        boxes = addresses.mailboxes
        if len(boxes) > 1 and not any(isinstance(one, RawGroup) for one in addresses.elements):
            where = field.at(boxes[1].span.start, boxes[-1].span.end)
            yield Finding(where, f"{field.name} holds {len(boxes)} addresses, and takes one", "leave one of them")


def _report(field: RawField, faults: list[Fault]) -> Findings:
    """One finding for each kind of fault, at the first of its kind."""
    told: set[FaultKind] = set()
    for fault in faults:
        if fault.kind in told or (fault.kind == "empty" and field.lower in _MAY_BE_EMPTY):
            continue
        told.add(fault.kind)
        same = sum(one.kind == fault.kind for one in faults)
        problem = f"{fault.problem} ({same} places in this field)" if same > 1 else fault.problem
        where = field.extent if fault.kind == "empty" else field.at(fault.start, fault.end)
        yield Finding(where, problem, _HELP.get(fault.kind, _WRITE), severity=_severity(field, fault))


def _severity(field: RawField, fault: Fault) -> Severity | None:
    """Less than an error for what readers must take, and for what old mail systems write in their reports."""
    if fault.kind == "space-round-at":
        return "info"
    if fault.kind == "empty" and field.lower not in _AUTHORS:
        return "warning"
    if fault.kind == "no-address" and _DAEMON.search(field.latin):
        return "warning"
    return "warning" if fault.kind in OBSOLETE else None
