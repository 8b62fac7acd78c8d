from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.mime import Part
from mailtemplates.span import Span

_MIME = frozenset(("mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id"))
_LIST = frozenset(
    (
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help"),
        *("list-subscribe", "list-post", "list-owner", "list-archive"),
    )
)
_ONCE = (_MIME | _LIST).union(
    ("date", "from", "sender", "reply-to", "to", "cc", "bcc"),
    ("message-id", "in-reply-to", "references", "subject"),
)


@rule("HDR006", severity="error", fix="unsafe")
def duplicate_header(part: Part) -> Findings:
    """A field that may stand once stands twice.

    Programs take the first, the last, or join them: the filter may judge one From or Subject and the reader be shown
    the other, which is a known way to forge mail. Gmail refuses such messages (550-5.7.1). The fix keeps the first,
    and is unsafe because the other may be the one that was meant. A doubled field of a mailing list is a warning.

    Reference: RFC 5322 §3.6; RFC 2369; RFC 2919; RFC 7103 §7.5.1; Gmail 550-5.7.1

    Bad:

        Subject: Your order
        Subject: Your order has been sent
        …

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Type: text/plain; charset=utf-8
        …

    Good:

        Subject: Your order
        To: Ben <ben@reader.example>,
         Ann <ann@reader.example>
        …
    """
    if part.has_different_fields:
        return
    once = _MIME if part.place == "part" else _ONCE
    seen = [field.lower for field in part.fields if field.lower in once]
    if len(seen) == len(set(seen)):
        return
    for name in sorted(set(seen)):
        first, *others = part.fields_named(name)
        if others:
            times = "twice" if len(others) == 1 else f"{len(others) + 1} times"
            edits = tuple(Edit(other.span, b"") for other in others)
            where = Span(others[0].span.start, others[0].body.end)
            same = all(other.value == first.value for other in others)
            told = "with the same value" if same else "with different values"
            severity: Severity | None = "warning" if name in _LIST else None
            yield Finding(
                where, f"{first.name} stands {times}, {told}", "keep one of them", Fix(edits, safe=False), severity
            )
