"""Step 3: the greeting of the server."""

from __future__ import annotations

import time

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, step
from mailtemplates.doctor.steperror import StepError
from mailtemplates.errors import TransportError
from mailtemplates.smtp.reply import Reply
from mailtemplates.smtp.session import Session, insist
from mailtemplates.smtp.wire import Wire

_PATIENCE = 4.0
"""Seconds of silence after which the port is asked whether it speaks TLS."""


@step(3, early=5, needs="server")
def greeting(case: Case) -> Passed:
    """220; on silence the port is asked whether it expects TLS from the first octet, and then waited for."""
    wire = case.wire
    assert wire is not None
    patience = _moment(case)
    wire.deadline = time.monotonic() + patience
    try:
        reply = wire.reply("greeting")
    except TransportError as error:
        if error.kind not in ("silent", "closed", "broken"):
            raise
        _probe(case, error, patience)
        if error.kind != "silent":
            raise
        wire.deadline = case.deadline
        reply = _patiently(case, wire)
    insist(reply, "greeting", case.endpoint)
    case.session = Session(wire)
    return Passed(str(reply), {"reply": str(reply)})


def _moment(case: Case) -> float:
    """Seconds to wait for one thing, when others are to be tried too."""
    return min(_PATIENCE, case.seconds_left / 2)


def _patiently(case: Case, wire: Wire) -> Reply:
    """The greeting, of a server that is silent so far and speaks no TLS."""
    try:
        return wire.reply("greeting")
    except TransportError as error:
        if error.kind == "silent":
            error.problem = f"no greeting within {case.request.seconds:g} s, and no TLS either"
            error.cure = ""
        raise


def _probe(case: Case, error: TransportError, waited: float) -> None:
    """Say so when the port speaks TLS, or is a web server's."""
    from mailtemplates.doctor.probe import speaks_http, speaks_tls  # only when no greeting came

    seen = f"no 220 greeting in {waited:.3g} s" if error.kind == "silent" else "closed without a greeting"
    assert case.address is not None
    if case.endpoint.tls != "implicit" and speaks_tls(case.endpoint, case.address, _moment(case)):
        raise StepError(
            f"{seen}, but the port answers a TLS handshake",
            "implicit-tls-port",
            cure=f"this is an implicit-TLS port: use smtps://{case.endpoint}",
        ) from None
    if error.kind == "silent" and speaks_http(case.endpoint, case.address, _moment(case)):
        raise StepError(f"{seen}, but the port answers a request for a web page", "http") from None
