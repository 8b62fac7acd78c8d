"""Families: every row is in one, the ids stay, and the JSON of an answer says the family, how surely, and what else."""

from __future__ import annotations

import json

import jsonschema
import pytest
from conftest import ROOT

from mailtemplates.failures.answer import answer_object, failure_object
from mailtemplates.failures.diagnosis import diagnose
from mailtemplates.failures.failure import LANGUAGES, Failure
from mailtemplates.failures.family import all_families, family_of
from mailtemplates.failures.table import all_codes, all_failures

ROWS = all_failures().values()
SCHEMA = json.loads((ROOT / "schemas" / "explain.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_in_a_family_that_the_schema_names(row: Failure) -> None:
    assert family_of(row).id in SCHEMA["$defs"]["family"]["enum"]
    assert failure_object(row, "en")["family"] == family_of(row).id


def test_the_schema_names_the_families_and_no_family_is_empty() -> None:
    assert SCHEMA["$defs"]["family"]["enum"] == [family.id for family in all_families()]
    assert {family_of(row) for row in ROWS} == set(all_families())


@pytest.mark.parametrize("text", ["", "the cat sat", "250 OK", "354 go on", "X.7.8", "(", *all_codes()])
def test_an_answer_has_the_form_of_the_schema(text: str) -> None:
    for language in LANGUAGES:
        VALIDATOR.validate(answer_object(diagnose(text), language))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_an_example_has_the_form_of_the_schema_and_a_next_step(row: Failure) -> None:
    for example in row.examples:
        told = answer_object(diagnose(example), "en")
        VALIDATOR.validate(told)
        assert (told["family"], told["next_step"]) == (family_of(row).id, row.en.cure)
        assert told["family"] not in told["alternatives"]


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("550 5.1.1 User unknown", "likely"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "clear"),
        ("5.2.2", "likely"),
        ("554 5.7.1 refused", "guess"),
        ("550 no idea", "guess"),
        ("599 no idea", "none"),
        ("the cat sat", "none"),
        ("250 OK", "guess"),
    ],
)
def test_an_answer_says_how_surely_it_knows(text: str, confidence: str) -> None:
    assert diagnose(text).confidence == confidence


def test_a_guess_says_so_and_what_else_may_be_meant() -> None:
    """A judge or a program must be able to tell what is known from what is guessed."""
    told = answer_object(diagnose("550 no idea"), "en")
    assert (told["family"], told["alternatives"]) == ("not-named", ["unknown-recipient", "policy"])
    assert any("guess" in remark for remark in told["remarks"])
    assert any("推测" in remark for remark in answer_object(diagnose("550 no idea"), "zh")["remarks"])


@pytest.mark.parametrize(
    ("reply", "family"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist", "unknown-recipient"),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", "unknown-recipient"),
        ("452 4.2.2 The email account that you tried to reach is over quota", "mailbox-full"),
        ("554 30 Sorry, your message cannot be delivered. This mailbox is disabled (554.30).", "account-disabled"),
        ("550 5.1.2 Host unknown", "unknown-domain"),
        ("554 5.7.1 Message rejected under suspicion of SPAM", "spam-content"),
        ("552 5.7.0 virus detected", "virus"),
        ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints", "rate-limit"),
        ("553 5.7.1 [BL21] Connections will not be accepted, because the ip is in Spamhaus's list", "reputation"),
        ("550 5.7.1 rejected due to the very low reputation of the sending domain", "reputation"),
        ("450 4.7.1 Client host rejected: cannot find your reverse hostname", "reverse-dns"),
        ("550 5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy", "sender-authentication"),
        ("535 5.7.8 Username and Password not accepted", "login"),
        ("525 5.7.1 Unauthorized IP address", "login"),
        ("450 4.2.0 Greylisted for 60 seconds", "greylisting"),
        ("452 4.5.3 Too many recipients", "rate-limit"),
        ("552 5.3.4 Message size exceeds fixed limit", "too-big"),
        ("554 5.7.1 Relay access denied", "relay-denied"),
        ("530 5.7.0 Must issue a STARTTLS command first", "tls"),
        ("501 5.5.4 Syntax error in parameters", "syntax"),
        ("554 5.4.6 Too many hops", "mail-loop"),
        ("451 4.3.0 Temporary system problem", "server"),
        ("550 5.7.1 Sender address rejected: not owned by user", "sender-refused"),
        ("553 5.6.7 Non-ASCII addresses not permitted for that sender/recipient", "internationalized-address"),
        ("554 5.7.1 Rejected due to local policy", "policy"),
    ],
)
def test_a_reply_is_in_the_family_that_a_person_would_name(reply: str, family: str) -> None:
    assert answer_object(diagnose(reply), "en")["family"] == family
