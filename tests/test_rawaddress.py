"""Address lists as they stand: what is read, what is wrong with it and where, and what is only obsolete."""

from __future__ import annotations

import email.header
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.linting.linter import lint
from mailtemplates.octets.address import RawGroup, display_name, parse_raw_addresses
from mailtemplates.octets.addrspec import OBSOLETE

# The text, the addresses that are read in it (`-` where there is none), the faults with the words they are about.
CASES: dict[str, tuple[str, list[str], list[str]]] = {
    # RFC 5322 appendix A
    "A.1.1 a name and an address": ("John Doe <jdoe@machine.example>", ["jdoe@machine.example"], []),
    "A.1.1 a name of two words": ("Mary Smith <mary@example.net>", ["mary@example.net"], []),
    "A.1.2 a quoted name": ('"Joe Q. Public" <john.q.public@example.com>', ["john.q.public@example.com"], []),
    "A.1.2 several mailboxes": (
        "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
        ["mary@x.test", "jdoe@example.org", "one@y.test"],
        [],
    ),
    "A.1.2 brackets without a name, quoted pairs": (
        '<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
        ["boss@nil.test", "sysservices@example.net"],
        [],
    ),
    "A.1.3 a group": (
        "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
        ["c@a.test", "joe@where.test", "jdoe@one.test"],
        [],
    ),
    "A.1.3 an empty group": ("Undisclosed recipients:;", [], []),
    "A.5 comments everywhere": (
        "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
        ["pete@silly.test"],
        ["space-round-at: (his account)@"],
    ),
    "A.5 comments in a group": (
        "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
        ["c@public.example", "joe@example.org", "jdoe@one.test"],
        ["space-round-at: @(Chris's host.)"],
    ),
    "A.5 comments in an empty group": ("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", [], []),
    "A.6.1 a dot in a name": (
        "Joe Q. Public <john.q.public@example.com>",
        ["john.q.public@example.com"],
        ["dot-in-name: Joe Q. Public"],
    ),
    "A.6.1 a route and an empty element": (
        "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
        ["mary@example.net", "jdoe@test.example"],
        ["route: @node.test:", "empty-element: ,", "space-round-dot: test  . example"],
    ),
    "A.6.3 blanks round the dots of a domain": (
        "John Doe <jdoe@machine(comment).  example>",
        ["jdoe@machine.example"],
        ["space-round-dot: machine(comment).  example"],
    ),
    "A.6.3 a fold before the bracket": ("Mary Smith\r\n          <mary@example.net>", ["mary@example.net"], []),
    # RFC 6854: groups in From and Sender
    "RFC 6854 an empty group in From": ("Automated System:;", [], []),
    "RFC 6854 a group with a member": (
        "Managing Partners:ben@example.com,carol@example.com;",
        ["ben@example.com", "carol@example.com"],
        [],
    ),
    # right ones
    "a bare address": ("ann@acme.com", ["ann@acme.com"], []),
    "brackets alone": ("<ann@acme.com>", ["ann@acme.com"], []),
    "blanks in the brackets": ("Ann < ann@acme.com >", ["ann@acme.com"], []),
    "no blank before the bracket": ("Ann<ann@acme.com>", ["ann@acme.com"], []),
    "a fold between two addresses": ("a@b.example,\r\n c@d.example", ["a@b.example", "c@d.example"], []),
    "a comma in quotes": ('"Miller, Ann" <ann@acme.com>', ["ann@acme.com"], []),
    "brackets in quotes": ('"<x@y.example>" <ann@acme.com>', ["ann@acme.com"], []),
    "quotes in the middle of a name": ('Ann "the boss" Miller <ann@acme.com>', ["ann@acme.com"], []),
    "an empty quoted name": ('"" <ann@acme.com>', ["ann@acme.com"], []),
    "an apostrophe": ("Ann O'Neil <ann@acme.com>", ["ann@acme.com"], []),
    "apostrophes for quotes": ("'Ann' <ann@acme.com>", ["ann@acme.com"], []),
    "a comment behind the address": ("ann@acme.com (Ann, Sales)", ["ann@acme.com"], []),
    "a comment in the name": ("Ann (Sales) <ann@acme.com>", ["ann@acme.com"], []),
    "a comment before the address": ("(Ann) ann@acme.com", ["ann@acme.com"], []),
    "a nested comment": ("ann@acme.com (a (b (c)) d)", ["ann@acme.com"], []),
    "an encoded name": ("=?utf-8?q?J=C3=B6rg?= <j@acme.com>", ["j@acme.com"], []),
    "two encoded words": ("=?utf-8?q?J=C3=B6rg?=\r\n =?utf-8?q?_M?= <j@acme.com>", ["j@acme.com"], []),
    "specials in an encoded word": ("=?utf-8?q?Acme,_Inc.?= <a@acme.com>", ["a@acme.com"], []),
    "an encoded name that is broken is for another rule": ("=?utf-8?q?Acme, Inc?= <a@acme.com>", ["a@acme.com"], []),
    "an encoded word in the address is for another rule": (
        "Ann <=?utf-8?q?a?=@acme.com>",
        ["=?utf-8?q?a?=@acme.com"],
        [],
    ),
    "an address in an encoded word is for another rule": ("=?utf-8?q?Ann_=3Ca=40acme.com=3E?=", ["-"], []),
    "the same in base64": ("=?utf-8?b?QW5uIDxhQGFjbWUuY29tPg==?=", ["-"], []),
    "two groups": ("A: a@b.example;, B:;", ["a@b.example"], []),
    "a group and an address": ("Ann <a@b.example>, Friends: d@e.example;", ["a@b.example", "d@e.example"], []),
    "a group with a quoted name": ('"A, B": a@b.example;', ["a@b.example"], []),
    "UTF-8 in a name": ("J\xc3\xb6rg <j@acme.com>", ["j@acme.com"], []),
    "UTF-8 in an address": ("j\xc3\xb6rg@acme.com", ["j\xc3\xb6rg@acme.com"], []),
    # local parts
    "all of atext": ("!#$%&'*+-/=?^_`{|}~09@acme.com", ["!#$%&'*+-/=?^_`{|}~09@acme.com"], []),
    "a tag": ("ann+news@acme.com", ["ann+news@acme.com"], []),
    "a quoted local part": ('"ann miller"@acme.com', ["ann miller@acme.com"], []),
    "an @ in quotes": ('"ann@home"@acme.com', ["ann@home@acme.com"], []),
    "a quoted pair": ('"ann\\"x"@acme.com', ['ann"x@acme.com'], []),
    "a quoted dot": ('"."@acme.com', [".@acme.com"], []),
    "two dots in quotes": ('"a..b"@acme.com', ["a..b@acme.com"], []),
    "an empty quoted local part": ('""@acme.com', ["@acme.com"], []),
    "a quoted word beside a dot": ('"ann".miller@acme.com', ["ann.miller@acme.com"], ['obsolete-local: "ann".miller']),
    "blanks round a dot": ("ann . miller@acme.com", ["ann.miller@acme.com"], ["space-round-dot: ann . miller"]),
    "a blank before the @": ("ann @acme.com", ["ann@acme.com"], ["space-round-at:  @"]),
    "a blank after the @": ("ann@ acme.com", ["ann@acme.com"], ["space-round-at: @ "]),
    "a comment before the @": ("ann(x)@acme.com", ["ann@acme.com"], ["space-round-at: (x)@"]),
    "two dots": ("ann..miller@acme.com", ["ann..miller@acme.com"], ["bad-dot: ."]),
    "a dot at the start": (".ann@acme.com", [".ann@acme.com"], ["bad-dot: ."]),
    "a dot at the end": ("ann.@acme.com", ["ann.@acme.com"], ["bad-dot: ."]),
    "only a dot": (".@acme.com", [".@acme.com"], ["bad-dot: ."]),
    "no local part": ("@acme.com", ["-"], ["no-local: @acme.com"]),
    "no local part in brackets": ("Ann <@acme.com>", ["-"], ["no-local: @acme.com"]),
    "two @": ("ann@home@acme.com", ["ann@home@acme.com"], ["second-at: @"]),
    "two @ together": ("ann@@acme.com", ["ann@@acme.com"], ["second-at: @"]),
    "a backslash": ("ann\\x@acme.com", ["ann\\x@acme.com"], ["bad-character: \\x"]),
    "a comma in the brackets": ("<ann,x@acme.com>", ["ann,x@acme.com"], ["bad-character: ,"]),
    "a semicolon in the brackets": ("<ann;x@acme.com>", ["ann;x@acme.com"], ["bad-character: ;"]),
    "a colon in the brackets": ("<ann:x@acme.com>", ["ann:x@acme.com"], ["bad-character: :"]),
    "a bracket in the local part": ("ann[x]@acme.com", ["ann[x]@acme.com"], ["bad-character: [x]"]),
    "text beside quotes": ('"ann"x@acme.com', ["annx@acme.com"], ["bad-character: x"]),
    "quotes beside text": ('x"ann"@acme.com', ["xann@acme.com"], ['bad-character: "ann"']),
    "a space in brackets": ("<ann miller@acme.com>", ["annmiller@acme.com"], ["space: ann miller"]),
    "mailto": ("mailto:ann@acme.com", ["mailto:ann@acme.com"], ["bad-character: mailto:"]),
    "mailto in brackets": ("Ann <mailto:ann@acme.com>", ["mailto:ann@acme.com"], ["bad-character: mailto:"]),
    "a web address": ("Acme <https://acme.com>", ["-"], ["bad-character: https://acme.com"]),
    # domains
    "one label": ("ann@localhost", ["ann@localhost"], []),
    "an IPv4 literal": ("ann@[192.0.2.1]", ["ann@[192.0.2.1]"], []),
    "an IPv6 literal": ("ann@[IPv6:2001:db8::1]", ["ann@[IPv6:2001:db8::1]"], []),
    "an A-label": ("ann@xn--bcher-kva.example", ["ann@xn--bcher-kva.example"], []),
    "a U-label": ("ann@b\xc3\xbccher.example", ["ann@b\xc3\xbccher.example"], []),
    "digits and hyphens": ("ann@3-com.1a.example", ["ann@3-com.1a.example"], []),
    "a literal that is no address": ("ann@[acme]", ["ann@[acme]"], ["odd-domain: [acme]"]),
    "an IPv4 address out of range": ("ann@[192.0.2.256]", ["ann@[192.0.2.256]"], ["odd-domain: [192.0.2.256]"]),
    "an IP address without brackets": ("ann@192.0.2.1", ["ann@192.0.2.1"], ["odd-domain: 192.0.2.1"]),
    "an underscore": ("ann@acme_shop.com", ["ann@acme_shop.com"], ["odd-domain: acme_shop.com"]),
    "a false A-label": ("ann@xn--a.example", ["ann@xn--a.example"], ["odd-domain: xn--a.example"]),
    "two dots in the domain": ("ann@acme..com", ["ann@acme..com"], ["bad-dot: ."]),
    "a dot before the domain": ("ann@.acme.com", ["ann@.acme.com"], ["bad-dot: ."]),
    "a dot after the domain": ("ann@acme.com.", ["ann@acme.com."], ["bad-dot: ."]),
    "a hyphen at the start": ("ann@-acme.com", ["ann@-acme.com"], ["bad-domain: -acme.com"]),
    "a hyphen at the end of a label": ("ann@acme-.com", ["ann@acme-.com"], ["bad-domain: acme-.com"]),
    "quotes in the domain": ('ann@"acme".com', ['ann@"acme".com'], ['bad-character: "acme"']),
    "a literal that does not end": ("ann@[192.0.2.1", ["ann@[192.0.2.1"], ["bad-character: ["]),
    "a literal and more": ("ann@[192.0.2.1].com", ["ann@[192.0.2.1].com"], ["bad-character: [192.0.2.1]"]),
    "a comment in the domain": ("ann@acme(x).com", ["ann@acme.com"], ["space-round-dot: acme(x).com"]),
    "nothing after the @": ("ann@", ["-"], ["no-domain: ann@"]),
    "nothing after the @ in brackets": ("Ann <ann@>", ["-"], ["no-domain: ann@"]),
    # no domain, no address
    "a bare word": ("ben", ["-"], ["no-domain: ben"]),
    "a bare word in brackets": ("<ben>", ["-"], ["no-domain: ben"]),
    "a name and a bare word": ("Ben <ben>", ["-"], ["no-domain: ben"]),
    "a dotted word": ("ben.miller", ["-"], ["no-domain: ben.miller"]),
    "a bare word in a list": ("a@b.example, ben, c@d.example", ["a@b.example", "-", "c@d.example"], ["no-domain: ben"]),
    "a bare word before a mailbox with a name": ("ben, Ann <ann@acme.com>", ["-", "ann@acme.com"], ["no-domain: ben"]),
    "a name alone": ("Ann Miller", ["-"], ["no-address: Ann Miller"]),
    "a quoted name alone": ('"Ann"', ["-"], ['no-address: "Ann"']),
    "an encoded name alone": ("=?utf-8?b?5Y+R5Lu25Lq6?=", ["-"], ["no-address: =?utf-8?b?5Y+R5Lu25Lq6?="]),
    "a quoted address alone": ('"ann@acme.com"', ["-"], ['no-address: "ann@acme.com"']),
    "empty brackets": ("Ann <>", ["-"], ["no-address: <>"]),
    "nothing": ("", [], ["empty: "]),
    "white space": (" \r\n ", [], ["empty: "]),
    "a comment only": ("(nobody)", [], ["empty: "]),
    "commas only": (",,", [], ["empty: ,,"]),
    "at in words": ("ann at acme.com", ["-"], ["no-address: ann at acme.com"]),
    "a name without an address in a list": (
        "a@b.example, Ann Miller",
        ["a@b.example", "-"],
        ["no-address: Ann Miller"],
    ),
    # brackets, quotes and comments
    "an open bracket": ("Ann <ann@acme.com", ["ann@acme.com"], ["unclosed-angle: <ann@acme.com"]),
    "an open bracket without a name": ("<ann@acme.com", ["ann@acme.com"], ["unclosed-angle: <ann@acme.com"]),
    "an open bracket before another address": (
        "Ann <ann@acme.com, Ben <ben@acme.com>",
        ["ann@acme.com", "ben@acme.com"],
        ["unclosed-angle: <ann@acme.com"],
    ),
    "a closing bracket only": ("Ann ann@acme.com>", ["-"], ["unopened-angle: >"]),
    "a closing bracket behind an address": ("ann@acme.com>", ["-"], ["unopened-angle: >"]),
    "a closing bracket in a name": ("Ann> <ann@acme.com>", ["ann@acme.com"], ["unopened-angle: >"]),
    "brackets twice": ("Ann <<ann@acme.com>>", ["ann@acme.com"], ["doubled-angle: <<"]),
    "an opening bracket twice": ("Ann <<ann@acme.com>", ["ann@acme.com"], ["doubled-angle: <<"]),
    "a closing bracket twice": ("Ann <ann@acme.com>>", ["ann@acme.com"], ["doubled-angle: >"]),
    "two addresses in one pair": ("<a@b.example, c@d.example>", ["a@b.example,c@d.example"], ["bad-character: ,"]),
    "an open quote": ('"Ann <ann@acme.com>', ["ann@acme.com"], ['unclosed: "']),
    "an open quote before others": ('"Ann <a@b.example>, "Ben" <c@d.example>', ["c@d.example"], ['unclosed: "']),
    "a quote at the end of a name": ('Ann" <ann@acme.com>', ["ann@acme.com"], ['unclosed: "']),
    "an open comment": ("Ann (Sales <ann@acme.com>", ["ann@acme.com"], ["unclosed: ("]),
    "a comment that only ends": ("Ann Sales) <ann@acme.com>", ["ann@acme.com"], ["special-in-name: Ann Sales)"]),
    "a name without brackets": ("Ann ann@acme.com", ["ann@acme.com"], ["no-brackets: Ann ann@acme.com"]),
    "a name with a comma without brackets": (
        "Miller, Ann ann@acme.com",
        ["ann@acme.com"],
        ["no-brackets: Miller, Ann ann@acme.com"],
    ),
    "no comma between addresses": (
        "a@b.example c@d.example",
        ["a@b.example", "c@d.example"],
        ["missing-comma: c@d.example"],
    ),
    "no comma between brackets": ("<a@b.example> <c@d.example>", ["a@b.example", "c@d.example"], ["missing-comma: <"]),
    "no comma before a name": (
        "Ann <a@b.example> Ben <c@d.example>",
        ["a@b.example", "c@d.example"],
        ["missing-comma: Ben"],
    ),
    "no comma after a bare address": (
        "a@b.example Ben <c@d.example>",
        ["a@b.example", "c@d.example"],
        ["missing-comma: Ben"],
    ),
    "no comma before a bare address": (
        "Ann <a@b.example> c@d.example",
        ["a@b.example", "c@d.example"],
        ["missing-comma: c@d.example"],
    ),
    "no comma twice": (
        "A <a@b.example> B <c@d.example> C <e@f.example>",
        ["a@b.example", "c@d.example", "e@f.example"],
        ["missing-comma: B", "missing-comma: C"],
    ),
    "text after brackets": ("Ann <ann@acme.com> Miller", ["ann@acme.com"], ["text-after: Miller"]),
    "a dot after brackets": ("Ann <ann@acme.com>.", ["ann@acme.com"], ["text-after: ."]),
    "text after an address": ("ann@acme.com Miller", ["ann@acme.com"], ["text-after: Miller"]),
    # names
    "a dot in a name": ("Dr. Who <who@acme.com>", ["who@acme.com"], ["dot-in-name: Dr. Who"]),
    "an initial": ("Ann B. Miller <ann@acme.com>", ["ann@acme.com"], ["dot-in-name: Ann B. Miller"]),
    "a dot before a name": (".NET <net@acme.com>", ["net@acme.com"], ["special-in-name: .NET"]),
    "a comma in a name": ("Acme, Inc. <a@acme.com>", ["a@acme.com"], ["special-in-name: Acme, Inc."]),
    "two commas in a name": (
        "Acme, Ltd, London <a@acme.com>, c@d.example",
        ["a@acme.com", "c@d.example"],
        ["special-in-name: Acme, Ltd, London"],
    ),
    "a comma in the second name": (
        "c@d.example, Miller, Ann <ann@acme.com>",
        ["c@d.example", "ann@acme.com"],
        ["special-in-name: Miller, Ann"],
    ),
    "a comma in a name in small letters": ("acme, inc <a@acme.com>", ["a@acme.com"], ["special-in-name: acme, inc"]),
    "a comma behind a quoted word": ('"Acme", Inc <a@acme.com>', ["a@acme.com"], ['special-in-name: "Acme", Inc']),
    "a comma behind an encoded word": (
        "=?utf-8?q?Acm=C3=A9?=, Inc <a@acme.com>",
        ["a@acme.com"],
        ["special-in-name: =?utf-8?q?Acm=C3=A9?=, Inc"],
    ),
    "an @ in a name": ("Ann @ Acme <a@acme.com>", ["a@acme.com"], ["special-in-name: Ann @ Acme"]),
    "an address as a name": ("ann@acme.com <ann@acme.com>", ["ann@acme.com"], ["special-in-name: ann@acme.com"]),
    "square brackets in a name": ("[Acme] Ann <a@acme.com>", ["a@acme.com"], ["special-in-name: [Acme] Ann"]),
    "a semicolon in a name": ("Acme; Inc <a@acme.com>", ["a@acme.com"], ["special-in-name: Acme; Inc"]),
    "a colon in a name": ("Acme: Orders <a@acme.com>", ["a@acme.com"], ["special-in-name: Acme: Orders"]),
    "a time in a name": ("12:30 Meeting <a@acme.com>", ["a@acme.com"], ["special-in-name: 12:30 Meeting"]),
    "a smiley": ("Ann :) <a@acme.com>", ["a@acme.com"], ["special-in-name: Ann :)"]),
    "a backslash in a name": ("Ann\\Sales <a@acme.com>", ["a@acme.com"], ["special-in-name: Ann\\Sales"]),
    # separators and groups
    "a semicolon between addresses": ("a@b.example; c@d.example", ["a@b.example", "c@d.example"], ["semicolon: ;"]),
    "a semicolon at the end": ("a@b.example;", ["a@b.example"], ["semicolon: ;"]),
    "semicolons everywhere": (
        "a@b.example; c@d.example;",
        ["a@b.example", "c@d.example"],
        ["semicolon: ;", "semicolon: ;"],
    ),
    "a semicolon and commas": (
        "a@b.example; c@d.example, e@f.example",
        ["a@b.example", "c@d.example", "e@f.example"],
        ["semicolon: ;"],
    ),
    "an empty element": ("a@b.example,,c@d.example", ["a@b.example", "c@d.example"], ["empty-element: ,"]),
    "an empty element with a blank": (
        "a@b.example, , c@d.example",
        ["a@b.example", "c@d.example"],
        ["empty-element: ,"],
    ),
    "an element of a comment only": (
        "a@b.example, (x), c@d.example",
        ["a@b.example", "c@d.example"],
        ["empty-element: ,"],
    ),
    "a comma at the end": ("a@b.example,", ["a@b.example"], ["empty-element: ,"]),
    "two commas at the end": ("a@b.example,,", ["a@b.example"], ["empty-element: ,", "empty-element: ,"]),
    "a comma at the start": (",a@b.example", ["a@b.example"], ["empty-element: ,"]),
    "an empty member": ("g: a@b.example,,c@d.example;", ["a@b.example", "c@d.example"], ["empty-element: ,"]),
    "a comma at the end of a group": ("g: a@b.example,;", ["a@b.example"], ["empty-element: ,"]),
    "a comma at the start of a group": ("g: ,a@b.example;", ["a@b.example"], ["empty-element: ,"]),
    "a comma behind a group": ("g:;,", [], ["empty-element: ,"]),
    "an open group": (
        "Friends: a@b.example, c@d.example",
        ["a@b.example", "c@d.example"],
        ["unclosed-group: Friends:"],
    ),
    "an open empty group": ("undisclosed-recipients:", [], ["unclosed-group: undisclosed-recipients:"]),
    "a group without a name": (": a@b.example;", ["a@b.example"], ["unnamed-group: :"]),
    "no comma behind a group": ("g: a@b.example; c@d.example", ["a@b.example", "c@d.example"], ["missing-comma: c"]),
    "64 octets before the @": ("a" * 64 + "@acme.com", ["a" * 64 + "@acme.com"], []),
    "a label of 64 octets is for another rule": ("ann@" + "a" * 64 + ".com", ["ann@" + "a" * 64 + ".com"], []),
}


