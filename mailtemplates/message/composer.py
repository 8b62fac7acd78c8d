"""Parts to a message: the tree, the header in order, the envelope (RFC 5322, RFC 2045, RFC 2046).

The tree is ``mixed( alternative( text, amp, related( html, images ), calendar ), attachments )``, and no
multipart has one child. Date, Message-ID and boundaries come from the stamp: the same parts and stamp give the same
octets on every Python. Bcc is envelope, never octets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter

from mailtemplates.errors import AddressError, AttachmentError, ComposeError
from mailtemplates.headers.address import Group, Mailbox
from mailtemplates.headers.field import AddressList, Date, Field, MessageIds, Phrases, Token, UrlList
from mailtemplates.headers.folding import write_field
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.entity import Branch, Entity, Leaf, file_leaf, leaves, text_leaf, write_entity
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.media import calendar_method
from mailtemplates.message.message import Message
from mailtemplates.message.parts import Parts
from mailtemplates.message.stamp import Stamp
from mailtemplates.pattern import pattern

_FIRST = ["date", "from", "sender", "reply-to", "to", "cc", "subject", "message-id", "in-reply-to", "references"]
_RANK = {name: rank for rank, name in enumerate(_FIRST, -len(_FIRST))}
_RANK["content-language"] = 1
_SINGLE = frozenset((*_FIRST, "bcc", "list-unsubscribe", "list-unsubscribe-post", "content-language"))
_HIDDEN = frozenset(("bcc", "resent-bcc"))
_OURS = frozenset(("content-type", "content-transfer-encoding", "content-disposition", "content-id", "mime-version"))
_LANGUAGE = pattern(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_CONTENT: dict[type, str] = {
    AddressList: "addresses", MessageIds: "ids", UrlList: "urls", Phrases: "phrases", Token: "text",
}  # fmt: skip
_MIME_VERSION = b"MIME-Version: 1.0\r\n"


def compose(parts: Parts, stamp: Stamp, *, smtputf8: bool = False) -> Message:
    """Compose a message.

    :param stamp: date, Message-ID and boundaries. A stamp without a token takes one from the date and the content.
    :param smtputf8: allow local parts outside ASCII (RFC 6531); without it they are refused.

    The fields Date and Message-ID of ``parts`` win over the stamp. A message without recipients is allowed: its
    envelope has none. Raises :class:`ComposeError` (no From, no body, a calendar without METHOD, a field twice),
    :class:`AddressError` (a local part outside ASCII), :class:`HeaderError` (a value that cannot be folded) and
    :class:`AttachmentError` (a Content-ID twice).
    """
    fields = _by_name(parts.fields)
    senders = _senders(fields)
    envelope = _envelope(fields, senders, smtputf8)
    entity = _tree(parts)
    header = [
        (_RANK.get(field.name.lower(), 0), write_field(field, smtputf8=smtputf8)) for field in _written(parts, fields)
    ]
    token = stamp.token or _derive_token(stamp, header, entity)
    message_id = _own_message_id(fields)
    if "date" not in fields:
        header.append((_RANK["date"], _write_date(stamp.date, stamp.date.utcoffset())))
    if not message_id:
        message_id = f"{token}@{stamp.host or senders[-1].domain}"
        header.append((_RANK["message-id"], b"Message-ID: <%s>\r\n" % message_id.encode("ascii")))
    header.sort(key=itemgetter(0))
    head = b"".join([octets for _, octets in header])
    if not head.isascii():
        envelope = Envelope(envelope.sender, envelope.recipients, True)
    return Message(b"".join([head, _MIME_VERSION, *write_entity(entity, token)]), envelope, message_id)


@lru_cache(maxsize=64)
def _write_date(moment: datetime, _offset: timedelta | None) -> bytes:
    """The Date field. The same moment in another zone is equal to it, and has another offset."""
    return write_field(Field("Date", Date(moment)))


def _by_name(fields: Sequence[Field]) -> dict[str, Field]:
    """The fields by lower-case name, the first of each."""
    named: dict[str, Field] = {}
    for field in fields:
        name = field.name.lower()
        if name in named and name in _SINGLE:
            raise ComposeError(
                f"the field {field.name} stands twice", cure="keep one of them (RFC 5322 §3.6)", about=field.name
            )
        if name in _OURS:
            raise ComposeError(f"the field {field.name} is the composer's", cure="remove it", about=field.name)
        named.setdefault(name, field)
    return named


def _mailboxes(fields: dict[str, Field], name: str) -> tuple[Mailbox, ...]:
    field = fields.get(name)
    return field.value.mailboxes if field and isinstance(field.value, AddressList) else ()


def _senders(fields: dict[str, Field]) -> tuple[Mailbox, ...]:
    """The mailboxes of From, and last the one that is the reverse-path: Sender's, or else the only author."""
    authors = _mailboxes(fields, "from")
    if not authors:
        raise ComposeError("the message has no From", cure="write {% block from %}Name <local@domain>{% endblock %}")
    for name in ("from", "sender"):
        value = fields[name].value if name in fields else None
        if isinstance(value, AddressList) and any(isinstance(item, Group) for item in value.addresses):
            raise ComposeError(f"{name.title()} holds a group", cure="name one mailbox", about=name.title())
    sender = _mailboxes(fields, "sender")
    if len(sender) > 1:
        raise ComposeError(
            "Sender names more than one mailbox", cure="name one mailbox (RFC 5322 §3.6.2)", about="Sender"
        )
    if len(authors) > 1 and not sender:
        raise ComposeError(
            f"From names {len(authors)} mailboxes and there is no Sender",
            cure="name one, or add a Sender",
            about="From",
        )
    return (*authors, sender[0] if sender else authors[0])


