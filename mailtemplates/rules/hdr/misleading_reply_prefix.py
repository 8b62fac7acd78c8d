from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.message import RawMessage
from mailtemplates.pattern import pattern

_PREFIX = pattern(r"(?:re|fwd?)(?:\[\d{1,3}\])?:", 2)
_THREAD = ("In-Reply-To", "References", "X-Forwarded-Message-Id", "Thread-Index", "Resent-From")


@rule("HDR018", severity="warning")
def misleading_reply_prefix(message: RawMessage) -> Findings:
    """The subject begins with `Re:` or `Fwd:`, but the message answers nothing.

    Such a subject feigns a conversation. Gmail's guidelines for senders name it as misleading, and filters look for
    `Re:` without In-Reply-To or References.

    Reference: Gmail sender guidelines (https://support.google.com/a/answer/81126)

    Bad:

        Subject: Re: Your account
        …

    Bad:

        Subject: FW: Last chance
        …

    Good:

        Subject: Re: Your account
        In-Reply-To: <question-1@reader.example>
        …

    Good:

        Subject: Regarding your account
        …
    """
    field = message.first("Subject")
    if field is None or any(message.first(name) for name in _THREAD):
        return
    text = decode(field.value) if "=?" in field.value else field.value
    match = _PREFIX.match(text.lstrip())
    if not match or (match[0][0] in "fF" and _holds_a_message(message)):
        return
    start = field.latin.find(match[0])
    if start < 0:
        start, size = len(field.latin) - len(field.latin.lstrip()), len(field.latin.strip())
    else:
        size = len(match[0])
    yield Finding(
        field.at(start, start + size),
        f"the subject begins with `{match[0]}` but there is no In-Reply-To or References",
        "remove it, or name the message that is answered in In-Reply-To",
    )


def _holds_a_message(message: RawMessage) -> bool:
    """Whether a message is attached, which is then what is forwarded."""
    return any(part.media_type in ("message/rfc822", "message/global") for part in message.parts)
