"""Entities: bodies with their MIME fields, and the multiparts that hold them (RFC 2045 §2.4, RFC 2046 §5.1).

A :class:`Leaf` is encoded when it is made. Boundaries are chosen when the tree is written: each begins ``=_``,
which neither quoted-printable nor base64 can hold, so only what goes as 7bit has to be searched for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.characters import describe
from mailtemplates.errors import ComposeError
from mailtemplates.headers.folding import FOLD_AT, lay_out
from mailtemplates.headers.parameter import ascii_fallback, write_parameter
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.transfer import Encoded, encode_bytes, encode_text, to_crlf

Parameters = tuple[tuple[str, str], ...]


class Leaf(NamedTuple):
    """An entity without parts: its ``Content-…`` fields, its encoded body, and whether that is 7bit."""

    head: bytes
    body: bytes
    seven_bit: bool


class Branch(NamedTuple):
    """A multipart of at least two entities; ``subtype`` stands once in a tree."""

    subtype: str
    children: tuple[Leaf | Branch, ...]
    parameters: Parameters = ()


Entity = Leaf | Branch


def text_leaf(subtype: str, text: str, parameters: Parameters = ()) -> Leaf:
    """A ``text/subtype`` entity in UTF-8, without a byte order mark.

    Raises :class:`ComposeError` for a lone surrogate, with its place.
    """
    try:
        encoding, octets = encode_text(text.removeprefix("\ufeff") if text.startswith("\ufeff") else text)
    except UnicodeEncodeError:
        raise _surrogate(subtype, text) from None
    return Leaf(_text_head(subtype, encoding, parameters), octets, encoding == "7bit")


@lru_cache(maxsize=64)
def _text_head(subtype: str, encoding: str, parameters: Parameters) -> bytes:
    chunks = _with_parameters(f"text/{subtype}", (("charset", "utf-8"), *parameters))
    return _fields(("Content-Type", chunks), ("Content-Transfer-Encoding", (encoding,)))


def _surrogate(subtype: str, text: str) -> ComposeError:
    at = next(index for index, char in enumerate(text) if "\ud800" <= char <= "\udfff")
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return ComposeError(
        f"the text/{subtype} part holds {describe(text[at])} in line {line}, column {column}",
        cure="half of an emoji, mostly: cut the data by characters, not by UTF-16 units",
        about=f"text/{subtype}",
    )


def file_leaf(file: Attachment) -> Leaf:
    """The entity of an attachment or inline part.

    Text that is UTF-8 is encoded like a body; other content is base64. ``message/*`` goes as 7bit, its line ends made
    CRLF: RFC 2046 §5.2.1 forbids any other encoding (an attachment that is not 7bit is made an octet-stream).
    """
    if file.media_type.startswith("message/"):
        encoded = Encoded("7bit", to_crlf(file.content))
    elif file.media_type.startswith("text/"):
        encoded = _encode_text_file(file)
    else:
        encoded = encode_bytes(file.content)
    key = (file.filename, file.media_type, file.disposition, file.content_id, file.charset, file.parameters)
    return Leaf(_file_head(*key, encoded.encoding), encoded.octets, encoded.encoding == "7bit")


def _encode_text_file(file: Attachment) -> Encoded:
    if file.charset in ("us-ascii", "utf-8"):
        return encode_text(file.content.decode("utf-8"))
    return encode_bytes(to_crlf(file.content))


@lru_cache(maxsize=256)
def _file_head(
    filename: str | None,
    media_type: str,
    disposition: str,
    content_id: str | None,
    charset: str | None,
    parameters: Parameters,
    encoding: str,
) -> bytes:
    """The fields of a file.

    ``filename`` of Content-Disposition is the name, by RFC 2231 when it is not ASCII. Clients that read neither take
    ``name`` of Content-Type, which is that name in ASCII. The two never stand in one field, where readers differ on
    which of ``filename`` and ``filename*`` counts.
    """
    more = (("charset", charset),) if charset else ()
    named = (("name", ascii_fallback(filename)),) if filename else ()
    fields = [
        ("Content-Type", _with_parameters(media_type, (*more, *parameters, *named))),
        ("Content-Transfer-Encoding", (encoding,)),
        ("Content-Disposition", _with_parameters(disposition, (("filename", filename),) if filename else ())),
    ]
    if content_id:
        fields.append(("Content-ID", (f"<{content_id}>",)))
    return _fields(*fields)


def _fields(*fields: tuple[str, tuple[str, ...]]) -> bytes:
    return "".join([lay_out(name, chunks) for name, chunks in fields]).encode("ascii")


def _with_parameters(value: str, parameters: Parameters) -> tuple[str, ...]:
    """Chunks of a value and its parameters, with a semicolon after each but the last."""
    chunks = [value, *(chunk for name, text in parameters for chunk in write_parameter(name, text))]
    return (*(f"{chunk};" for chunk in chunks[:-1]), chunks[-1])


def leaves(entity: Entity) -> Iterator[Leaf]:
    """Every leaf of a tree, in order."""
    if isinstance(entity, Leaf):
        yield entity
    else:
        for child in entity.children:
            yield from leaves(child)


def write_entity(entity: Entity, token: str) -> list[bytes]:
    """The pieces of an entity: its fields, an empty line, its body; the last ends in CRLF.

    :param token: at most 60 letters, digits and ``-_.``, for the boundaries.
    """
    pieces: list[bytes] = []
    _write(entity, token, pieces)
    if isinstance(entity, Leaf) and not entity.body.endswith(b"\r\n"):
        pieces.append(b"\r\n")
    return pieces


def _write(entity: Entity, token: str, pieces: list[bytes]) -> None:
    if isinstance(entity, Leaf):
        pieces += (entity.head, b"\r\n", entity.body)
        return
    boundary = _boundary(entity, token)
    delimiter = b"--" + boundary.encode("ascii")
    pieces.append(_multipart_head(entity.subtype, entity.parameters, boundary))
    for child in entity.children:
        pieces += (b"\r\n", delimiter, b"\r\n")
        _write(child, token, pieces)
    pieces += (b"\r\n", delimiter, b"--\r\n")


def _multipart_head(subtype: str, parameters: Parameters, boundary: str) -> bytes:
    before = "".join([f' {name}="{value}";' for name, value in parameters])
    line = f'Content-Type: multipart/{subtype};{before} boundary="{boundary}"\r\n'
    if len(line) > FOLD_AT + 2:
        line = line.replace(" boundary=", "\r\n boundary=")
    return line.encode("ascii")


def _boundary(branch: Branch, token: str) -> str:
    """A boundary of the token that no 7bit leaf of the branch holds; no boundary begins another."""
    open_bodies = [leaf.body for leaf in leaves(branch) if leaf.seven_bit]
    boundary, attempt = f"=_{branch.subtype[0]}_{token}", 0
    while any(boundary.encode("ascii") in body for body in open_bodies):
        attempt += 1
        fresh = hashlib.blake2b(f"{attempt} {token}".encode(), digest_size=16).hexdigest()
        boundary = f"=_{branch.subtype[0]}_{fresh}"
    return boundary
