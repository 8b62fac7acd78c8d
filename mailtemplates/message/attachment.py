"""Attachments and inline parts (RFC 2183, RFC 2387, RFC 2392).

An :class:`Attachment` is content with a name and a type that have been checked. What it is encoded with is
the composer's matter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from mailtemplates.characters import describe, find_invisible, shorten
from mailtemplates.errors import AttachmentError
from mailtemplates.headers.parameter import ascii_fallback
from mailtemplates.message.media import OCTETS, calendar_method, find_charset, guess_media_type, mail_charset
from mailtemplates.message.transfer import is_seven_bit
from mailtemplates.pattern import pattern

_MEDIA_TYPE = pattern(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_TOKEN = pattern(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+")
_CONTENT_ID = pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_JOINER = pattern(r"(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])")
_ID_UNFIT = pattern(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message.

    :param content: its octets, before any transfer encoding.
    :param filename: its name without a folder, or None.
    :param media_type: ``type/subtype`` in lower case, without parameters.
    :param disposition: ``attachment``, or ``inline`` for a related part.
    :param content_id: its Content-ID without angle brackets (RFC 2392), or None.
    :param charset: of ``text/*``, found from the content when it is None; None for other types.
    :param parameters: more parameters of Content-Type, such as a calendar's ``method``.

    Raises :class:`AttachmentError` when one of them cannot be.
    """

    content: bytes
    filename: str | None
    media_type: str
    disposition: str = "attachment"
    content_id: str | None = None
    charset: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.filename is not None:
            check_filename(self.filename)
        if self.charset is None and self.media_type.startswith("text/"):
            object.__setattr__(self, "charset", find_charset(self.content))
        if not _MEDIA_TYPE.fullmatch(self.media_type) or len(self.media_type) > 127:
            raise AttachmentError(f'"{shorten(self.media_type)}" is not a media type', cure="write type/subtype")
        if self.media_type.startswith("multipart/"):
            raise AttachmentError(f"{self.media_type} cannot be attached", cure=f"attach it as {OCTETS}")
        if self.disposition not in ("attachment", "inline"):
            raise AttachmentError(f'"{shorten(self.disposition)}" is not a disposition', cure="attachment or inline")
        if self.content_id is not None and not _is_content_id(self.content_id):
            raise AttachmentError(
                f'"{shorten(self.content_id)}" is not a Content-ID', cure="write name@domain in ASCII, no brackets"
            )
        for name, value in (*self.parameters, ("charset", self.charset or "x")):
            if not _TOKEN.fullmatch(name) or not value.isascii() or not value.isprintable():
                raise AttachmentError(f'"{shorten(f"{name}={value}")}" is not a parameter', cure="use ASCII")

    @classmethod
    def from_bytes(
        cls,
        content: bytes,
        *,
        filename: str | None = None,
        media_type: str | None = None,
        disposition: str = "attachment",
        content_id: str | None = None,
        charset: str | None = None,
    ) -> Attachment:
        """An attachment of these octets; what is not given is found from name and content.

        ``media_type`` may carry a charset and other parameters: ``text/plain; charset=utf-8``. An inline part gets a
        Content-ID made from name and content, the same for the same input.
        """
        if filename is not None:
            check_filename(filename)
        given, parameters = _split_type(media_type) if media_type else ("", {})
        kind = given or guess_media_type(filename, content)
        charset = charset or parameters.pop("charset", None)
        if kind.startswith("text/"):
            kind, charset = _text_type(kind, content, charset)
        elif charset:
            parameters["charset"] = charset
            charset = None
        if kind == "text/calendar" and charset and (method := calendar_method(content.decode(charset, "replace"))):
            parameters.setdefault("method", method)
        if kind.startswith("message/") and not is_seven_bit(content):
            kind = OCTETS
        attachment = cls(content, filename, kind, disposition, content_id, charset, tuple(parameters.items()))
        return attachment.inlined() if disposition == "inline" else attachment

    @classmethod
    def from_path(
        cls,
        path: Path | str,
        *,
        filename: str | None = None,
        media_type: str | None = None,
        disposition: str = "attachment",
        content_id: str | None = None,
        charset: str | None = None,
    ) -> Attachment:
        """An attachment of a file; ``filename`` is the path's last part unless it is given.

        Raises :class:`AttachmentError` when there is no such file, it is a folder, or it cannot be read.
        """
        path = Path(path)
        return cls.from_bytes(
            _read(path),
            filename=path.name if filename is None else filename,
            media_type=media_type,
            disposition=disposition,
            content_id=content_id,
            charset=charset,
        )

    def inlined(self) -> Attachment:
        """This file as a related part: disposition ``inline`` and a Content-ID."""
        if self.disposition == "inline" and self.content_id:
            return self
        return replace(self, disposition="inline", content_id=self.content_id or make_content_id(self))

    @property
    def size(self) -> int:
        """Octets of the content, before transfer encoding."""
        return len(self.content)


def make_content_id(attachment: Attachment) -> str:
    """A Content-ID from name and content: the same input gives the same, another content another."""
    digest = hashlib.blake2b(attachment.content, digest_size=10).hexdigest()
    stem = _ID_UNFIT.sub("-", ascii_fallback(attachment.filename or "part").rpartition(".")[0] or "part")
    return f"{stem.strip('-')[:40] or 'part'}.{digest}@{attachment.media_type.replace('/', '.')}"


def check_filename(filename: str) -> None:
    """Raise :class:`AttachmentError` unless ``filename`` is a plain name (RFC 2183 §2.3, §5).

    A joiner may stand between two characters outside ASCII, as in Persian and Hindi words and in emoji of families.
    """
    at = find_invisible(filename if filename.isprintable() else _JOINER.sub("-", filename))
    problem = ""
    if at >= 0:
        problem = f"holds {describe(filename[at])} at character {at + 1}"
    elif "/" in filename or "\\" in filename or filename in (".", ".."):
        problem = "holds a path"
    elif not filename.strip():
        problem = "is empty"
    elif len(filename.encode("utf-8")) > 255:
        problem = f"has {len(filename.encode('utf-8'))} octets, and 255 are the most"
    if problem:
        raise AttachmentError(f'the file name "{shorten(filename)}" {problem}', cure="give a plain file name")


def _is_content_id(text: str) -> bool:
    return _CONTENT_ID.fullmatch(text) is not None and ".." not in text and len(text) <= 250


def _read(path: Path) -> bytes:
    shown = shorten(str(path), 200)
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no regular file"
            raise AttachmentError(f"the attachment {shown} is {what}", cure="give the path of a file")
        return path.read_bytes()
    except FileNotFoundError:
        raise AttachmentError(f"the attachment {shown} does not exist", cure="check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AttachmentError(f"the attachment {shown} cannot be read: {reason}", cure="check the path") from None


def _split_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, written ``type/subtype; name=value``."""
    kind, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest if part.strip())
    return kind.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _text_type(kind: str, content: bytes, charset: str | None) -> tuple[str, str | None]:
    """The type and charset of text: what is not surely text in a charset for mail goes as octets."""
    if charset is None:
        charset = find_charset(content)
        return (kind, charset) if charset else (OCTETS, None)
    known = mail_charset(charset)
    if known is None:
        raise AttachmentError(
            f'"{shorten(charset)}" is not a charset that text in a message may have', cure="use utf-8"
        )
    try:
        content.decode(known)
    except UnicodeDecodeError as error:
        raise AttachmentError(
            f"the text is not {charset}: octet {error.start} does not belong", cure="give its real charset, or none"
        ) from None
    return kind, known
