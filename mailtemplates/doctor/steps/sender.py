"""Step 9: MAIL FROM, as it would be said for the message."""

from __future__ import annotations

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.message.envelope import NULL_SENDER
from mailtemplates.smtp.offers import parameters
from mailtemplates.smtp.session import insist


@step(9, needs="session")
def sender(case: Case) -> Passed | Skipped:
    """The reverse-path with SIZE, BODY and SMTPUTF8 (RFC 5321 §4.1.1.2)."""
    session, server = case.session, case.server
    assert session is not None and server is not None
    if not case.envelope.sender:
        return Skipped("nobody is named: give --to, --from or a message")
    consignment = case.consignment()
    mail, _ = parameters(session, consignment, server.wishes)
    if case.message is None:  # of any message nobody knows the size
        mail = mail.replace(f" SIZE={consignment.size}", "")
    path = NULL_SENDER if case.envelope.sender == NULL_SENDER else f"<{case.envelope.sender}>"
    session.dirty = True
    reply = session.command(f"MAIL FROM:{path}{mail}", "mail")
    insist(reply, "mail", case.endpoint)
    return Passed(f"{case.envelope.sender}{mail}", {"sender": case.envelope.sender, "parameters": mail.split()})
