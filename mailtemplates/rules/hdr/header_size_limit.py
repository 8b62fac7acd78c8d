from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import read_words
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.span import Span


@rule("HDR015", severity="error")
def header_size_limit(
    message: RawMessage,
    *,
    total: int = 512_000,
    fields: int = 5_000,
    field: int = 32_768,
    subject: int = 998,
    message_id: int = 500,
    name: int = 1_024,
) -> Findings:
    """The header, a field of it or a field's name is longer than large servers take.

    Gmail refuses or cuts headers beyond these sizes, and Postfix cuts a header at 100 KB (`header_size_limit`), so that
    its rest becomes the text of the message. The limits, in octets, are options: `total` of the header, the number of
    `fields`, one `field`, the `subject`, the `message-id`, and the `name` of a field.

    Reference: Gmail header limits (https://support.google.com/a/answer/14016360); Postfix header_size_limit

    Bad:

        Subject: ⟨Your order ×50⟩
         ⟨has been sent ×50⟩today
        …

    Bad:

        Message-ID: <⟨0123456789×60⟩@acme-shop.com>
        …

    Good:

        Message-ID: <⟨0123456789×40⟩@acme-shop.com>
        …
    """
    limits = {"subject": subject, "message-id": message_id, "resent-message-id": message_id}
    rest = 0
    for one in message.root.fields:
        size = one.span.end - one.span.start
        if len(one.name) > name:
            where = Span(one.span.start, one.span.start + len(one.name))
            yield Finding(where, f"a field name has {len(one.name)} octets, {name} are the most", "shorten it")
        elif size > min(field, limits.get(one.lower, field)) and (problem := _too_long(one, field, limits)):
            yield Finding(Span(one.span.start, one.body.end), problem, "shorten it")
        else:
            rest += size
    if rest > total:
        problem = f"the header has {rest} octets, {total} are the most"
        yield Finding(message.start, problem, "remove fields that nobody reads")
    if len(message.root.fields) > fields:
        problem = f"the header has {len(message.root.fields)} fields, {fields} are the most"
        yield Finding(message.start, problem, "remove fields that nobody reads")


def _too_long(one: RawField, field: int, limits: dict[str, int]) -> str:
    own = len(one.value.encode("utf-8", "surrogateescape"))
    most = limits.get(one.lower, own)
    if own > most and not any(word.end - word.start > most for word in read_words(one)):
        return f"{shorten(one.name, 40)} has {own} octets, {limits[one.lower]} are the most"
    size = one.span.end - one.span.start
    return f"{shorten(one.name, 40)} has {size} octets, {field} are the most" if size > field else ""
