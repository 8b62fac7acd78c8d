"""Values of fields from rendered header blocks (RFC 5322 §3.6).

The author's text carries the syntax, :class:`~mailtemplates.headers.fragment.Data` only values: data never adds an
address, a comment, a URL or an encoded word. One reader for each kind of value in :mod:`mailtemplates.headers.field`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError, HeaderError
from mailtemplates.headers.addresslist import SLOT, Filling, fill, read_shape
from mailtemplates.headers.field import (
    AddressList,
    Date,
    ListId,
    MessageIds,
    Phrases,
    Text,
    Token,
    Url,
    UrlList,
    Value,
    parse_date,
)
from mailtemplates.headers.fragment import Data
from mailtemplates.pattern import pattern

#: A cell of a block: the author's text, a value, or whole addresses.
Cell = str | Filling

_ELEMENT = pattern(r"<[^<>]*>|\((?:[^()\\]|\\.)*\)|,|[^\s,<>()]+(?:,(?=[^\s,])[^\s,<>()]*)*|[<>()]", re.DOTALL)
_MESSAGE_ID = pattern(r"[!-;=?A-~]+@[!-;=?A-~]+")
_URL = pattern(r"(?:https?|mailto|ftp|news|tel|sms):[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.IGNORECASE)
_URL_DATA = pattern(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")
_TOKEN_DATA = pattern(r"[A-Za-z0-9!#$%&'*+./=:^_`|~-]*")
_LIST_ID = pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_WHITE = pattern(r"[ \t\r\n\f\v]+")
_LONGEST = 990


def author_text(cells: Sequence[Cell]) -> str:
    """The block as one text with :data:`SLOT` for each cell that is not the author's."""
    return "".join([cell if type(cell) is str else SLOT for cell in cells])


def slots(cells: Sequence[Cell]) -> list[Filling]:
    """What fills the slots of :func:`author_text`, in order."""
    return [cell for cell in cells if not isinstance(cell, str) or isinstance(cell, Data)]


def read_text(cells: Sequence[Cell]) -> Text:
    """Unstructured text: white space of the author is single spaces, data is as it is, the ends are trimmed."""
    pieces: list[str] = []
    for cell in cells:
        if type(cell) is str:
            text = cell if cell.isprintable() and "  " not in cell else _WHITE.sub(" ", cell)
            text = text[1:] if text[:1] == " " and pieces and pieces[-1][-1] == " " else text
        else:
            text = _plain(cell)
        if text:
            pieces.append(text)
    return Text("".join(pieces))


def _plain(cell: Cell) -> str:
    return ", ".join(map(str, cell)) if isinstance(cell, tuple) else str(cell)


def read_addresses(cells: Sequence[Cell]) -> AddressList:
    """An address list; empty elements of the author's are dropped."""
    try:
        return AddressList(fill(read_shape(author_text(cells), lenient=True), slots(cells)))
    except AddressError as error:
        raise _with_cure(error, cells) from None


def _with_cure(error: AddressError, cells: Sequence[Cell]) -> AddressError:
    """The error with the cure that its data needs: a filter, mostly."""
    lone = [cell for cell in slots(cells) if isinstance(cell, Data)]
    if any("@" in data and re.search(r"[<>,;:]", data) for data in lone):
        error.cure = "to take whole addresses from data use the filter |mailbox, or |mailboxes for a list"
    elif any(data != data.strip() for data in lone):
        error.cure = "trim the data, for example with |trim"
    return error


