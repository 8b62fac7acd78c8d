from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.base64 import part_fault
from mailtemplates.octets.body import FIELD, is_shown, value_span
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_plain, reencode, relabel
from mailtemplates.pattern import pattern

_FRAGILE = pattern(rb"^From |[ \t]\r?$", 8)


@rule("CTE016", severity="info", fix="safe", parts=("text",))
def needless_transfer_encoding(part: Part) -> Findings:
    """Plain ASCII text is declared 8bit, or encoded as base64.

    7bit carries it as it is: smaller, readable in the source, and through every server. Text in base64 that needs
    none is a habit of spam, and filters count it.

    Reference: RFC 2045 §6.2

    Bad:

        Content-Transfer-Encoding: 8bit
        …

        Hello Ben.

    Bad:

        Content-Transfer-Encoding: base64
        …

        SGVsbG8gQmVuLA0KeW91ciBvcmRlciBpcyBvbiBpdHMgd2F5Lg0K

    Good:

        Content-Transfer-Encoding: 7bit
        …

        Hello Ben.
    """
    field = part.first(FIELD)
    if field is None or part.encoding not in ("8bit", "base64") or part.signed or not is_shown(part):
        return
    decoded = part.decoded
    if not decoded.isascii() or not decoded or not is_plain(decoded):
        return
    if part.encoding == "8bit":
        yield Finding(
            value_span(field), "the text is 7bit and declared 8bit", f"write {FIELD}: 7bit", relabel(part, "7bit")
        )
    elif not part_fault(part) and decoded.count(b"\n") == decoded.count(b"\r\n") and not _is_fragile(decoded):
        fix = reencode(part, "7bit")
        yield Finding(value_span(field), "the text is 7bit and encoded as base64", "send it as 7bit", fix)


def _is_fragile(text: bytes) -> bool:
    """Whether the text has what is changed on the way when it is not encoded."""
    return bool(_FRAGILE.search(text))
