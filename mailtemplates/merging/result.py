"""What became of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mailtemplates.delivery.outcome import NotTried, Outcome, Receipt
from mailtemplates.merging.workers import Fault


class Result(NamedTuple):
    """What became of one row.

    :param cells: the row as it stands in its file.
    :param key: of its message; empty when it was not come to.
    :param receipt: None when there is no message.
    :param problem: why there is none.
    :param known: whether the ledger knew it from before, so that nothing was done.
    """

    number: int
    cells: Sequence[str]
    key: str = ""
    receipt: Receipt | None = None
    problem: str = ""
    fault: Fault = ""
    known: bool = False

    @property
    def failure(self) -> str:
        """Why the row failed for good: its own problem, or the recipients who were refused; empty when it did not."""
        if self.problem or self.receipt is None:
            return self.problem
        refused = (one for one in self.receipt.deliveries if one.outcome.state == "failed")
        return "; ".join(f"{address}: {said(outcome)}" for address, outcome in refused)


def said(outcome: Outcome) -> str:
    """An outcome's code and text in a line, and what to do when nothing was tried."""
    cure = f"; {outcome.cure}" if isinstance(outcome, NotTried) and outcome.cure else ""
    return " ".join(f"{outcome.code or ''} {outcome.enhanced} {outcome.text}{cure}".split())


def as_object(key: str, receipt: Receipt) -> Mapping[str, Any]:
    """One message as ``--output-format json`` writes it."""
    return {
        "key": key,
        "message_id": receipt.message_id,
        "recipients": [
            {
                "address": address,
                "state": outcome.state,
                "code": outcome.code,
                "enhanced": outcome.enhanced,
                "text": outcome.text,
            }
            for address, outcome in receipt.deliveries
        ],
    }
