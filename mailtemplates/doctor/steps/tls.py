"""Step 5: the TLS handshake. Whether the certificate is right is the next step's."""

from __future__ import annotations

from typing import Any

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.errors import TransportError
from mailtemplates.smtp.session import start_tls

DISTRUST = frozenset(
    ("expired", "not-yet-valid", "self-signed", "unknown-ca", "wrong-name", "strict", "untrusted", "pin")
)
"""The kinds of faults that the certificate has, and not the handshake."""


@step(5, early=3, needs="server")
def tls(case: Case) -> Passed | Skipped:
    """Version and cipher. A server that is not trusted is asked for them again, and told nothing."""
    mode = case.endpoint.tls
    if mode == "none":
        return Skipped("the link is in clear, as the URL says")
    wire = case.wire
    assert wire is not None
    try:
        if mode == "implicit":
            wire.shake_hands()
        else:
            assert case.session is not None
            start_tls(case.session)
    except TransportError as error:
        if error.kind not in DISTRUST:
            raise
        return _look_again(case, error)
    secure: Any = wire.sock
    case.certificate = secure.getpeercert() or {}
    return _passed(mode, secure.version(), secure.cipher()[0])


def _look_again(case: Case, error: TransportError) -> Passed:
    from mailtemplates.doctor.certificate import read_certificate  # only when the server is not trusted
    from mailtemplates.doctor.probe import look

    case.distrust = error
    if case.session:
        case.session.broken = True
    assert case.address is not None
    seen = look(case.endpoint, case.address, case.deadline)
    if seen is None:
        raise error
    case.certificate = read_certificate(seen.der)
    return _passed(case.endpoint.tls, seen.version, seen.cipher)


def _passed(mode: str, version: str, cipher: str) -> Passed:
    word = "STARTTLS" if mode == "starttls" else "from the first octet,"
    return Passed(f"{word} {version} {cipher}", {"mode": mode, "version": version, "cipher": cipher})