@pytest.mark.parametrize(("text", "specs", "faults"), CASES.values(), ids=CASES)
def test_what_is_read_and_what_is_wrong(text: str, specs: list[str], faults: list[str]) -> None:
    found = parse_raw_addresses(text)
    assert [box.spec.text if box.spec else "-" for box in found.mailboxes] == specs
    assert [f"{fault.kind}: {text[fault.start : fault.end]}" for fault in found.faults] == faults


@pytest.mark.parametrize(
    "text",
    [
        text
        for text, _, faults in CASES.values()
        if not faults or all(fault.split(":")[0] in OBSOLETE for fault in faults)
    ],
)
def test_no_legal_or_obsolete_address_is_an_error(text: str) -> None:
    """Readers must take obsolete forms (RFC 5322 §4), so the linter never calls them errors."""
    message = f"From: a@b.example\r\nTo: {text}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1")
    found = [one for one in lint(message) if one.code.startswith("ADR") and one.code not in ("ADR006", "ADR007")]
    assert [one for one in found if one.severity == "error"] == []


def test_the_parts_of_a_mailbox_have_places() -> None:
    text = ' "Miller, Ann" (x) < ann . m@(y)acme.com>, b@c.example'
    first, second = parse_raw_addresses(text).mailboxes
    assert first.spec and second.spec
    places = (first.span, first.name_at, first.spec.local_at, first.spec.domain_at, second.span)
    assert [text[start:end] for start, end in places] == [
        '"Miller, Ann" (x) < ann . m@(y)acme.com>', '"Miller, Ann"', "ann . m", "acme.com", "b@c.example",
    ]  # fmt: skip


