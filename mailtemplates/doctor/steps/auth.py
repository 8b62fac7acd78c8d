"""Step 8: the login, one try."""

from __future__ import annotations

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.doctor.steperror import StepError
from mailtemplates.errors import TransportError
from mailtemplates.smtp.login import Login
from mailtemplates.smtp.session import log_in


@step(8, needs="session")
def auth(case: Case) -> Passed | Skipped:
    """One mechanism and one try: servers lock out who tries on (RFC 4954)."""
    login, session = case.login, case.session
    assert session is not None
    if login is None:
        offered = "" if "AUTH" not in session.features else ", though the server offers it"
        return Skipped(f"the URL names no user: no login{offered}")
    try:
        mechanism = log_in(session, login)
    except TransportError as error:
        from mailtemplates.doctor.providers import hint  # only when the login is refused

        error.cure = hint(case.endpoint.host, error) or ("" if error.code else error.cure)
        if _is_token(login) and (error.code in (534, 535) or (error.kind == "silent" and "{" in error.problem)):
            # the server said why in its challenge (the JSON of XOAUTH2); some say nothing after it
            raise StepError(error.problem, "oauth-token-refused", cure=error.cure) from None
        raise
    return Passed(f"{login.user} via {mechanism}", {"user": login.user, "mechanism": mechanism})


def _is_token(login: Login) -> bool:
    return login.token is not None or login.mechanism in ("XOAUTH2", "OAUTHBEARER")