def _envelope(fields: dict[str, Field], senders: Sequence[Mailbox], smtputf8: bool) -> Envelope:
    envelope = Envelope.of(senders[-1], [box for name in ("to", "cc", "bcc") for box in _mailboxes(fields, name)])
    if envelope.smtputf8 and not smtputf8:
        wrong = next(address for address in (envelope.sender, *envelope.recipients) if not address.isascii())
        raise AddressError(
            f"the address {wrong} has a local part outside ASCII",
            cure="use an ASCII address, or allow SMTPUTF8 when every server on the way takes it (RFC 6531)",
        )
    return envelope


def _written(parts: Parts, fields: dict[str, Field]) -> list[Field]:
    """The given fields that stand in the header, and the language."""
    kept = [field for field in parts.fields if field.name.lower() not in _HIDDEN and not _is_empty(field)]
    language = _language_field(parts.language) if parts.language and "content-language" not in fields else None
    return [*kept, language] if language else kept


@lru_cache(maxsize=64)
def _language_field(language: str) -> Field | None:
    tag = language.replace("_", "-")
    return Field("Content-Language", Token(tag)) if _LANGUAGE.fullmatch(tag) else None


def _is_empty(field: Field) -> bool:
    """Nothing to say: a Cc of nobody. An unstructured field may be empty."""
    content = _CONTENT.get(type(field.value))
    return content is not None and not getattr(field.value, content)


def _derive_token(stamp: Stamp, header: Sequence[tuple[int, bytes]], entity: Entity) -> str:
    """A token that is the same for the same date, header and bodies."""
    digest = hashlib.blake2b(stamp.date.isoformat().encode(), digest_size=16)
    for _, octets in header:
        digest.update(octets)
    for leaf in leaves(entity):
        digest.update(leaf.head)
        digest.update(leaf.body)
    return digest.hexdigest()


def _own_message_id(fields: dict[str, Field]) -> str:
    """The Message-ID that the parts bring, or nothing."""
    value = fields["message-id"].value if "message-id" in fields else None
    if not isinstance(value, MessageIds) or not value.ids:
        return ""
    if len(value.ids) > 1:
        raise ComposeError("Message-ID holds more than one identifier", cure="give one: <unique-part@domain>")
    return value.ids[0]


def _tree(parts: Parts) -> Entity:
    if parts.html is None and parts.text is None:
        raise ComposeError("the message has no body", cure="write {% block html %} or {% block text %}")
    _check_content_ids((*parts.related, *parts.attachments))
    bodies = tuple(_bodies(parts))
    body = bodies[0] if len(bodies) == 1 else Branch("alternative", bodies)
    files = tuple(file_leaf(file) for file in _files(parts))
    return Branch("mixed", (body, *files)) if files else body


def _bodies(parts: Parts) -> Iterator[Entity]:
    """The alternatives, the plainest first (RFC 2046 §5.1.4)."""
    if parts.text is not None:
        yield text_leaf("plain", parts.text)
    if parts.amp is not None:
        yield text_leaf("x-amp-html", parts.amp)
    if parts.html is not None:
        html = text_leaf("html", parts.html)
        images = tuple(file_leaf(file) for file in parts.related)
        yield Branch("related", (html, *images), (("type", "text/html"),)) if images else html
    if parts.calendar is not None:
        yield _calendar(parts.calendar)


def _calendar(text: str) -> Leaf:
    method = calendar_method(text)
    if method is None:
        raise ComposeError(
            "the calendar part has no METHOD",
            cure="write METHOD:REQUEST after BEGIN:VCALENDAR (RFC 6047 §2.4)",
            about="text/calendar",
        )
    return text_leaf("calendar", text, (("method", method),))


def _files(parts: Parts) -> Iterator[Attachment]:
    """What stands beside the bodies. An invitation is attached too, for clients that ignore its alternative."""
    if parts.html is None:
        yield from parts.related
    yield from parts.attachments
    if parts.calendar is not None and not any((file.filename or "").endswith(".ics") for file in parts.attachments):
        lines = parts.calendar.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
        yield Attachment(lines.encode("utf-8"), "invite.ics", "application/ics")


def _check_content_ids(files: Sequence[Attachment]) -> None:
    seen: set[str] = set()
    for file in files:
        if file.content_id is None:
            continue
        if file.content_id in seen:
            raise AttachmentError(
                f"the Content-ID {file.content_id} is used twice", cure="give each part a Content-ID of its own"
            )
        seen.add(file.content_id)
