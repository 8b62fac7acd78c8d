"""Email templates that are right before they are sent, and can prove it.

    from mailtemplates import Engine

    engine = Engine("templates")
    mail = engine.render("welcome.j2", {"user": {"name": "Ann", "email": "ann@reader.example"}})
    octets = mail.message().as_bytes()

The names below are imported when they are first used, so a program pays only for what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailtemplates.address import Group, Mailbox
    from mailtemplates.attachment import Attachment
    from mailtemplates.composer import compose
    from mailtemplates.diagnostic import Diagnostic
    from mailtemplates.engine import Engine, Mail
    from mailtemplates.envelope import Envelope
    from mailtemplates.errors import (
        AddressError,
        AttachmentError,
        ComposeError,
        DataError,
        HeaderError,
        LimitError,
        LintError,
        MailTemplatesError,
        RuleError,
        SettingsError,
        TemplateError,
        UndefinedError,
    )
    from mailtemplates.inliner import Inliner, inline_css
    from mailtemplates.linter import Linter, lint
    from mailtemplates.message import Message
    from mailtemplates.outcome import Receipt
    from mailtemplates.parts import Parts
    from mailtemplates.plaintext import to_text
    from mailtemplates.sandbox import Limits
    from mailtemplates.settings import Settings, read_settings
    from mailtemplates.stamp import Stamp
    from mailtemplates.transport import Transport
    from mailtemplates.transports import open_transport

_HOMES = {
    "address": ("Group", "Mailbox"),
    "attachment": ("Attachment",),
    "composer": ("compose",),
    "diagnostic": ("Diagnostic",),
    "engine": ("Engine", "Mail"),
    "envelope": ("Envelope",),
    "errors": (
        "AddressError", "AttachmentError", "ComposeError", "DataError", "HeaderError", "LimitError",
        "LintError", "MailTemplatesError", "RuleError", "SettingsError", "TemplateError", "UndefinedError",
    ),
    "inliner": ("Inliner", "inline_css"),
    "linter": ("Linter", "lint"),
    "message": ("Message",),
    "outcome": ("Receipt",),
    "parts": ("Parts",),
    "plaintext": ("to_text",),
    "sandbox": ("Limits",),
    "settings": ("Settings", "read_settings"),
    "stamp": ("Stamp",),
    "transport": ("Transport",),
    "transports": ("open_transport",),
    "version": ("VERSION",),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AddressError", "Attachment", "AttachmentError", "ComposeError", "DataError", "Diagnostic", "Engine",
    "Envelope", "Group", "HeaderError", "Inliner", "LimitError", "Limits", "LintError", "Linter", "Mail",
    "MailTemplatesError", "Mailbox", "Message", "Parts", "Receipt", "RuleError", "Settings", "SettingsError",
    "Stamp", "TemplateError", "Transport", "UndefinedError", "compose", "inline_css", "lint", "open_transport",
    "read_settings", "to_text",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("mailtemplates.version").VERSION
    if name not in _HOME:
        raise AttributeError(f"module 'mailtemplates' has no attribute {name!r}")
    value = getattr(import_module(f"mailtemplates.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
