"""Step 2: a connection to one of the server's addresses."""

from __future__ import annotations

import time

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, step
from mailtemplates.doctor.transcript import RecordedWire
from mailtemplates.errors import TransportError
from mailtemplates.smtp.endpoint import Address

_WORDS = {"refused": "refused", "silent": "silent", "unreachable": "unreachable"}


@step(2, needs="server")
def tcp(case: Case) -> Passed:
    """The addresses are tried in their order, as in sending, and what each says is told."""
    case.wire = RecordedWire(case.endpoint, case.transcript)
    case.wire.deadline = case.deadline
    tried = []
    for number, address in enumerate(case.addresses):
        try:
            _connect(case, address, len(case.addresses) - number)
        except TransportError as error:
            tried.append(f"{_place(address)} {_WORDS.get(error.kind, error.kind)}")
            failure = error
        else:
            tried.append(f"{_place(address)} open")
            case.address = address
            return Passed(", ".join(tried), {"address": _place(address)})
    failure.problem += f" ({', '.join(tried)})" if len(tried) > 1 else ""
    raise failure


def _connect(case: Case, address: Address, left: int) -> None:
    """Connect within the share of the time that is left for this address."""
    assert case.wire is not None
    case.wire.deadline = time.monotonic() + case.seconds_left / left
    try:
        case.wire.connect_to((address,))
    finally:
        case.wire.deadline = case.deadline


def _place(address: Address) -> str:
    place = address[4]
    if isinstance(place, str):
        return place
    return f"[{place[0]}]:{place[1]}" if ":" in place[0] else f"{place[0]}:{place[1]}"
