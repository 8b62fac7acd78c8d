"""Entries of the ledger as a person reads them, in 80 columns, and as programs do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mailtemplates.characters import shorten
from mailtemplates.delivery.outcome import NotTried, Suppressed, Uncertain
from mailtemplates.ledger.entry import Entry, Recipient

_ADDRESS, _KEY = 34, 22
_WAITING = NotTried()

HEADING = f"{'STATE':9}  {'RECIPIENT':{_ADDRESS}}  {'KEY':{_KEY}}  REPLY"


def table_lines(entry: Entry, states: frozenset[str]) -> Iterator[str]:
    """A line for each recipient in one of these states: state, address, key, and the codes of the reply."""
    for one in entry.recipients:
        if one.state in states:
            address, key = _fitted(one.address, _ADDRESS), _fitted(entry.key, _KEY)
            outcome = one.outcome or _WAITING
            codes = f"{outcome.code or ''} {outcome.enhanced}".strip()
            yield f"{one.state:9}  {address:{_ADDRESS}}  {key:{_KEY}}  {codes}".rstrip()


def _fitted(text: str, width: int) -> str:
    """A text that is too long loses its middle: addresses differ at both ends."""
    if len(text) <= width:
        return text
    tail = width // 2
    return f"{text[: width - tail - 1]}…{text[-tail:]}"


def page_lines(entry: Entry) -> Iterator[str]:
    """All that is known of an entry."""
    rows = {
        "key": entry.key,
        "message id": entry.message_id,
        "from": entry.sender or "<>",
        "state": entry.state,
        "attempts": str(entry.attempts),
        "queued": _moment(entry.queued),
        "changed": _moment(entry.changed),
        "due": _moment(entry.due),
        "octets": f"{entry.size:,}",
        "sha-256": entry.digest,
    }
    yield from (f"{name:12}{value}" for name, value in rows.items() if value)
    for one in entry.recipients:
        yield ""
        yield f"{one.address}: {one.state.replace('_', ' ')}"
        yield from (f"    {line}" for line in _said(one))


def _said(one: Recipient) -> Iterator[str]:
    outcome = one.outcome
    if outcome is None:
        return
    reply = " ".join(filter(None, (str(outcome.code or ""), outcome.enhanced, outcome.text)))
    yield reply
    if getattr(outcome, "reason", ""):
        yield f"reason: {getattr(outcome, 'reason', '')}"
    if isinstance(outcome, NotTried) and outcome.cure:
        yield f"help: {outcome.cure}"
    if isinstance(outcome, Uncertain):
        yield "help: by the server's log: mailtpl outbox resolve KEY --sent, or --resend"


def entry_object(entry: Entry) -> Mapping[str, Any]:
    """An entry, with all its recipients."""
    return {
        "key": entry.key,
        "message_id": entry.message_id,
        "sender": entry.sender,
        "state": entry.state,
        "attempts": entry.attempts,
        "queued": _moment(entry.queued),
        "changed": _moment(entry.changed),
        "due": _moment(entry.due) or None,
        "size": entry.size,
        "sha256": entry.digest,
        "recipients": [_recipient(one) for one in entry.recipients],
    }


def recipient_objects(entry: Entry, states: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    """One object for each recipient in one of these states."""
    for one in entry.recipients:
        if one.state in states:
            message = {"key": entry.key, "message_id": entry.message_id, "attempts": entry.attempts}
            yield {**_recipient(one), **message, "due": _moment(entry.due) or None, "changed": _moment(entry.changed)}


def _recipient(one: Recipient) -> dict[str, Any]:
    outcome = one.outcome or _WAITING
    reason = outcome.rule if isinstance(outcome, Suppressed) else getattr(outcome, "reason", "")
    return {
        "address": one.address,
        "state": one.state,
        "code": outcome.code,
        "enhanced": outcome.enhanced,
        "reason": reason,
        "text": shorten(outcome.text, 1000),
    }


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
