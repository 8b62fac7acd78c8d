from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import FIELD, value_span
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import relabel
from mailtemplates.span import Span


@rule("CTE005", severity="warning", fix="safe")
def container_cte_understated(message: RawMessage) -> Findings:
    """A multipart holds an 8bit part, and does not say so itself.

    Whether a message needs 8BITMIME is read from the outermost Content-Transfer-Encoding. A server that believes it
    sends the message to one that takes seven bits only.

    Reference: RFC 2045 §6.4

    Bad (also eight-bit-on-wire):

        Content-Type: multipart/mixed; boundary=b
        …

        --b
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 8bit

        Grüße aus Köln
        --b
        Content-Type: application/pdf
        Content-Disposition: attachment; filename=a.pdf
        Content-Transfer-Encoding: base64

        JVBERi0xLjQK
        --b--

    Good:

        Content-Type: multipart/mixed; boundary=b
        …

        --b
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        Gr=C3=BC=C3=9Fe aus K=C3=B6ln
        --b
        Content-Type: application/pdf
        Content-Disposition: attachment; filename=a.pdf
        Content-Transfer-Encoding: base64

        JVBERi0xLjQK
        --b--
    """
    if message.octets.isascii():
        return
    wrong: list[Part] = []
    needs = _needs(message.root, wrong)
    if wrong:
        outermost = min(wrong, key=lambda part: part.body.start)
        fixes = [relabel(part, needs) for part in wrong]
        edits = sorted(edit for fix in fixes for edit in fix.edits)
        more = f" (and {len(wrong) - 1} more inside)" if len(wrong) > 1 else ""
        yield Finding(
            _where(outermost),
            f"{outermost.media_type} is 7bit and holds an {needs} part{more}",
            f"write Content-Transfer-Encoding: {needs}, or encode the part as quoted-printable",
            Fix(tuple(edits), all(fix.safe for fix in fixes)),
        )


def _needs(part: Part, wrong: list[Part]) -> str:
    """``8bit`` or ``binary`` when a part is so, or holds one that is; containers that do not say so are added."""
    if not part.is_composite:
        return part.encoding if part.encoding in ("8bit", "binary") and not part.content.isascii() else ""
    needs = max((_needs(child, wrong) for child in part.children), default="")
    if needs and part.encoding == "7bit":
        wrong.append(part)
    return needs


def _where(part: Part) -> Span:
    field = part.first(FIELD) or part.first("Content-Type")
    return value_span(field) if field else Span(part.body.start, part.body.start)
