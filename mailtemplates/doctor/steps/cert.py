"""Step 6: the server's certificate."""

from __future__ import annotations

from datetime import UTC, datetime

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.certificate import common_name, end_of, names_of
from mailtemplates.doctor.step import Passed, Skipped, step

_SOON = 14
"""Days before its end at which a certificate should have been renewed."""


@step(6, early=4, needs="server")
def cert(case: Case) -> Passed | Skipped:
    """Chain, name and pin are right; how many days are left."""
    if case.endpoint.tls == "none":
        return Skipped("the link is in clear, as the URL says")
    facts = _facts(case)
    if case.distrust:
        seen = f" ({'; '.join(_seen(case))})" if case.certificate else ""
        case.distrust.problem += seen
        raise case.distrust
    ends = end_of(case.certificate)
    days = (ends - datetime.now(UTC)).days if ends else None
    text = "pin, chain and name verified" if case.endpoint.pins else "chain and name verified"
    text += "".join(f"; {words}" for words in _seen(case))
    if days is not None and days < _SOON:
        text += f"\n{f'only {days} days are' if days > 1 else 'only a day or less is'} left: renew it"
    return Passed(text, facts)


def _seen(case: Case) -> list[str]:
    """What the certificate says, in words."""
    shown = case.certificate
    ends = end_of(shown)
    names = names_of(shown)
    issuer = common_name(shown, "issuer")
    return [
        *([f"for {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"] if names else []),
        *([f"by {issuer}"] if issuer and case.distrust else []),
        *([f"until {ends:%Y-%m-%d}"] if ends else []),
        *([f"SHA-256 {shown['sha256']}"] if "sha256" in shown and not names else []),
    ]


def _facts(case: Case) -> dict[str, object]:
    ends = end_of(case.certificate)
    return {
        "subject": common_name(case.certificate),
        "issuer": common_name(case.certificate, "issuer"),
        "names": names_of(case.certificate),
        "until": ends.isoformat() if ends else None,
        "days_left": (ends - datetime.now(UTC)).days if ends else None,
    }