def test_a_group_has_a_name_and_members() -> None:
    text = "Our friends (x): Ann <a@b.example>, c@d.example; "
    (group,) = parse_raw_addresses(text).elements
    assert isinstance(group, RawGroup)
    assert [one.text for one in group.name] == ["Our", "friends"]
    assert [box.bracketed for box in group.members] == [True, False]
    assert text[slice(*group.span)] == text.strip()


NAMES = {
    "atoms": ("Ann  Miller <a@b.example>", "Ann Miller"),
    "quotes": (r'"Miller, \"Ann\"" <a@b.example>', 'Miller, "Ann"'),
    "encoded words": ("=?utf-8?q?J=C3=B6?=\r\n =?utf-8?q?rg?= M <a@b.example>", "Jörg M"),
    "octets of UTF-8": ("J\xc3\xb6rg <a@b.example>", "Jörg"),
    "specials outside of quotes": ("Acme, Inc. <a@b.example>", "Acme, Inc."),
    "a comment": ("Ann (x) Miller <a@b.example>", "Ann Miller"),
    "none": ("<a@b.example>", ""),
}


@pytest.mark.parametrize(("text", "name"), NAMES.values(), ids=NAMES)
def test_a_name_as_it_is_shown(text: str, name: str) -> None:
    assert display_name(parse_raw_addresses(text).mailboxes[0]) == name


