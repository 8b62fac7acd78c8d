"""Header fields from rendered blocks, from a call and from a command line (RFC 5322 §2.2, §3.6).

:func:`read_field` reads one block, :func:`parse_headers_block` the block of other fields, :func:`make_field`
a name and a value that the caller gives. All refuse control and bidi controls, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

from mailtemplates.characters import describe, find_forbidden, shorten
from mailtemplates.errors import HeaderError
from mailtemplates.headers.address import Group, Mailbox, mailboxes, parse_addresses
from mailtemplates.headers.field import AddressList, Field, Text, kind_of
from mailtemplates.headers.fieldreader import READERS, Cell
from mailtemplates.headers.folding import expect, write_field
from mailtemplates.headers.fragment import Data
from mailtemplates.pattern import pattern
from mailtemplates.source import Location

__all__ = ["make_field", "parse_headers_block", "read_field", "write_field"]

#: One piece of a rendered block: the author's text, data, or what the filters `mailbox` and `mailboxes` return.
Fragment = str | Data | Mailbox | Group | Sequence[Mailbox]

OWN_BLOCK = {
    name.lower().replace("_", "-"): name
    for name in ("subject", "from", "sender", "to", "cc", "bcc", "reply_to", "list_unsubscribe")
}
"""Fields that have a block of their own in a template, by name."""

OURS = frozenset(
    (
        *("content-type", "content-transfer-encoding", "content-disposition", "content-id", "mime-version"),
        *("received", "return-path", "delivered-to", "x-original-to", "content-length", "lines"),
        *("dkim-signature", "arc-seal", "arc-message-signature", "arc-authentication-results"),
        "authentication-results",
    )
)
"""Fields that a template may not set: those of structure and of transport."""

_SINGLE = frozenset(
    (
        *("message-id", "in-reply-to", "references", "date", "list-unsubscribe-post", "list-id", "list-help"),
        *("list-subscribe", "list-post", "list-owner", "list-archive", "auto-submitted", "precedence", "importance"),
        "content-language",
    )
)
_NAME = pattern(r"[!-9;-~]+")
_BEGINS = pattern(r"[ \t]*[A-Za-z][A-Za-z0-9-]*:(?:[ \t]|\Z)")
_AUTHOR_WHITE = str.maketrans("\t\r\n\f\v", "     ")
_LONGEST = 32_768
_SHORT = 900
_REMEMBERED = 1_000


def read_field(name: str, fragments: Iterable[Fragment], *, location: Location | None = None) -> Field:
    """Read a rendered header block into the field ``name``.

    :param fragments: exact ``str`` is the author's syntax; :class:`Data` is only a value; a mailbox, a group or a
        sequence of mailboxes is whole elements of an address list.
    :param location: the block's place, for errors; the line of the data that is at fault replaces its line.

    Raises :class:`HeaderError`, or its :class:`AddressError`, that names the field and the data's expression.
    """
    cells = _cells(fragments)
    try:
        if len(cells) == 1 and type(cells[0]) is str and len(cells[0]) <= _REMEMBERED:
            return _read_static(name, cells[0])
        return _read(name, cells)
    except HeaderError as error:
        raise _placed(error, name, cells, location) from None


@lru_cache(maxsize=512)
def _read_static(name: str, text: str) -> Field:
    """A block without data: the same text gives the same field."""
    return expect(_read(name, [text]))


def _read(name: str, cells: list[Cell]) -> Field:
    length = 0
    for cell in cells:
        if isinstance(cell, str):
            length += len(cell)
            if not (cell.isprintable() and len(cell) <= _LONGEST):
                _check(cell)
    return _made(name, cells, length)


def _made(name: str, cells: list[Cell], length: int) -> Field:
    """The field, which can be written: addresses and dates fold, other values may be too long for that."""
    field = Field(name, READERS[kind_of(name)](cells))
    if length > _SHORT and not isinstance(field.value, AddressList):
        write_field(field)
    return field


def _cells(fragments: Iterable[Fragment]) -> list[Cell]:
    """Fragments with neighbours of the author's text joined; a ``str`` of any other type is data."""
    cells: list[Cell] = []
    joins = False
    for fragment in fragments:
        if type(fragment) is str:
            if joins:
                cells[-1] = f"{cells[-1]}{fragment}"
            elif fragment:
                cells.append(fragment)
                joins = True
            continue
        if isinstance(fragment, Data | Mailbox | Group):
            cells.append(fragment)
        elif fragment:
            cells.append(Data(fragment) if isinstance(fragment, str) else tuple(fragment))
        joins = False
    return cells


def _check(text: str) -> None:
    """Refuse what no header may hold: controls (white space in the author's text is no control) and great length."""
    at = -1 if text.isprintable() else find_forbidden(text.translate(_AUTHOR_WHITE) if type(text) is str else text)
    if at >= 0:
        raise HeaderError(
            f"{_whose(text)} holds {describe(text[at])} at character {at + 1}",
            cure="a header value is one line of plain text: remove such characters from it",
        )
    if len(text) > _LONGEST:
        raise HeaderError(
            f"{_whose(text)} has {len(text)} characters, and {_LONGEST} are the most in a header field",
            cure="shorten it, for example with |truncate(200)",
        )


def _whose(text: str) -> str:
    if not isinstance(text, Data):
        return "the template's text"
    return f"`{text.expression}`" if text.expression else "the value"