def _elements(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """The cells of each element: text between commas or white space, a `<…>`, a `(…)`."""
    values = iter(slots(cells))
    for match in _ELEMENT.finditer(author_text(cells)):
        pieces: list[Cell] = []
        for index, part in enumerate(match.group().split(SLOT)):
            if index:
                pieces.append(next(values))
            if part:
                pieces.append(part)
        yield pieces


def _bare(element: list[Cell]) -> str:
    """An element's text without its angle brackets; data counts as text here."""
    text = "".join(map(_plain, element))
    return text[1:-1].strip(" \t\r\n") if text[:1] == "<" and text[-1:] == ">" else text


def read_message_ids(cells: Sequence[Cell]) -> MessageIds:
    """Message identifiers, with or without brackets; data that stands alone may hold several (RFC 5322 §3.6.4)."""
    ids: list[str] = []
    for element in _elements(cells):
        lone = len(element) == 1 and isinstance(element[0], Data)
        text = _plain(element[0]) if lone else _bare(element)
        for one in text.split(" ") if lone else [text]:
            bare = one[1:-1] if one[:1] == "<" and one[-1:] == ">" else one
            if bare and _MESSAGE_ID.fullmatch(bare) and len(bare) <= _LONGEST:
                ids.append(bare)
            elif bare or not lone:
                raise HeaderError(
                    f'"{shorten(text)}" is not a message identifier', cure="write <unique-part@domain.example>, ASCII"
                )
    return MessageIds(tuple(ids))


def read_urls(cells: Sequence[Cell]) -> UrlList | Token:
    """URLs in brackets or bare, with commas between them; ``List-Post: NO`` is a token (RFC 2369 §2, §3.4)."""
    urls: list[Url] = []
    for element in _elements(cells):
        text = _bare(element)
        if text == "NO" and not urls:
            return Token(text)
        if text[:1] == "(" and urls:
            urls[-1] = Url(urls[-1].url, _comment(element))
        elif text != ",":
            _check_url_data(element)
            urls.append(Url(_check_url(text)))
    return UrlList(tuple(urls))


def _comment(element: list[Cell]) -> str:
    if any(type(cell) is not str for cell in element) or not str(element[0]).isascii():
        raise HeaderError("data or text outside ASCII stands in a comment", cure="leave the comment out")
    return _WHITE.sub(" ", str(element[0])[1:-1]).strip(" ")


def _check_url_data(element: list[Cell]) -> None:
    for cell in element:
        if isinstance(cell, Data) and not _URL_DATA.fullmatch(cell):
            raise HeaderError(
                f'`{cell.expression or "data"}` is "{shorten(cell)}", which cannot stand in a URL',
                cure="encode it with |urlencode",
            )


def _check_url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise HeaderError(
            f'"{shorten(text)}" is not a URL', cure="write <https://…> or <mailto:…>, in ASCII; |urlencode for data"
        )
    if len(text) > _LONGEST:
        raise HeaderError(
            f'the URL "{shorten(text)}" has {len(text)} octets, and {_LONGEST} are the most', cure="shorten it"
        )
    return text


def read_list_id(cells: Sequence[Cell]) -> ListId:
    """``Name <list.id.example>`` or ``<list.id.example>`` (RFC 2919 §3)."""
    text = author_text(cells)
    opened = text.rfind("<")
    head, identifier = (text[:opened], text[opened + 1 :].rstrip()) if opened >= 0 else ("", text.strip() + ">")
    values = slots(cells)
    count = head.count(SLOT)
    name = str(read_text(_weave(head, values[:count]))).strip('"')
    bare = "".join(map(_plain, _weave(identifier, values[count:]))).strip()
    if bare[-1:] != ">" or not _LIST_ID.fullmatch(bare[:-1]) or len(bare) > 256:
        raise HeaderError(f'"{shorten(bare[:-1])}" is not a list identifier', cure="write Name <news.acme.example>")
    return ListId(name, bare[:-1])


def _weave(text: str, values: Sequence[Filling]) -> list[Cell]:
    """Text with slots back to cells."""
    cells: list[Cell] = []
    for index, part in enumerate(text.split(SLOT)):
        if index:
            cells.append(values[index - 1])
        if part:
            cells.append(part)
    return cells


def read_date(cells: Sequence[Cell]) -> Date:
    """A date as RFC 5322 or ISO 8601 writes it."""
    return Date(parse_date(read_text(cells).text))


def read_token(cells: Sequence[Cell]) -> Token:
    """ASCII for programs; data is a token."""
    for cell in cells:
        if isinstance(cell, Data) and not _TOKEN_DATA.fullmatch(cell):
            raise HeaderError(
                f'`{cell.expression or "data"}` is "{shorten(cell)}", which is not a token',
                cure="use ASCII letters, digits and punctuation without spaces, quotes or commas",
            )
    return Token(read_text(cells).text)


def read_phrases(cells: Sequence[Cell]) -> Phrases:
    """Phrases with the author's commas between them."""
    phrases: list[str] = []
    values = slots(cells)
    for part in author_text(cells).split(","):
        count = part.count(SLOT)
        phrase = read_text(_weave(part, values[:count])).text
        del values[:count]
        if phrase:
            phrases.append(phrase)
    return Phrases(tuple(phrases))


#: The reader for each kind of value.
READERS: dict[type[Value], Callable[[Sequence[Cell]], Value]] = {
    Text: read_text,
    AddressList: read_addresses,
    MessageIds: read_message_ids,
    UrlList: read_urls,
    ListId: read_list_id,
    Date: read_date,
    Token: read_token,
    Phrases: read_phrases,
}
