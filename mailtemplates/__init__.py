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
    from mailtemplates.delivery.outcome import Receipt
    from mailtemplates.delivery.transport import Transport
    from mailtemplates.engine import Engine
    from mailtemplates.errors import (
        AddressError,
        AttachmentError,
        ComposeError,
        DataError,
        HeaderError,
        LedgerError,
        LimitError,
        LintError,
        MailTemplatesError,
        RuleError,
        SettingsError,
        SigningError,
        TemplateError,
        UndefinedError,
    )
    from mailtemplates.headers.address import Group, Mailbox
    from mailtemplates.inlining.inliner import Inliner, inline_css
    from mailtemplates.ledger.ledger import Ledger
    from mailtemplates.ledger.letter import Letter
    from mailtemplates.linting.diagnostic import Diagnostic
    from mailtemplates.linting.linter import Linter, lint
    from mailtemplates.mail import Mail
    from mailtemplates.message.attachment import Attachment
    from mailtemplates.message.composer import compose
    from mailtemplates.message.envelope import Envelope
    from mailtemplates.message.message import Message
    from mailtemplates.message.parts import Parts
    from mailtemplates.message.stamp import Stamp
    from mailtemplates.outbox.backoff import Backoff
    from mailtemplates.outbox.mailrun import Dispatch
    from mailtemplates.outbox.outbox import Outbox
    from mailtemplates.settings import Settings, read_settings
    from mailtemplates.template.sandbox import Limits
    from mailtemplates.text.plaintext import to_text
    from mailtemplates.transports import open_transport

_HOMES = {
    "headers.address": ("Group", "Mailbox"),
    "mail": ("Mail",),
    "message.attachment": ("Attachment",),
    "message.composer": ("compose",),
    "linting.diagnostic": ("Diagnostic",),
    "engine": ("Engine",),
    "message.envelope": ("Envelope",),
    "errors": (
        "AddressError", "AttachmentError", "ComposeError", "DataError", "HeaderError", "LedgerError",
        "LimitError", "LintError", "MailTemplatesError", "RuleError", "SettingsError", "SigningError", "TemplateError",
        "UndefinedError",
    ),
    "inlining.inliner": ("Inliner", "inline_css"),
    "linting.linter": ("Linter", "lint"),
    "message.message": ("Message",),
    "outbox.backoff": ("Backoff",),
    "ledger.ledger": ("Ledger",),
    "ledger.letter": ("Letter",),
    "outbox.mailrun": ("Dispatch",),
    "outbox.outbox": ("Outbox",),
    "delivery.outcome": ("Receipt",),
    "message.parts": ("Parts",),
    "text.plaintext": ("to_text",),
    "template.sandbox": ("Limits",),
    "settings": ("Settings", "read_settings"),
    "message.stamp": ("Stamp",),
    "delivery.transport": ("Transport",),
    "transports": ("open_transport",),
    "version": ("VERSION",),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AddressError", "Attachment", "AttachmentError", "Backoff", "ComposeError", "DataError", "Diagnostic", "Dispatch",
    "Engine", "Envelope", "Group", "HeaderError", "Inliner", "Ledger", "LedgerError", "Letter", "LimitError", "Limits",
    "LintError", "Linter", "Mail", "MailTemplatesError", "Mailbox", "Message", "Outbox", "Parts", "Receipt",
    "RuleError", "Settings", "SettingsError", "SigningError", "Stamp", "TemplateError", "Transport", "UndefinedError",
    "compose", "inline_css", "lint", "open_transport", "read_settings", "to_text",
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