@pytest.mark.parametrize(
    "text", ["{{ user.email }}", "Ben <{{ user.email }}>", "*|EMAIL|*", "Ben <%EMAIL%>", "a@b.example, {{ cc }}"]
)
def test_a_placeholder_is_left_to_the_rule_about_that(text: str) -> None:
    assert parse_raw_addresses(text).faults == ()


def test_other_faults_beside_a_placeholder_are_told() -> None:
    assert [one.kind for one in parse_raw_addresses("ben, {{ b }}, Ann <ann>").faults] == ["no-domain", "no-domain"]


def test_the_founding_case_says_in_plain_words_what_to_write() -> None:
    """Python makes one encoded word of what it is given; of a name alone no address is left in From."""
    value = email.header.Header("发件人", "utf-8").encode()
    message = f"To: ann@reader.example\r\nFrom: {value}\r\nSubject: x\r\n\r\nx\r\n".encode("ascii")
    (found,) = [one for one in lint(message) if one.line == 2]
    assert (found.name, found.severity) == ("unparsable-address", "error")
    assert found.message == f"`{value}` has no address"
    assert found.help == "write the address behind the name, outside of any encoded word: Name <local@domain>"
    assert found.source[found.mark[0] : found.mark[0] + found.mark[1]] == value


def test_an_address_inside_an_encoded_word_is_left_to_the_rule_about_that() -> None:
    value = email.header.Header("发件人 <a@b.example>", "utf-8").encode()
    message = f"To: ann@reader.example\r\nFrom: {value}\r\nSubject: x\r\n\r\nx\r\n".encode("ascii")
    assert {one.name for one in lint(message) if one.line == 2} == {"encoded-address"}


