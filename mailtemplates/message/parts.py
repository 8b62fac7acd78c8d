"""What a template renders to: the parts of a message, not yet octets."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailtemplates.headers.address import Mailbox
from mailtemplates.headers.field import AddressList, Field
from mailtemplates.message.attachment import Attachment


@dataclass(frozen=True, slots=True)
class Parts:
    """A message before it is composed.

    :param fields: header fields in any order; the composer orders them.
    :param html: the html body, or None.
    :param text: the plain text body, or None.
    :param calendar: an iCalendar object with a METHOD (RFC 5546), or None.
    :param amp: an AMP for Email document, or None.
    :param related: inline parts that the html refers to by ``cid:``.
    :param attachments: files after the bodies.
    :param language: a language tag for Content-Language (RFC 5646), or None.
    :param warnings: what the author should know, in words.
    :param is_text_made: whether the plain text was made from the html.
    """

    fields: tuple[Field, ...] = ()
    html: str | None = None
    text: str | None = None
    calendar: str | None = None
    amp: str | None = None
    related: tuple[Attachment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    language: str | None = None
    warnings: tuple[str, ...] = ()
    is_text_made: bool = field(default=False, compare=False)

    def field(self, name: str) -> Field | None:
        """The first field of that name in any case, or None."""
        lower = name.lower()
        return next((field for field in self.fields if field.name.lower() == lower), None)

    @property
    def subject(self) -> str:
        """The subject as a person reads it; empty when there is none."""
        field = self.field("Subject")
        return str(field.value) if field else ""

    def mailboxes(self, name: str) -> tuple[Mailbox, ...]:
        """The mailboxes of an address field, those of its groups too; none when there is no such field."""
        field = self.field(name)
        return field.value.mailboxes if field and isinstance(field.value, AddressList) else ()
