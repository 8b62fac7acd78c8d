"""Rules over addresses and bulk mail: when they stay silent, their options, their fixes in awkward places."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.message import read_message
from mailtemplates.octets.notation import read_examples
from mailtemplates.settings import Settings

LIST = "List-Unsubscribe: <https://acme-shop.com/u/7f3a>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"


def found(text: str, family: str = "ADR", **settings: Any) -> list[tuple[str, str]]:
    octets = read_examples(text + "\n…\n")[0]
    judge = Linter(Settings(profile="bulk", select=(family,), ignore=("BLK006",), **settings))
    return [(one.name, one.severity) for one in judge.lint(octets)]


SILENT = {
    "a family member at Gmail, received": "From: Ann <ann@gmail.com>\nReceived: from mail-wm1.google.com by mx.acme.com; Mon, 02 Nov 2026 12:00:00 +0000",
    "an author at Yahoo with its signature": "From: a@yahoo.co.uk\nDKIM-Signature: v=1; d=yahoo.co.uk; s=a; h=from; bh=AA==; b=AA==",
    "a received message with UTF-8 addresses": "To: jörg@bücher.example\nReceived: from a by b with UTF8SMTPS; Mon, 02 Nov 2026 12:00:00 +0000",
    "the same address as the name, in another case": 'From: "Hello@Acme-Shop.com" <hello@acme-shop.com>',
    "a list that writes for somebody": 'From: "ann@reader.example via Gardeners" <gardeners@lists.acme-shop.com>',
    "a Japanese company": "From: =?utf-8?b?44ix44Ki44Kv44Of?= <hello@acme-shop.com>",
    "a trade mark": "From: =?utf-8?q?Acme=E2=84=A2?= <hello@acme-shop.com>",
    "sender and reader share a first name": "From: Ben and Ann <hello@acme-shop.com>\nTo: Ben <ben@reader.example>",
    "mail to another address of one's own": "From: Ben Miller <ben@acme-shop.com>\nTo: Ben Miller <ben@reader.example>",
    "a no-reply address with a Reply-To": "From: no-reply@acme-shop.com\nReply-To: help@acme-shop.com",
    "a list whose answers go to the list": "To: all@lists.example\nReply-To: all@lists.example\nList-Id: <all.lists.example>",
    "a note to oneself": "From: ann@acme-shop.com\nTo: ann@acme-shop.com\nReply-To: ann@acme-shop.com",
    "an author who is not called no-reply": "From: Noreen Reply <noreen.replyson@acme-shop.com>",
    "an empty group": "To: Undisclosed recipients:;\nCc: g: a@reader.example;",
    "an empty Bcc": "Bcc:",
    "a placeholder": "To: {{ user.email }}",
}  # fmt: skip


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_address_rules_stay_silent(text: str) -> None:
    assert found(text) == []


MILD = {
    "a report of an old mail system": ("From: MAILER-DAEMON <>", "unparsable-address"),
    "a local report": ("From: Mail Delivery Subsystem <MAILER-DAEMON>", "unqualified-address"),
    "an empty Cc": ("Cc:", "unparsable-address"),
    "a domain with an underscore": ("To: ann@acme_shop.com", "unparsable-address"),
    "a dot in a name": ("To: Dr. Who <who@reader.example>", "unquoted-special-in-display-name"),
    "a comma at the end": ("To: ann@reader.example,", "bad-list-separator"),
    "two authors and a Sender": ("From: a@acme-shop.com, b@acme-shop.com\nSender: a@acme-shop.com", "multiple-from-addresses"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name"), MILD.values(), ids=MILD)
def test_what_is_legal_or_harmless_is_a_warning(text: str, name: str) -> None:
    assert found(text) == [(name, "warning")]


def test_utf_8_in_addresses_is_right_with_smtputf8() -> None:
    octets = "From: jörg@bücher.example\r\n\r\n".encode()
    judge = Linter(Settings(select=("ADR007",)))
    assert judge.lint(read_message(octets, smtputf8=True)) == []
    assert len(judge.lint(octets)) == 2


# A field, and what the fixes of its first round make of it.
FIXES = {
    "a name in two lines": ("To: Acme,\n Inc. <a@reader.example>", 'To: "Acme,\n Inc." <a@reader.example>'),
    "a quoted word in the name": ('To: "Acme", Inc. <a@reader.example>', 'To: "Acme, Inc." <a@reader.example>'),
    "a backslash": ("To: Ann\\Sales [x] <a@reader.example>", 'To: "Ann\\Sales [x]" <a@reader.example>'),
    "an encoded word": ("To: =?utf-8?q?Caf=C3=A9?=, Inc. <a@reader.example>", "To: =?utf-8?b?Q2Fmw6ksIEluYy4=?= <a@reader.example>"),
    "an encoded word that cannot be decoded": ("To: =?utf-8?q?Caf=C3?=, Inc. <a@reader.example>", 'To: =?utf-8?q?Caf=C3?= ", Inc." <a@reader.example>'),
    "semicolons": ("To: a@reader.example;b@reader.example ;", "To: a@reader.example,b@reader.example"),
    "two semicolons": ("To: a@reader.example;; b@reader.example", "To: a@reader.example, b@reader.example"),
    "commas in lines of their own": ("To: ,\n a@reader.example,\n ,\n b@reader.example", "To: a@reader.example,\n b@reader.example"),
    "commas at the end": ("To: a@reader.example,,", "To: a@reader.example"),
    "a domain": ("To: Ann <a@bücher.example>", "To: Ann <a@xn--bcher-kva.example>"),
    "a bare URI": (LIST.replace("<", "").replace(">", ""), LIST),
    "an open bracket": (LIST.replace(">", ""), LIST),
    "no comma": (LIST.replace(">", "> <mailto:u@acme-shop.com>"), LIST.replace(">", ">, <mailto:u@acme-shop.com>")),
    "an address for a URI": (LIST.replace(">", ">, <u@acme-shop.com>"), LIST.replace(">", ">, <mailto:u@acme-shop.com>")),
    "a bare list identifier": (LIST + "List-Id: news.acme-shop.com", LIST + "List-Id: <news.acme-shop.com>"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), FIXES.values(), ids=FIXES)
def test_fixes_change_what_must_change(before: str, after: str) -> None:
    judge = Linter(Settings(profile="bulk", select=("ADR", "BLK002", "BLK003", "BLK004")))
    octets, expected = read_examples(f"{before.strip()}\n…\n")[0], read_examples(f"{after.strip()}\n…\n")[0]
    fixes = [one.fix for one in judge.lint(octets) if one.fix]
    assert apply_fixes(octets, fixes).decode() == expected.decode()


SIGNED = LIST + "DKIM-Signature: v=1; d={}; s=a; h=from:list-unsubscribe:list-unsubscribe-post; bh=AA==; b=AA=="


@pytest.mark.parametrize(
    ("domain", "text", "severity"),
    [
        pytest.param(["acme-shop.com"], LIST, None, id="the configured domain"),
        pytest.param("mail.acme-shop.com", LIST, None, id="one below it, given as a text"),
        pytest.param(["other.example"], LIST, "error", id="another"),
        pytest.param(["other.example", "acme-shop.com"], LIST, None, id="one of two"),
        pytest.param([], LIST, None, id="nothing is known"),
        pytest.param([], SIGNED.format("news.acme-shop.com"), None, id="signed for one below it"),
        pytest.param([], SIGNED.format("mailer.example"), "warning", id="signed for another"),
        pytest.param(
            [], SIGNED.format("mailer.example") + "\nReturn-Path: <b@acme-shop.com>", None, id="sent from its own"
        ),
        pytest.param([], SIGNED.format("mailer.example") + "\nReturn-Path: <b@m.example>", "error", id="neither"),
    ],
)
def test_alignment(domain: object, text: str, severity: str | None) -> None:
    result = found(text.strip(), "BLK", rules={"BLK007": {"domain": domain}})
    assert result == ([("from-alignment", severity)] if severity else [])


def test_one_signature_that_covers_the_list_fields_is_enough() -> None:
    other = "DKIM-Signature: v=1; d=mailer.example; s=a; h=from:to; bh=AA==; b=AA==\n"
    assert found(other + SIGNED.format("acme-shop.com"), "BLK") == []


def batch(*texts: str) -> list[tuple[str, str, int]]:
    judge = Linter(Settings(profile="bulk", select=("BLK",)))
    messages = [
        (str(index), read_message(read_examples(text.strip() + "\n…\n")[0])) for index, text in enumerate(texts)
    ]
    return [(one.name, one.path, one.line) for one in judge.lint_batch(messages)]


def test_the_same_octets_twice_are_one_message() -> None:
    assert batch(LIST, LIST) == []


def test_the_later_message_is_blamed_for_what_it_repeats() -> None:
    second = "To: cid@reader.example\n" + LIST
    assert batch(LIST, second, second) == [
        ("static-unsubscribe-url", "1", 2), ("static-unsubscribe-url", "2", 2),
        ("reused-message-id", "1", 7), ("reused-message-id", "2", 7),
    ]  # fmt: skip


def test_a_reused_message_id_is_mended_the_same_way_each_time() -> None:
    judge = Linter(Settings(profile="bulk", select=("BLK009",)))
    one, other = (read_examples(f"To: {who}@reader.example\n…\n")[0] for who in ("ann", "ben"))
    (first,) = judge.lint_batch([("a", read_message(one)), ("b", read_message(other))])
    (again,) = judge.lint_batch([("a", read_message(one)), ("b", read_message(other))])
    assert first.fix and again.fix
    mended = apply_fixes(other, [first.fix])
    assert mended == apply_fixes(other, [again.fix])
    assert judge.lint_batch([("a", read_message(one)), ("b", read_message(mended))]) == []


@pytest.mark.parametrize("piece", ["<>", "a,b;", "<%", "None,", "undisclosed-recipients;"])
def test_a_field_of_many_faults_is_judged_in_linear_time(piece: str) -> None:
    def spent(times: int) -> float:
        message = read_message(b"From: " + piece.encode() * times + b"\r\n\r\n")
        start = time.process_time()
        Linter(Settings(select=("ADR", "HDR020"))).lint(message)
        return time.process_time() - start

    assert spent(8_000) < 60