PIECES = st.lists(
    st.sampled_from([*"aB.@<>,;:()[]\\\"' \xff\x00", "\r\n ", "=?u?q?a=40b?=", "x@y.z", "<x@y.z>", "g:", "(c)", '"q"']),
    max_size=30,
).map("".join)


@given(PIECES | st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    found = parse_raw_addresses(text)
    for fault in found.faults:
        assert 0 <= fault.start <= fault.end <= len(text)
    for box in found.mailboxes:
        assert 0 <= box.span.start < box.span.end <= len(text)
        display_name(box)


@given(PIECES)
def test_any_field_is_linted_without_an_exception(text: str) -> None:
    for name in ("From", "To", "Reply-To"):
        lint(f"{name}: {text}\r\n\r\n".encode("latin-1"))


UNITS = [
    "a",
    "<",
    ">",
    ",",
    ";",
    ":",
    "(",
    ")",
    '"',
    "\\",
    "[",
    "@",
    ".",
    "<<",
    "a:",
    "a@b,",
    "a b ",
    "a@b c@d ",
    "Ben, ",
    "<@a,",
    ":;",
    "a@b <",
    "=?",
]


@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear_in_the_length(unit: str) -> None:
    """Ten thousand elements take a second at most; quadratic time would be a minute."""
    started = time.process_time()
    parse_raw_addresses(unit * 10_000)
    assert time.process_time() - started < 60
