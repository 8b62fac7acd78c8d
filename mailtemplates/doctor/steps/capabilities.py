"""Step 7: what the server offers, against what the message and the URL ask for."""

from __future__ import annotations

from mailtemplates.delivery.outcome import Failed
from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, step
from mailtemplates.doctor.steperror import StepError
from mailtemplates.smtp.offers import check_offers

_FAILURES = {
    "mesgtoobig": "message-too-big", "smtputf8": "smtputf8-not-offered", "contenterror": "content-not-convertible",
    "failedstarttls": "next-hop-tls-policy", "notcompliantrfc": "bare-line-feed",
}  # fmt: skip
_SHOWN = ("8BITMIME", "SMTPUTF8", "PIPELINING", "DSN", "REQUIRETLS")


@step(7, needs="session")
def capabilities(case: Case) -> Passed:
    """SIZE, AUTH and the extensions that the message needs (RFC 1870, RFC 4954, RFC 6152, RFC 6531)."""
    session, server = case.session, case.server
    assert session is not None and server is not None
    offers = session.features
    mechanisms = offers.get("AUTH", "").split()
    facts = {"size": session.size_limit, "auth": mechanisms, "extensions": sorted(offers)}
    if case.envelope.recipients and case.envelope.sender:
        consignment = case.consignment()
        check_offers(session, consignment, server.wishes)
        for outcome in consignment.outcomes.values():
            assert isinstance(outcome, Failed)
            raise StepError(outcome.text, _FAILURES[outcome.reason], facts=facts)
    size = f"SIZE {session.size_limit}" if session.size_limit else "no SIZE limit"
    words = [size, f"AUTH {' '.join(mechanisms)}" if mechanisms else "no AUTH"]
    words += [name for name in _SHOWN if name in offers]
    lacks = [name for name in _SHOWN[:3] if name not in offers]
    return Passed(", ".join(words) + (f"; lacks {', '.join(lacks)}" if lacks else ""), facts)
