"""Step 4: EHLO, and what the server offers."""

from __future__ import annotations

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, step
from mailtemplates.smtp.session import greet


@step(4, early=6, needs="session")
def ehlo(case: Case) -> Passed:
    """The name that we say is taken."""
    assert case.session is not None
    greet(case.session)
    names = sorted(case.session.features)
    count = f"{len(names)} extension{'' if len(names) == 1 else 's'}"
    said = case.session.wire.own_name
    return Passed(f"{count if names else 'no extensions'}; we are {said}", {"name": said, "extensions": names})
