from __future__ import annotations

from mailtemplates.characters import ascii_controls, shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.message.envelope import NULL_SENDER, is_path
from mailtemplates.octets.submission import Submission

_FAULTS = (
    ("\r\n", "a line end, behind which a server reads another command"),
    ("<>", "an angle bracket, behind which a server reads parameters or another address"),
    (" \t", "a space, behind which a server reads parameters"),
    (",;", "a comma or semicolon, so it is several addresses"),
)


@rule("SND002", severity="error")
def envelope_injection(submission: Submission) -> Findings:
    """An address of the envelope holds what is no part of an address: a line end, a space, a bracket, a name.

    MAIL FROM and RCPT TO are commands, made of the text that is given. A line end in it begins a new command, which may
    name other recipients; a space or a bracket begins a parameter. It comes of data that was put together by hand:
    `Envelope.of` and the header blocks of a template take no such text. A transport refuses such an envelope too.

    Reference: RFC 5321 §4.1.2; CWE-93

    Bad:

        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<ben@reader.example>␍␊RCPT TO:<eve@reader.example>

        …

    Bad:

        C: MAIL FROM:<hello@acme-shop.com> SIZE=1>
        C: RCPT TO:<ben@reader.example>

        …

    Bad:

        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<Ben <ben@reader.example>>

        …

    Good:

        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<"ben at work"@reader.example>

        To: "ben at work"@reader.example
        …

    Good:

        C: MAIL FROM:<>
        C: RCPT TO:<ben@reader.example>

        …
    """
    envelope = submission.envelope
    addresses = [("MAIL FROM", envelope.sender)] if envelope.sender not in ("", NULL_SENDER) else []
    addresses += [("RCPT TO", address) for address in envelope.recipients]
    for command, address in addresses:
        if not is_path(address):
            yield Finding(
                submission.start,
                f"{command} would hold `{shorten(ascii_controls(address))}`: {_explain(address)}",
                "give the bare address, local@domain, without a name",
            )


def _explain(address: str) -> str:
    for characters, words in _FAULTS:
        if any(one in address for one in characters):
            return words
    return "a control character" if not address.isprintable() else "that is no address"
