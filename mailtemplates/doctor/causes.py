"""Which row of the failure table an error is."""

from __future__ import annotations

from mailtemplates.delivery.outcome import Mishap
from mailtemplates.errors import SettingsError, TransportError
from mailtemplates.failures.diagnosis import diagnose
from mailtemplates.failures.failure import Failure
from mailtemplates.failures.table import find_failure

_KINDS: dict[Mishap, str] = {
    "no-address": "name-does-not-resolve", "resolver-silent": "dns-not-answering", "refused": "connection-refused",
    "unreachable": "network-unreachable", "silent": "server-silent", "closed": "connection-reset",
    "broken": "connection-reset", "endless": "reply-not-smtp", "not-smtp": "reply-not-smtp", "http": "http",
    "clear": "tls-on-starttls-port", "tls-failed": "tls-handshake-fails", "injected": "octets-before-tls",
    "pin": "certificate-not-pinned", "expired": "certificate-expired", "not-yet-valid": "certificate-expired",
    "self-signed": "certificate-not-trusted", "unknown-ca": "certificate-not-trusted",
    "wrong-name": "certificate-for-another-name", "strict": "certificate-against-strict-rules",
    "untrusted": "certificate-not-trusted", "no-starttls": "starttls-not-offered", "no-login": "auth-not-offered",
    "no-mechanism": "no-shared-mechanism", "out-of-step": "reply-not-smtp",
}  # fmt: skip
_IN_PHASE: dict[tuple[str, str], str] = {
    ("connect", "silent"): "connection-timed-out", ("greeting", "closed"): "closed-at-once",
    ("greeting", "broken"): "closed-at-once", ("tls", "closed"): "tls-handshake-fails",
    ("auth", ""): "oauth-token-refused",
}  # fmt: skip
OWN_FAULT = "own-fault"
"""The row of a fault of the doctor itself."""


def failure_named(name: str) -> Failure:
    """The row of a name or an id. A name that the table does not have is a fault of ours."""
    found = find_failure(name)
    if found is None:
        raise LookupError(f"the failure table has no row {name!r}")
    return found


def failure_of(error: object) -> Failure:
    """The row of an error: as it says itself, by its kind and phase, or by what the server said."""
    if isinstance(error, TransportError):
        return _of_link(error)
    return failure_named("server-url-malformed" if isinstance(error, SettingsError) else OWN_FAULT)


def _of_link(error: TransportError) -> Failure:
    if not error.code:
        if error.kind in ("broken", "tls-failed"):  # OpenSSL may say more, such as that it wants a certificate of ours
            told = [cause.failure for cause in diagnose(error.problem).causes]
            if told and told[0].step in ("tls", "cert"):
                return told[0]
        name = _IN_PHASE.get((error.phase, error.kind)) or _KINDS[error.kind or "out-of-step"]
        return failure_named(name)
    if error.phase == "greeting":
        return failure_named("greeting-refused")
    if error.phase == "ehlo":
        return failure_named("ehlo-not-answered" if error.code in (500, 502) else "helo-name-refused")
    causes = diagnose(error.problem.partition(": ")[2] or error.problem).causes
    return causes[0].failure if causes else failure_named("refused-without-reason")
