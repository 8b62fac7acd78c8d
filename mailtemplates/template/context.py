"""What one render keeps beside its data: the locale's catalog, and the files that the template asked for.

Templates reach it through global functions (``inline``, ``attach``, ``gettext``), because macros in imported files
see globals only. The state is a context variable: one engine renders in many threads and tasks at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from mailtemplates.errors import AttachmentError, SettingsError
from mailtemplates.message.attachment import Attachment
from mailtemplates.template.reserved import ATTACHMENTS, HEADER_BLOCKS, TEXT_BLOCKS


class Catalog(Protocol):
    """A gettext catalog: :class:`gettext.NullTranslations` and Babel's ``Translations`` are such."""

    def gettext(self, message: str, /) -> str: ...
    def ngettext(self, singular: str, plural: str, number: int, /) -> str: ...


@dataclass(slots=True)
class Render:
    """The state of one render.

    ``find`` turns a path as a template wrote it into the file's attachment; ``block`` is the reserved block that is
    being rendered, empty at a template's top level.
    """

    find: Callable[..., Attachment]
    catalog: Catalog | None = None
    block: str = ""
    related: dict[str, Attachment] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)


current: ContextVar[Render] = ContextVar("mailtemplates_render")


def _render(function: str) -> Render:
    try:
        return current.get()
    except LookupError:
        raise SettingsError(
            f"{function}() works in templates only", cure="render the template with Engine.render"
        ) from None


def inline(what: str | bytes | Attachment, filename: str | None = None) -> str:
    """Attach a related part (RFC 2387) and give its ``cid:`` URL (RFC 2392).

    :param what: a path inside the template folders, or the octets themselves, then with ``filename``.
    """
    render = _render("inline")
    if render.block in HEADER_BLOCKS | TEXT_BLOCKS:
        raise AttachmentError(
            f"inline() stands in the block {render.block!r}",
            cure="use it in the html block, in an attribute such as src",
        )
    part = render.find(what, filename=filename, inline=True)
    cid = part.content_id or ""
    known = render.related.setdefault(cid, part)
    if known is not part and known.content != part.content:
        raise AttachmentError(
            f"the Content-ID {cid!r} is used twice, for two different files", cure="give one of them another file name"
        )
    return f"cid:{cid.strip('<>')}"


def attach(what: str | bytes | Attachment, filename: str | None = None, media_type: str | None = None) -> str:
    """Add a file to the message; prints nothing. For the ``attachments`` block.

    :param what: a path inside the template folders, or the octets themselves, then with ``filename``.
    """
    render = _render("attach")
    if render.block != ATTACHMENTS:
        raise AttachmentError("attach() stands outside its block", cure="use it in {% block attachments %}")
    render.attachments.append(render.find(what, filename=filename, media_type=media_type))
    return ""


def gettext(message: str) -> str:
    """The message in the render's locale."""
    catalog = _render("gettext").catalog
    return catalog.gettext(message) if catalog else message


def ngettext(singular: str, plural: str, number: int) -> str:
    """The singular or plural message in the render's locale."""
    catalog = _render("ngettext").catalog
    if catalog:
        return catalog.ngettext(singular, plural, number)
    return singular if number == 1 else plural


def pgettext(context: str, message: str) -> str:
    """The message in a context (GNU gettext: msgctxt) in the render's locale."""
    catalog: Any = _render("pgettext").catalog
    return str(catalog.pgettext(context, message)) if hasattr(catalog, "pgettext") else message


def npgettext(context: str, singular: str, plural: str, number: int) -> str:
    """The singular or plural message in a context in the render's locale."""
    catalog: Any = _render("npgettext").catalog
    if hasattr(catalog, "npgettext"):
        return str(catalog.npgettext(context, singular, plural, number))
    return singular if number == 1 else plural


GLOBALS: Mapping[str, Callable[..., str]] = {"inline": inline, "attach": attach}
