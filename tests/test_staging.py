"""Trying things out: who is left out gets nothing, and what was tried out is no reason not to send later."""

from __future__ import annotations

import pytest

from mailtemplates.delivery.outcome import Accepted, Suppressed
from mailtemplates.errors import SettingsError
from mailtemplates.merging.courier import Rehearsal
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message
from mailtemplates.outbox.direct import Direct
from mailtemplates.outbox.staging import Staging
from mailtemplates.transports.memory import MemoryTransport

MESSAGE = Message(b"Subject: x\r\n\r\n", Envelope("me@acme.example", ("ann@acme.example", "bob@else.example")), "id@x")


@pytest.mark.parametrize(
    ("allow", "redirect", "reached", "suppressed"),
    [
        pytest.param([], "", ["ann@acme.example", "bob@else.example"], [], id="everybody"),
        pytest.param([r".*@acme\.example"], "", ["ann@acme.example"], ["bob@else.example"], id="one domain"),
        pytest.param([r".*@ACME\.example"], "", ["ann@acme.example"], ["bob@else.example"], id="any case"),
        pytest.param(["ann@.*", "bob@.*"], "", ["ann@acme.example", "bob@else.example"], [], id="two patterns"),
        pytest.param(["acme"], "", [], ["ann@acme.example", "bob@else.example"], id="the whole address must match"),
        pytest.param([r".*@acme\.exampl"], "", [], ["ann@acme.example", "bob@else.example"], id="to its end"),
        pytest.param([], "qa@x.example", ["qa@x.example"], ["ann@acme.example", "bob@else.example"], id="redirected"),
        pytest.param([], "q@x.example, r@x.example", ["q@x.example", "r@x.example"],
                     ["ann@acme.example", "bob@else.example"], id="redirected to two"),
        pytest.param(["ann@.*"], "qa@x.example", ["ann@acme.example", "qa@x.example"], ["bob@else.example"], id="both"),
        pytest.param([], "bob@else.example", ["bob@else.example"], ["ann@acme.example"], id="redirected to one of them"),
        pytest.param([".*"], "qa@x.example", ["ann@acme.example", "bob@else.example"], [], id="nobody left out"),
    ],
)  # fmt: skip
def test_who_is_reached(allow: list[str], redirect: str, reached: list[str], suppressed: list[str]) -> None:
    letter = Staging.of(allow, redirect).letter("key", MESSAGE)
    assert sorted(letter.outcomes) == sorted(suppressed)
    if not reached:
        return
    transport = MemoryTransport()
    (dispatch,) = Direct(transport).send([letter])
    (sent,) = transport.sent
    assert sorted(sent.envelope.recipients) == sorted(reached)
    assert sent.octets == MESSAGE.octets
    states = {one.address: one.outcome.state for one in dispatch.receipt.deliveries}
    assert states == {**dict.fromkeys(reached, "accepted"), **dict.fromkeys(suppressed, "suppressed")}


def test_a_rule_is_named() -> None:
    assert Staging.of(["x"]).letter("k", MESSAGE).outcomes["bob@else.example"] == Suppressed("allow")
    redirected = Staging.of([], "qa@x.example").letter("k", MESSAGE)
    assert redirected.outcomes["ann@acme.example"] == Suppressed("redirect-to")


def test_what_was_tried_has_a_key_of_its_own() -> None:
    """Else the ledger would say later that the message is sent, and its recipients would never get it."""
    plain = Staging.of([".*"]).letter("k" * 255, MESSAGE).key
    stagings = Staging.of([], "q@x.example"), Staging.of(["ann.*"])
    tried = {staging.letter("k" * 255, MESSAGE).key for staging in stagings}
    assert plain == "k" * 255
    assert len(tried | {plain}) == 3
    assert all(len(key) <= 255 for key in tried)


def test_a_redirection_outside_ascii_needs_smtputf8() -> None:
    assert Staging.of([], "jörg@x.example").letter("k", MESSAGE).message.envelope.smtputf8


def test_bad_options() -> None:
    with pytest.raises(SettingsError, match="no regular expression"):
        Staging.of(["("])
    with pytest.raises(SettingsError, match='--redirect-to "nobody" is not'):
        Staging.of([], "nobody")


def test_a_rehearsal_keeps_what_is_settled() -> None:
    letter = Staging.of(["ann.*"]).letter("k", MESSAGE)
    (dispatch,) = Rehearsal().send([letter])
    assert [one.outcome.state for one in dispatch.receipt.deliveries] == ["not_tried", "suppressed"]


def test_outcomes_of_many_letters_stay_with_their_letters() -> None:
    """A transport gives receipts in the order of the messages, whatever was kept back of each."""
    transport = MemoryTransport(lambda message, address: Accepted(address))
    letters = [Staging.of(["ann.*"] if number % 2 else []).letter(str(number), MESSAGE) for number in range(9)]
    for number, dispatch in enumerate(Direct(transport).send(iter(letters))):
        assert dispatch.key.split(" ")[0] == str(number)
        assert len(dispatch.receipt.deliveries) == 2