def _placed(error: HeaderError, name: str, cells: Sequence[Cell], location: Location | None) -> HeaderError:
    """The error with the field's name, the expressions that are at fault, and the line of the first."""
    values = [cell for cell in cells if isinstance(cell, Data)]
    data = [cell for cell in values if cell.expression]
    blamed = [one for one in data if f"`{one.expression}`" in error.problem]
    problem = f"{name}: {error.problem.removeprefix(f'{name}: ')}"
    if data and not blamed:
        blamed = [one for one in data if f'"{shorten(one)}"' in error.problem] or data[:3]
        problem += f" (from {', '.join(dict.fromkeys(f'`{one.expression}`' for one in blamed))})"
    line = next((one.line for one in blamed or values), 0)
    if location and line:
        location = Location(location.path, line)
    return type(error)(problem, location=error.location or location, source_line=error.source_line, cure=error.cure)


def parse_headers_block(fragments: Iterable[Fragment], *, location: Location | None = None) -> tuple[Field, ...]:
    """Read the block ``headers``: one ``Name: value`` a line.

    Names are the author's text. A line that is indented more than the first field continues the line before it, unless
    it begins as a field does: ``Name: ``. A field with an empty value is left out.
    Raises :class:`HeaderError`: a name that is not literal, that the message makes itself, that has a block of its
    own, or that stands twice though RFC 5322 §3.6 allows it once.
    """
    fields: list[Field] = []
    for line in _logical_lines(_cells(fragments)):
        head = line[0]
        name, colon, value = head.partition(":") if type(head) is str else ("", "", "")
        name = name.lstrip()
        if not colon or not _NAME.fullmatch(name):
            shown = shorten("".join(cell if type(cell) is str else "{{…}}" for cell in line).strip())
            error = HeaderError(
                f'"{shown}" is not a header field', cure="write one `Name: value` a line, the name literally"
            )
            raise _placed(error, "headers", line, location)
        try:
            check_name(name)
        except HeaderError as error:
            raise _placed(error, "headers", [], location) from None
        cells = [value, *line[1:]]
        if not all(isinstance(cell, str) and not cell.strip() for cell in cells):
            fields.append(read_field(name, [cast("Fragment", cell) for cell in cells], location=location))
    _check_single(fields, location)
    return tuple(fields)


def check_name(name: str) -> None:
    """Raise :class:`HeaderError` when a field of this name is not for the block ``headers``."""
    lower = name.lower()
    if lower in OWN_BLOCK:
        block = OWN_BLOCK[lower]
        raise HeaderError(f"{name} has a block of its own", cure=f"write {{% block {block} %}}…{{% endblock %}}")
    if lower in OURS:
        raise HeaderError(f"{name} is written by the composer or on the way", cure="remove the field")


def _check_single(fields: Sequence[Field], location: Location | None) -> None:
    seen: set[str] = set()
    for field in fields:
        lower = field.name.lower()
        if lower in seen and lower in _SINGLE:
            raise HeaderError(f"headers: {field.name} stands twice", location=location, cure="keep one of them")
        seen.add(lower)


def _logical_lines(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Lines with their continuations; blank ones are left out."""
    lines: list[list[Cell]] = []
    base = -1
    for line in _physical_lines(cells):
        head = line[0] if line else ""
        indent = len(head) - len(head.lstrip(" \t")) if type(head) is str else 0
        if not any(cell.strip() if isinstance(cell, str) else True for cell in line):
            continue
        base = indent if base < 0 else base
        if indent > base and not (type(head) is str and _BEGINS.match(head)):
            lines[-1].extend((" ", *line))
        else:
            lines.append(line)
    return lines


def _physical_lines(cells: Sequence[Cell]) -> list[list[Cell]]:
    lines: list[list[Cell]] = [[]]
    for cell in cells:
        if type(cell) is str:
            first, *rest = cell.replace("\r\n", "\n").split("\n")
            if first:
                lines[-1].append(first)
            lines.extend([one] if one else [] for one in rest)
        else:
            lines[-1].append(cell)
    return lines


def make_field(name: str, value: object) -> Field:
    """A field from a name and a value that a caller gives, not a template.

    :param value: text; for address fields also what :func:`~mailtemplates.headers.address.mailboxes` takes. Addresses
        in text are read strictly; text of an unstructured field is taken as it is; other kinds are read as written.

    Raises :class:`HeaderError` and :class:`AddressError`.
    """
    if name.lower() in OURS:
        check_name(name)
    if kind_of(name) is AddressList:
        return _make_addresses(name, value)
    if not isinstance(value, str):
        raise HeaderError(f"{name}: `{shorten(repr(value))}` is not text", cure="give a str")
    return _read_value(name, str(value), Data(value) if kind_of(name) is Text else str(value))


def _make_addresses(name: str, value: object) -> Field:
    try:
        if isinstance(value, str):
            return Field(name, AddressList(parse_addresses(value) if value.strip() else ()))
        return Field(name, AddressList(mailboxes(value)))
    except HeaderError as error:
        raise _placed(error, name, [], None) from None


def _read_value(name: str, value: str, cell: Cell) -> Field:
    try:
        _check(Data(value))
        return _made(name, [cell] if value else [], len(value))
    except HeaderError as error:
        raise _placed(error, name, [], None) from None
